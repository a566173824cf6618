"""Changing one's own password in a real browser, from the menu to the word that it is done, by keyboard alone."""

import pytest

from tests.browser.conftest import Served, type_scan
from tests.web.station_rig import SECRET

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("store_url", ["sqlite"], indirect=True),
]  # fmt: skip


def test_a_secret_typed_as_fast_as_by_a_scanner_is_no_scan(served: Served) -> None:
    from playwright.sync_api import expect

    page = served.page("planner", "/account/password")
    type_scan(page, "as fast as that")
    expect(page.get_by_text("The password is too short.")).to_be_visible()
    assert page.url == f"{served.url}/account/password"


def test_the_password_is_changed_by_keyboard_alone(served: Served) -> None:
    from playwright.sync_api import expect

    page = served.page("planner", "/orders")
    page.get_by_label("You: planner").focus()
    page.keyboard.press("Enter")
    for _link in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served.url}/account/password")
    expect(page.get_by_label("Your present password")).to_be_focused()
    for words in ("not mine", "a longer sesame", "a longer sesame"):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not your password. Try again.")).to_be_visible()
    expect(page.get_by_label("Your present password")).to_be_focused()
    for words in (SECRET, "a longer sesame", "a longer sesame"):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served.url}/account")
    expect(page.get_by_role("status").get_by_text("Your password is changed.")).to_be_visible()
    assert page.problems == []
