"""What a machine does and how many pieces it made, from its tags, by the words of ISO 22400.

States: running, idle, stopped (with its alarm), no_data. No data is a state of its own, never idle: an OEE that
counts a pulled cable as waiting time accuses the wrong people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from devices.sample import CountDelta, Sample, StateEdge
from devices.tags import Tag

NO_DATA = "no_data"
NEAR = 0.1  # share of a counter's range at its ends within which a fall is read as a wrap


class StateWatch:
    """Turns state and alarm samples of one machine into edges."""

    def __init__(self, machine: str, states: Mapping[int, str]) -> None:
        """Start in no_data: nothing has been heard yet."""
        self.machine, self.states = machine, states
        self.state = NO_DATA
        self.reason: str | None = "never_read"

    def update(self, state: Sample, alarm: Sample | None, now: datetime) -> StateEdge | None:
        """Return the edge when state or reason changed; data that ended, ended with the last good reading."""
        word, reason = self._word(state, alarm)
        if (word, reason) == (self.state, self.reason) or (word == self.state == NO_DATA):
            return None
        was, self.state, self.reason = self.state, word, reason
        return StateEdge(self.machine, was, word, state.received_at or now, reason)

    def _word(self, state: Sample, alarm: Sample | None) -> tuple[str, str | None]:
        if state.quality == "bad" or not isinstance(state.value, int):
            return NO_DATA, state.reason
        word = self.states.get(int(state.value))
        if word is None:
            return NO_DATA, f"unknown_state:{state.value}"
        if word != "stopped":
            return word, None
        if alarm and alarm.quality != "bad" and alarm.value:
            return word, f"alarm:{alarm.value}"
        return word, "off" if state.value == 0 else None


class CountWatch:
    """Turns samples of one piece counter into deltas, telling wraps, resets and jumps apart."""

    def __init__(self, machine: str, tag: Tag) -> None:
        """Start without a total: the first good sample only sets it."""
        self.machine, self.tag = machine, tag
        self.total: int | None = None

    def update(self, sample: Sample) -> CountDelta | None:
        """Return what was made since the last good sample, or None; only good samples count."""
        if sample.quality != "good" or not isinstance(sample.value, int) or sample.received_at is None:
            return None
        old, self.total = self.total, sample.value
        if old is None or sample.value == old:
            return None
        delta, kind = self._step(old, sample.value)
        return CountDelta(self.machine, self.tag.name, delta, kind, sample.value, sample.received_at)

    def _step(self, old: int, new: int) -> tuple[int, str]:
        """A jump counts nothing: no machine makes a thousand pieces between two readings."""
        top = 1 << (16 * self.tag.count)
        delta, kind = new - old, "counted"
        if delta < 0 and old > top * (1 - NEAR) and new < top * NEAR:
            delta, kind = delta + top, "wrap"
        elif delta < 0:
            delta, kind = new, "reset"
        return (0, "jump") if delta > (self.tag.max_step or delta) else (delta, kind)
