"""Control charts for variables: X-bar and R, X-bar and s, individuals and moving range, with rules and capability.

Constants are those of ASTM Manual 7 / ISO 7870-2; the worked examples in the tests are from Montgomery,
Introduction to Statistical Quality Control, and from the NIST/SEMATECH e-Handbook.

>>> chart = i_mr([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
>>> round(chart.main.centre, 2), round(chart.main.lower, 2), round(chart.main.upper, 2)
(50.81, 45.82, 55.8)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, stdev
from typing import Final

from quality.errors import BadSeries
from quality.rules import NELSON, Hit, hits


@dataclass(frozen=True, slots=True)
class Constants:
    """Factors of one subgroup size: limits of the mean (a2) and of the range (d3, d4), range over sigma (d2)."""

    a2: float
    d2: float
    d3: float
    d4: float


CONSTANTS: Final = {
    2: Constants(1.880, 1.128, 0.000, 3.267),
    3: Constants(1.023, 1.693, 0.000, 2.574),
    4: Constants(0.729, 2.059, 0.000, 2.282),
    5: Constants(0.577, 2.326, 0.000, 2.114),
    6: Constants(0.483, 2.534, 0.000, 2.004),
    7: Constants(0.419, 2.704, 0.076, 1.924),
    8: Constants(0.373, 2.847, 0.136, 1.864),
    9: Constants(0.337, 2.970, 0.184, 1.816),
    10: Constants(0.308, 3.078, 0.223, 1.777),
    11: Constants(0.285, 3.173, 0.256, 1.744),
    12: Constants(0.266, 3.258, 0.283, 1.717),
    13: Constants(0.249, 3.336, 0.307, 1.693),
    14: Constants(0.235, 3.407, 0.328, 1.672),
    15: Constants(0.223, 3.472, 0.347, 1.653),
    16: Constants(0.212, 3.532, 0.363, 1.637),
    17: Constants(0.203, 3.588, 0.378, 1.622),
    18: Constants(0.194, 3.640, 0.391, 1.608),
    19: Constants(0.187, 3.689, 0.403, 1.597),
    20: Constants(0.180, 3.735, 0.415, 1.585),
    21: Constants(0.173, 3.778, 0.425, 1.575),
    22: Constants(0.167, 3.819, 0.434, 1.566),
    23: Constants(0.162, 3.858, 0.443, 1.557),
    24: Constants(0.157, 3.895, 0.451, 1.548),
    25: Constants(0.153, 3.931, 0.459, 1.541),
}


@dataclass(frozen=True, slots=True)
class Series:
    """One half of a chart: the points drawn, the centre line, the control limits and the rules broken."""

    name: str
    points: tuple[float, ...]
    centre: float
    lower: float
    upper: float
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A control chart: location, spread, the size of a subgroup and sigma within subgroups (R / d2, or s / c4)."""

    kind: str
    size: int
    sigma: float
    main: Series
    spread: Series


def xbar_r(groups: Sequence[Sequence[float]], phase: int | None = None, rules: Sequence[int] = NELSON) -> Chart:
    """Means and ranges of equal subgroups of 2 to 25; limits from the first `phase` subgroups, or from all.

    Limits x̿ ± A2 R̄ and D3 R̄, D4 R̄ (Shewhart). BadSeries for fewer than 2 subgroups or unequal ones.
    """
    size = _size(groups)
    means = tuple(mean(group) for group in groups)
    ranges = tuple(max(group) - min(group) for group in groups)
    _check_finite(ranges)
    used = _phase(len(groups), phase)
    table, centre, spread = CONSTANTS[size], mean(means[:used]), mean(ranges[:used])
    main = _series("x", means, centre, centre - table.a2 * spread, centre + table.a2 * spread, rules)
    return Chart("xbar-r", size, spread / table.d2, main, _range_series("r", ranges, spread, table))


def _size(groups: Sequence[Sequence[float]]) -> int:
    size = len(groups[0]) if groups else 0
    if size not in CONSTANTS:
        raise BadSeries(reason="subgroup_size", value=size)
    for number, group in enumerate(groups, 1):
        if len(group) != size:
            raise BadSeries(reason="unequal_subgroup", value=number)
        _check_finite(group)
    return size


