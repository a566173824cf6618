"""The operator's page in a real browser: a scan anywhere, a cable that is out, every size."""

from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from app.db import db, now_utc, transaction
from app.models import Person, Report, Scan, Task, Unit, WorkOrder
from app.queries.differences import differences
from devices.codes import Kind, make
from tests.app.poll_rigs import Watch
from tests.browser.conftest import OVERFLOW, SIZES, Served, type_scan

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)]
GOOD = make(Kind.COMMAND, 3)


def count(served: Served, model: Any) -> int:
    with served.rig.app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def arrived(served: Served, scans: int) -> None:
    """Wait until so many scans are kept: what the page shows may still be the answer to the one before."""
    with served.rig.app.app_context():
        Watch(served.rig.app).until(lambda: db.session.scalar(select(func.count()).select_from(Scan)) == scans)


def good(served: Served, key: str) -> int:
    with served.rig.app.app_context():
        return int(db.session.scalar(select(Task.quantity_good).where(Task.id == served.rig.tasks[key])) or 0)


def work(served: Served, page: Any) -> None:
    """Sign in and open the first task by scanning, as an operator does."""
    type_scan(page, "WANG")
    expect(page.locator("#bar .person")).to_contain_text("WANG")
    type_scan(page, served.rig.card("C10"))
    expect(page.locator(".big-count")).to_contain_text("0 / 4")


def test_a_scan_anywhere_counts_and_is_seen(served: Served) -> None:
    page = served.page("operator", "/s/BEND")
    work(served, page)
    type_scan(page, GOOD)
    expect(page.locator(".feedback")).to_have_attribute("data-answer", "accepted")
    expect(page.locator(".feedback")).to_contain_text("1 good. 1 of 4.")
    expect(page.locator(".big-count")).to_contain_text("1 / 4")
    expect(page.locator(".scan-log")).to_contain_text("1 good. 1 of 4.")
    type_scan(page, "T0000010WE")
    expect(page.locator(".feedback")).to_have_attribute("data-answer", "refused")
    expect(page.locator(".feedback")).to_contain_text("damaged")
    assert good(served, "C10") == 1
    assert page.problems == []


def test_buttons_do_what_scans_do(served: Served) -> None:
    page = served.page("operator", "/s/BEND")
    work(served, page)
    page.click("text=Report 1 good")
    expect(page.locator(".big-count")).to_contain_text("1 / 4")
    page.click("text=Quantity…")
    page.click("#quantity-pad [data-key='2']")
    page.click("#quantity-pad [data-pad-ok]")
    expect(page.locator("#foot .primary")).to_contain_text("Report 2 good")
    page.click("text=Scrap…")
    page.click("#reject-reasons [data-reason='DENT']")
    expect(page.locator(".scan-log")).to_contain_text("2 scrap.")
    page.click("#side [data-action='undo']")
    expect(page.locator(".scan-log")).to_contain_text("Undone: 2 scrap")
    page.click("text=Report 1 good")
    expect(page.locator(".big-count")).to_contain_text("2 / 4")
    page.click("[data-action='help']")
    expect(page.locator(".scan-log")).to_contain_text("The team lead is called.")
    assert page.problems == []


def test_another_page_of_the_station_follows_without_reloading(served: Served) -> None:
    one, two = served.page("operator", "/s/BEND"), served.page("lead", "/s/BEND")
    two.evaluate("window.loaded_once = true")
    work(served, one)
    expect(two.locator(".big-count")).to_contain_text("0 / 4")
    type_scan(one, GOOD)
    expect(two.locator(".big-count")).to_contain_text("1 / 4")
    assert two.evaluate("window.loaded_once") is True


def test_with_the_cable_out_scans_wait_and_are_sent_once(served: Served) -> None:
    page = served.page("operator", "/s/BEND")
    work(served, page)
    before = count(served, Scan)
    page.context.set_offline(True)
    for number in range(1, 3):
        type_scan(page, GOOD)
        expect(page.locator(".queue-count").first).to_have_text(str(number))
    expect(page.locator(".offline-bar")).to_be_visible()
    expect(page.locator(".queue-count").first).to_have_text("2")
    assert count(served, Scan) == before
    page.context.set_offline(False)
    expect(page.locator(".big-count")).to_contain_text("2 / 4")
    expect(page.locator(".queue-count").first).to_have_text("0")
    assert (count(served, Scan), count(served, Report), good(served, "C10")) == (before + 2, 2, 2)


