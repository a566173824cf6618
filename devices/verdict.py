"""How far forecasts were from what then happened: errors of completion, precision and recall of congestion."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Completed:
    """An order that was done: what the forecast and the plain guess had said, and when it was, in s from then."""

    told_s: float
    happened_s: float
    plain_s: float | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """A station over the time a forecast looked ahead: whether congestion was told, and whether it came."""

    was_told: bool
    came: bool


@dataclass(frozen=True, slots=True)
class Errors:
    """Median errors in s over ``count`` completions; ``plain_s`` is that of the plain guess, of the same orders."""

    count: int
    ours_s: float | None
    plain_s: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """Congestion told and come, told only, come only."""

    hits: int
    false: int
    missed: int

    @property
    def precision(self) -> float | None:
        """How much of what was told came; None when nothing was told."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else None

    @property
    def recall(self) -> float | None:
        """How much of what came was told; None when nothing came."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else None


def errors(rows: Iterable[Completed]) -> Errors:
    """How far the completions were from what had been told."""
    rows = list(rows)
    ours = [abs(row.told_s - row.happened_s) for row in rows]
    plain = [abs(row.plain_s - row.happened_s) for row in rows if row.plain_s is not None]
    return Errors(len(rows), median(ours) if ours else None, median(plain) if plain else None)


def found(rows: Iterable[Watched]) -> Found:
    """How much of the congestion was told."""
    rows = list(rows)
    return Found(
        sum(row.was_told and row.came for row in rows), sum(row.was_told and not row.came for row in rows),
        sum(row.came and not row.was_told for row in rows),
    )  # fmt: skip
