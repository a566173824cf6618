"""What happens by chance, decided by a seed: the same seed gives the same course."""

import random
from dataclasses import dataclass

SCRAP, SCRAP_OF_UNITS, REWORK, UNDO, PAUSE = 0.015, 0.002, 0.03, 0.006, 0.01
REWORK_AT = "leak"


@dataclass(frozen=True)
class Outcome:
    """What becomes of a piece: good, scrap or rework, and the reason's code unless it is good."""

    kind: str
    reason: str | None = None


def outcome(rng: random.Random, operation: str, is_unit: bool, reasons: dict[str, list[str]]) -> Outcome:
    """Draw what becomes of a piece; a whole refrigerator is hardly ever thrown away, it is repaired."""
    drawn = rng.random()
    if operation == REWORK_AT and drawn < REWORK and reasons.get("rework"):
        return Outcome("rework", reasons["rework"][0])
    if drawn > 1 - (SCRAP_OF_UNITS if is_unit else SCRAP) and reasons.get("scrap"):
        return Outcome("scrap", rng.choice(reasons["scrap"]))
    return Outcome("good")


def for_place(seed: int, place: str) -> random.Random:
    """The chance of one place: what happens elsewhere does not change it."""
    return random.Random(f"{seed}/{place}")


def stretched(rng: random.Random, seconds: float) -> float:
    """How long a person takes for what should take so many seconds."""
    return seconds * min(2.0, max(0.6, rng.gauss(1.0, 0.12)))
