"""Are values normal? Anderson and Darling's test with estimated mean and deviation (Stephens 1974).

The probability follows D'Agostino and Stephens, Goodness-of-Fit Techniques (1986), table 4.9.

>>> fit = anderson_darling([9.8, 10.1, 10.0, 9.9, 10.2, 10.0, 9.7, 10.3])
>>> fit.is_normal
True
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, mean, stdev
from typing import Final

LEAST, DOUBT = 8, 0.05
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Normality:
    """The statistic, adjusted for the number of values, and how likely normal values show as much."""

    statistic: float
    p: float

    @property
    def is_normal(self) -> bool:
        """Nothing speaks against it at one in twenty; it is never proved."""
        return self.p >= DOUBT


def anderson_darling(values: Sequence[float]) -> Normality | None:
    """The test; None for fewer than eight values or values that are all the same."""
    count = len(values)
    if count < LEAST or not all(map(math.isfinite, values)) or not (spread := stdev(values)) > 0:
        return None
    centre, normal = mean(values), NormalDist()
    below = [normal.cdf((value - centre) / spread) for value in sorted(values)]
    terms = (
        (2 * at + 1) * (math.log(max(below[at], _TINY)) + math.log(max(1 - below[count - 1 - at], _TINY)))
        for at in range(count)
    )
    raw = -count - sum(terms) / count
    adjusted = raw * (1 + 0.75 / count + 2.25 / count**2)
    return Normality(adjusted, probability(adjusted))


def probability(adjusted: float) -> float:
    """How likely normal values have this adjusted statistic or a larger one."""
    a = adjusted
    if a < 0.2:
        return 1 - math.exp(-13.436 + 101.14 * a - 223.73 * a * a)
    if a < 0.34:
        return 1 - math.exp(-8.318 + 42.796 * a - 59.938 * a * a)
    if a < 0.6:
        return math.exp(0.9177 - 4.279 * a - 1.38 * a * a)
    return math.exp(1.2937 - 5.709 * a + 0.0186 * a * a) if a < 13 else 0.0


__all__ = ["DOUBT", "LEAST", "Normality", "anderson_darling", "probability"]
