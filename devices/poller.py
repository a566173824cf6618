"""Polls devices: one task per link, never a barrier over devices, and no task that dies of what a device does."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from devices.clock import SYSTEM, Clock
from devices.driver import Connection
from devices.drivers import line_of
from devices.errors import DevicesError, UnknownDevice
from devices.outlet import Outlet, Sink
from devices.sample import LimitReport, LinkHealth, WriteResult
from devices.tags import CADENCES, DeviceMap, Value
from devices.throttle import Demand
from devices.unit import PolledUnit

T = TypeVar("T")
Job = Callable[[], Awaitable[None]]
LIMIT = "limit"
KEPT = 600  # reads of a link whose lateness is remembered


@dataclass(slots=True)
class _Line:
    """One link with its units, what is due when (by tick), and the commands waiting for it."""

    name: str
    link: Connection
    units: list[PolledUnit]
    due: dict[tuple[int, str], float] = field(default_factory=dict)
    jobs: asyncio.Queue[Job | None] = field(default_factory=asyncio.Queue)
    asked: set[asyncio.Future[Any]] = field(default_factory=set)
    failures: int = 0
    last_ok_at: datetime | None = None
    reason: str | None = None
    missed: int = 0
    late_s: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))


class Poller:
    """Reads device maps by their cadences and hands batches to `sink(batches)`, sync or async.

    `periods` replaces the seconds of fast, normal and slow; commands (`limit`, `write`) may come at any time.
    `may_write` is asked before each write that the poller makes by itself: another may hold these machines by now.
    One that `inherits` takes nobody to be at rest, because a machine may still obey a poller that died: its first
    `apply` writes to each machine what is wanted of it, be it only to run.
    """

    def __init__(
        self,
        maps: Sequence[DeviceMap],
        sink: Sink,
        *,
        periods: Mapping[str, float] = CADENCES,
        clock: Clock = SYSTEM,
        rng: random.Random | None = None,
        most_backoff_s: float = 30.0,
        stand_s: float = 60.0,
        may_write: Callable[[], bool] = lambda: True,
        inherits: bool = False,
    ) -> None:
        """Group the devices by link; nothing is opened yet."""
        self._may_write, self._inherits = may_write, inherits
        self.clock, self.rng, self.periods = clock, rng or random.Random(), periods
        self.outlet = Outlet(sink)
        self._most_backoff_s, self._stand_s = most_backoff_s, stand_s
        self._lines = self._grouped(maps)
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._delivery: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start one task per link and return."""
        self._delivery = asyncio.create_task(self.outlet.run())
        self._tasks = [asyncio.create_task(self._run_line(line)) for line in self._lines]

    async def stop(self) -> None:
        """Release every held machine, close the links, deliver what is left; safe to call twice."""
        self._stopping = True
        for line in self._lines:
            line.jobs.put_nowait(None)
        await asyncio.gather(*self._tasks)
        self.outlet.close()
        if self._delivery:
            await self._delivery

    async def limit(self, device: str, mode: str, rate_permille: int = 0, source: int = 0) -> LimitReport:
        """Ask a machine (device name or machine code) to run, limit or hold; returns when written and read back.

        The demand is renewed within its lease as long as it is repeated here at least each `stand_s` seconds: when
        whoever decides falls silent, the machine is released, as it is when the poller stops or dies.
        """
        line, unit = self._find(device)
        unit.keeper.asked_tick = self.clock.tick()
        return await self._in_line(line, lambda: self._write_limit(line, unit, mode, rate_permille, source))

    async def apply(
        self, demands: Mapping[str, Demand], source: int = 0, unanswered: Collection[str] = ()
    ) -> tuple[LimitReport, ...]:
        """Make these demands (of `throttle.combine`, by machine) the only ones; returns reports of what changed.

        A machine in `unanswered` reports also when nothing changed: a second rule may ask for what already stands,
        and an answer may have been lost on its way to the store. Machines that no map names are left out: their
        people are told by whoever called.
        """
        calls = []
        for line in self._lines:
            for unit in line.units:
                demand = demands.get(unit.device.machine) if unit.device.limit else None
                mode, rate = (demand.level, demand.rate_permille) if demand else ("run", 1000)
                unit.keeper.asked_tick = self.clock.tick()
                if unit.keeper.differs(mode, rate) or (demand and demand.target in unanswered):
                    calls.append(self.limit(unit.device.device, mode, rate, source))
        return tuple(await asyncio.gather(*calls))

    async def write(self, device: str, tag: str, value: Value, verify: bool = True) -> WriteResult:
        """Write one tag between two reads; raises NotWritable, OutOfRange or UnknownDevice before sending."""
        line, unit = self._find(device)
        found = unit.device.tag(tag)
        if found is None:
            raise UnknownDevice("unknown_tag", device=device, tag=tag)
        return await self._in_line(line, lambda: unit.driver.write(found, value, verify))

    def health(self) -> tuple[LinkHealth, ...]:
        """Return how each link is."""
        return tuple(_health(line) for line in self._lines)

    def _grouped(self, maps: Sequence[DeviceMap]) -> list[_Line]:
        groups: dict[tuple[str, str, int], list[DeviceMap]] = {}
        for device in maps:
            groups.setdefault(device.link.line, []).append(device)
        return [self._line(devices) for devices in groups.values()]

    def _line(self, devices: list[DeviceMap]) -> _Line:
        place = devices[0].link
        link, drivers = line_of(devices, most_s=self._most_backoff_s, clock=self.clock, rng=self.rng)
        units = [PolledUnit(driver, self.periods, self.clock) for driver in drivers]
        for unit in units:
            unit.keeper.settle(known=not self._inherits)
        return _Line(f"{place.host}:{place.port}" if place.port else place.host, link, units)

    def _find(self, device: str) -> tuple[_Line, PolledUnit]:
        units = [(line, unit) for line in self._lines for unit in line.units]
        for found in units:
            if found[1].device.device == device:
                return found
        for found in units:
            if found[1].device.machine == device and found[1].device.limit:
                return found
        raise UnknownDevice(device=device)

    async def _in_line(self, line: _Line, call: Callable[[], Awaitable[T]]) -> T:
        """Run a command between the reads of its link and hand its outcome to whoever asked."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def job() -> None:
            try:
                result = await call()
            except Exception as error:
                if not done.done():
                    done.set_exception(error)
                return
            if not done.done():
                done.set_result(result)

        if self._stopping:
            raise DevicesError("stopping")
        line.asked.add(done)
        done.add_done_callback(line.asked.discard)
        line.jobs.put_nowait(job)
        return await done

    async def _run_line(self, line: _Line) -> None:
        """Work one link until stopped; whatever goes wrong is recorded and the link goes on."""
        self._plan_first(line)
        for unit in line.units:
            await unit.driver.open()
        while not self._stopping:
            try:
                await self._next(line)
            except Exception as error:
                line.failures, line.reason = line.failures + 1, repr(error)
                await asyncio.sleep(min(self.periods.values()))
        await self._release(line)
        for unit in line.units:
            await unit.driver.close()
        line.link.drop()
        for done in list(line.asked):  # nobody waits for ever for a command that came too late
            done.set_exception(DevicesError("stopping"))

    def _plan_first(self, line: _Line) -> None:
        """Spread the first reads over the period, or every link would ask in the same millisecond for ever."""
        now = self.clock.tick()
        for index, unit in enumerate(line.units):
            for cadence, period in unit.cadences.items():
                line.due[index, cadence] = now + period * self.rng.random() / 2

    async def _next(self, line: _Line) -> None:
        """Do the commands that wait, then the read that is due, or sleep until either comes."""
        key, at = min(line.due.items(), key=lambda item: item[1])
        wait = at - self.clock.tick()
        if wait > 0 or not line.jobs.empty():
            await self._commanded(line, max(wait, 0.0))
            return
        await self._due(line, *key)

    async def _commanded(self, line: _Line, wait: float) -> None:
        try:
            job = await asyncio.wait_for(line.jobs.get(), wait) if wait else line.jobs.get_nowait()
        except TimeoutError:
            return
        if job:
            await job()

    async def _due(self, line: _Line, index: int, cadence: str) -> None:
        unit = line.units[index]
        if cadence == LIMIT:
            await self._renew(line, unit, index)
            return
        period = unit.cadences[cadence]
        late = self.clock.tick() - line.due[index, cadence]
        missed = max(0, int(late / period))
        line.missed += missed
        line.late_s.append(late)
        line.due[index, cadence] += period * (missed + 1)
        self.outlet.put(await unit.poll(cadence))
        self._note(line, unit)

    def _note(self, line: _Line, unit: PolledUnit) -> None:
        if unit.reason is None:
            line.failures, line.reason, line.last_ok_at = 0, None, unit.read_at
        else:
            line.failures, line.reason = line.failures + 1, unit.reason

    async def _write_limit(self, line: _Line, unit: PolledUnit, mode: str, rate: int, source: int) -> LimitReport:
        unit.keeper.demand(mode, rate, source)
        report = await unit.keeper.write()
        if unit.keeper.is_news(report):
            self.outlet.put(unit.limit_batch(report))
        index = line.units.index(unit)
        # a release that did not arrive is repeated like any demand; one that did needs no lease
        if unit.keeper.block and (mode != "run" or report.state == "lost"):
            line.due[index, LIMIT] = self.clock.tick() + unit.keeper.renew_s
        else:
            line.due.pop((index, LIMIT), None)
        return report

    async def _renew(self, line: _Line, unit: PolledUnit, index: int) -> None:
        keeper = unit.keeper
        if not self._may_write():
            line.due.pop((index, LIMIT), None)
            return
        line.due[index, LIMIT] = self.clock.tick() + keeper.renew_s
        if self.clock.tick() - keeper.asked_tick > self._stand_s:
            await self._write_limit(line, unit, "run", 1000, keeper.source)
            return
        await self._write_limit(line, unit, keeper.mode, keeper.rate_permille, keeper.source)

    async def _release(self, line: _Line) -> None:
        """A clean stop leaves no machine held; what cannot be reached runs again when its lease ends."""
        for unit in line.units:
            if unit.keeper.mode != "run" and self._may_write():
                await self._write_limit(line, unit, "run", 1000, unit.keeper.source)


def _health(line: _Line) -> LinkHealth:
    known = line.last_ok_at is not None or line.failures > 0
    return LinkHealth(
        link=line.name,
        devices=tuple(unit.device.device for unit in line.units),
        state="unknown" if not known else "down" if line.failures else "up",
        last_ok_at=line.last_ok_at,
        failures=line.failures,
        reason=line.reason,
        connects=line.link.connects,
        missed=line.missed,
        late_s=sorted(line.late_s)[len(line.late_s) * 99 // 100] if line.late_s else 0.0,
    )
