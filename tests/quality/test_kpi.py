"""Key figures: the formulas by a worked shift, nothing from nothing, and what is refused."""

from decimal import Decimal

import pytest

from quality import kpi
from quality.errors import BadElement

SLICES = [("running", 300), ("running", Decimal("73.5")), ("setup", 20), ("idle", 40), ("no_data", 20)]
COUNTS = [("good", 271), ("scrap", 6), ("rework", 4), ("scrap", -1), ("consume", 900)]


def test_elements_are_sums_of_slices_and_reports() -> None:
    assert (kpi.APT(SLICES), kpi.AUST(SLICES)) == (Decimal("373.5"), 20)
    assert (kpi.GQ(COUNTS), kpi.SQ(COUNTS), kpi.RQ(COUNTS), kpi.PQ(iter(COUNTS))) == (271, 5, 4, 280)
    assert kpi.PBT(480, 60) == 420


def test_oee_is_the_product_of_its_factors() -> None:
    # A shift of 480 min with 60 min of breaks, 373.5 min run, 1 min an item, 280 made, 271 good.
    a = kpi.availability(Decimal("373.5"), 420)
    e = kpi.effectiveness(1, 280, Decimal("373.5"))
    q = kpi.quality_ratio(271, 280)
    assert a is not None
    assert e is not None
    assert round(a, 4) == Decimal("0.8893")
    assert round(e, 4) == Decimal("0.7497")
    oee = kpi.OEE(a, e, q)
    assert oee is not None
    assert round(oee, 6) == round(Decimal(271) / 420, 6)


def test_ratios() -> None:
    assert kpi.FPY(95, 100) == Decimal("0.95")
    assert kpi.scrap_ratio(5, 280) == Decimal(5) / 280
    assert kpi.rework_ratio(7, 280) == Decimal("0.025")
    assert kpi.setup_rate(20, 380) == Decimal("0.05")
    assert kpi.MTTR([10, 20, Decimal("7.5")]) == Decimal("12.5")
    assert kpi.MTBF([600, 400]) == 500


def test_a_zero_denominator_says_nothing() -> None:
    assert kpi.availability(0, 0) is None
    assert kpi.effectiveness(1, 10, 0) is None
    assert kpi.quality_ratio(0, 0) is None
    assert kpi.FPY(0, 0) is None
    assert kpi.setup_rate(0, 0) is None
    assert kpi.MTTR([]) is None
    assert kpi.MTBF([]) is None
    for missing in range(3):
        factors = [None if at == missing else Decimal(1) for at in range(3)]
        assert kpi.OEE(*factors) is None


def test_zero_is_not_nothing() -> None:
    assert kpi.availability(0, 420) == 0
    assert kpi.OEE(Decimal(0), Decimal(1), Decimal(1)) == 0


@pytest.mark.parametrize("amount", [Decimal(-1), Decimal("NaN"), Decimal("Infinity")])
def test_impossible_elements_are_refused(amount: Decimal) -> None:
    for refused in (
        lambda: kpi.availability(amount, 420),
        lambda: kpi.quality_ratio(1, amount),
        lambda: kpi.GQ([("good", amount)]),
        lambda: kpi.MTTR([amount]),
    ):
        with pytest.raises(BadElement):
            refused()


def test_more_planned_downtime_than_time_is_refused() -> None:
    with pytest.raises(BadElement):
        kpi.PBT(60, 61)
