"""Paper: both languages read back, what people typed is text, pages are counted."""

import io

import pytest
from pypdf import PdfReader

from app.reports.trace_sheet import Part, Sheet
from app.reports.trace_sheet import pdf as sheet_pdf
from app.reports.traveller import Stop, Traveller
from app.reports.traveller import pdf as traveller_pdf


def texts(content: bytes) -> list[str]:
    return [page.extract_text().replace("\n", " ") for page in PdfReader(io.BytesIO(content)).pages]


def sheet(rows: int, cell: str = "x") -> Sheet:
    part = Part(
        "History 履历", ("Operation 工序", "Person"), [(f"{cell}{number}", "LI 李") for number in range(rows)], "none"
    )
    return Sheet("Trace sheet 追溯单", [("Serial", "FR-1")], [part], "hash 0a1b", "Page {page} of {pages}")


def test_latin_and_chinese_read_back() -> None:
    text = texts(sheet_pdf(sheet(3)))[0]
    for word in ("Trace sheet", "追溯单", "履历", "工序", "李", "FR-1", "hash 0a1b", "Page 1 of 1"):
        assert word in text, word


def test_pages_are_counted_and_heads_repeated() -> None:
    pages = texts(sheet_pdf(sheet(200)))
    assert len(pages) > 2
    for number, text in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in text
        assert "Operation" in text


def test_an_empty_part_says_so() -> None:
    assert "none" in texts(sheet_pdf(sheet(0)))[0]


@pytest.mark.parametrize("typed", ["<b>bold</b>", "a & b < c", "<para>", "]]>", "\x00\x07bell", "→ ≤ · – ’ ü Ω Ж 𠮷"])
def test_what_was_typed_is_text(typed: str) -> None:
    text = "".join(texts(sheet_pdf(sheet(1, typed))))
    for word in typed.split() if typed.isascii() and typed.isprintable() else []:
        assert word in text


def test_the_traveller_says_what_is_done_where() -> None:
    stops = [Stop("T0000001WE", "T 000-0001 WE", "1", "Foam 发泡", "FOAM-01", "4 pcs")] * 30
    made = Traveller("Traveller 流转卡", "W0000001K7", "W 000-0001 K7", [("Order", "WO-1")], ("#", "Op", "Qty", "Scan"),
                     stops, "made", "Page {page} of {pages}")  # fmt: skip
    pages = texts(traveller_pdf(made))
    assert len(pages) > 1
    for word in ("流转卡", "T 000-0001 WE", "FOAM-01", "发泡", "WO-1"):
        assert word in pages[0], word
