"""Verdicts on measured values, and dispositions by state."""

from decimal import Decimal

import pytest

from quality.errors import BadCharacteristic, BadMeasurement, DispositionRefused, WrongUnit
from quality.inspection import (
    ALLOWED,
    Characteristic,
    Disposition,
    Result,
    Scale,
    allowed_dispositions,
    check_disposition,
    judge,
)

CHARGE = Characteristic("charge", lower=Decimal(58), target=Decimal(60), upper=Decimal("62.1"), unit="g")
LABEL = Characteristic("label", kind=Scale.ATTRIBUTE)


@pytest.mark.parametrize("value", [58, "58.0", Decimal(60), 62.1, " 60 "])
def test_within_the_limits_passes(value: Decimal | int | float | str) -> None:
    verdict = judge(CHARGE, value, "g")
    assert (verdict.result, verdict.reason) == (Result.PASS, "within")


@pytest.mark.parametrize(("value", "reason"), [("57.99", "below_lower"), (62.11, "above_upper"), (-1, "below_lower")])
def test_outside_the_limits_fails(value: float | str, reason: str) -> None:
    verdict = judge(CHARGE, value)
    assert (verdict.result, verdict.reason) == (Result.FAIL, reason)


def test_one_sided_limits() -> None:
    leak = Characteristic("leak", upper=Decimal("0.5"), unit="g/a")
    assert judge(leak, 0).result is Result.PASS
    assert judge(leak, "0.6").result is Result.FAIL


def test_without_limits_there_is_no_verdict() -> None:
    assert judge(Characteristic("noise", target=Decimal(3)), 5).result is Result.NO_LIMITS


def test_an_attribute_conforms_or_not() -> None:
    assert judge(LABEL, True).result is Result.PASS
    assert judge(LABEL, False).reason == "does_not_conform"


@pytest.mark.parametrize(
    ("characteristic", "value", "reason"),
    [
        (CHARGE, float("nan"), "not_finite"),
        (CHARGE, "inf", "not_finite"),
        (CHARGE, Decimal("-Infinity"), "not_finite"),
        (CHARGE, Decimal("sNaN"), "not_finite"),
        (CHARGE, "sixty", "not_a_number"),
        (CHARGE, "", "not_a_number"),
        (CHARGE, "6_0", "not_a_number"),
        (CHARGE, True, "not_a_number"),
        (LABEL, 1, "not_yes_or_no"),
        (LABEL, "yes", "not_yes_or_no"),
    ],
)
def test_what_is_no_measurement_is_refused(characteristic: Characteristic, value: float | str, reason: str) -> None:
    with pytest.raises(BadMeasurement) as refused:
        judge(characteristic, value)
    assert refused.value.values["reason"] == reason


@pytest.mark.parametrize(("characteristic", "unit"), [(CHARGE, "kg"), (CHARGE, ""), (LABEL, "g")])
def test_another_unit_is_refused(characteristic: Characteristic, unit: str) -> None:
    with pytest.raises(WrongUnit):
        judge(characteristic, 60, unit)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"lower": Decimal(2), "upper": Decimal(1)}, "limits_out_of_order"),
        ({"lower": Decimal(2), "target": Decimal(1)}, "limits_out_of_order"),
        ({"target": Decimal(2), "upper": Decimal(1)}, "limits_out_of_order"),
        ({"upper": Decimal("NaN")}, "not_finite"),
        ({"upper": Decimal(1), "kind": Scale.ATTRIBUTE}, "attribute_with_limits"),
    ],
)
def test_limits_that_cannot_stand_are_refused(limits: dict[str, Decimal], reason: str) -> None:
    with pytest.raises(BadCharacteristic) as refused:
        Characteristic("x", **limits)
    assert refused.value.values["reason"] == reason


@pytest.mark.parametrize("subject_state", ALLOWED)
def test_every_cell_of_the_table_of_dispositions(subject_state: tuple[str, str]) -> None:
    subject, state = subject_state
    for disposition in Disposition:
        if disposition in ALLOWED[subject_state]:
            check_disposition(subject, state, disposition)
        else:
            with pytest.raises(DispositionRefused) as refused:
                check_disposition(subject, state, disposition)
            assert refused.value.values["allowed"] == tuple(sorted(ALLOWED[subject_state]))


def test_what_left_the_plant_or_is_used_up_gets_no_disposition() -> None:
    for subject, state in (("unit", "shipped"), ("unit", "in_service"), ("lot", "consumed"), ("unit", "unheard_of")):
        assert allowed_dispositions(subject, state) == frozenset()


def test_only_lots_go_back_to_a_supplier() -> None:
    with_return = {subject for (subject, _), allowed in ALLOWED.items() if Disposition.RETURN in allowed}
    assert with_return == {"lot"}
