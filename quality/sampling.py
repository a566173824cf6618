"""Sampling by attributes, lot by lot: the single plans of ISO 2859-1 (ANSI/ASQ Z1.4) and its switching rules.

The letter follows from the size of the lot and the inspection level; letter and acceptance quality limit (AQL) give
the sample size and the acceptance number. Where the table has an arrow, the plan above or below is used, with its own
sample size.

>>> plan = single(1000, "II", 1.0)
>>> plan.letter, plan.size, plan.accept, plan.reject
('J', 80, 2, 3)
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from quality.errors import BadSampling

LETTERS: Final = "ABCDEFGHJKLMNPQR"
SIZES: Final = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000)
AQLS: Final = (0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0, 15.0,
               25.0, 40.0, 65.0, 100.0, 150.0, 250.0, 400.0, 650.0, 1000.0)  # fmt: skip
_LOTS: Final = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)
LEVELS: Final = {
    "S-1": "AAAABBBBCCCCDDD", "S-2": "AAABBBCCCDDDEEE", "S-3": "AABBCCDDEEFFGGH", "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN", "II": "ABCDEFGHJKLMNPQ", "III": "BCDEFGHJKLMNPQR",
}  # fmt: skip
_FIRST: Final = 14  # the place of AQL 6.5, at which letter A accepts none


class Severity(StrEnum):
    """How strictly lots are inspected; it follows from how the last ones fared."""

    NORMAL = "normal"
    TIGHTENED = "tightened"


# Down the diagonals of the tables: acceptance numbers, and arrows to the plan above (-1) or below (+1).
_UP, _DOWN = "up", "down"
_ACCEPT: Final[dict[Severity, tuple[int | str, ...]]] = {
    Severity.NORMAL: (0, _UP, _DOWN, 1, 2, 3, 5, 7, 10, 14, 21, 30, 44),
    Severity.TIGHTENED: (_DOWN, 0, _DOWN, _DOWN, 1, 2, 3, 5, 8, 12, 18, 27, 41),
}
_MOST_ACCEPTED: Final = {Severity.NORMAL: 21, Severity.TIGHTENED: 18}


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """How many are drawn, up to how many nonconforming are accepted, and from how many on the lot is refused."""

    letter: str
    size: int
    accept: int
    reject: int

    def accepts(self, nonconforming: int) -> bool:
        """Whether a lot with so many nonconforming in its sample is accepted."""
        return nonconforming <= self.accept


def code_letter(lot: int, level: str = "II") -> str:
    """The sample size code letter of a lot; BadSampling for a lot below two or an unknown level."""
    if level not in LEVELS:
        raise BadSampling(reason="level", value=level)
    if lot < 2:
        raise BadSampling(reason="lot", value=lot)
    return LEVELS[level][bisect_left(_LOTS, lot)]


def single(lot: int, level: str, aql: float, severity: Severity = Severity.NORMAL) -> SamplePlan:
    """The single sampling plan of a lot; a sample as large as the lot means that every piece is inspected."""
    if aql not in AQLS:
        raise BadSampling(reason="aql", value=aql)
    at = LETTERS.index(code_letter(lot, level))
    way = 0
    while True:
        found = _entry(at, AQLS.index(aql), severity)
        if isinstance(found, int):
            size = min(SIZES[at], lot)
            return SamplePlan(LETTERS[at], size, found, found + 1)
        # An arrow is followed in its direction to the end; at the edge of the table there is nothing beyond.
        way = way or (1 if found == _DOWN else -1)
        if not 0 <= at + way < len(LETTERS):
            way = -way
        at += way


def _entry(letter: int, aql: int, severity: Severity) -> int | str:
    steps = _ACCEPT[severity]
    place = aql + letter - _FIRST
    if place < 0:
        return _DOWN
    if place >= len(steps):
        return _UP
    found = steps[place]
    if isinstance(found, int) and found > _MOST_ACCEPTED[severity] and letter > LETTERS.index("E"):
        return _UP  # larger samples never accept more than this
    return found


def severity_after(accepted: Sequence[bool], severity: Severity = Severity.NORMAL) -> Severity:
    """Normal or tightened inspection for the next lot, from the verdicts so far, oldest first (9.3 of the standard).

    Two of five lots in a row refused: tightened. Five in a row accepted under tightened inspection: normal again.
    """
    recent: list[bool] = []
    for verdict in accepted:
        recent = [*recent, verdict][-5:]
        if severity is Severity.NORMAL and recent.count(False) >= 2:
            severity, recent = Severity.TIGHTENED, []
        elif severity is Severity.TIGHTENED and len(recent) == 5 and all(recent):
            severity, recent = Severity.NORMAL, []
    return severity


__all__ = ["AQLS", "LETTERS", "LEVELS", "SamplePlan", "Severity", "code_letter", "severity_after", "single"]
