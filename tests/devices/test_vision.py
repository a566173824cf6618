"""Reading codes in pictures: each step of the cascade, each engine missing, nothing where there is nothing."""

import json
import subprocess
import sys
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import zxingcpp

from devices.vision import capabilities, cascade, decode, engines, profile, regions, sharpen
from devices.vision.engines import ENGINES
from devices.vision.reading import Picture

TEXT = "T0000001WE"


def symbol(form: str, text: str = TEXT, scale: int = 3) -> Picture:
    """A printed symbol with its quiet zone, grey on white."""
    barcode = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, form))
    matrix = np.array(barcode.to_image(scale=1, add_quiet_zones=False))
    if matrix.shape[1] > 3 * matrix.shape[0]:
        matrix = np.repeat(matrix[:1], 30, axis=0)
    sheet = np.full((matrix.shape[0] + 24, matrix.shape[1] + 24), 235, np.uint8)
    sheet[12:-12, 12:-12] = np.where(matrix > 0, 235, 30)
    return cv2.resize(sheet, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)


def bench(label: Picture | None = None, turn: float = 0, tone: int = 110) -> Picture:
    """A grey frame of 720×1280 with a label in its middle, turned."""
    frame = np.full((720, 1280), tone, np.uint8)
    cv2.circle(frame, (200, 150), 60, 200, 4)
    cv2.rectangle(frame, (950, 520), (1150, 600), 40, -1)
    if label is None:
        return frame
    high, wide = label.shape
    place = cv2.getRotationMatrix2D((wide / 2, high / 2), turn, 1)
    place[:, 2] += (640 - wide / 2, 360 - high / 2)
    return cv2.warpAffine(label, place, (1280, 720), dst=frame, borderMode=cv2.BORDER_TRANSPARENT)


