"""Whether a limit does what it says: fewer pieces, not only the right word in the answer block."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Literal

Verdict = Literal["effective", "ineffective"]
CYCLES = 2.0  # a machine has this long to show that it obeys: the piece in hand is finished
UNKNOWN_S = 30.0  # the cycle of a machine that nobody saw working yet
SLACK = 1.25  # how much more than asked still counts as obeying: cycles are not all alike


class EffectWatch:
    """Judges one machine's output against the standing demand; times are monotonic seconds."""

    def __init__(self, counts: bool) -> None:
        """Say whether the machine has a piece counter; without one its answer is believed."""
        self.counts = counts
        self.mode, self.rate_permille, self.since = "run", 1000, 0.0
        self.pieces = 0
        self._last: float | None = None
        self._read: float | None = None
        self._cycles: deque[float] = deque(maxlen=15)

    @property
    def cycle_s(self) -> float:
        """Return the usual time of a piece when the machine runs freely."""
        return median(self._cycles) if self._cycles else UNKNOWN_S

    def demanded(self, mode: str, rate_permille: int, tick: float) -> None:
        """Begin anew when the demand is another one."""
        if (mode, rate_permille) != (self.mode, self.rate_permille):
            self.mode, self.rate_permille, self.since, self.pieces = mode, rate_permille, tick, 0

    def counted(self, pieces: int, tick: float) -> None:
        """Take pieces that the counter moved by since it was read before; call it at each reading, moved or not.

        What a reading brings that reaches back before the demand may have been made before it: it is not held against
        the machine.
        """
        before, self._read = self._read, tick
        if pieces <= 0:
            return
        if self.mode == "run" and self._last is not None:
            self._cycles.append((tick - self._last) / pieces)
        self._last = tick
        if before is None or before >= self.since:
            self.pieces += pieces

    def verdict(self, standing: bool, tick: float) -> Verdict | None:
        """Tell whether the demand shows, None while it is too early; `standing`: the machine makes nothing now."""
        if not self.counts or self.mode == "run":
            return "effective"
        over = tick - self.since
        if self.mode == "hold":
            return self._held(standing, tick)
        slow_s = self.cycle_s * 1000 / max(self.rate_permille, 1)
        if over < CYCLES * slow_s:
            return None
        return "effective" if self.pieces <= SLACK * over / slow_s + 1 else "ineffective"

    def _held(self, standing: bool, tick: float) -> Verdict | None:
        """Tell whether a hold shows; a machine that obeys late is effective from then on, not blamed for ever."""
        patience = CYCLES * self.cycle_s
        rests = standing and tick - max(self.since, self._last or self.since) >= patience
        if rests or (standing and self.pieces <= CYCLES):
            return "effective"
        if tick - self.since < patience:
            return None
        return "effective" if self.pieces <= CYCLES else "ineffective"
