"""A phone without a scanner: an order completed by photographs, and the worker that reads live frames."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.db import db, now_utc
from app.models import Task, WorkOrder
from app.services import orders
from app.services.release import release
from devices.codes import Kind, make
from devices.symbols import matrix
from tests.app.poll_rigs import Watch
from tests.browser.conftest import OVERFLOW, Served

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)]
PHONE = (390, 844)
# The worker as the page starts it: an own policy, the reader compiled from our own server, one frame.
ASK = """async ([address, picture]) => {
  const blob = await (await fetch(picture)).blob();
  const worker = new Worker(address, { type: "module" });
  const told = new Promise((resolve, reject) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  const bitmap = await createImageBitmap(blob);
  worker.postMessage({ id: 1, bitmap, hard: false }, [bitmap]);
  return told;
}"""


def photograph(text: str, form: str = "qr", turn: float = 15) -> bytes:
    """A phone's picture of a card on a bench."""
    rows = np.array(matrix(text, form))
    rows = np.repeat(rows, 30, axis=0) if form == "code128" else rows
    card = np.full((rows.shape[0] + 24, rows.shape[1] + 24), 235, np.uint8)
    card[12:-12, 12:-12] = np.where(rows, 30, 235)
    scale = 3 if form == "code128" else 8
    card = cv2.resize(card, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    high, wide = card.shape
    place = cv2.getRotationMatrix2D((wide / 2, high / 2), turn, 1)
    place[:, 2] += (600 - wide / 2, 450 - high / 2)
    frame = np.full((900, 1200), 110, np.uint8)
    cv2.warpAffine(card, place, (1200, 900), dst=frame, borderMode=cv2.BORDER_TRANSPARENT)
    return cv2.imencode(".jpg", frame)[1].tobytes()


def show(page: Any, text: str) -> None:
    """Take a photograph of a code in the camera's dialog."""
    page.click("[data-open-camera]")
    expect(page.locator("#camera")).to_be_visible()
    page.set_input_files("[data-camera=photo]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photograph(text)})
    expect(page.locator("#camera")).to_be_hidden()


def test_a_phone_completes_an_order_by_photographs(served: Served) -> None:
    app, now = served.rig.app, now_utc()
    with app.app_context():
        site_id = served.rig.plant.site_id
        made = orders.create_service(site_id, "Fix", Decimal(5), "PACK", now + timedelta(days=1), 1, None, now)
        release(site_id, made, "cli:test", now)
        task = db.session.scalars(select(Task.id).where(Task.order_id == made)).one()
    page = served.page("operator", "/s/PACK", PHONE)
    assert page.evaluate(OVERFLOW) == []
    show(page, "WANG")
    expect(page.locator("#bar .person")).to_contain_text("WANG")
    show(page, make(Kind.TASK, task))
    expect(page.locator(".big-count")).to_contain_text("0 / 1")
    show(page, make(Kind.COMMAND, 3))
    expect(page.locator(".feedback")).to_have_attribute("data-answer", "accepted")
    with app.app_context():
        Watch(app).until(lambda: db.session.get_one(WorkOrder, made).status == "completed")
    assert page.problems == []


def test_a_picture_without_a_code_says_what_to_do(served: Served) -> None:
    page = served.page("operator", "/s/PACK", PHONE)
    page.click("[data-open-camera]")
    blank = cv2.imencode(".jpg", np.full((300, 400), 120, np.uint8))[1].tobytes()
    page.set_input_files("[data-camera=photo]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": blank})
    expect(page.locator("[data-camera=told]")).to_contain_text("No code was found")
    expect(page.locator("#camera")).to_be_visible()


@pytest.mark.parametrize(("form", "turn"), [("qr", 0), ("code128", 38), ("datamatrix", 12)])
def test_the_worker_reads_frames_under_the_strict_policy(served: Served, form: str, turn: float) -> None:
    page = served.page("operator", "/s/PACK")
    picture = photograph("T0000001WE", form, turn)
    page.route("**/frame.jpg", lambda route: route.fulfill(body=picture, content_type="image/jpeg"))
    told = page.evaluate(ASK, [f"{served.url}/static/js/camera-worker.js", f"{served.url}/frame.jpg"])
    assert told == {"id": 1, "text": "T0000001WE"}
