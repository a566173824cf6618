"""Run rules on a control chart: Nelson, The Shewhart control chart - tests for special causes (1984), tests 1 to 4."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

BEYOND, SAME_SIDE, TREND, ALTERNATING = 1, 2, 3, 4
LENGTHS: Final = {BEYOND: 1, SAME_SIDE: 9, TREND: 6, ALTERNATING: 14}


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that the points `first` to `last` break (positions from 0, `last` is where it is noticed)."""

    rule: int
    first: int
    last: int


def hits(points: Sequence[float], centre: float, lower: float, upper: float) -> tuple[Hit, ...]:
    """Every point at which a rule is broken, in the order of the points.

    1: one point beyond a limit. 2: nine in a row on one side of the centre. 3: six in a row rising or falling.
    4: fourteen in a row going up and down by turns. A point on the centre, or equal to the one before, ends a run.
    """
    found = [Hit(BEYOND, at, at) for at, point in enumerate(points) if not lower <= point <= upper]
    found += _runs(SAME_SIDE, [_sign(point - centre) for point in points], LENGTHS[SAME_SIDE], 0)
    steps = [_sign(later - earlier) for earlier, later in pairwise(points)]
    found += _runs(TREND, steps, LENGTHS[TREND] - 1, 1)
    turned = [step if at % 2 else -step for at, step in enumerate(steps)]
    found += _runs(ALTERNATING, turned, LENGTHS[ALTERNATING] - 1, 1)
    return tuple(sorted(found, key=lambda hit: (hit.last, hit.rule)))


def _runs(rule: int, signs: Sequence[int], length: int, offset: int) -> Iterator[Hit]:
    """A hit at every position where the last `length` signs are equal and not zero; a step ends one point later."""
    run = 0
    for at, sign in enumerate(signs):
        run = run + 1 if at and sign == signs[at - 1] else 1
        if sign and run >= length:
            yield Hit(rule, at + 1 - length, at + offset)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
