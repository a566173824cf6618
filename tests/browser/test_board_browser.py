"""The plan board in a real browser: it draws, drops are checked by the server, undo, keyboard; axe and the ruler."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.db import now_utc
from app.queries import plan_try
from app.services import planning
from app.workers.solve import work
from tests.browser.conftest import OVERFLOW, Served
from tests.browser.test_pages_browser import axe

pytestmark = [pytest.mark.browser]
HOUR = 3_600_000
BAR = "key => board.view.data.tasks.find(task => task.code.endsWith('·' + key))"


@pytest.fixture
def planned(served: Served) -> Iterator[Served]:
    """A plant whose order is planned."""
    with served.rig.app.app_context():
        plan_try.forget()
        planning.wish(served.rig.plant.site_id, {"type": "person", "at_once": True}, None, now_utc())
        held = planning.claim(now_utc())
        assert held is not None
        assert work(held, now_utc()) is not None
    yield served
    plan_try.forget()


def until(page: Any, holds: str) -> None:
    """Wait until an expression holds. The page's policy forbids a poll of Playwright's own to evaluate it there."""
    end = time.monotonic() + 20
    while not page.evaluate(holds):
        assert time.monotonic() < end, holds
        page.wait_for_timeout(20)


def drag(page: Any, key: str, hours: float, rows: int = 0) -> None:
    """A bar taken in the middle and held later or in another row; the mouse button stays down."""
    box = page.locator(".board canvas").bounding_box()
    at = page.evaluate(f"([key]) => {{ const task = ({BAR})(key); return board.middle(task.id); }}", [key])
    wide = hours * HOUR / page.evaluate("board.view.perPixel")
    page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + at["x"] + wide, box["y"] + at["y"] + rows * 30, steps=4)


def start(page: Any, key: str) -> int:
    """Where a bar begins, in ms."""
    return int(page.evaluate(f"([key]) => ({BAR})(key).start", [key]))


def test_a_plan_is_drawn_changed_by_mouse_and_keys_and_taken_back(planned: Served) -> None:
    page = planned.page("planner", "/plan", (1920, 1080))
    page.evaluate("board.ready")
    assert page.evaluate("board.state.tasks") == 7
    assert page.evaluate("board.state.violated") == 0
    assert page.locator("[data-board-violated]").is_hidden()
    inks = """() => {
      const {canvas} = board, pen = canvas.getContext("2d"), seen = new Set();
      const {data} = pen.getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 0; i < data.length; i += 4) seen.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
      return seen.size; }"""
    until(page, "board.work.length > 0")
    assert page.evaluate(inks) > 20
    with page.expect_navigation(url=re.compile(r"/plan\?draft=\d+$")):
        page.get_by_role("button", name="New draft").click()
    page.evaluate("board.ready")
    page.locator(".board").scroll_into_view_if_needed()
    page.locator("[data-board-zoom=week]").click()
    until(page, "board.frame === 0")
    before = start(page, "F40")
    # A drop that can be: the server says so while the bar is held, and it stays where it was let go.
    drag(page, "F40", 48)
    until(page, "board.drag && board.drag.ok === true")
    page.mouse.up()
    until(page, "board.state.revision === 2 && !board.drag")
    after = start(page, "F40")
    assert after > before + 40 * HOUR
    # A drop on a station that cannot do it: refused in words, nothing changes.
    drag(page, "F40", 2, -1)
    until(page, "board.drag && board.drag.ok === false")
    assert "cannot do it" in page.locator("[data-board-note]").inner_text()
    page.mouse.up()
    until(page, "!board.drag && !board.editor.busy")
    assert (start(page, "F40"), page.evaluate("board.state.revision")) == (after, 2)
    page.locator(".board").focus()
    page.keyboard.press("Control+z")
    until(page, "board.state.revision === 3 && !board.editor.busy")
    assert start(page, "F40") == before
    keys(page)
    assert axe(page) + page.problems == []
    others(planned, page, page.evaluate("board.state.draft"))


def others(planned: Served, page: Any, draft: int) -> None:
    """The board and the pages around it at the widths of a phone and a desk: axe and the ruler find nothing."""
    order, found = planned.rig.order_id, {}
    for path in (f"?draft={draft}", "/load", "/promise", "/compare", f"/compare/draft?draft={draft}", f"/help/{order}"):
        page.goto(f"{planned.url}/plan{path}")
        found[path] = axe(page) + page.problems
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            found[path] += page.evaluate(OVERFLOW)
    assert {path: rows for path, rows in found.items() if rows} == {}


def keys(page: Any) -> None:
    """Find, step, lock, period, move by form: all without a mouse."""
    page.keyboard.press("/")
    page.locator(".board-find").fill("F40")  # keys as fast as a test types them would be a scan
    until(page, "board.state.matches.length === 1")
    page.keyboard.press("Enter")
    task = page.evaluate("board.state.selected")
    page.keyboard.press("l")
    until(page, "board.state.revision === 4 && !board.editor.busy")
    assert page.evaluate("board.selected.locked")
    page.keyboard.press("m")
    page.locator("#plan-move").wait_for()
    until(page, "document.querySelectorAll('[data-alternative]').length > 0")
    page.keyboard.press("Escape")
    page.locator(".board").focus()
    page.keyboard.press("Shift+ArrowUp")
    assert page.evaluate("board.state.selected") != task
    assert page.evaluate("board.said.textContent").count("·") >= 3
    shown = page.evaluate("board.state.until - board.state.from")
    page.keyboard.press("1")
    assert page.evaluate("board.state.until - board.state.from") < shown
    page.keyboard.press("0")
    page.keyboard.press("Escape")
    assert page.evaluate("board.state.selected") is None
