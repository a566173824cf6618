"""From a full station to a slowed machine, and what a killed poller leaves: real processes, a real Modbus machine.

``python -m tests.bench.limits [--rounds 5]``. The poller is the production command on a store of its own, with the
lease of 15 s; the on-delay of the rule is 0, so that what is measured begins when it would have run out.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LEASE_S = 15
GOOD = ("verified", "accepted", "effective")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"GONGXU_HOME": home, "PYTHONPATH": str(ROOT), "SECRET_KEY": "of a measurement"}
        _measure(rounds)


def _measure(rounds: int) -> None:
    from app.db import db
    from app.factory import create_app
    from app.services import schema
    from tests.app.machine_rigs import shop
    from tests.app.poll_rigs import simulated
    from tests.devices.device_rigs import maps, press

    app = create_app()
    with app.app_context(), simulated(maps(press("D-BEND", lease=LEASE_S))) as plant:
        schema.upgrade()
        made = shop(quantity=40 * rounds)
        _listen(made, plant.maps[0].link.port)
        machine = plant.machines["D-BEND"]
        with poller():
            _until(lambda: machine.state != 0 and _running(db), 60)
            written, freed = [], []
            for _ in range(rounds):
                made.make("C10", 4)
                began = time.monotonic()
                _until(lambda: _status(db) in GOOD, 60)
                written.append(time.monotonic() - began)
                made.make("C20", 4)
                began = time.monotonic()
                _until(lambda: machine.mode == "run", 60)
                freed.append(time.monotonic() - began)
                _until(lambda: _status(db) == "cleared", 60)
        _told("limit crossed to verified write", written)
        _told("below the limit to a running machine", freed)
        with poller() as process:
            made.make("C10", 4)
            _until(lambda: machine.mode == "hold" and _status(db) in GOOD, 60)
            os.killpg(process.pid, signal.SIGKILL)
            began = time.monotonic()
            _until(lambda: _by_itself(machine) == "run", LEASE_S + 30)
            print(f"kill -9 during a hold to a running machine: {time.monotonic() - began:.1f} s, lease {LEASE_S} s")
        made.make("C20", 4)
        with poller():
            fence, began = _fence(db), time.monotonic()
            _until(lambda: _fence(db) != fence, 90)
            worked = time.monotonic()
            _until(lambda: _status(db) == "cleared", 60)
            print(f"a new poller settled what the dead one left in {time.monotonic() - worked:.1f} s, after the"
                  f" {worked - began:.1f} s it took to start")  # fmt: skip


def _by_itself(machine: Any) -> str:
    """What the machine obeys when nobody reads it any more: its own clock goes on."""
    machine.advance(time.monotonic())
    return str(machine.mode)


def _told(what: str, seconds: list[float]) -> None:
    print(f"{what}: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s of {len(seconds)}")


@contextmanager
def poller() -> Iterator[subprocess.Popen[bytes]]:
    """The poller as a process that leads a group of its own."""
    command = [sys.executable, "-P", "-m", "flask", "--app", str(ROOT / "wsgi.py"), "poll"]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _listen(made: Any, port: int) -> None:
    from app.db import transaction
    from app.models import Device

    with transaction() as session:
        row = session.get_one(Device, made.devices["D-BEND"])
        row.map = row.map | {"link": row.map["link"] | {"port": port}}
        row.map_hash = "measured"


def _running(db: Any) -> bool:
    from sqlalchemy import select

    from app.models import MachineState

    db.session.rollback()
    return db.session.scalars(select(MachineState.state).where(MachineState.ended_at.is_(None))).first() == "running"


def _status(db: Any) -> str | None:
    """What became of the newest limit."""
    from sqlalchemy import select

    from app.models import LimitSignal

    db.session.rollback()
    found = db.session.execute(select(LimitSignal.status).order_by(LimitSignal.id.desc()).limit(1)).scalar()
    return None if found is None else str(found)


def _fence(db: Any) -> int:
    """The number of the poller that holds the lease."""
    from sqlalchemy import select

    from app.models import Lease

    db.session.rollback()
    return int(db.session.execute(select(Lease.fence).where(Lease.name == "poller")).scalar() or 0)


def _until(holds: Callable[[], Any], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            raise SystemExit("it did not happen")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
