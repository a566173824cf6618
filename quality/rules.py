"""Run rules on a control chart.

Nelson, The Shewhart control chart - tests for special causes, Journal of Quality Technology 16 (1984): tests 1 to 8.
Western Electric, Statistical Quality Control Handbook (1956): its four zone rules are Nelson's 1, 5 and 6, and eight
points on one side (here 9) instead of nine.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

BEYOND, SAME_SIDE, TREND, ALTERNATING, TWO_OF_THREE, FOUR_OF_FIVE, HUGGING, MIXTURE, EIGHT_SIDE = range(1, 10)
LENGTHS: Final = {
    BEYOND: 1, SAME_SIDE: 9, TREND: 6, ALTERNATING: 14, TWO_OF_THREE: 3, FOUR_OF_FIVE: 5, HUGGING: 15, MIXTURE: 8,
    EIGHT_SIDE: 8,
}  # fmt: skip
NELSON: Final = (1, 2, 3, 4, 5, 6, 7, 8)
WESTERN_ELECTRIC: Final = (1, 5, 6, 9)
NAMES: Final = {
    BEYOND: "one point beyond a limit",
    SAME_SIDE: "nine points on one side of the centre",
    TREND: "six points rising or falling",
    ALTERNATING: "fourteen points up and down by turns",
    TWO_OF_THREE: "two of three points beyond two sigma on one side",
    FOUR_OF_FIVE: "four of five points beyond one sigma on one side",
    HUGGING: "fifteen points within one sigma",
    MIXTURE: "eight points beyond one sigma on both sides",
    EIGHT_SIDE: "eight points on one side of the centre",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that the points `first` to `last` break (positions from 0, `last` is where it is noticed)."""

    rule: int
    first: int
    last: int


def hits(
    points: Sequence[float], centre: float, lower: float, upper: float, rules: Sequence[int] = NELSON
) -> tuple[Hit, ...]:
    """Every point at which one of `rules` is broken, in the order of the points.

    Zones are a third of the way from the centre to the upper limit. A point on the centre, or equal to the one
    before, ends a run; a point on the edge of a zone lies within it.
    """
    sigma = (upper - centre) / 3
    found: list[Hit] = []
    for rule in rules:
        if rule == BEYOND:
            found += [Hit(BEYOND, at, at) for at, point in enumerate(points) if not lower <= point <= upper]
        elif rule in _ON_STEPS:
            found += _ON_STEPS[rule]([_sign(later - earlier) for earlier, later in pairwise(points)])
        elif rule in (SAME_SIDE, EIGHT_SIDE):
            found += _runs(rule, [_sign(point - centre) for point in points], LENGTHS[rule], 0)
        elif sigma > 0:
            found += _ON_ZONES[rule]([(point - centre) / sigma for point in points])
    return tuple(sorted(found, key=lambda hit: (hit.last, hit.rule)))


def _trend(steps: list[int]) -> Iterator[Hit]:
    return _runs(TREND, steps, LENGTHS[TREND] - 1, 1)


def _alternating(steps: list[int]) -> Iterator[Hit]:
    turned = [step if at % 2 else -step for at, step in enumerate(steps)]
    return _runs(ALTERNATING, turned, LENGTHS[ALTERNATING] - 1, 1)


def _beyond(rule: int, wanted: int, sigmas: float) -> Callable[[list[float]], Iterator[Hit]]:
    """So many of the last points beyond so many sigma on one side, the newest of them among these."""

    def find(scaled: list[float]) -> Iterator[Hit]:
        for at in range(LENGTHS[rule] - 1, len(scaled)):
            window = scaled[at + 1 - LENGTHS[rule] : at + 1]
            for side in (1, -1):
                if scaled[at] * side > sigmas and sum(point * side > sigmas for point in window) >= wanted:
                    yield Hit(rule, at + 1 - LENGTHS[rule], at)

    return find


def _hugging(scaled: list[float]) -> Iterator[Hit]:
    return _runs(HUGGING, [int(abs(point) < 1) for point in scaled], LENGTHS[HUGGING], 0)


def _mixture(scaled: list[float]) -> Iterator[Hit]:
    """Beyond one sigma all of them, and not all on one side: that would be another rule."""
    for hit in _runs(MIXTURE, [int(abs(point) > 1) for point in scaled], LENGTHS[MIXTURE], 0):
        window = scaled[hit.first : hit.last + 1]
        if min(window) < 0 < max(window):
            yield hit


_ON_STEPS: Final = {TREND: _trend, ALTERNATING: _alternating}
_ON_ZONES: Final[dict[int, Callable[[list[float]], Iterator[Hit]]]] = {
    TWO_OF_THREE: _beyond(TWO_OF_THREE, 2, 2), FOUR_OF_FIVE: _beyond(FOUR_OF_FIVE, 4, 1), HUGGING: _hugging,
    MIXTURE: _mixture,
}  # fmt: skip


def _runs(rule: int, signs: Sequence[int], length: int, offset: int) -> Iterator[Hit]:
    """A hit at every position where the last `length` signs are equal and not zero; a step ends one point later."""
    run = 0
    for at, sign in enumerate(signs):
        run = run + 1 if at and sign == signs[at - 1] else 1
        if sign and run >= length:
            yield Hit(rule, at + 1 - length, at + offset)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
