"""Pictures of codes over plain HTTP, the policy of the one worker that compiles, and the page of the certificate."""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from flask import Flask

from app.db import now_utc
from app.queries.certificate import authority
from app.services import certificates
from app.web import CAMERA_WORKER
from devices.codes import Kind, make
from devices.symbols import matrix
from devices.vision import engines
from tests.web.desk import Desk, plant_with_users

CODE = make(Kind.TASK, 4711)


def photograph(text: str = CODE, turn: float = 20) -> bytes:
    """A phone's picture of a card that lies askew."""
    rows = np.array(matrix(text, "qr"))
    card = np.full((rows.shape[0] + 8, rows.shape[1] + 8), 230, np.uint8)
    card[4:-4, 4:-4] = np.where(rows, 30, 230)
    card = cv2.resize(card, None, fx=9, fy=9, interpolation=cv2.INTER_NEAREST)
    place = cv2.getRotationMatrix2D((card.shape[1] / 2, card.shape[0] / 2), turn, 1)
    place[:, 2] += 300
    frame = np.full((900, 1200), 120, np.uint8)
    cv2.warpAffine(card, place, (1200, 900), dst=frame, borderMode=cv2.BORDER_TRANSPARENT)
    return cv2.imencode(".jpg", frame)[1].tobytes()


@pytest.fixture
def desk(app: Flask) -> Any:
    with app.app_context():
        plant_with_users()
    found = Desk(app)
    found.sign_in("operator")
    return found


def test_a_photograph_over_plain_http_is_read(desk: Desk) -> None:
    answer = desk.post("/decode", {"picture": (io.BytesIO(photograph()), "a.jpg")}, 200)
    assert answer.json["text"] == CODE
    assert answer.json["reads"][0]["symbology"] == "QRCode"
    nothing = cv2.imencode(".jpg", np.full((300, 400), 120, np.uint8))[1].tobytes()
    answer = desk.post("/decode", {"picture": (io.BytesIO(nothing), "a.jpg")}, 422)
    assert "No code was found" in answer.json["message"]
    answer = desk.post("/decode", {"picture": (io.BytesIO(b"GIF89a"), "a.gif")}, 422)
    assert answer.json["code"] == "picture.unreadable"
    desk.post("/decode", {}, 422)


def test_strangers_send_no_pictures(app: Flask, desk: Desk) -> None:
    stranger = Desk(app)
    stranger.post("/decode", {"picture": (io.BytesIO(photograph()), "a.jpg")}, 302)


def test_only_the_camera_worker_may_compile(app: Flask, desk: Desk) -> None:
    page = desk.client.get("/s/PACK")
    assert "data-open-camera" in page.text
    assert "wasm-unsafe-eval" not in page.headers["Content-Security-Policy"]
    worker = desk.client.get(f"/static/{CAMERA_WORKER}")
    assert "'wasm-unsafe-eval'" in worker.headers["Content-Security-Policy"]
    other = desk.client.get("/static/js/camera.js")
    assert "wasm-unsafe-eval" not in other.headers["Content-Security-Policy"]
    wasm = desk.client.get("/static/vendor/zxing-wasm/zxing_reader.wasm")
    assert wasm.content_type == "application/wasm"
    for answer in (worker, other, wasm):
        answer.close()


def test_the_secure_page_says_what_is_missing_and_then_how_to_install(app: Flask, tmp_path: Path) -> None:
    app.config["HOME"] = tmp_path
    client = app.test_client()
    assert "no certificate yet" in client.get("/secure").text
    assert client.get("/secure/gongxu-ca.crt").status_code == 404
    certificates.make(tmp_path, ["mes.plant", "127.0.0.1"], now_utc())
    page = client.get("/secure").text
    assert "mes.plant" in page
    got = client.get("/secure/gongxu-ca.crt")
    assert got.content_type == "application/x-x509-ca-cert"
    assert got.data == authority(tmp_path)


def test_the_qr_code_of_the_secure_page_reads_back(app: Flask) -> None:
    import re

    drawn = app.test_client().get("/secure/qr.svg", headers={"Host": "mes.plant:8443"}).text
    side = int(re.search(r'viewBox="0 0 (\d+)', drawn)[1])
    picture = np.full((side, side), 255, np.uint8)
    for x, y in re.findall(r"M(\d+),(\d+)h1v1", drawn):
        picture[int(y), int(x)] = 0
    picture = cv2.resize(picture, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    assert [read.text for read in engines.zxing(picture, "")] == ["https://mes.plant:8443/secure"]
