"""The bill of material in a real browser: typed with the keyboard, pasted from a sheet, undone, saved by itself."""

import pytest

from app.db import db, now_utc
from app.queries.bom_drafts import draft_rows
from app.services import bom_drafts
from tests.browser.conftest import Served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("store_url", ["sqlite"], indirect=True),
]  # fmt: skip
PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.querySelector("[role=treegrid]").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""  # noqa: E501


def stored(served: Served, bom_id: int) -> list[tuple[str, str]]:
    with served.rig.app.app_context():
        return [(row.cells["component"], row.cells["quantity"]) for row in draft_rows(db.session, bom_id)]


def test_a_draft_is_typed_pasted_and_undone_by_keyboard(served: Served) -> None:
    from playwright.sync_api import expect

    item = served.rig.plant.items["CABINET"]
    page = served.page("engineer", f"/engineering/boms/{item}")
    page.get_by_role("button", name="Begin a draft").click()
    grid, state = page.get_by_role("treegrid"), page.locator("[data-bom-state]")
    expect(page.get_by_role("gridcell", name="Steel sheet")).to_be_visible()
    with served.rig.app.app_context():
        bom_id = bom_drafts.open_draft(item, bom_drafts.Author(served.rig.plant.site_id, 1, "user:1", now_utc()))
    grid.focus()
    page.keyboard.press("ArrowDown")
    for _step in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.type("4.75", delay=50)
    page.keyboard.press("Enter")
    expect(page.locator("[data-bom-version]").first).to_have_value("2")
    assert stored(served, bom_id) == [("SHEET", "12.5"), ("FOAM", "4.75")]
    page.keyboard.press("Insert")
    page.keyboard.type("FRIDGE", delay=50)
    page.keyboard.press("Tab")
    page.keyboard.type("1", delay=50)
    page.keyboard.press("Enter")
    expect(page.locator("[data-bom-wrong]")).to_contain_text("CABINET → FRIDGE → CABINET")
    page.keyboard.press("Control+Delete")
    expect(page.locator("[data-bom-wrong]")).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(page.locator("[data-bom-wrong]")).to_be_visible()
    page.keyboard.press("Control+Delete")
    expect(page.locator("[data-bom-wrong]")).to_be_hidden()
    page.evaluate(PASTE, "COMP\t1\nNONE\t2\nCOMP\tx")
    expect(page.locator("[data-bom-wrong] li")).to_have_count(2)
    expect(state).to_contain_text("Nothing was pasted")
    page.evaluate(PASTE, "COMP\t1\nDOOR\t2")
    expect(page.get_by_role("gridcell", name="Compressor")).to_be_visible()
    assert stored(served, bom_id)[-2:] == [("COMP", "1"), ("DOOR", "2")]
    assert page.problems == []
