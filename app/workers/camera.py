"""The fixed camera of a station: looks at the newest frame, scans each code once for each time it stands there.

Its lease holds what stands before the camera and what is not told yet, written before it is told. A process that
begins anew goes on from there: nothing in view is counted twice, and what was seen is sent again under its number,
which the station answers once.
"""

import os
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.db import db, now_utc
from app.errors import Refused, Unavailable
from app.models import Lease
from app.queries.cameras import Place
from app.services import leases, station
from app.workers.supervise import Waits
from devices.vision import Grabber, Presence, Read, decode

LEASE_S, BEAT_S = 10.0, 3.0
LOOK_S = 0.1
# What stood there this long ago says nothing about what stands there now.
MEMORY = timedelta(minutes=5)
_DOWN = (Unavailable, SQLAlchemyError)
# What tells GS1 from plain text is kept; everything else is read as a scanner without AIM identifiers sends it.
_GS1 = ("]C1", "]d2", "]Q3", "]e0")
log = structlog.get_logger("camera")


@dataclass(frozen=True)
class Unsent:
    """A scan that is not confirmed: its number never changes, ``at`` is when the code came into view."""

    uuid: str
    raw: str
    at: str


class Watch:
    """One camera at one station, while its lease is ours."""

    def __init__(self, place: Place, grabber: Grabber, clock: Callable[[], float] = time.monotonic) -> None:
        self.place, self.grabber, self._clock = place, grabber, clock
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.fence: int | None = None
        self.presence = Presence()
        self.unsent: deque[Unsent] = deque()
        self.counted = self.refused = 0

    def take(self, now: datetime) -> bool:
        """Take the lease and go on from what its last holder saw; False while somebody else watches here."""
        self.fence = leases.take(self.place.lease, self.holder, now, LEASE_S)
        if self.fence is None:
            return False
        info = db.session.execute(select(Lease.info).where(Lease.name == self.place.lease)).scalar_one()
        db.session.rollback()
        is_fresh = "at" in info and now - datetime.fromisoformat(info["at"]) <= MEMORY
        self.presence = Presence(known=info["present"] if is_fresh else (), at=self._clock())
        self.unsent = deque(Unsent(**one) for one in info.get("unsent", ()))
        return self.beat(now)

    def beat(self, now: datetime) -> bool:
        """Tell how it goes and what must not be forgotten; False when the lease is somebody else's by now."""
        held = self.fence is not None and leases.renew(
            self.place.lease, self.holder, self.fence, now, LEASE_S, self._info(now)
        )
        if not held:
            self.fence = None
        return held

    def look(self, now: datetime, timeout_s: float = 0.0) -> int:
        """Look at the newest frame, if there is one, and scan what arrived; returns how many codes did."""
        frame = self.grabber.take(timeout_s)
        if frame is None:
            return 0
        reads = decode(frame, gate=True).reads
        arrived = self.presence.look(map(_raw, reads), self._clock())
        self.unsent.extend(Unsent(uuid4().hex, raw, now.isoformat()) for raw in arrived)
        if arrived and self.beat(now):
            self.send(now)
        return len(arrived)

    def send(self, now: datetime) -> None:
        """Scan at the station what is not confirmed, oldest first; what the store cannot take now stays."""
        while self.unsent:
            one = self.unsent[0]
            wish = station.Scan(one.uuid, one.raw, None, datetime.fromisoformat(one.at), "camera", now, self._device)
            try:
                status, answer = station.scan(self.place.site_id, self.place.station_id, wish, self._device, now)
                code = answer["code"]
            except _DOWN as error:
                log.warning("not sent", station=self.place.code, problem=str(error), unsent=len(self.unsent))
                return
            except Refused as error:
                status, code = error.status, error.code
            self.unsent.popleft()
            self.counted += status == 200
            self.refused += status != 200
            log.info("scanned", station=self.place.code, raw=one.raw[:80], status=status, code=code)

    def release(self, now: datetime) -> None:
        """Give the lease back with all that must not be forgotten."""
        if self.fence is not None and self.beat(now):
            leases.release(self.place.lease, self.holder, self.fence, now)

    @property
    def _device(self) -> str:
        return f"camera:{self.place.code}"

    def _info(self, now: datetime) -> dict[str, Any]:
        return asdict(self.grabber.state) | {
            "station": self.place.code, "at": now.isoformat(), "counted": self.counted, "refused": self.refused,
            "present": list(self.presence.present), "unsent": [asdict(one) for one in self.unsent],
        }  # fmt: skip


def run(app: Flask, place: Place, grabber: Grabber, stop: Waits) -> None:
    """Watch until ``stop`` is set; while another process watches here, wait for its end."""
    with app.app_context():
        watch = Watch(place, grabber)
        grabber.start()
        try:
            while not stop.is_set():
                if watch.take(now_utc()):
                    _hold(watch, stop)
                else:
                    stop.wait(BEAT_S)
            watch.release(now_utc())
        finally:
            grabber.stop()
            db.session.remove()


def _hold(watch: Watch, stop: Waits) -> None:
    """Look ten times a second and beat every three seconds, as long as the lease is ours."""
    due = 0.0
    while watch.fence is not None and not stop.is_set():
        began = time.monotonic()
        try:
            if began >= due:
                due = began + BEAT_S
                if not watch.beat(now_utc()):
                    return
                watch.send(now_utc())
            watch.look(now_utc(), LOOK_S)
        except _DOWN as error:
            # What was seen is kept in memory until the store is back.
            log.warning("the store does not answer", station=watch.place.code, problem=str(error))
            db.session.rollback()
        stop.wait(max(0.0, LOOK_S - (time.monotonic() - began)))


def _raw(read: Read) -> str:
    return f"{read.aim}{read.text}" if read.aim in _GS1 else read.text
