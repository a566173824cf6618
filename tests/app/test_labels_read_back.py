"""Labels: every template read back by both engines from paper and from dots, at both resolutions."""

import io
import re
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from app.errors import Unavailable
from app.reports import label_dots, label_pdf
from app.reports.label import Label, Symbol, Words
from app.reports.templates import DRAWN, Facts
from app.reports.traveller import Stop, Traveller
from app.reports.traveller import pdf as traveller_pdf
from devices.codes import Kind, make
from devices.symbols import matrix
from devices.vision import engines

CODE = make(Kind.UNIT, 123_456_789)
LINK = f"https://mes.plant.example:8443/c/{CODE}"
FACTS = Facts(CODE, "FR-2026-000123", "Fridge 冰箱 BCD-218", ("WO-00001 · 2026-11-22", "一号线", "L-4711"), LINK)


def on_paper(pdf: bytes, dpi: int, page: int = 0) -> Any:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return np.array(document[page].render(scale=dpi / 72).to_pil().convert("L"))
    finally:
        document.close()


def as_dots(label: Label, dpi: int) -> Any:
    return np.array(unpacked(label_dots.zpl(label, dpi)).convert("L"))


def unpacked(zpl: str) -> Any:
    """What a printer makes of ^GFA, written from its manual and not from ours."""
    total, row_bytes, body = re.search(r"\^GFA,(\d+),\d+,(\d+),(.*)\^FS", zpl).groups()
    digits, rows, row, count = int(row_bytes) * 2, [], "", 0
    for sign in body:
        if sign == ":":
            rows.append(rows[-1])
        elif sign in ",!":
            rows.append(row.ljust(digits, "0" if sign == "," else "F"))
            row = ""
        elif "G" <= sign <= "Y":
            count += ord(sign) - ord("F")
        elif "g" <= sign <= "z":
            count += (ord(sign) - ord("f")) * 20
        else:
            row, count = row + sign * max(count, 1), 0
        if len(row) == digits:
            rows.append(row)
            row = ""
    data = bytes.fromhex("".join(rows))
    assert len(data) == int(total)
    wide, high = int(re.search(r"\^PW(\d+)", zpl)[1]), len(rows)
    dots = Image.frombytes("1", (int(row_bytes) * 8, high), bytes(255 - byte for byte in data))
    return dots.crop((0, 0, wide, high))


@pytest.mark.parametrize("dpi", label_dots.DPI)
@pytest.mark.parametrize("kind", DRAWN)
def test_every_template_reads_back_with_both_engines(kind: str, dpi: int) -> None:
    label = DRAWN[kind](FACTS)
    for picture in (as_dots(label, dpi), on_paper(label_pdf.pages([label], kind), dpi)):
        by_zxing = {read.symbology: read.text for read in engines.zxing(picture, "")}
        assert by_zxing["Code128"] == CODE
        assert set(by_zxing.values()) <= {CODE, LINK}
        assert len(by_zxing) == 2
        assert {read.text for read in engines.zbar(picture, "")} == {CODE}


@pytest.mark.parametrize("dpi", label_dots.DPI)
def test_the_traveller_reads_back_a_code_for_every_operation(dpi: int) -> None:
    codes = [make(Kind.TASK, number) for number in (7, 8, 9)]
    stops = [Stop(code, code, "1", "Foam 发泡", "FOAM-01", "4 pcs") for code in codes]
    order = make(Kind.ORDER, 1)
    made = Traveller("流转卡", order, order, [("Order", "WO-1")], ("#", "Op", "Qty", "Scan"), stops, "made", "{page}")
    page = on_paper(traveller_pdf(made), dpi)
    assert {read.text for read in engines.zxing(page, "")} == {order, *codes}
    assert {read.text for read in engines.zbar(page, "")} == {order, *codes}


def test_what_is_packed_unpacks_to_the_same_dots() -> None:
    label = DRAWN["lot"](FACTS)
    for dpi in label_dots.DPI:
        picture = label_dots.image(label, dpi)
        assert np.array_equal(np.array(picture), np.array(unpacked(label_dots.zpl(label, dpi))))


def test_chinese_is_drawn_and_not_a_row_of_boxes() -> None:
    drawn = {word: np.array(label_dots.image(Label(10, 8, (Words(1, 1, 4, 8, word),)), 203)) for word in "冰箱口"}
    assert all((~dots).sum() > 40 for dots in drawn.values())
    assert not np.array_equal(drawn["冰"], drawn["箱"])


def test_without_a_chinese_font_a_chinese_label_is_refused_and_a_latin_one_prints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(label_dots, "chinese_font", lambda: None)
    assert label_dots.zpl(DRAWN["unit"](Facts(CODE, "FR-1", "Fridge")), 203)
    with pytest.raises(Unavailable) as refused:
        label_dots.zpl(DRAWN["unit"](FACTS), 203)
    assert refused.value.code == "label.no_font"


def test_long_words_stay_on_the_label() -> None:
    label = DRAWN["unit"](Facts(CODE, "S" * 60, "冰箱" * 40))
    dots = ~np.array(label_dots.image(label, 203))
    assert not dots[:, -2:].any()


@pytest.mark.parametrize("form", ["code128", "datamatrix", "qr"])
@pytest.mark.parametrize("dpi", label_dots.DPI)
def test_no_symbol_outgrows_its_place(form: str, dpi: int) -> None:
    modules = matrix(CODE, form)
    dots = ~np.array(
        label_dots.image(Label(90, 40, (Symbol(0, 0, form, CODE, 0.375, 5 if form == "code128" else 0),)), dpi)
    )
    assert np.flatnonzero(dots.any(axis=0)).max() < len(modules[0]) * 0.375 * dpi / 25.4 + 1


def test_sheets_hold_many_cards_and_break_into_pages() -> None:
    cards = [DRAWN["commands"](Facts(make(Kind.COMMAND, number), str(number))) for number in range(1, 26)]
    pdf = label_pdf.sheets(cards, "cards")
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    assert len(document) == 2
    document.close()
    found = {
        read.text
        for page in (0, 1)
        for read in engines.zxing(on_paper(pdf, 203, page), "")
        if read.symbology == "Code128"
    }
    assert found == {make(Kind.COMMAND, number) for number in range(1, 26)}
