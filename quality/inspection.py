"""Characteristics with limits, the verdict on a measured value, and which disposition a piece or lot can get.

>>> charge = Characteristic("refrigerant", lower=Decimal(58), target=Decimal(60), upper=Decimal(62), unit="g")
>>> judge(charge, Decimal("62.5"), "g")
Verdict(result=<Result.FAIL: 'fail'>, reason='above_upper', value=Decimal('62.5'))
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from quality.errors import BadCharacteristic, BadMeasurement, DispositionRefused, WrongUnit


class Scale(StrEnum):
    """A variable is measured as a number, an attribute is found to conform or not."""

    VARIABLE = "variable"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Characteristic:
    """What is checked and within which limits (inclusive, in `unit`); an attribute has none. BadCharacteristic."""

    key: str
    lower: Decimal | None = None
    upper: Decimal | None = None
    target: Decimal | None = None
    unit: str | None = None
    kind: Scale = Scale.VARIABLE

    def __post_init__(self) -> None:
        """Refuse limits that contradict each other or do not belong to an attribute."""
        given = [limit for limit in (self.lower, self.target, self.upper) if limit is not None]
        if given and self.kind is Scale.ATTRIBUTE:
            raise BadCharacteristic(key=self.key, reason="attribute_with_limits")
        if not all(limit.is_finite() for limit in given):
            raise BadCharacteristic(key=self.key, reason="not_finite")
        if given != sorted(given):
            raise BadCharacteristic(key=self.key, reason="limits_out_of_order")


class Result(StrEnum):
    """A value without any limit to hold it against is neither good nor bad."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    NO_LIMITS = "no_limits"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result, why (within, below_lower, above_upper, no_limits, conforms, does_not_conform) and the value."""

    result: Result
    reason: str
    value: Decimal | bool


def judge(
    characteristic: Characteristic, value: Decimal | int | float | str | bool, unit: str | None = None
) -> Verdict:
    """Hold a measured value against its limits; BadMeasurement for what is no value, WrongUnit for another unit.

    Without a unit the value counts as measured in the characteristic's own. Floats are taken at their shortest
    decimal form, so that 10.1 from an instrument is not above a limit of 10.1.
    """
    if unit is not None and unit != characteristic.unit:
        raise WrongUnit(key=characteristic.key, expected=characteristic.unit, unit=unit)
    if characteristic.kind is Scale.ATTRIBUTE:
        return _judge_attribute(characteristic, value)
    number = _number(characteristic, value)
    if characteristic.lower is None and characteristic.upper is None:
        return Verdict(Result.NO_LIMITS, "no_limits", number)
    if characteristic.lower is not None and number < characteristic.lower:
        return Verdict(Result.FAIL, "below_lower", number)
    if characteristic.upper is not None and number > characteristic.upper:
        return Verdict(Result.FAIL, "above_upper", number)
    return Verdict(Result.PASS, "within", number)


def _judge_attribute(characteristic: Characteristic, value: object) -> Verdict:
    if not isinstance(value, bool):
        raise BadMeasurement(key=characteristic.key, value=value, reason="not_yes_or_no")
    return Verdict(Result.PASS, "conforms", value) if value else Verdict(Result.FAIL, "does_not_conform", value)


def _number(characteristic: Characteristic, value: Decimal | int | float | str | bool) -> Decimal:
    if isinstance(value, bool) or "_" in str(value):  # neither yes nor Python's 1_000 is a measured number
        raise BadMeasurement(key=characteristic.key, value=value, reason="not_a_number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise BadMeasurement(key=characteristic.key, value=value, reason="not_a_number") from None
    if not number.is_finite():
        raise BadMeasurement(key=characteristic.key, value=value, reason="not_finite")
    return number


class Disposition(StrEnum):
    """What is decided about a nonconforming piece or lot: 返工, 报废, 让步接收, 退货."""

    REWORK = "rework"
    SCRAP = "scrap"
    CONCESSION = "concession"
    RETURN = "return"  # to the supplier, so for lots only


_IN_HOUSE: Final = frozenset({Disposition.REWORK, Disposition.SCRAP, Disposition.CONCESSION})
_ANY: Final = frozenset(Disposition)
_NONE: Final[frozenset[Disposition]] = frozenset()

# What is with a customer has to come back first; what is used up or scrapped is past deciding, the units that were
# made of it are decided instead. An unknown subject or state allows nothing.
ALLOWED: Final[Mapping[tuple[str, str], frozenset[Disposition]]] = {
    ("unit", "planned"): _NONE,
    ("unit", "in_process"): _IN_HOUSE,
    ("unit", "in_rework"): _IN_HOUSE,
    ("unit", "good"): _IN_HOUSE,
    ("unit", "scrapped"): _NONE,
    ("unit", "shipped"): _NONE,
    ("unit", "in_service"): _NONE,
    ("unit", "returned"): _IN_HOUSE,
    ("lot", "expected"): _NONE,
    ("lot", "quarantine"): _ANY,
    ("lot", "available"): _ANY,
    ("lot", "held"): _ANY,
    ("lot", "expired"): frozenset({Disposition.SCRAP, Disposition.RETURN, Disposition.CONCESSION}),
    ("lot", "rejected"): frozenset({Disposition.SCRAP, Disposition.RETURN}),
    ("lot", "consumed"): _NONE,
}


def allowed_dispositions(subject: str, state: str) -> frozenset[Disposition]:
    """The dispositions that a unit or lot in a state can get."""
    return ALLOWED.get((subject, state), _NONE)


def check_disposition(subject: str, state: str, disposition: Disposition) -> None:
    """DispositionRefused, naming the possible ones, when the state of a unit or lot does not allow a disposition."""
    allowed = allowed_dispositions(subject, state)
    if disposition not in allowed:
        raise DispositionRefused(
            subject=subject, state=state, disposition=str(disposition), allowed=tuple(sorted(allowed))
        )
