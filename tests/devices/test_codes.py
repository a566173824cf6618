"""Printed codes: what is made parses, what was changed never does."""

import doctest
import itertools
import random

import pytest
import reedsolo

from devices import codes
from devices.codes import ALPHABET, LIMIT, Code, Damaged, Foreign, Kind, OutOfRange, group, make, parse_code

PRINTED = [
    "T03NQK8N7V", "W03NQK8NFP", "U03NQK8NX6", "L03NQK8N15", "B03NQK8NHZ", "S03NQK8NEK",
    "D03NQK8N3F", "K03NQK8N8D", "R03NQK8NNB", "C03NQK8NA7", "N03NQK8NJG",
]  # fmt: skip
TYPES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def test_manual_example_runs() -> None:
    assert doctest.testmod(codes).failed == 0


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("number", [0, 1, 31, 32, 20_261_204, LIMIT - 1])
def test_what_is_made_parses(kind: Kind, number: int) -> None:
    text = make(kind, number)
    assert parse_code(text) == Code(kind, number, text)


def test_printed_codes_stay_as_they_are() -> None:
    # Printed cards cannot be recalled: these lines may never change.
    assert [make(kind, 123_456_789) for kind in Kind] == PRINTED


def test_the_letters_of_the_kinds_are_settled() -> None:
    assert "".join(Kind) == "TWULBSDKRCN"


def test_check_characters_agree_with_an_independent_library() -> None:
    codec = reedsolo.RSCodec(2, nsize=31, c_exp=5, fcr=0, generator=2, prim=0x25)
    draw = random.Random(5)
    for _ in range(500):
        text = make(draw.choice(list(Kind)), draw.randrange(LIMIT))
        head = [TYPES.index(text[0]), *(ALPHABET.index(char) for char in text[1:8])]
        assert list(codec.encode(bytes(head)))[8:] == [ALPHABET.index(char) for char in text[8:]]


@pytest.mark.parametrize("number", [-1, LIMIT, LIMIT * 7])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(OutOfRange) as refused:
        make(Kind.UNIT, number)
    assert refused.value.code == "code.out_of_range"


def test_every_single_wrong_character_is_damaged_or_foreign() -> None:
    text = make(Kind.TASK, 4711)
    for place, char in itertools.product(range(10), ALPHABET + "ILOU"):
        if char != text[place]:
            with pytest.raises((Damaged, Foreign)):
                parse_code(text[:place] + char + text[place + 1 :])


def test_every_swap_of_two_characters_is_damaged_or_foreign() -> None:
    text = make(Kind.LOT, 987_654_321)
    for left, right in itertools.combinations(range(10), 2):
        swapped = list(text)
        swapped[left], swapped[right] = text[right], text[left]
        if "".join(swapped) != text:
            with pytest.raises((Damaged, Foreign)):
                parse_code("".join(swapped))


def test_another_kind_with_the_same_number_never_passes() -> None:
    text = make(Kind.BADGE, 77)
    for kind in set(Kind) - {Kind.BADGE}:
        with pytest.raises(Damaged) as refused:
            parse_code(kind + text[1:])
        assert (refused.value.code, refused.value.text) == ("code.damaged", kind + text[1:])


@pytest.mark.parametrize(
    "text", ["", "T", "T0000001", "4500012345", "t0000001we", "T0000001WE ", "X00000017P", "T0000001IP", "T0000001WE\n"]
)
def test_another_form_is_foreign(text: str) -> None:
    with pytest.raises(Foreign) as refused:
        parse_code(text)
    assert refused.value.code == "code.foreign"


def test_groups_are_for_people() -> None:
    assert group("T0000001WE") == "T 000-0001 WE"
