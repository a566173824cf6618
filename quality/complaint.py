"""From complaints to their cause: what do the units that were complained about share, and the others do not?

Each unit has one level for each factor (a machine, a shift, a person, a lot, a band of a measured value). A candidate
is a level, or two levels of different factors together. Its rate of complaints is compared with that of all other
units: rate ratio with a 95 % interval (Katz, log-normal; half a unit is added where a cell is empty) and the exact
one-sided tail of Fisher's test. Many candidates are tried, so some look bad by chance: each probability is multiplied
by the number of candidates of its sort (Bonferroni, half of the risk for single levels and half for pairs), and only
what stays below `risk` is claimed as a cause.

>>> units = 400
>>> lots = ["L1" if unit % 4 else "L2" for unit in range(units)]
>>> shifts = ["day" if unit % 2 else "night" for unit in range(units)]
>>> bad = [unit % 4 == 0 and unit % 12 == 0 for unit in range(units)]
>>> first = causes(bad, {"foam lot": lots, "shift": shifts}).candidates[0]
>>> first.parts, first.complaints, first.units, first.claimed
((('foam lot', 'L2'),), 34, 100, True)
"""

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from quality.errors import BadComplaints

LEAST_UNITS, RISK, MOST = 5, 0.02, 20
_Z95: Final = 1.959963984540054
_PROMISING_Z, _EXACT = 2.0, 400
Codes = NDArray[np.int64]
Part = tuple[Hashable, Hashable]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A level, or two together, and how its units compare with all others.

    `rate` and `rest_rate` are complaints a unit, `ratio` their quotient with its interval `low` to `high`. `p` is the
    exact tail, `adjusted` the same corrected for all that was tried. `same` holds candidates with the very same
    units: no figures can tell them apart. `apart` is the ratio that is left when the units of the first candidate are
    left out; None for the first itself or when nothing is left.
    """

    parts: tuple[Part, ...]
    units: int
    complaints: int
    rate: float
    rest_rate: float
    ratio: float
    low: float
    high: float
    p: float
    adjusted: float
    claimed: bool
    same: tuple[tuple[Part, ...], ...] = ()
    apart: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """All that was looked at and the candidates, the most likely first."""

    units: int
    complaints: int
    singles_tried: int
    pairs_tried: int
    candidates: tuple[Candidate, ...]

    @property
    def claimed(self) -> tuple[Candidate, ...]:
        """The candidates that chance does not explain; empty when no cause can be named."""
        return tuple(candidate for candidate in self.candidates if candidate.claimed)


@dataclass(frozen=True, slots=True)
class _Column:
    """A factor as numbers: the level of each unit (0: not known) and the levels in the order of the numbers.

    `units` counts the units of each level; `twins` are factors that divide the units in the very same way, each with
    its own names of the levels.
    """

    key: Hashable
    codes: Codes
    levels: tuple[Hashable, ...]
    units: Codes
    twins: tuple["_Column", ...] = ()


def causes(
    complained: Sequence[bool], factors: Mapping[Any, Sequence[Hashable | None]], risk: float = RISK, most: int = MOST
) -> Finding:
    """The likely causes of complaints, best first; None as a level means that it is not known for this unit.

    BadComplaints when a factor has not one level for each unit. Without complaints, or when every unit was complained
    about, there is nothing to compare and the finding has no candidates.
    """
    bad = np.asarray(complained, dtype=bool)
    columns = _different(_column(key, levels, len(bad)) for key, levels in factors.items())
    total, affected = len(bad), int(bad.sum())
    if not 0 < affected < total:
        return Finding(total, affected, 0, 0, ())
    tables = [(kind, *_counted(group, bad)) for kind in (1, 2) for group in combinations(columns, kind)]
    tried = {kind: sum(int((units >= LEAST_UNITS).sum()) for k, _, units, _ in tables if k == kind) for kind in (1, 2)}
    rough = sorted((row for table in tables for row in _promising(table, total, affected)), key=lambda row: -row[0])
    exact = [_candidate(row[1:], tried[len(row[1])], total, affected, risk) for row in rough[:_EXACT]]
    exact.sort(key=lambda one: (one.adjusted, one.p, len(one.parts), -one.ratio))
    best = _merged(exact, {column.key: column for column in columns}, bad, most)
    return Finding(total, affected, tried[1], tried[2], best)


def _column(key: Hashable, levels: Sequence[Hashable | None], count: int) -> _Column:
    if len(levels) != count:
        raise BadComplaints(factor=key, units=count, levels=len(levels))
    names = [level for level in dict.fromkeys(levels) if level is not None]
    numbers: dict[Hashable | None, int] = {level: at for at, level in enumerate(names, 1)} | {None: 0}
    codes = np.fromiter(map(numbers.__getitem__, levels), dtype=np.int64, count=count)
    return _Column(key, codes, (None, *names), np.bincount(codes, minlength=len(numbers)))


def _different(columns: Iterable[_Column]) -> list[_Column]:
    """The columns that divide the units differently: a station and its only machine are tried once."""
    kept: dict[bytes, _Column] = {}
    for column in columns:
        key = column.codes.tobytes()
        kept[key] = replace(kept[key], twins=(*kept[key].twins, column)) if key in kept else column
    return list(kept.values())


def _counted(group: Sequence[_Column], bad: NDArray[np.bool_]) -> tuple[Sequence[_Column], Codes, Codes]:
    """How many units and complaints each level, or pair of levels, has; not known levels have none."""
    codes, size = group[0].codes, len(group[0].levels)
    if len(group) == 2:
        codes, size = codes * len(group[1].levels) + group[1].codes, size * len(group[1].levels)
    units, complaints = np.bincount(codes, minlength=size), np.bincount(codes[bad], minlength=size)
    units[_unknown(group)] = 0
    return group, units, complaints


def _unknown(group: Sequence[_Column]) -> Codes:
    if len(group) == 1:
        return np.zeros(1, dtype=np.int64)
    wide = len(group[1].levels)
    return np.concatenate([np.arange(wide), np.arange(len(group[0].levels)) * wide])


def _promising(
    table: tuple[int, Sequence[_Column], Codes, Codes], total: int, affected: int
) -> Iterator[tuple[float, tuple[Part, ...], int, int]]:
    """Rough places before the exact test: levels with more complaints than the normal approximation expects.

    A pair that has all units of one of its levels says no more than that level and is left out.
    """
    kind, group, units, complaints = table
    share = affected / total
    enough = np.flatnonzero((units >= LEAST_UNITS) & (complaints > units * share))
    spread = np.sqrt(units[enough] * share * (1 - share) * (1 - units[enough] / total))
    z = (complaints[enough] - units[enough] * share) / np.where(spread > 0, spread, np.inf)
    for near, at in zip(z, enough, strict=True):
        if kind == 2 and near <= _PROMISING_Z:
            continue
        places = divmod(int(at), len(group[1].levels)) if kind == 2 else (int(at),)
        if kind == 2 and any(one.units[place] == units[at] for one, place in zip(group, places, strict=True)):
            continue
        parts = tuple((column.key, column.levels[place]) for column, place in zip(group, places, strict=True))
        yield float(near), parts, int(units[at]), int(complaints[at])


def _candidate(row: tuple[tuple[Part, ...], int, int], tried: int, total: int, affected: int, risk: float) -> Candidate:
    parts, units, complaints = row
    ratio, low, high = rate_ratio(complaints, units, affected - complaints, total - units)
    p = tail(complaints, units, affected, total)
    adjusted = min(1.0, p * tried * 2)
    rest = (affected - complaints) / (total - units) if total > units else 0.0
    return Candidate(parts, units, complaints, complaints / units, rest, ratio, low, high, p, adjusted,
                     adjusted < risk)  # fmt: skip


def rate_ratio(complaints: int, units: int, other_complaints: int, other_units: int) -> tuple[float, float, float]:
    """The ratio of two rates with its 95 % interval (Katz et al., Biometrics 34, 1978).

    Half a complaint and half a unit more are counted on both sides where one side has none, or nothing but complaints.
    """
    if not other_units:
        return math.inf, 0.0, math.inf
    a, n, c, m = float(complaints), float(units), float(other_complaints), float(other_units)
    if not a or not c or (a == n and c == m):
        a, n, c, m = a + 0.5, n + 1, c + 0.5, m + 1
    ratio = (a / n) / (c / m)
    spread = _Z95 * math.sqrt(max(0.0, 1 / a - 1 / n + 1 / c - 1 / m))
    return ratio, ratio * math.exp(-spread), ratio * math.exp(spread)


def tail(complaints: int, units: int, affected: int, total: int) -> float:
    """The chance that units drawn blindly have so many complaints or more (hypergeometric, Fisher's exact test)."""
    chance = math.exp(_log_choose(affected, complaints) + _log_choose(total - affected, units - complaints)
                      - _log_choose(total, units))  # fmt: skip
    summed = 0.0
    for k in range(complaints, min(units, affected) + 1):
        summed += chance
        if chance <= summed * 1e-15:
            break
        chance *= (affected - k) * (units - k) / ((k + 1) * (total - affected - units + k + 1))
    return min(1.0, summed)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _merged(
    ranked: Iterable[Candidate], columns: Mapping[Hashable, _Column], bad: NDArray[np.bool_], most: int
) -> tuple[Candidate, ...]:
    """The best candidates, those with the very same units as one, each with what is left beside the first."""
    kept: dict[bytes, Candidate] = {}
    first: NDArray[np.bool_] | None = None
    for candidate in ranked:
        mask = _mask(candidate, columns)
        key = np.packbits(mask).tobytes()
        if key in kept:
            kept[key] = replace(kept[key], same=(*kept[key].same, candidate.parts))
        elif len(kept) < most:
            apart = None if first is None else _apart(mask & ~first, first, bad)
            kept[key] = replace(candidate, apart=apart, same=_twins(candidate, columns))
            first = mask if first is None else first
    return tuple(kept.values())


def _mask(candidate: Candidate, columns: Mapping[Hashable, _Column]) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = np.ones(len(next(iter(columns.values())).codes), dtype=bool)
    for key, level in candidate.parts:
        mask &= columns[key].codes == columns[key].levels.index(level)
    return mask


def _twins(candidate: Candidate, columns: Mapping[Hashable, _Column]) -> tuple[tuple[Part, ...], ...]:
    """The same candidate in the words of factors that divide the units in the same way."""
    if len(candidate.parts) > 1:
        return ()
    key, level = candidate.parts[0]
    at = columns[key].levels.index(level)
    return tuple(((twin.key, twin.levels[at]),) for twin in columns[key].twins)


def _apart(mask: NDArray[np.bool_], first: NDArray[np.bool_], bad: NDArray[np.bool_]) -> float | None:
    rest = ~first & ~mask
    if not mask.any() or not rest.any():
        return None
    return rate_ratio(int(bad[mask].sum()), int(mask.sum()), int(bad[rest].sum()), int(rest.sum()))[0]


def bands(values: Sequence[float | None], parts: int = 5) -> list[int | None]:
    """Measured values as bands with about equally many units: 1 is the lowest; None stays None."""
    known = np.array([value for value in values if value is not None and math.isfinite(value)], dtype=float)
    if not len(known):
        return [None] * len(values)
    edges = np.unique(np.quantile(known, [at / parts for at in range(1, parts)]))
    return [
        None if value is None or not math.isfinite(value) else int(np.searchsorted(edges, value, side="left")) + 1
        for value in values
    ]


__all__ = ["Candidate", "Finding", "bands", "causes", "rate_ratio", "tail"]
