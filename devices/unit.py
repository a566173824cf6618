"""One polled device: its driver, the age of each tag, what is worth telling, and when it is due again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from devices.actuator import LimitKeeper
from devices.clock import Clock
from devices.driver import Driver, Reading
from devices.quality import Freshness, Recorder
from devices.sample import Batch, CountDelta, LimitReport, Sample, StateEdge
from devices.state import CountWatch, StateWatch


class PolledUnit:
    """Turns the readings of one device into batches; does no timing and no deciding of its own."""

    def __init__(self, driver: Driver, periods: Mapping[str, float], clock: Clock) -> None:
        """Prepare the watches of every tag."""
        self.device, self.clock = driver.device, clock
        self.driver, device = driver, driver.device
        self.keeper = LimitKeeper(driver, clock)
        self.cadences = {tag.cadence: periods[tag.cadence] for tag in device.tags}
        self.read_at: datetime | None = None
        self.reason: str | None = None
        # who tells by himself is expected once in a heartbeat, who is asked once in a period
        told = "subscribe" in driver.caps
        self._fresh = {tag.name: Freshness(tag, tag.heartbeat_s if told else periods[tag.cadence])
                       for tag in device.tags}  # fmt: skip
        self._recorders = {tag.name: Recorder(tag) for tag in device.tags}
        self._state = StateWatch(device.machine, device.states)
        self._counts = [CountWatch(device.machine, tag) for tag in device.meaning("count")]

    async def poll(self, cadence: str) -> Batch:
        """Read the tags of one cadence and return what is new; never raises for what a device does."""
        readings = await self.driver.read(cadence)
        now, tick = self.clock.now(), self.clock.tick()
        samples = [self._sample(reading, now, tick) for reading in readings]
        told = {sample.tag for sample in samples}
        silent = (tag for tag in self.device.tags if tag.cadence == cadence and tag.name not in told)
        samples += [self._fresh[tag.name].aged(tick) for tag in silent]
        if any(reading.answered for reading in readings):
            self.read_at, self.reason = now, None
        else:
            self.reason = next((reading.reason for reading in readings), None)
        stored = tuple(s for s in samples if self._recorders[s.tag].store(s))
        edges, counts = self._edges(now), self._deltas(samples)
        if any(tag.cadence == cadence for tag in self.device.meaning("count")):
            self.keeper.effect.counted(sum(delta.delta for delta in counts), tick)
        self.keeper.standing = self._state.state in ("idle", "stopped")
        seen = self.keeper.judged()
        limits = (seen,) if seen else ()
        return Batch(self.device.device, self.device.machine, now, self.read_at, stored, edges, counts, limits)

    def limit_batch(self, report: LimitReport) -> Batch:
        """Return a batch that carries only a limit report."""
        return Batch(self.device.device, self.device.machine, report.at, self.read_at, limits=(report,))

    def _sample(self, reading: Reading, now: datetime, tick: float) -> Sample:
        fresh = self._fresh[reading.tag.name]
        if reading.value is not None:
            at, seen = reading.received_at or now, tick if reading.tick is None else reading.tick
            return fresh.received(reading.value, at, seen, reading.source_at, reading.reason)
        if reading.answered:
            return fresh.unusable(reading.reason or "unusable")
        return fresh.aged(tick, reading.reason or "stale")

    def _edges(self, now: datetime) -> tuple[StateEdge, ...]:
        states, alarms = self.device.meaning("state"), self.device.meaning("alarm")
        if not states:
            return ()
        alarm = self._fresh[alarms[0].name].sample if alarms else None
        edge = self._state.update(self._fresh[states[0].name].sample, alarm, now)
        return (edge,) if edge else ()

    def _deltas(self, samples: list[Sample]) -> tuple[CountDelta, ...]:
        by_tag = {sample.tag: sample for sample in samples}
        found = (w.update(by_tag[w.tag.name]) for w in self._counts if w.tag.name in by_tag)
        return tuple(delta for delta in found if delta)
