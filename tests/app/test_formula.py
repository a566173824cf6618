"""A cell that a spreadsheet would run is kept text by one function for all lists, and comes back as it was."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.formula import plain, safe

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|'/c calc'!A1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "-"])
def test_what_would_run_is_marked(text: str) -> None:
    assert safe(text) == "'" + text


@pytest.mark.parametrize("text", ["", "-5", "+1.25", "0", "A-1", "工序=1", "'quoted"])
def test_plain_numbers_and_words_stay(text: str) -> None:
    assert safe(text) == text


@given(some.text(alphabet="=+-@＝A1.'", max_size=6).filter(lambda text: not text.startswith("'")))
def test_what_was_marked_comes_back_as_it_was(text: str) -> None:
    assert plain(safe(text)) == text


def test_every_page_that_writes_a_list_uses_it() -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in (ROOT / "app" / "web").rglob("*.py")}
    writers = {path.name: text for path, text in pages.items() if "csv.writer(" in text}
    assert writers
    assert [name for name, text in writers.items() if "safe(" not in text and "look.text(" not in text] == []
