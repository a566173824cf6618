"""Every page in a real browser: axe finds nothing, nothing overflows, no script fails, in both languages and themes."""

from pathlib import Path
from typing import Any

import pytest

from app.i18n import LANGUAGES
from tests.browser.conftest import OVERFLOW, Served

# How a page looks does not depend on the engine behind it.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("store_url", ["sqlite"], indirect=True),
]  # fmt: skip
PAGES = (
    "/engineering/routings", "/engineering/routings/1?op=F20",
    "/orders", "/orders/1", "/orders/1?view=materials", "/orders/1?view=history", "/orders/new", "/plan", "/lead",
    "/lead/L1", "/lead/L1/people", "/s", "/s/BEND", "/wall", "/wall/L1", "/trace", "/trace?q=WO-00001",
    "/trace?q=WO-00001&tab=history", "/quality",
    "/devices", "/service",
    "/service/new?kind=maintenance", "/admin", "/admin/data", "/admin/data/stations", "/admin/users", "/admin/roles",
    "/admin/import", "/admin/log", "/health", "/account", "/account/password",
    "/api/v1/", "/packing", "/outside", "/results", "/reports",
    "/stock", "/stock/shortages", "/labels", "/admin/data/items", "/admin/data/items/new", "/admin/screens",
    "/corrections", "/output", "/engineering/boms", "/outlook",
    "/engineering/boms/1", "/engineering/boms/1/changes", "/engineering/boms/5/used?with=FOAM",
    "/engineering/boms/1/needs?quantity=9",
    "/quality/inspections", "/quality/inspection-plans", "/quality/instruments", "/quality/dwell",
)  # fmt: skip
WIDTHS = ((360, 740), (768, 1024), (1366, 768), (3840, 2160))
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}"


def axe(page: Any) -> list[str]:
    """What axe finds on the page: rule and the first place."""
    import axe_playwright_python

    script = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
    # The page's policy refuses scripts of others, so axe comes in by the debugger's door.
    page.evaluate(script)
    found = page.evaluate(f"() => axe.run(document, {RULES})")
    return [f"{row['id']}: {row['nodes'][0]['html'][:120]}" for row in found["violations"]]


@pytest.mark.slow
@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("zh_Hans", "light")])
def test_axe_finds_nothing_on_any_page(served: Served, language: str, theme: str) -> None:
    page = served.page("admin", "/account", language=language)
    page.emulate_media(color_scheme=theme)
    found = {}
    for path in PAGES:
        assert page.goto(served.url + path).ok, path
        found[path] = axe(page) + page.problems
        page.problems.clear()
    assert {path: rows for path, rows in found.items() if rows} == {}


@pytest.mark.slow
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_nothing_overflows_on_any_page_at_any_size(served: Served, language: str) -> None:
    page = served.page("admin", "/account", language=language)
    found = {}
    for path in PAGES:
        page.goto(served.url + path)
        for width, height in WIDTHS:
            page.set_viewport_size({"width": width, "height": height})
            found[f"{path} at {width}"] = page.evaluate(OVERFLOW)
    assert {place: rows for place, rows in found.items() if rows} == {}
