"""Printed codes: a type letter, seven characters of number and two check characters.

    T 0 0 0 0 0 0 1 W E
    | |             | check characters: Reed-Solomon over GF(32), distance 3
    | number in Crockford's base 32 (no I L O U), 0 .. 32**7 - 1
    type letter, see Kind

The type letter enters the check through a table of its own, so that a badge never passes as a task and no
tidying of look-alikes (O and 0, I L and 1) ever touches it. Two check characters of a Reed-Solomon code over
ten symbols give distance 3: one or two wrong characters, or two characters changing places, never pass.
The arithmetic is written out here because the library at hand keeps its tables in module globals, which two
threads would share; a test compares every result with it.

>>> make(Kind.TASK, 1)
'T0000001WE'
>>> parse_code('T0000001WE')
Code(kind=<Kind.TASK: 'T'>, number=1, text='T0000001WE')
>>> group('T0000001WE')
'T 000-0001 WE'
>>> parse_code('T0000010WE')
Traceback (most recent call last):
devices.codes.Damaged: code.damaged text=T0000010WE
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from devices.errors import DevicesError

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 10
LIMIT: Final = 32**7  # the first number that no longer fits

_TYPES: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_VALUE: Final = {char: value for value, char in enumerate(ALPHABET)}
_TYPE_VALUE: Final = {char: value for value, char in enumerate(_TYPES)}


class Kind(StrEnum):
    """What a printed code stands for; the value is the printed type letter and can never be given away again."""

    TASK = "T"
    ORDER = "W"
    UNIT = "U"
    LOT = "L"
    BADGE = "B"
    STATION = "S"
    DEVICE = "D"
    CONTAINER = "K"
    REASON = "R"
    COMMAND = "C"
    NUMBER = "N"


_KINDS: Final = {str(kind): kind for kind in Kind}
_FORM: Final = re.compile(f"[{''.join(_KINDS)}][{ALPHABET}]{{9}}").fullmatch


@dataclass(frozen=True, slots=True)
class Code:
    """One printed code: its kind, its number (0 .. 32**7 - 1) and the ten printed characters."""

    kind: Kind
    number: int
    text: str


class CodeError(DevicesError):
    """A printed code that was refused; `code` names the reason and `text` is what was read."""

    code = "code"

    def __init__(self, text: str) -> None:
        super().__init__(text=text)
        self.text = text


class Damaged(CodeError):
    """It has the form of one of our codes, but the check characters say that it was misread or mistyped."""

    code = "code.damaged"


class Foreign(CodeError):
    """It does not have the form of one of our codes."""

    code = "code.foreign"


class OutOfRange(CodeError):
    """A number that cannot be printed because it is negative or does not fit into seven characters."""

    code = "code.out_of_range"


def make(kind: Kind, number: int) -> str:
    """The ten printed characters of a number, 0 <= number < 32**7; OutOfRange otherwise."""
    if not 0 <= number < LIMIT:
        raise OutOfRange(str(number))
    head = Kind(kind).value + "".join(ALPHABET[number >> shift & 31] for shift in range(30, -1, -5))
    return head + _check(head)


def parse_code(text: str) -> Code:
    """Read exactly what `make` wrote, nothing tidied; Foreign when the form is not ours, Damaged when the check fails.

    Reed and Solomon, Polynomial codes over certain finite fields (1960), with two check symbols over GF(32).
    """
    if not _FORM(text):
        raise Foreign(text)
    if _check(text[:8]) != text[8:]:
        raise Damaged(text)
    number = 0
    for char in text[1:8]:
        number = number << 5 | _VALUE[char]
    return Code(_KINDS[text[0]], number, text)


def group(code: str) -> str:
    """The code in groups that a person can read out and type again; it parses to the same code."""
    return f"{code[0]} {code[1:4]}-{code[4:8]} {code[8:]}"


def _powers() -> list[int]:
    """The 31 powers of the generator 2 of GF(32) with the primitive polynomial x^5 + x^2 + 1."""
    powers = [1]
    while len(powers) < 31:
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0b100101 if doubled & 32 else doubled)
    return powers


_EXP: Final = _powers()
_LOG: Final = {value: power for power, value in enumerate(_EXP)}


def _times(left: int, right: int) -> int:
    return _EXP[(_LOG[left] + _LOG[right]) % 31] if left and right else 0


def _share(position: int, value: int) -> int:
    """What one symbol adds to the check pair: solved for the roots 1 and 2, the pair packed as high * 32 + low."""
    at_two = _times(value, _EXP[9 - position])
    high = _times(value ^ at_two, _EXP[31 - _LOG[1 ^ 2]])
    return high << 5 | (value ^ high)


# The code is linear, so the check of a word is the exclusive or of what each of its characters adds.
_SHARES: Final = [{char: _share(0, value) for char, value in _TYPE_VALUE.items()}] + [
    {char: _share(position, value) for char, value in _VALUE.items()} for position in range(1, 8)
]


def _check(head: str) -> str:
    pair = 0
    for share, char in zip(_SHARES, head, strict=True):
        pair ^= share[char]
    return ALPHABET[pair >> 5] + ALPHABET[pair & 31]
