"""From Enter to feedback: a wedge scan in a real Chromium, the answer of the real server, the coloured strip.

``python -m pytest tests/bench/test_feedback_bench.py -o norecursedirs=.hypothesis -s`` prints p50 and p95 in ms.
"""

import statistics
from typing import Any

import pytest

from devices.codes import Kind, make
from tests.browser.conftest import Served, chrome, served, type_scan  # noqa: F401 fixtures

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
TIMES = 60
WATCH = """() => {
  window.waits = [];
  let began = 0;
  addEventListener("keydown", (event) => { if (event.key === "Enter") began = performance.now(); }, true);
  const strip = document.querySelector(".feedback");
  new MutationObserver(() => {
    if (!began || !strip.dataset.answer) return;
    const from = began;
    began = 0;
    requestAnimationFrame(() => window.waits.push(performance.now() - from));
  }).observe(strip, { attributes: true, childList: true, subtree: true, characterData: true });
}"""

WAIT = """(count) => new Promise((done) => {
  const timer = setInterval(() => { if (window.waits.length >= count) { clearInterval(timer); done(true); } }, 2);
})"""


def test_feedback_after_a_scan(served: Served) -> None:  # noqa: F811
    page = served.page("operator", "/s/BEND")
    type_scan(page, "WANG")
    type_scan(page, served.rig.card("C10"))
    page.wait_for_selector("text=0 / 4")
    page.evaluate(WATCH)
    cards = (make(Kind.COMMAND, 3), make(Kind.COMMAND, 6))
    for number in range(TIMES):
        scan(page, cards[number % 2], number + 1)
    waits = sorted(page.evaluate("window.waits"))
    print(f"\nEnter to feedback, {len(waits)} scans: p50 {statistics.median(waits):.0f} ms, "
          f"p95 {waits[int(len(waits) * 0.95)]:.0f} ms, longest {waits[-1]:.0f} ms")  # fmt: skip


def scan(page: Any, code: str, wanted: int) -> None:
    type_scan(page, code)
    # The page's policy forbids evaluating a text, so the wait is a function with a promise.
    page.evaluate(WAIT, wanted)