def c4(size: int) -> float:
    """The mean of the standard deviation of `size` normal values over sigma (ISO 7870-2)."""
    return math.sqrt(2 / (size - 1)) * math.exp(math.lgamma(size / 2) - math.lgamma((size - 1) / 2))


def xbar_s(groups: Sequence[Sequence[float]], phase: int | None = None, rules: Sequence[int] = NELSON) -> Chart:
    """Means and standard deviations of equal subgroups of 2 to 25; better than ranges from about ten values on.

    Limits x̿ ± A3 s̄ and B3 s̄, B4 s̄ with A3 = 3 / (c4 √n) and B = 1 ± 3 √(1 - c4²) / c4. BadSeries as for `xbar_r`.
    """
    size = _size(groups)
    means, spreads = tuple(mean(group) for group in groups), tuple(stdev(group) for group in groups)
    _check_finite(spreads)
    used = _phase(len(groups), phase)
    centre, spread, factor = mean(means[:used]), mean(spreads[:used]), c4(size)
    sigma, wide = spread / factor, 3 * math.sqrt(1 - factor * factor) / factor
    reach = 3 * sigma / math.sqrt(size)
    main = _series("x", means, centre, centre - reach, centre + reach, rules)
    low, high = max(0.0, 1 - wide) * spread, (1 + wide) * spread
    return Chart("xbar-s", size, sigma, main, _series("s", spreads, spread, low, high, (1,)))


def i_mr(values: Sequence[float], phase: int | None = None, rules: Sequence[int] = NELSON) -> Chart:
    """Single values and their moving ranges of two; limits from the first `phase` values, or from all.

    Limits x̄ ± 3 MR̄ / 1.128 and D4 MR̄. BadSeries for fewer than 2 values.
    """
    _check_finite(values)
    used = _phase(len(values), phase)
    ranges = tuple(abs(later - earlier) for earlier, later in pairwise(values))
    _check_finite(ranges)
    table, centre, spread = CONSTANTS[2], mean(values[:used]), mean(ranges[: used - 1])
    sigma = spread / table.d2
    main = _series("i", tuple(values), centre, centre - 3 * sigma, centre + 3 * sigma, rules)
    return Chart("i-mr", 1, sigma, main, _range_series("mr", ranges, spread, table))


@dataclass(frozen=True, slots=True)
class Capability:
    """Cp (spread against tolerance) and Cpk (also the place); None where a limit or all spread is missing."""

    cp: float | None
    cpk: float | None


def capability(mean: float, sigma: float, lower: float | None, upper: float | None) -> Capability:
    """Cp = (USL - LSL) / 6 sigma, Cpk = the smaller of (USL - mean) and (mean - LSL) over 3 sigma.

    BadSeries when the limits are not in order; whether the process is in control and normal is the caller's to say.
    """
    if lower is not None and upper is not None and lower >= upper:
        raise BadSeries(reason="limits_out_of_order", value=lower)
    if not sigma > 0:
        return Capability(None, None)
    sides = [upper - mean] if upper is not None else []
    sides += [mean - lower] if lower is not None else []
    cp = (upper - lower) / (6 * sigma) if lower is not None and upper is not None else None
    return Capability(cp, min(sides) / (3 * sigma) if sides else None)


def performance(values: Sequence[float], lower: float | None, upper: float | None) -> Capability:
    """Pp and Ppk: the same with the deviation of all values, which holds what happens between subgroups as well."""
    _check_finite(values)
    return capability(mean(values), stdev(values), lower, upper) if len(values) > 1 else Capability(None, None)


def _series(
    name: str, points: tuple[float, ...], centre: float, lower: float, upper: float, rules: Sequence[int]
) -> Series:
    return Series(name, points, centre, lower, upper, hits(points, centre, lower, upper, rules))


def _range_series(name: str, ranges: tuple[float, ...], centre: float, table: Constants) -> Series:
    """Ranges are not symmetric, so only the rule of a point beyond a limit is kept."""
    return _series(name, ranges, centre, table.d3 * centre, table.d4 * centre, (1,))


def _check_finite(values: Sequence[float]) -> None:
    for value in values:
        if not math.isfinite(value):
            raise BadSeries(reason="not_finite", value=value)


def _phase(count: int, phase: int | None) -> int:
    used = count if phase is None else phase
    if not 2 <= used <= count:
        raise BadSeries(reason="too_few_points", value=used)
    return used
