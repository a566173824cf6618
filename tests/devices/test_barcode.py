"""What scanners, keyboards and people deliver, and what is read out of it."""

import doctest
import sys

import pytest

from devices import barcode
from devices.barcode import LONGEST, Empty, TooLong, parse
from devices.codes import Damaged, Foreign, Kind, group, make

CODE = "T0000001WE"
PLANT = ("https://mes.plant", "http://10.0.0.5:8000/")
WITH_Y = make(Kind.UNIT, 30)  # the body ends in Y
GERMAN = str.maketrans("YZyz", "ZYzy")


def test_manual_examples_run() -> None:
    assert doctest.testmod(barcode).failed == 0


@pytest.mark.parametrize("kind", Kind)
def test_a_bare_code_of_every_kind(kind: Kind) -> None:
    text = make(kind, 4711)
    scan = parse(text)
    assert (scan.kind, scan.number, scan.text, scan.raw, scan.notices) == (kind, 4711, text, text, ())


@pytest.mark.parametrize(
    ("text", "notices"),
    [
        (CODE + "\r\n", ()),
        ("\x02" + CODE + "\x03", ()),
        ("\ufeff " + CODE + "\t", ()),
        (group(CODE), ()),
        ("T-0000-001-WE", ()),
        ("]C0" + CODE, ()),
        ("]Q3https://mes.plant/c/" + CODE, ()),
        ("https://mes.plant/c/" + CODE + "?from=card#x", ()),
        ("HTTP://MES.PLANT/C/" + CODE, ()),
        ("mes.plant/c/" + CODE + "/", ()),
        (CODE.lower(), ("case",)),
        ("TOOO0001WE", ("lookalike",)),
        ("T000000IWE", ("lookalike",)),
        ("T000000lWE", ("case", "lookalike")),
        ("Ｔ０００００01ＷＥ", ("width",)),
        (CODE + CODE, ("doubled",)),
        (CODE + "\r" + CODE + "\r", ("doubled",)),
        (group(CODE) + " " + group(CODE), ("doubled",)),
        ("https://mes.plant/c/" + CODE + "https://mes.plant/c/" + CODE, ("doubled",)),
        ("]C0" + CODE + "]C0" + CODE, ("doubled",)),
        ("httpsÖ--mes.plant-c-" + CODE, ("layout",)),
    ],
)
def test_what_happens_on_the_way_is_undone(text: str, notices: tuple[str, ...]) -> None:
    scan = parse(text)
    assert (scan.kind, scan.number, scan.text, scan.raw, scan.notices) == (Kind.TASK, 1, CODE, text, notices)


def test_a_german_layout_is_undone_when_the_code_that_was_meant_exists() -> None:
    scan = parse(WITH_Y.translate(GERMAN), exists=lambda code: code.text == WITH_Y)
    assert (scan.text, scan.notices) == (WITH_Y, ("layout",))


def test_a_german_layout_on_suspicion_alone_is_damaged() -> None:
    for exists in (None, lambda code: False):
        with pytest.raises(Damaged):
            parse(WITH_Y.translate(GERMAN), exists=exists)


def test_a_german_layout_is_undone_when_the_address_proves_it() -> None:
    scan = parse("httpsÖ--mes.plant-c-" + WITH_Y.translate(GERMAN), PLANT)
    assert (scan.text, scan.notices) == (WITH_Y, ("layout",))


def test_no_look_alike_is_undone_on_the_type_letter() -> None:
    lot = make(Kind.LOT, 5)
    assert parse("1" + lot[1:]).kind == "plain"
    assert parse("I" + lot[1:]).kind == "plain"


@pytest.mark.parametrize("text", ["T0000010WE", "t0000001wx", "T0000001WE"[:8] + "00", "W0000001WE", "T0000010WE" * 2])
def test_a_misread_code_is_damaged(text: str) -> None:
    with pytest.raises(Damaged) as refused:
        parse(text)
    assert refused.value.code == "code.damaged"