def noisy(picture: Picture, strength: float) -> Picture:
    noise = np.random.default_rng(7).normal(0, strength, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def read(picture: Picture, budget_ms: float = 2000, gate: bool = False) -> list[tuple[str, str, str]]:
    return [(one.symbology, one.text, one.step) for one in decode(picture, budget_ms, gate).reads]


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Gives a function that takes engines away for one test."""

    def take(*names: str) -> None:
        for name in names:
            monkeypatch.setitem(engines._loaded, name, None)

    capabilities()
    return take


@pytest.mark.parametrize("form", ["Code128", "Code39", "QRCode", "DataMatrix"])
def test_a_clean_frame_is_read_by_the_first_look(form: str) -> None:
    assert read(bench(symbol(form))) == [(form, TEXT, "fast")]


@pytest.mark.parametrize("form", ["Code128", "Code39"])
@pytest.mark.parametrize("turn", [37, 62, 118])
def test_bars_at_any_turn_are_cut_out_upright(form: str, turn: float) -> None:
    frame = bench(symbol(form, scale=2), turn)
    assert not engines.zxing(frame, "", fast=True)
    found = read(frame)
    assert found[0][:2] == (form, TEXT)
    assert found[0][2] in ("crop", "profile")


def test_bars_lost_in_noise_are_read_by_averaging() -> None:
    strip = noisy(symbol("Code128", scale=2), 90)
    assert not engines.zxing(strip, "")
    turn, _ = profile.direction(strip)
    assert [one.text for one in profile.read_bars(strip, turn, 1.0)] == [TEXT]


def test_code_39_wants_two_bands_that_agree() -> None:
    row = np.repeat(symbol("Code39", scale=2)[60][None], 4, axis=0)
    other = np.repeat(symbol("Code39", "T0000002AB", scale=2)[60][None], 1, axis=0)
    blank = np.full_like(row, 255)
    assert [one.text for one in profile._agreed(np.vstack([row[:2], blank[:2]]))] == [TEXT]
    assert profile._agreed(np.vstack([row[:1], other, blank[:2]])) == []


def test_a_square_out_of_focus_is_sharpened() -> None:
    soft = cv2.GaussianBlur(symbol("QRCode", scale=4), (0, 0), 2.8)
    assert not engines.zxing(soft, "")
    assert [one.text for one in engines.zxing(sharpen.sharpened(soft, 2.8), "")] == [TEXT]


def test_nothing_is_read_where_there_is_nothing() -> None:
    assert read(bench()) == []
    assert read(noisy(bench(), 30)) == []
    assert read(np.zeros((1, 1), np.uint8)) == []
    assert read(np.full((40, 3), 200, np.uint8)) == []


def test_the_gate_stops_at_writing_and_passes_a_code() -> None:
    page = bench()
    for line in range(6):
        cv2.putText(page, "NOT A CODE 42", (380, 250 + 40 * line), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 230, 2)
    looked = [look() for look in cascade._looks(page, page, True)]
    assert len(looked) == 1
    assert read(bench(symbol("Code128", scale=2), 45), gate=True)[0][1] == TEXT


def test_the_budget_ends_the_search() -> None:
    frame = noisy(bench(symbol("QRCode", scale=1)), 60)
    assert read(frame, budget_ms=0.001) == []
    assert len(list(cascade._looks(frame, frame, False))) > 2


def test_bars_seen_on_two_lines_are_noise() -> None:
    line = symbol("Code128", scale=2)
    line[: line.shape[0] // 2] = 235
    line[line.shape[0] // 2 + 2 :] = 235
    assert [one.text for one in engines.zxing(line, "", lowest=0)] == [TEXT]
    assert engines.zxing(line, "") == []


@pytest.mark.parametrize("missing", ENGINES)
def test_each_engine_may_be_missing(missing: str, without: Callable[..., None]) -> None:
    without(missing)
    assert capabilities()[missing].startswith("missing: ")
    assert read(bench(symbol("Code128")))[0][:2] == ("Code128", TEXT)


def test_without_any_engine_nothing_is_read_and_nothing_breaks(without: Callable[..., None]) -> None:
    without(*ENGINES)
    assert read(bench(symbol("QRCode"))) == []


def test_zbar_alone_reads_turned_bars_from_the_places(without: Callable[..., None]) -> None:
    without("zxing")
    assert [one.engine for one in decode(bench(symbol("Code128", scale=2), 40), 2000).reads] == ["zbar"]
    assert decode(bench(symbol("QRCode")), 2000).reads == ()


def test_the_capability_report_says_how_to_get_an_engine(without: Callable[..., None]) -> None:
    without("zbar")
    assert "libzbar0" in capabilities()["zbar"]
    assert capabilities()["zxing"] == "ok"


def test_importing_the_room_loads_no_engine() -> None:
    code = "import devices.vision, sys; print(sorted({'cv2','zxingcpp','pyzbar','numpy','PIL'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_places_are_found_with_size_and_turn() -> None:
    best = regions.dense(bench(symbol("Code128", scale=2), -30))[0]
    assert abs(best.x - 640) < 12
    assert abs(best.y - 360) < 12
    assert abs((best.turn - 30 + 90) % 180 - 90) < 3


def test_the_command_prints_one_line_of_json_a_picture(tmp_path) -> None:
    good, bare, text = tmp_path / "a.png", tmp_path / "b.jpg", tmp_path / "c.png"
    good.write_bytes(cv2.imencode(".png", bench(symbol("DataMatrix")))[1].tobytes())
    bare.write_bytes(cv2.imencode(".jpg", bench())[1].tobytes())
    text.write_text("no picture")
    command = [sys.executable, "-m", "devices", "decode", str(good), str(bare), str(text), str(tmp_path / "d.png")]
    done = subprocess.run([*command, "--budget-ms", "60"], capture_output=True, text=True, check=False, timeout=120)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert lines[0]["file"] == str(good)
    assert lines[0]["reads"] == [{"symbology": "DataMatrix", "text": TEXT, "engine": "zxing"}]
    assert lines[0]["ms"] > 0
    assert (lines[1]["reads"], "error" in lines[1]) == ([], False)
    assert lines[2]["error"] == "picture.unreadable"
    assert lines[3]["error"] == "No such file or directory"
