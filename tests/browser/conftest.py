"""A real Chromium against a real server in a thread; skipped with the reason where there is no browser."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app.workers.relay import start_relay, stop_relay
from tests.web.station_rig import SECRET, Rig

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZES = ((360, 740), (768, 1024), (1280, 800), (1920, 1080))
# What a page must never do: scroll sideways, or let text stick out of its box.
OVERFLOW = """() => {
  const found = [], root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1) found.push(`page: ${root.scrollWidth} > ${root.clientWidth}`);
  for (const e of document.body.querySelectorAll("button, h1, h2, p, dd, .pill, .next-strip, .next-card, .big-count")) {
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (!box.width || e.closest(".grid-box")) continue;
    if (style.overflowX !== "visible" || style.textOverflow === "ellipsis") continue;
    const name = `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 40)}`;
    if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth) found.push(name);
    if (box.right > root.clientWidth + 1) found.push(`sticks out: ${name}`);
  }
  return found;
}"""


def _missing() -> str:
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return "" if chromium() else "chromium is not installed"


def chromium() -> str | None:
    """The browser of this machine."""
    return os.environ.get("GONGXU_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    """The browser, started once for a module: its event loop must be gone before tests that run their own."""
    missing = _missing()
    if missing and os.environ.get("GONGXU_REQUIRE_ALL") == "1":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    from playwright.sync_api import expect, sync_playwright

    # A wait ends as soon as it holds; how long it may last is a matter of how busy the machine is.
    expect.set_options(timeout=30_000)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Served:
    """A running server, its plant, and pages of people who are signed in."""

    rig: Rig
    url: str
    chrome: Any

    def page(self, name: str, path: str, size: tuple[int, int] = (1280, 800), language: str = "en") -> Any:
        """A page of somebody who is signed in; errors of its scripts are kept in ``page.problems``."""
        context = self.chrome.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="en-US", reduced_motion="reduce"
        )
        context.set_default_timeout(20_000)
        context.add_cookies([{"name": "language", "value": language, "url": self.url}])
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(f"{self.url}/login?next={path}")
        page.fill("[name=name]", name)
        page.fill("[name=password]", SECRET)
        page.press("[name=password]", "Enter")
        page.wait_for_url(f"{self.url}{path}")
        page.wait_for_load_state()
        return page


def type_scan(page: Any, text: str, after_s: float = 6.0, key_s: float = 0.005, end: str = "Enter") -> None:
    """What a keyboard-wedge scanner does: a key each 5 ms, then Enter, wherever the focus is.

    The times are given with the keys: how fast this machine passes them on must not decide what a scan is. By default
    six seconds lie between two scans of a page, so that none is taken for a trigger that bounced.
    """
    keyboard = page.context.new_cdp_session(page)
    began = page.scanned_at + after_s if hasattr(page, "scanned_at") else time.time()
    page.scanned_at = began
    for number, key in enumerate([*text, end]):
        at = began + number * key_s
        said = "\r" if key == "Enter" else key
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": key, "text": said, "timestamp": at})
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "timestamp": at + 0.002})
    keyboard.detach()


@pytest.fixture
def served(app: Flask, chrome: Any) -> Iterator[Served]:
    """The application behind a threaded server on a port of its own."""
    rig = Rig(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    start_relay(app)
    made = Served(rig, f"http://127.0.0.1:{server.server_port}", chrome)
    yield made
    for context in list(chrome.contexts):
        context.close()
    stop_relay(app)
    server.shutdown()
    thread.join()
    server.server_close()