@pytest.mark.parametrize(
    "text",
    [
        "https://other.plant/c/" + CODE,
        "https://mes.plant/c/hello",
        "https://example.org/",
        "WIFI:S:guest;T:WPA;P:" + "x" * 80,
        "***",
        "a\x00b",
    ],
)
def test_what_is_not_of_this_plant_is_foreign(text: str) -> None:
    with pytest.raises(Foreign):
        parse(text, PLANT)


@pytest.mark.parametrize("prefix", ["https://mes.plant", "http://mes.plant/", "HTTPS://MES.PLANT"])
def test_own_addresses_are_known_over_either_scheme(prefix: str) -> None:
    assert parse("https://mes.plant/c/" + CODE, [prefix]).number == 1


@pytest.mark.parametrize("text", ["", " ", "\r\n", "\x00\x1d", "]C0", "]C0\r"])
def test_nothing_is_empty(text: str) -> None:
    with pytest.raises(Empty):
        parse(text)


def test_too_long_is_refused_and_the_longest_is_not() -> None:
    with pytest.raises(TooLong) as refused:
        parse("T" * (LONGEST + 1))
    assert len(refused.value.text) == 80
    with pytest.raises(Foreign):
        parse("T" * LONGEST)


@pytest.mark.parametrize("text", ["4500012345", "WO-2026/0012", "45004500", "12", "订单-7", "0000000000"])
def test_numbers_of_other_systems_are_plain(text: str) -> None:
    scan = parse(f" {text}\r")
    assert (scan.kind, scan.number, scan.text, scan.notices) == ("plain", None, text, ())


def test_a_plain_number_twice_with_enter_between_is_one() -> None:
    scan = parse("4500012345\r4500012345\r")
    assert (scan.text, scan.notices) == ("4500012345", ("doubled",))


def test_damaged_keeps_the_text_for_numbers_that_look_like_ours() -> None:
    with pytest.raises(Damaged) as refused:
        parse(" wo-2026-0012 ")
    assert refused.value.text == "wo-2026-0012"


def test_retail_digits_are_plain_and_offer_their_gtin() -> None:
    assert parse("9506000134352").values == {"gtin": "09506000134352"}
    assert parse("9506000134353").values == {}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("]d20109506000134352101234\x1d21ABC", {"gtin": "09506000134352", "lot": "1234", "serial": "ABC"}),
        ("]C1010950600013435210AB-1", {"gtin": "09506000134352", "lot": "AB-1"}),
        ("\x1d010950600013435221ABC", {"gtin": "09506000134352", "serial": "ABC"}),
        ("(01)09506000134352(10)ABC", {"gtin": "09506000134352", "lot": "ABC"}),
        ("010950600013435217270131", {"gtin": "09506000134352", "expires": "2027-01-31"}),
        ("00123456789012345675", {"sscc": "123456789012345675"}),
        ("https://id.gs1.org/01/09506000134352/21/9", {"gtin": "09506000134352", "serial": "9"}),
        ("]Q3HTTPS://ID.GS1.ORG/01/09506000134352/10/L7", {"gtin": "09506000134352", "lot": "L7"}),
    ],
)
def test_gs1_values_have_names(text: str, values: dict[str, str]) -> None:
    scan = parse(text)
    assert (scan.kind, scan.number, dict(scan.values), scan.raw) == ("gs1", None, values, text)


@pytest.mark.parametrize(
    "text",
    ["]d2010950600013435310AB", "(01)09506000134353", "https://id.gs1.org/01/09506000134353", "00123456789012345674"],
)
def test_a_wrong_check_digit_inside_gs1_is_damaged(text: str) -> None:
    with pytest.raises(Damaged):
        parse(text)


def test_without_biip_element_strings_are_plain_and_links_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "biip", None)
    assert parse("010950600013435210AB1").kind == "plain"
    with pytest.raises(Foreign):
        parse("https://id.gs1.org/01/09506000134352")
    assert parse(CODE).number == 1
