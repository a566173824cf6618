"""How good a value is, and which values are worth a row.

Good turns uncertain after two missed periods and bad after five (the severities of OPC UA part 8 with a reason);
the last value stays, its time too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from devices.sample import Quality, Sample
from devices.tags import Tag, Value

UNCERTAIN_AFTER = 2
BAD_AFTER = 5
LATENESS = 0.25  # share of a period by which a reading may be late without counting as one more missed


class Freshness:
    """The current sample of one tag; ages by a monotonic tick in s, so that a step of the wall clock ages nothing."""

    def __init__(self, tag: Tag, period_s: float) -> None:
        """Start without any value: bad, never read."""
        self.tag, self.period_s = tag, period_s
        self.sample = Sample(tag.name, None, "bad", "never_read", None, None)
        self._tick: float | None = None

    def received(
        self, value: Value, at: datetime, tick: float, source_at: datetime | None = None, doubt: str | None = None
    ) -> Sample:
        """Take a value that arrived; a doubted one, or one outside its plausible range, is kept and uncertain."""
        self._tick = tick
        reason = doubt or (None if self._is_plausible(value) else "implausible")
        self.sample = Sample(self.tag.name, value, "uncertain" if reason else "good", reason, source_at, at)
        return self.sample

    def unusable(self, reason: str) -> Sample:
        """Take an answer that held no value (NaN, refused address): bad at once, last value and time kept."""
        self.sample = replace(self.sample, quality="bad", reason=reason)
        return self.sample

    def aged(self, tick: float, reason: str = "stale") -> Sample:
        """Return the sample as old as it now is; `reason` says why nothing came."""
        if self._tick is None:
            if self.sample.reason == "never_read":
                self.sample = replace(self.sample, reason=reason)
            return self.sample
        missed = int((tick - self._tick) / self.period_s + LATENESS)
        if missed >= BAD_AFTER:
            self._worsen("bad", reason)
        elif missed >= UNCERTAIN_AFTER and self.sample.quality == "good":
            self._worsen("uncertain", reason)
        return self.sample

    def _worsen(self, quality: Quality, reason: str) -> None:
        if self.sample.quality != quality:  # the first reason stays: it is what an engineer looks for
            self.sample = replace(self.sample, quality=quality, reason=reason)

    def _is_plausible(self, value: Value) -> bool:
        if self.tag.plausible is None or isinstance(value, str):
            return True
        return self.tag.plausible[0] <= value <= self.tag.plausible[1]


class Recorder:
    """Decides which samples of one tag are stored: changes beyond the deadband, changed quality, heartbeats."""

    def __init__(self, tag: Tag) -> None:
        """Start with nothing stored."""
        self.tag = tag
        self.last: Sample | None = None

    def store(self, sample: Sample) -> bool:
        """Tell whether to store this sample, and remember it if so."""
        if self.last is not None and not self._differs(self.last, sample):
            return False
        self.last = sample
        return True

    def _differs(self, old: Sample, new: Sample) -> bool:
        if (old.quality, old.reason) != (new.quality, new.reason):
            return True
        return self._moved(old.value, new.value) or self._is_due(old.received_at, new.received_at)

    def _moved(self, old: Value | None, new: Value | None) -> bool:
        if isinstance(old, int | float) and isinstance(new, int | float) and type(old) is not bool:
            return abs(new - old) > self.tag.deadband
        return old != new

    def _is_due(self, old: datetime | None, new: datetime | None) -> bool:
        if old is None or new is None:
            return old is not new
        # a clock that stepped back starts a new heartbeat instead of waiting for the old one
        return not 0 <= (new - old).total_seconds() < self.tag.heartbeat_s
