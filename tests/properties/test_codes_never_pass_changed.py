"""Properties of printed codes: distance 3, and few random strings pass."""

import random
from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from devices.codes import ALPHABET, LIMIT, CodeError, Kind, group, make, parse_code

KINDS = st.sampled_from(list(Kind))
NUMBERS = st.integers(0, LIMIT - 1)
PRINTABLE = "".join(sorted({*ALPHABET, *"ILOU"}))


@settings(max_examples=200, deadline=None)
@given(KINDS, NUMBERS)
def test_round_trip(kind: Kind, number: int) -> None:
    text = make(kind, number)
    code = parse_code(text)
    assert (code.kind, code.number, code.text) == (kind, number, text)
    assert group(text).replace(" ", "").replace("-", "") == text


@settings(max_examples=400, deadline=None)
@given(KINDS, NUMBERS, st.lists(st.tuples(st.integers(0, 9), st.sampled_from(PRINTABLE)), min_size=1, max_size=2))
def test_one_or_two_wrong_characters_never_pass(kind: Kind, number: int, wrong: list[tuple[int, str]]) -> None:
    chars = list(make(kind, number))
    for place, char in wrong:
        chars[place] = char
    assume("".join(chars) != make(kind, number))
    with pytest.raises(CodeError):
        parse_code("".join(chars))


@settings(max_examples=400, deadline=None)
@given(KINDS, NUMBERS, st.integers(0, 9), st.integers(0, 9))
def test_two_characters_changing_places_never_pass(kind: Kind, number: int, left: int, right: int) -> None:
    chars = list(make(kind, number))
    chars[left], chars[right] = chars[right], chars[left]
    assume("".join(chars) != make(kind, number))
    with pytest.raises(CodeError):
        parse_code("".join(chars))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_code_or_a_code_error(text: str) -> None:
    with suppress(CodeError):
        assert parse_code(text).text == text


def test_few_random_strings_pass_the_check() -> None:
    # One in 1024 is what two check characters of 32 values allow; 0.15 % is the most we accept.
    draw = random.Random(20_261_204)
    passed = 0
    for _ in range(20_000):
        with suppress(CodeError):
            parse_code(draw.choice("TWULBSDKRCN") + "".join(draw.choices(ALPHABET, k=9)))
            passed += 1
    assert passed <= 30
