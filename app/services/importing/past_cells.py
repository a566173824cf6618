"""History that another system kept: units with every operation they went through, lots, values, and complaints.

A row of ``history.csv`` is one unit. Its ``steps`` say where and by whom each operation was done
(``braze@M-BZ1/P015;pack@PK-1``), its ``lots`` what was used (``charge:R600A/R600A-03``), its ``values`` what was
measured (``charge:CHG=61.8``). All units of an item in a file become one closed order, so that counters, trace and
statistics treat them like units that were made here. A unit that is there already stays as it is.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from app.services.importing.dates import Clock
from app.services.importing.problems import BadCell

_STEP = re.compile(r"([^\s;:,@/]{1,64})@([^\s;:,@/]{1,64})(?:/([^\s;:,@/]{1,64}))?")
_LOT = re.compile(r"([^\s;:,@/]{1,64}):([^\s;:,@/]{1,64})/([^\s;:,@/]{1,64})")
_VALUE = re.compile(r"([^\s;:,@/]{1,64}):([^\s;:,@/=]{1,64})=([+-]?\d{1,12}(?:\.\d{1,6})?)", re.ASCII)


class Step(NamedTuple):
    """An operation with the machine or station, and the person."""

    operation: str
    place: str
    person: str | None


class Used(NamedTuple):
    """A lot that was used at an operation."""

    operation: str
    item: str
    lot: str


class Read(NamedTuple):
    """A value that was measured at an operation."""

    operation: str
    code: str
    value: Decimal


def _parts(cell: str, pattern: re.Pattern[str]) -> Iterator[tuple[Any, ...]]:
    for part in filter(None, (part.strip() for part in cell.split(";"))):
        found = pattern.fullmatch(part)
        if not found:
            raise BadCell("bad_part", value=part[:80])
        yield found.groups()


def steps(cell: str, _clock: Clock) -> list[Step]:
    """``operation@machine/person``, one after the other; the person may be missing."""
    return [Step(*part) for part in _parts(cell, _STEP)]


def lots(cell: str, _clock: Clock) -> list[Used]:
    """``operation:item/lot``."""
    return [Used(*part) for part in _parts(cell, _LOT)]


def values(cell: str, _clock: Clock) -> list[Read]:
    """``operation:code=value``."""
    return [Read(operation, code, Decimal(value)) for operation, code, value in _parts(cell, _VALUE)]


__all__ = ["Read", "Step", "Used", "lots", "steps", "values"]
