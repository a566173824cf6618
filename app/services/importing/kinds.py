"""Kinds of cells: each turns the text of a cell into a value, or says why it cannot."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.db import QUANTITY_SCALE
from app.services.importing import dates
from app.services.importing.dates import Clock
from app.services.importing.problems import BadCell

Kind = Callable[[str, Clock], Any]

# ASCII digits only: Decimal would also take NaN, underscores, exponents and the digits of other scripts.
_NUMBER = re.compile(r"[+-]?\d+(?:\.(\d+))?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+(?:\.0+)?", re.ASCII)
_CODE = re.compile(r"[^\s;:,]{1,64}")
_YES, _NO = {"1", "yes", "y", "true", "x", "是"}, {"0", "no", "n", "false", "否"}
LARGEST = Decimal(10**12)


def text(longest: int) -> Kind:
    """Any words up to a length, without control characters."""

    def read(cell: str, _clock: Clock) -> str:
        if len(cell) > longest:
            raise BadCell("too_long", longest=longest, length=len(cell))
        if any(ord(char) < 32 and char not in "\n\t" for char in cell):
            raise BadCell("control_character", value=cell[:40])
        return cell

    return read


def code(cell: str, _clock: Clock) -> str:
    """A code: up to 64 characters without blanks, and without the signs that part lists."""
    if not _CODE.fullmatch(cell) or not cell.isprintable():
        raise BadCell("bad_code", value=cell[:80])
    return cell


def codes(cell: str, clock: Clock) -> list[str]:
    """A list of codes, ``A;B``."""
    return [code(part.strip(), clock) for part in cell.split(";") if part.strip()]


def whole(least: int, most: int = 10**9) -> Kind:
    """A whole number within bounds."""

    def read(cell: str, _clock: Clock) -> int:
        if not _WHOLE.fullmatch(cell) or len(cell) > 30:
            raise BadCell("not_whole", value=cell[:40])
        _within(Decimal(cell), Decimal(least), Decimal(most), cell)
        return int(Decimal(cell))

    return read


def amount(least: Decimal | int = 0, above: bool = False, most: Decimal | int = LARGEST) -> Kind:
    """An exact number with at most six decimals, from ``least`` on (or above it)."""

    def read(cell: str, _clock: Clock) -> Decimal:
        found = _NUMBER.fullmatch(cell)
        if not found or len(cell) > 40:
            raise BadCell("not_a_number", value=cell[:40])
        if len((found[1] or "").rstrip("0")) > QUANTITY_SCALE:
            raise BadCell("too_fine", value=cell, decimals=QUANTITY_SCALE)
        number = Decimal(cell)
        _within(number, Decimal(least), Decimal(most), cell)
        if above and number == least:
            raise BadCell("not_above", value=cell, least=str(least))
        return number

    return read


def _within(number: Decimal, least: Decimal, most: Decimal, cell: str) -> None:
    if number < least:
        raise BadCell("too_small", value=cell, least=str(least))
    if number > most:
        raise BadCell("too_large", value=cell, most=str(most))


def choice(*words: str) -> Kind:
    """One of a few words, in any case."""

    def read(cell: str, _clock: Clock) -> str:
        word = cell.casefold()
        if word not in words:
            raise BadCell("unknown_word", value=cell, words=", ".join(words))
        return word

    read.words = words  # type: ignore[attr-defined]
    return read


def words_of(kind: Kind) -> tuple[str, ...]:
    """The words a ``choice`` takes; none for other kinds."""
    found: tuple[str, ...] = getattr(kind, "words", ())
    return found


def flag(cell: str, _clock: Clock) -> bool:
    """yes or no."""
    word = cell.casefold()
    if word not in _YES | _NO:
        raise BadCell("not_a_flag", value=cell)
    return word in _YES


def zone(cell: str, _clock: Clock) -> str:
    """The name of a time zone, ``Asia/Shanghai``."""
    try:
        ZoneInfo(cell)
    except (ValueError, OSError, KeyError) as error:
        raise BadCell("unknown_zone", value=cell) from error
    return cell


def day(cell: str, clock: Clock) -> date:
    """A date, absolute or relative to today."""
    return dates.day(cell, clock)


def moment(bare: str) -> Kind:
    """A moment, absolute or relative; a day alone is at ``bare`` o'clock."""

    def read(cell: str, clock: Clock) -> datetime:
        return dates.moment(cell, clock, bare)

    return read


def minutes(cell: str, _clock: Clock) -> int:
    """A time of day in minutes after midnight."""
    return dates.minutes(cell)


def weekdays(cell: str, _clock: Clock) -> list[int]:
    """Days of the week, 0 Monday."""
    return dates.weekdays(cell)


def breaks(cell: str, _clock: Clock) -> list[list[int]]:
    """Pauses of a shift."""
    return dates.breaks(cell)


def pairs(cell: str, _clock: Clock) -> dict[str, str]:
    """Named values, ``temperature=42;pressure=2.1``."""
    found = {}
    for part in filter(None, (p.strip() for p in cell.split(";"))):
        name, sign, value = part.partition("=")
        if not sign or not name.strip() or name.strip() in found:
            raise BadCell("bad_pairs", value=cell[:80])
        found[name.strip()] = value.strip()
    return found


def skills(cell: str, clock: Clock) -> list[tuple[str, date | None, bool]]:
    """Skills with the last day they count, ``press;weld:2027-01-01``: code, day, whether the day is relative."""
    found = []
    for part in filter(None, (p.strip() for p in cell.split(";"))):
        name, colon, until = part.partition(":")
        last = dates.day(until.strip(), clock) if colon else None
        found.append((code(name.strip(), clock), last, dates.is_relative(until.strip())))
    return found
