"""Control charts for attributes: p and np (nonconforming units), c and u (nonconformities), with run rules.

Limits are three standard deviations of the binomial (p, np) and Poisson (c, u) law, never below zero. Samples of
unequal size get limits of their own; rules look at the points in units of their own sigma.

>>> chart = c([21, 24, 16, 12, 15, 5, 28, 20])
>>> round(chart.centre, 2), round(chart.upper[0], 2)
(17.62, 30.22)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from quality.errors import BadSeries
from quality.rules import NELSON, Hit, hits


@dataclass(frozen=True, slots=True)
class Attributes:
    """An attribute chart: points, centre and a lower and upper limit for each point, and the rules broken."""

    kind: str
    points: tuple[float, ...]
    centre: float
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    hits: tuple[Hit, ...]


def p(
    counts: Sequence[int], sizes: Sequence[int], phase: int | None = None, rules: Sequence[int] = NELSON
) -> Attributes:
    """The share of nonconforming units in samples; limits from the first `phase` samples, or from all."""
    _check(counts, sizes, most_is_size=True)
    used = _used(counts, phase)
    centre = sum(counts[:used]) / sum(sizes[:used])
    spread = [math.sqrt(centre * (1 - centre) / size) for size in sizes]
    points = [count / size for count, size in zip(counts, sizes, strict=True)]
    return _chart("p", points, centre, spread, rules, most=1.0)


def np(counts: Sequence[int], size: int, phase: int | None = None, rules: Sequence[int] = NELSON) -> Attributes:
    """The number of nonconforming units in samples of one size."""
    _check(counts, [size] * len(counts), most_is_size=True)
    used = _used(counts, phase)
    centre = sum(counts[:used]) / used
    spread = math.sqrt(centre * (1 - centre / size))
    return _chart("np", list(map(float, counts)), centre, [spread] * len(counts), rules, most=float(size))


def c(counts: Sequence[int], phase: int | None = None, rules: Sequence[int] = NELSON) -> Attributes:
    """The number of nonconformities in equal areas of opportunity."""
    _check(counts, [1] * len(counts))
    used = _used(counts, phase)
    centre = sum(counts[:used]) / used
    return _chart("c", list(map(float, counts)), centre, [math.sqrt(centre)] * len(counts), rules)


def u(
    counts: Sequence[int], sizes: Sequence[float], phase: int | None = None, rules: Sequence[int] = NELSON
) -> Attributes:
    """The nonconformities a unit, in samples of any size."""
    _check(counts, sizes)
    used = _used(counts, phase)
    centre = sum(counts[:used]) / sum(sizes[:used])
    spread = [math.sqrt(centre / size) for size in sizes]
    return _chart("u", [count / size for count, size in zip(counts, sizes, strict=True)], centre, spread, rules)


def _check(counts: Sequence[int], sizes: Sequence[float], most_is_size: bool = False) -> None:
    """BadSeries for what is no count, no size, or more nonconforming units than there are."""
    if len(counts) != len(sizes):
        raise BadSeries(reason="unequal_subgroup", value=len(sizes))
    for count, size in zip(counts, sizes, strict=True):
        if not math.isfinite(count) or count < 0 or count != int(count):
            raise BadSeries(reason="not_a_count", value=count)
        if not math.isfinite(size) or size <= 0 or (most_is_size and count > size):
            raise BadSeries(reason="subgroup_size", value=size)


def _used(counts: Sequence[int], phase: int | None) -> int:
    used = len(counts) if phase is None else phase
    if not 2 <= used <= len(counts):
        raise BadSeries(reason="too_few_points", value=used)
    return used


def _chart(
    kind: str, points: Sequence[float], centre: float, spread: Sequence[float], rules: Sequence[int],
    most: float = math.inf,
) -> Attributes:  # fmt: skip
    lower = tuple(max(0.0, centre - 3 * one) for one in spread)
    upper = tuple(min(most, centre + 3 * one) for one in spread)
    scaled = [(point - centre) / one if one else 0.0 for point, one in zip(points, spread, strict=True)]
    found = hits(scaled, 0.0, -3.0, 3.0, rules)
    return Attributes(kind, tuple(points), centre, lower, upper, found)


__all__ = ["Attributes", "c", "np", "p", "u"]
