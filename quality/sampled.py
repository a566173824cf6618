"""Inspection of a sample: when it falls due, how many pieces it wants, what was typed for them, and its verdict.

>>> wanted = sample(Decimal(500), "II", Decimal("1.0"))
>>> (wanted.size, wanted.accept, wanted.reject)
(50, 1, 2)
>>> torque = Characteristic("torque", lower=Decimal(7), upper=Decimal(9), unit="Nm")
>>> found = readings("8.1 8,4 9.2Nm", torque, 3)
>>> sorted(failed({torque: found}, {}, 3))
[3]
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Final

from quality.errors import BadMeasurement, BadSample, WrongUnit
from quality.inspection import Characteristic, Result, judge
from quality.sampling import Severity, single

_TOKEN: Final = re.compile(r"([+-]?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]{1,3})?)((?:[^\d.,+\-_].*)?)")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MOST: Final = 1250  # the largest sample that is typed in by hand


@dataclass(frozen=True, slots=True)
class Sample:
    """How many pieces are looked at, up to how many nonconforming are accepted, from how many it is refused."""

    size: int
    accept: int
    reject: int
    severity: Severity = Severity.NORMAL

    def accepts(self, nonconforming: int) -> bool:
        """Whether so many nonconforming pieces are accepted."""
        return nonconforming <= self.accept


def sample(
    quantity: Decimal, level: str = "II", aql: Decimal | None = None, severity: Severity = Severity.NORMAL
) -> Sample:
    """The sample of a lot: by ISO 2859-1 when there is an AQL, every piece when there is none or the lot is one.

    What is no whole number of pieces (kilograms) counts as the next larger one.
    """
    lot = int(quantity.to_integral_value(ROUND_CEILING))
    if lot < 2 or aql is None:
        return Sample(max(lot, 1), 0, 1)
    plan = single(lot, level, float(aql), severity)
    return Sample(plan.size, plan.accept, plan.reject, severity)


def first_of(before: tuple[object, ...] | None, now: tuple[object, ...], set_up: bool) -> str | None:
    """Why a piece is a first one: order_start, setup or shift; None when it is not.

    ``before`` and ``now`` are shift and business date of the piece before at this station and of this one.
    """
    if before is None:
        return "order_start"
    if set_up:
        return "setup"
    return "shift" if before != now else None


def passed_mark(before: Decimal, after: Decimal, every: int) -> int | None:
    """The last multiple of ``every`` pieces that a count went past, as its number; None when it passed none."""
    mark = int(after // every)
    return mark if mark > before // every else None


def slot(at: datetime, minutes: int) -> int:
    """The number of the stretch of so many minutes that a moment lies in."""
    return (at - _EPOCH) // timedelta(minutes=minutes)


def readings(text: str, characteristic: Characteristic, count: int) -> list[Decimal]:
    """The values typed for the pieces of a sample, in their order; a unit may stand behind each.

    BadMeasurement for what is no finite number, WrongUnit for another unit, BadSample for more or fewer than wanted.
    """
    found = [_reading(token, characteristic) for token in re.split(r"[\s;]+", text.strip()) if token]
    if len(found) != count:
        raise BadSample(key=characteristic.key, given=len(found), wanted=count)
    return found


def _reading(token: str, characteristic: Characteristic) -> Decimal:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise BadMeasurement(key=characteristic.key, value=token[:40], reason=_why(token))
    number, unit = match.groups()
    if unit and unit != characteristic.unit:
        raise WrongUnit(key=characteristic.key, expected=characteristic.unit, unit=unit[:20])
    return Decimal(number.replace(",", "."))


def _why(token: str) -> str:
    try:
        return "not_a_number" if Decimal(token).is_finite() else "not_finite"
    except InvalidOperation:
        return "not_a_number"


def piece_numbers(text: str, key: str, count: int) -> frozenset[int]:
    """The numbers of the pieces that do not conform, from 1; BadSample for one that is not in the sample."""
    found = set()
    for token in re.split(r"[\s,;]+", text.strip()):
        if not token:
            continue
        if not token.isascii() or not token.isdecimal() or not 1 <= int(token[:9]) <= count or len(token) > 9:
            raise BadMeasurement(key=key, value=token[:40], reason="no_piece")
        found.add(int(token))
    return frozenset(found)


def failed(
    values: Mapping[Characteristic, Sequence[Decimal]], marked: Mapping[str, Iterable[int]], count: int
) -> frozenset[int]:
    """The pieces that do not conform: a piece counts once, however much of it is wrong."""
    bad = {piece for pieces in marked.values() for piece in pieces if 1 <= piece <= count}
    for characteristic, numbers in values.items():
        bad |= {at for at, value in enumerate(numbers, 1) if judge(characteristic, value).result is Result.FAIL}
    return frozenset(bad)


__all__ = ["MOST", "Sample", "failed", "first_of", "passed_mark", "piece_numbers", "readings", "sample", "slot"]
