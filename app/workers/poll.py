"""The poller: the one process that talks to machines. It reads them, keeps what they say, and slows them when told.

Only the holder of the lease reads and writes; a second poller waits for its turn. The web never talks to a machine,
it reads what is kept here. Everything that touches the store runs in a thread, so that a slow disk delays no reading.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import structlog
from flask import Flask
from sqlalchemy.orm import Session

from app.db import db, now_utc
from app.models import Lease
from app.queries.machines import KnownDevice, known_devices
from app.services import andon, counting, leases, limits, monitoring, readings, stops
from app.workers.fleet import Fleet, Funnel
from app.workers.supervise import Waits
from devices.sample import Batch, LinkHealth
from devices.tags import CADENCES
from devices.throttle import RopeState

LEASE = "poller"
T = TypeVar("T")
log = structlog.get_logger("poller")


@dataclass(frozen=True)
class Rhythm:
    """How often things are done, in s; ``periods`` are those of the cadences, ``most_backoff_s`` of a failing body."""

    flush_s: float = 1.0
    limits_s: float = 1.0
    people_s: float = 5.0
    beat_s: float = 3.0
    look_s: float = 5.0
    upkeep_s: float = 60.0
    lease_s: float = 10.0
    most_backoff_s: float = 30.0
    periods: Mapping[str, float] = field(default_factory=lambda: CADENCES)


def run(app: Flask, stop: Waits, rhythm: Rhythm | None = None) -> None:
    """Poll until ``stop`` is set; then held machines are released and the lease is given back."""
    asyncio.run(_Polling(app, rhythm or Rhythm()).run(stop))


class _Polling:
    """One poller process: its name in the lease, what it remembers, and how it is."""

    def __init__(self, app: Flask, rhythm: Rhythm) -> None:
        self.app, self.rhythm = app, rhythm
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.fence = 0
        self.ropes: dict[int, RopeState] = {}
        self.codes: dict[str, str] = {}
        self.problems: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        self.began_at = now_utc()
        self._held_until = 0.0

    async def run(self, stop: Waits) -> None:
        """Wait for the lease, work as long as it is ours, and again."""
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        watch = threading.Thread(target=_tell, args=(stop, loop, told), name="poller-stop", daemon=True)
        watch.start()
        while not told.is_set():
            if await self._take():
                await self._serve(told)
            else:
                await _pause(told, self.rhythm.look_s)

    async def _take(self) -> bool:
        try:
            fence, seen_at = await self._in_store(self._take_lease)
        except Exception as error:
            self._failed("lease", error)
            return False
        if fence is None:
            return False
        self.fence, self.failures = fence, {}
        try:
            self.ropes = await self._in_store(lambda: self._begin(seen_at))
        except Exception as error:
            self._failed("begin", error)
            return False
        log.info("polling", fence=fence)
        return True

    async def _serve(self, told: asyncio.Event) -> None:
        """Work until told to stop or until the lease is lost."""
        lost = asyncio.Event()
        funnel = Funnel(self._ingest, self.rhythm.flush_s)
        fleet = Fleet(funnel.sink, self._may_write, self.rhythm.periods)
        every = self.rhythm
        bodies = [
            asyncio.create_task(self._again(name, body, seconds))
            for name, body, seconds in (
                ("lease", lambda: self._renew(fleet, lost), every.beat_s),
                ("devices", lambda: self._look(fleet), every.look_s),
                ("limits", lambda: self._limit(fleet), every.limits_s),
                ("people", self._people, every.people_s),
                ("upkeep", self._upkeep, every.upkeep_s),
            )
        ]
        flow = asyncio.create_task(funnel.run())
        await _first(told, lost)
        await _cancelled(bodies)
        await fleet.stop()
        await _cancelled([flow])
        await funnel.flush()
        await self._give_back()

    async def _again(self, name: str, body: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Do it again and again; what goes wrong is told and waited for, it ends nothing."""
        pause = seconds
        while True:
            try:
                await body()
                self.failures.pop(name, None)
                pause = seconds
            except Exception as error:
                self._failed(name, error)
                pause = min(max(pause * 2, seconds), self.rhythm.most_backoff_s)
                if name == "lease":  # it must be held again before it runs out
                    pause = seconds
            await asyncio.sleep(pause)

    async def _renew(self, fleet: Fleet, lost: asyncio.Event) -> None:
        if not self._may_write():
            lost.set()
        began = time.monotonic()
        info = self._info(fleet)

        def renew() -> bool:
            return leases.renew(LEASE, self.holder, self.fence, now_utc(), self.rhythm.lease_s, info)

        if await self._in_store(renew):
            self._held_until = began + self.rhythm.lease_s
        else:
            log.warning("lease lost", fence=self.fence)
            self._held_until = 0.0
            lost.set()

    async def _look(self, fleet: Fleet) -> None:
        """Poll the devices as they stand in the store; without any, there is nothing to do but look again."""
        known = await self._in_store(lambda: known_devices(db.session))
        self.codes = {str(one.id): one.code for one in known}
        self.problems = _problems(known)
        await fleet.bring(known)

    async def _limit(self, fleet: Fleet) -> None:
        self.ropes, demands = await self._in_store(lambda: limits.step(self.ropes, now_utc(), self._guard))
        if not self._may_write():
            return
        unanswered = await self._in_store(limits.unanswered) if demands else set()
        reports = await fleet.apply(demands, self.fence % 0x10000, unanswered)
        if reports:
            await self._in_store(lambda: limits.keep_reports(reports, now_utc(), self._guard))

    async def _people(self) -> None:
        await self._in_store(lambda: andon.escalate(now_utc(), self._guard))
        await self._in_store(lambda: stops.ask(now_utc(), self._guard))

    async def _upkeep(self) -> None:
        await self._in_store(lambda: counting.reconcile(now_utc(), self._guard))
        await self._in_store(lambda: (readings.roll_up(now_utc()), readings.purge(now_utc())))

    async def _ingest(self, batches: list[Batch]) -> None:
        await self._in_store(lambda: monitoring.ingest(batches, now_utc(), self._guard))

    async def _give_back(self) -> None:
        self._held_until = 0.0
        try:
            await self._in_store(lambda: leases.release(LEASE, self.holder, self.fence, now_utc()))
        except Exception as error:
            self._failed("lease", error)

    def _take_lease(self) -> tuple[int | None, datetime | None]:
        before = db.session.get(Lease, LEASE)
        beat = before.info.get("beat_at") if before else None
        began = time.monotonic()
        fence = leases.take(LEASE, self.holder, now_utc(), self.rhythm.lease_s)
        if fence is not None:
            self._held_until = began + self.rhythm.lease_s
        return fence, datetime.fromisoformat(beat) if beat else None

    def _begin(self, seen_at: datetime | None) -> dict[int, RopeState]:
        readings.prepare()
        # One beat may have been missed by a poller that still worked; more than that nobody saw.
        since = seen_at + timedelta(seconds=self.rhythm.beat_s) if seen_at else now_utc()
        monitoring.lose_sight(min(since, now_utc()), self._guard)
        return limits.recall()

    def _guard(self, session: Session) -> None:
        leases.confirm(session, LEASE, self.holder, self.fence)

    def _may_write(self) -> bool:
        return time.monotonic() < self._held_until

    async def _in_store(self, call: Callable[[], T]) -> T:
        def inside() -> T:
            with self.app.app_context():
                return call()

        return await asyncio.to_thread(inside)

    def _failed(self, name: str, error: Exception) -> None:
        if name not in self.failures:
            log.warning("poller_failed", body=name, error=repr(error))
        self.failures[name] = repr(error)[:300]

    def _info(self, fleet: Fleet) -> dict[str, Any]:
        """How this poller is, as readiness and the device page show it."""
        return {"pid": os.getpid(), "host": socket.gethostname(), "began_at": self.began_at.isoformat(),
                "beat_at": now_utc().isoformat(), "links": [self._link(one) for one in fleet.health()],
                "dropped": fleet.dropped(), "failures": dict(self.failures),
                "problems": dict(self.problems)}  # fmt: skip

    def _link(self, one: LinkHealth) -> dict[str, Any]:
        return {"link": one.link, "devices": [self.codes.get(device, device) for device in one.devices],
                "ids": [int(device) for device in one.devices], "state": one.state, "failures": one.failures,
                "reason": one.reason, "connects": one.connects, "missed": one.missed, "late_s": round(one.late_s, 3),
                "last_ok_at": one.last_ok_at.isoformat() if one.last_ok_at else None}  # fmt: skip


def _problems(known: list[KnownDevice]) -> dict[str, str]:
    return {one.code: one.problem[:300] for one in known if one.problem}


def _tell(stop: Waits, loop: asyncio.AbstractEventLoop, told: asyncio.Event) -> None:
    """Carry the stop into the loop; a thread of its own, because waiting in the loop's threads would block its end."""
    while not stop.wait(3600):
        continue
    with suppress(RuntimeError):  # the loop ended by itself meanwhile
        loop.call_soon_threadsafe(told.set)


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    await _cancelled(waits)


async def _cancelled(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _pause(unless: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(unless.wait(), seconds)
    except TimeoutError:
        return