def test_a_reply_that_was_lost_is_asked_for_again_with_one_effect(served: Served) -> None:
    page = served.page("operator", "/s/BEND")
    work(served, page)
    sent = []

    def lose_the_first(route: Any) -> None:
        sent.append(route.request.post_data_json["uuid"])
        answer = route.fetch()
        route.abort() if len(sent) == 1 else route.fulfill(response=answer)

    page.route("**/s/BEND/scan", lose_the_first)
    type_scan(page, GOOD)
    expect(page.locator(".big-count")).to_contain_text("1 / 4")
    expect(page.locator(".queue-count").first).to_have_text("0")
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert (count(served, Report), good(served, "C10")) == (1, 1)


def test_a_code_that_bounces_counts_once_and_a_quick_second_one_is_asked_for(served: Served) -> None:
    page = served.page("operator", "/s/BEND")
    work(served, page)
    type_scan(page, GOOD)
    expect(page.locator(".big-count")).to_contain_text("1 / 4")
    type_scan(page, GOOD, after_s=0.8)
    type_scan(page, GOOD, after_s=2.0)
    expect(page.locator(".feedback")).to_contain_text("Scan it once more")
    assert count(served, Report) == 1
    type_scan(page, GOOD, after_s=2.0)
    expect(page.locator(".big-count")).to_contain_text("2 / 4")
    type_scan(page, GOOD, after_s=2.0)  # who said yes once is not asked again
    expect(page.locator(".big-count")).to_contain_text("3 / 4")


def test_scanners_may_end_with_tab_be_slow_and_an_input_method_may_be_on(served: Served) -> None:
    page = served.page("operator", "/s/BEND")
    type_scan(page, "WANG", key_s=0.034, end="Tab")
    expect(page.locator("#bar .person")).to_contain_text("WANG")
    page.evaluate("""() => { for (const code of [..."LI00"].map((c) => /\\d/.test(c) ? "Digit" + c : "Key" + c)) {
      const init = { key: "Process", code, bubbles: true, cancelable: true, shiftKey: code.startsWith("Key") };
      document.body.dispatchEvent(new KeyboardEvent("keydown", init)); }
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true })); }""")
    expect(page.locator(".scan-log")).to_contain_text("LI00")
    type_scan(page, served.rig.card("C10"), key_s=0.034)
    page.click("text=Quantity…")
    page.keyboard.type("2", delay=200)
    expect(page.locator("#quantity-pad [data-pad-value]")).to_have_text("2")  # slow typing stays where it was typed


def test_an_order_is_completed_by_a_scanner_and_cards_alone(served: Served) -> None:
    """No button is touched: badge, task cards, quantity cards, parts, units and command cards only."""
    page = served.page("operator", "/s/BEND")
    badge, two = make(Kind.BADGE, 77), make(Kind.NUMBER, 2)
    with served.rig.app.app_context(), transaction() as session:
        session.get_one(Person, served.rig.plant.people["LI"]).badge = badge
        found = {row.serial: make(Kind.UNIT, row.id) for row in session.scalars(select(Unit))}
    steps: dict[str, list[str]] = {
        "BEND": ["C10", make(Kind.NUMBER, 4), GOOD], "FOAM": ["C20", make(Kind.NUMBER, 4), GOOD],
        "DOOR": ["D10", two, GOOD, make(Kind.NUMBER, 6), GOOD],
        "ASSY1": ["F10", *(code for n in range(1, 5) for code in (found[f"CP{n}"], GOOD))],
    }  # fmt: skip
    serials = [f"FR-{now_utc():%y%m}-{n:05d}" for n in range(1, 5)]
    steps |= dict.fromkeys(("CHARGE", "TEST", "PACK"), serials)
    for place, codes in steps.items():
        page.goto(f"{served.url}/s/{place}")
        type_scan(page, badge)
        expect(page.locator("#bar .person")).to_contain_text("LI")
        for code in codes:
            before = count(served, Scan)
            type_scan(page, served.rig.card(code) if code in served.rig.tasks else code)
            arrived(served, before + 1)
            expect(page.locator(".feedback")).to_have_attribute("data-answer", "accepted")
    with served.rig.app.app_context():
        Watch(served.rig.app).until(lambda: db.session.get_one(WorkOrder, served.rig.order_id).status == "completed")
        assert list(differences(db.session)) == []
    assert page.problems == []


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_nothing_overflows_at_any_size(served: Served, language: str) -> None:
    page = served.page("operator", "/s/BEND", language=language)
    for path in ("/s/BEND", "/s", "/s/BEND/stop", "/find?q=CP"):
        page.goto(served.url + path)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(OVERFLOW) == [], (path, width)
    page.goto(served.url + "/s/BEND")
    type_scan(page, "WANG")
    type_scan(page, served.rig.card("C10"))
    expect(page.locator(".big-count")).to_contain_text("0 / 4")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(OVERFLOW) == [], ("open", width)
