"""The routing editor in a real browser: an operation is drawn, linked, a circle is refused, undo, keys."""

from typing import Any

import pytest

from tests.browser.conftest import Served
from tests.browser.test_board_browser import until

# What the script does does not depend on the engine behind it.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("store_url", ["sqlite"], indirect=True),
]  # fmt: skip
IDLE = "routing.busy === 0"


def arrows(page: Any) -> list[str]:
    return sorted(page.evaluate("routing.drawing.arrows.map(arrow => arrow.key.join(' '))"))


def nodes(page: Any) -> list[str]:
    return page.evaluate("routing.drawing.nodes.map(node => node.key)")


def middle(page: Any, place: str) -> tuple[float, float]:
    locator = page.locator(place)
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_an_operation_is_drawn_linked_and_taken_back(served: Served) -> None:
    item = served.rig.plant.items["FRIDGE"]
    page = served.page("admin", f"/engineering/routings/{item}", (1920, 1080))
    with page.expect_navigation():
        page.get_by_role("button", name="Change it").click()
    until(page, "window.routing && routing.drawing.edit")
    page.get_by_role("button", name="Add operation").click()
    for name, value in (
        ("operation", "F35"),
        ("name", "Clean"),
        ("piece_min", "2"),
        ("station", "TEST"),
        ("after", "F30"),
    ):
        page.fill(f"#routing-new [name={name}]", value)
    page.locator("#routing-new form .primary").click()
    until(page, f"routing.drawing.version === 2 && {IDLE}")
    assert nodes(page)[-1] == "F35"
    assert "F30 F35 normal" in arrows(page)
    assert page.evaluate("routing.drawing.chosen") == "F35"
    # By mouse, from the dot of one operation to the next.
    page.mouse.move(*middle(page, "[data-port=F35]"))
    page.mouse.down()
    page.mouse.move(*middle(page, "svg [data-choose=F40]"), steps=4)
    page.mouse.up()
    until(page, f"routing.drawing.version === 3 && {IDLE}")
    assert "F35 F40 normal" in arrows(page)
    # By keys: a link back would be a circle, which is refused with its path; nothing changes.
    page.locator("svg [data-choose=F40]").focus()
    page.keyboard.press("c")
    page.locator("svg [data-choose=F10]").focus()
    page.keyboard.press("Enter")
    until(page, "document.querySelector('[data-routing-note].tone-crit') !== null")
    until(page, IDLE)
    assert "F10 → F20 → F30 → F35 → F40 → F10" in page.locator("[data-routing-note]").inner_text()
    assert page.evaluate("routing.drawing.version") == 3
    # Taken out and taken back.
    page.locator("svg [data-choose=F20]").focus()
    page.keyboard.press("Delete")
    until(page, f"routing.drawing.nodes.length === 4 && {IDLE}")
    page.locator("#routing-findings .notice").wait_for()
    page.keyboard.press("Control+z")
    until(page, f"routing.drawing.nodes.length === 5 && {IDLE}")
    assert page.problems == []
