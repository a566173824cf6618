"""The relay: gives committed events their gap-free order and tells the live pages of this process.

Each web process runs one. On SQLite it may seal whenever it has the turn to write, because writers come one after
the other and ids are committed in their order. On PostgreSQL one process holds the lease and seals; the others
follow the positions. There a lower id may commit after a higher one, so the ids of the last ten minutes are looked
at again each time: a transaction that hangs longer is ended by the server after one.
"""

import os
import socket
import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from app import events
from app.db import db, is_sqlite, now_utc, on_commit, transaction
from app.live import Hub, hub_of
from app.models import EventSeal, Lease
from app.queries.live import changes
from app.services import leases

LIMIT = 1000
LEASE = "relay"
LEASE_S = 6.0
RENEW_S = 2.0
WINDOW = timedelta(minutes=10)
_IDLE_S = 0.2
_PACE_S = 0.1
_LONGEST_WAIT_S = 5.0
log = structlog.get_logger("relay")


class Relay:
    """Seals and follows; every failure is told once and tried again with patience."""

    def __init__(self, app: Flask, holder: str | None = None) -> None:
        self.app = app
        self.holder = holder or f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.hub: Hub = hub_of(app)
        self.position: int | None = None
        self._fence: int | None = None
        self._renew_at: datetime | None = None
        self._marks: dict[str, Any] = {}
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        on_commit(app, self.wake)

    def start(self) -> None:
        """Begin in a thread of this process; starting twice changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the live streams and the thread, and give the lease back."""
        self.hub.stop()
        self._stop.set()
        self._wake.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(timeout=5)
        self._thread = None

    def wake(self) -> None:
        """Something was committed; the relay's own commits do not wake it."""
        if threading.current_thread() is not self._thread:
            self._wake.set()

    def turn(self) -> int:
        """One round inside an application context: seal what waits, tell who listens. Returns how many were sealed."""
        count = 0
        self._begin()
        while sealed := self._seal():
            self._follow(sealed)
            count += len(sealed)
            if len(sealed) < LIMIT:
                break
        self._follow([])
        return count

    def _run(self) -> None:
        failures = 0
        with self.app.app_context():
            while not self._stop.is_set():
                self._wake.wait(_IDLE_S)
                self._wake.clear()
                try:
                    self.turn()
                    failures = 0
                except Exception as error:
                    if not failures:
                        log.error("relay failed", exc_info=error)
                    failures += 1
                # A pause between rounds: many commits make one seal, one fetch of a page, one flush of the disk.
                self._stop.wait(min(_LONGEST_WAIT_S, _PACE_S * 2**failures) if failures else _PACE_S)
            self._give_back()

    def _begin(self) -> None:
        if self.position is None:
            with db.engine.connect() as connection:
                self.position = events.last_position(connection)
                self._marks = self._read_marks(connection)
            self.hub.position = self.position

    def _seal(self) -> list[events.Sealed]:
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                floor = _newest(connection)
                if not events.unsealed(connection, floor, 1):
                    return []
        elif not self._leads(now_utc()):
            return []
        else:
            floor = self._marks["floor"]
            with db.engine.connect() as connection:
                if not events.unsealed(connection, floor, 1):
                    return []
        try:
            with transaction() as session:
                if not is_sqlite(session):
                    leases.confirm(session, LEASE, self.holder, self._fence or 0)
                return events.seal(session, events.unsealed(session, floor, LIMIT))
        except leases.LeaseLost:
            # Asleep for too long: somebody else seals by now, this process goes on following.
            self._fence = self._renew_at = None
            return []

    def _leads(self, now: datetime) -> bool:
        """Whether this process holds the lease; renewed every two seconds, for six."""
        if self._renew_at is not None and now < self._renew_at:
            return self._fence is not None
        with db.engine.connect() as connection:
            self._move_marks(connection, now)
        self._fence = leases.take(LEASE, self.holder, now, LEASE_S, self._marks)
        self._renew_at = now + timedelta(seconds=RENEW_S)
        return self._fence is not None

    def _read_marks(self, connection: Connection) -> dict[str, Any]:
        info = connection.execute(select(Lease.info).where(Lease.name == LEASE)).scalar() or {}
        return dict(info) if "floor" in info else {"floor": 0, "next": 0, "at": now_utc().isoformat()}

    def _move_marks(self, connection: Connection, now: datetime) -> None:
        """Raise the floor to what was the newest id a window ago: all below had ten minutes to commit."""
        marks = self._read_marks(connection)
        if datetime.fromisoformat(marks["at"]) <= now - WINDOW:
            marks = {"floor": marks["next"], "next": _newest(connection), "at": now.isoformat()}
        self._marks = marks

    def _follow(self, sealed: list[events.Sealed]) -> None:
        """Tell the pages what was sealed, here or by another process."""
        position = self.position or 0
        with db.engine.connect() as connection:
            while True:
                if not sealed or sealed[0].position != position + 1:
                    sealed = events.after(connection, position, LIMIT)
                if not sealed:
                    break
                self.hub.publish(changes(connection, sealed))
                self.position = position = sealed[-1].position
                sealed = []

    def _give_back(self) -> None:
        if self._fence is None:
            return
        try:
            leases.release(LEASE, self.holder, self._fence, now_utc())
        except Exception as error:
            log.warning("lease not given back, it runs out by itself", exc_info=error)
        self._fence = self._renew_at = None


def start_relay(app: Flask) -> Relay:
    """Begin to seal and to feed the live pages of this process."""
    relay = relay_of(app)
    relay.start()
    return relay


def stop_relay(app: Flask) -> None:
    """End what ``start_relay`` began, and every open stream."""
    relay: Relay | None = app.extensions.get("relay")
    if relay is not None:
        relay.stop()


def relay_of(app: Flask) -> Relay:
    """The relay of an application in this process."""
    if "relay" not in app.extensions:
        app.extensions["relay"] = Relay(app)
    relay: Relay = app.extensions["relay"]
    return relay


def seal_once(app: Flask) -> int:
    """Seal what waits, in this thread, inside an application context; for tests and commands."""
    return relay_of(app).turn()


def _newest(connection: Connection) -> int:
    return connection.execute(select(func.coalesce(func.max(EventSeal.event_id), 0))).scalar_one()
