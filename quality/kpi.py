"""Key figures by the names and formulas of ISO 22400-2, for one work unit and one period.

Time elements are minutes and come from slices of machine state, so that a stretch without data counts neither as
running nor as idle; quantity elements come from reports. A figure whose denominator is zero is None: there is
nothing to say, which is not the same as 0 %. MTTR and MTBF are plain means over the finished intervals.

>>> slices = [("running", 400), ("setup", 20), ("idle", 40), ("no_data", 20)]
>>> counts = [("good", 380), ("scrap", 12), ("rework", 8)]
>>> a = availability(APT(slices), PBT(480, 0))
>>> e = effectiveness(Decimal("0.9"), PQ(counts), APT(slices))
>>> q = quality_ratio(GQ(counts), PQ(counts))
>>> round(OEE(a, e, q), 4)
Decimal('0.7125')
"""

from collections.abc import Iterable
from decimal import Decimal

from quality.errors import BadElement

Amount = Decimal | int
Slices = Iterable[tuple[str, Amount]]
Counts = Iterable[tuple[str, Amount]]
Share = Decimal | None


def _sum(name: str, pairs: Iterable[tuple[str, Amount]], word: str) -> Decimal:
    return _checked(name, sum((Decimal(amount) for key, amount in pairs if key == word), Decimal()))


def _checked(name: str, amount: Amount) -> Decimal:
    value = Decimal(amount)
    if not value.is_finite() or value < 0:
        raise BadElement(name=name, value=value)
    return value


def _ratio(upper: Amount, lower: Amount) -> Share:
    above, below = _checked("numerator", upper), _checked("denominator", lower)
    return above / below if below else None


def APT(slices: Slices) -> Decimal:
    """Actual production time: minutes in which the machine ran. APT = sum of the slices 'running'."""
    return _sum("APT", slices, "running")


def AUST(slices: Slices) -> Decimal:
    """Actual unit setup time: minutes of set-up. AUST = sum of the slices 'setup'."""
    return _sum("AUST", slices, "setup")


def PBT(planned_operation: Amount, planned_down: Amount) -> Decimal:
    """Planned busy time in minutes: what the shifts offer without planned downtime. PBT = POT - planned downtime."""
    return _checked("PBT", _checked("POT", planned_operation) - _checked("planned downtime", planned_down))


def GQ(counts: Counts) -> Decimal:
    """Good quantity: GQ = sum of the reports 'good' less their reversals."""
    return _sum("GQ", counts, "good")


def SQ(counts: Counts) -> Decimal:
    """Scrap quantity: SQ = sum of the reports 'scrap' less their reversals."""
    return _sum("SQ", counts, "scrap")


def RQ(counts: Counts) -> Decimal:
    """Rework quantity: RQ = sum of the reports 'rework' less their reversals."""
    return _sum("RQ", counts, "rework")


def PQ(counts: Counts) -> Decimal:
    """Produced quantity: PQ = GQ + SQ + RQ."""
    pairs = list(counts)
    return GQ(pairs) + SQ(pairs) + RQ(pairs)


def availability(apt: Amount, pbt: Amount) -> Share:
    """Availability = APT / PBT."""
    return _ratio(apt, pbt)


def effectiveness(pri: Amount, pq: Amount, apt: Amount) -> Share:
    """Effectiveness = PRI * PQ / APT, with PRI the planned run time of one item in minutes; may exceed 1."""
    return _ratio(_checked("PRI", pri) * _checked("PQ", pq), apt)


def quality_ratio(gq: Amount, pq: Amount) -> Share:
    """Quality ratio = GQ / PQ."""
    return _ratio(gq, pq)


def OEE(availability: Share, effectiveness: Share, quality_ratio: Share) -> Share:
    """Overall equipment effectiveness: OEE = availability * effectiveness * quality ratio; None when a factor is."""
    if availability is None or effectiveness is None or quality_ratio is None:
        return None
    return availability * effectiveness * quality_ratio


def FPY(good_first: Amount, inspected: Amount) -> Share:
    """First pass yield: FPY = GP / IP, parts good at the first inspection over parts inspected."""
    return _ratio(good_first, inspected)


def scrap_ratio(sq: Amount, pq: Amount) -> Share:
    """Scrap ratio = SQ / PQ."""
    return _ratio(sq, pq)


def rework_ratio(rq: Amount, pq: Amount) -> Share:
    """Rework ratio = RQ / PQ."""
    return _ratio(rq, pq)


def setup_rate(aust: Amount, apt: Amount) -> Share:
    """Setup rate = AUST / AUPT, with the actual unit processing time AUPT = APT + AUST."""
    return _ratio(aust, _checked("APT", apt) + _checked("AUST", aust))


def MTTR(repairs: Iterable[Amount]) -> Share:
    """Mean time to repair: MTTR = sum of TTR / number of finished repairs, in the unit of the times given."""
    return _mean("TTR", repairs)


def MTBF(between: Iterable[Amount]) -> Share:
    """Mean operating time between failures: MTBF = sum of TBF / number of failures that ended such a time."""
    return _mean("TBF", between)


def _mean(name: str, times: Iterable[Amount]) -> Share:
    values = [_checked(name, time) for time in times]
    return sum(values, Decimal()) / len(values) if values else None
