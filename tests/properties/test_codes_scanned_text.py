"""Properties of reading: total over any text, and every way of writing a code reads the same."""

from collections.abc import Callable
from contextlib import suppress

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from devices.barcode import GS1, PLAIN, parse
from devices.codes import ALPHABET, LIMIT, CodeError, Kind, group, make

KINDS = st.sampled_from(list(Kind))
NUMBERS = st.integers(0, LIMIT - 1)
WORDS = ["T0000001WE", "t0000001we", "]C1", "]d2", "]Q3", "https://", "httpsÖ--", "/c/", "-c-", "(01)", "01", "10"]
PIECES = st.sampled_from([*WORDS, *"\x1d\r\x00[]?#%:٣Ｔßﷺ\ud800", "//", "09506000134352"])
ADDRESSES = ("", "]Q3", "https://mes.plant/c/", "HTTPS://MES.PLANT/C/", "]C0")


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=8).map("".join)))
def test_any_text_is_a_scan_or_a_code_error(text: str) -> None:
    with suppress(CodeError):
        scan = parse(text)
        assert scan.raw == text
        assert scan.kind in (GS1, PLAIN, *Kind)
        assert (scan.number is None) == (scan.kind in (GS1, PLAIN))
        assert scan.text


@settings(max_examples=200, deadline=None)
@given(KINDS, NUMBERS, st.sampled_from(ADDRESSES), st.sampled_from([str, group]), st.sampled_from([str, str.lower]))
def test_every_way_of_writing_reads_the_same(
    kind: Kind, number: int, address: str, written: Callable[[str], str], cased: Callable[[str], str]
) -> None:
    text = cased(written(make(kind, number)).replace("0", "O"))
    scan = parse(address + text + "\r")
    assert (scan.kind, scan.number, scan.text) == (kind, number, make(kind, number))


@settings(max_examples=200, deadline=None)
@given(KINDS, NUMBERS)
def test_a_german_layout_reads_as_was_meant(kind: Kind, number: int) -> None:
    text = make(kind, number)
    read = parse(text.translate(str.maketrans("YZ", "ZY")), exists=lambda code: code.text == text)
    assert (read.kind, read.number) == (kind, number)


@settings(max_examples=400, deadline=None)
@given(KINDS, NUMBERS, st.lists(st.tuples(st.integers(0, 9), st.sampled_from(ALPHABET)), min_size=1, max_size=2))
def test_a_code_with_one_or_two_wrong_characters_reads_as_no_code(
    kind: Kind, number: int, wrong: list[tuple[int, str]]
) -> None:
    chars = list(make(kind, number))
    for place, char in wrong:
        chars[place] = char
    assume("".join(chars) != make(kind, number))
    with suppress(CodeError):
        assert parse("".join(chars)).kind == PLAIN


@settings(max_examples=400, deadline=None)
@given(KINDS, NUMBERS, st.integers(0, 9), st.integers(0, 9))
def test_a_code_with_two_characters_swapped_reads_as_no_code(kind: Kind, number: int, left: int, right: int) -> None:
    chars = list(make(kind, number))
    chars[left], chars[right] = chars[right], chars[left]
    assume("".join(chars) != make(kind, number))
    with suppress(CodeError):
        assert parse("".join(chars)).kind == PLAIN
