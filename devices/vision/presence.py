"""One count for each time a code stands before a camera: pure, frames in, arrivals out.

A code arrives with the first frame that shows it. It has gone when ``frames`` frames in a row were looked at without
it *and* ``seconds`` went by since it was last seen: a hand before the lens, a blurred frame or a camera that was away
for a while are not a second piece.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

FRAMES: Final = 5
SECONDS: Final = 1.5


@dataclass(slots=True)
class _Seen:
    at: float
    missed: int = 0


class Presence:
    """What stands before the camera now; ``known`` is what stood there before a restart."""

    def __init__(
        self, frames: int = FRAMES, seconds: float = SECONDS, known: Iterable[str] = (), at: float = 0
    ) -> None:
        self._frames, self._seconds = frames, seconds
        self._seen = {text: _Seen(at) for text in known}

    @property
    def present(self) -> tuple[str, ...]:
        """The texts that were counted and have not gone."""
        return tuple(self._seen)

    def look(self, texts: Iterable[str], at: float) -> list[str]:
        """Take one frame, read at ``at`` (s of a clock that never steps back); returns the texts that arrived."""
        shown = list(dict.fromkeys(texts))
        for text in [text for text in self._seen if text not in shown]:
            self._miss(text, at)
        arrived = [text for text in shown if text not in self._seen]
        self._seen |= {text: _Seen(at) for text in shown}
        return arrived

    def _miss(self, text: str, at: float) -> None:
        seen = self._seen[text]
        seen.missed += 1
        if seen.missed >= self._frames and at - seen.at >= self._seconds:
            del self._seen[text]
