"""Steps of the headless demonstration as they are told: to people as a table, to programs as one JSON object."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Words = Callable[[str], str]


def N_(words: str) -> str:
    """Mark words for translation where they are shown."""
    return words


@dataclass(frozen=True)
class Step:
    """A step that held: its key, its title, a sentence about it, the figures in that sentence, and how long it took."""

    key: str
    title: str
    sentence: str
    figures: dict[str, Any]
    seconds: float

    def words(self, translate: Words) -> str:
        """The sentence with its figures."""
        return translate(self.sentence) % self.figures


class Failed(Exception):
    """A step that did not hold: what did not happen."""

    def __init__(self, sentence: str, **values: Any) -> None:
        self.sentence, self.values = sentence, values
        super().__init__(sentence % values)


@dataclass
class Course:
    """All that was told of one run."""

    seed: int
    speed: float
    throttle: bool
    steps: list[Step] = field(default_factory=list)
    failed: Failed | None = None

    def as_data(self) -> dict[str, Any]:
        """The run as plain values."""
        steps = {step.key: {**step.figures, "seconds": step.seconds} for step in self.steps}
        return {"ok": self.failed is None, "seed": self.seed, "speed": self.speed, "throttle": self.throttle,
                "steps": steps, "failed": str(self.failed) if self.failed else None}  # fmt: skip
