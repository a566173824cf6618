"""Scans at 32 stations, and a device that sends a thousand of them three times.

    python -m tests.bench.scans [--seconds 8] [--stations 32] [--rate 200] [--replays 3] [--scans 1000]

The open loop offers GOOD cards at ``--rate`` over the API of the production server. The replay sends the same scans of
one station again and again through the service, as a device does that never got its answers; what counts is how many
effects they leave, and how long the whole takes.
"""

import argparse
import json
import statistics
import time
import uuid
from typing import Any

from sqlalchemy import func, select

from app.db import db, now_utc
from app.models import Report, Scan
from app.services import station
from devices.codes import Kind, make
from tests.bench import http as load
from tests.bench.floor import Floor, application, build

GOOD = make(Kind.COMMAND, 3)


class Scanner(load.Client):
    """A station with one connection kept alive; its task is open and a person signed in."""

    def __init__(self, port: int, floor: Floor, number: int, one_task: bool) -> None:
        super().__init__(port, floor, number, one_task)
        self._path = self._path.replace("/reports", "/scans")

    def scan(self, raw: str) -> bool:
        """Scan; whether it was accepted."""
        self._connection.request("POST", self._path, json.dumps({"uuid": uuid.uuid4().hex, "raw": raw}), self._headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status == 200

    def report(self) -> bool:
        """One good piece by its card."""
        return self.scan(GOOD)


def main() -> None:
    """Measure both and print them."""
    options = _options()
    _replayed(options)
    _offered(options)


def _offered(options: argparse.Namespace) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as home, load.server(home, options) as (port, floor, pid):
        for number, task in enumerate(floor.tasks):
            scanner = Scanner(port, floor, number, False)
            assert scanner.scan("P")
            assert scanner.scan(make(Kind.TASK, task))
            assert scanner.report()
        load.Client = Scanner  # type: ignore[misc]
        cpu = load._cpu(pid)
        found = load.open_loop(port, floor, options)
        used = (load._cpu(pid) - cpu) / max(1, found["done"])
    times = found["times"]
    p95 = times[int(len(times) * 0.95)] * 1000
    print(f"scan post, {options.stations} stations, {options.rate}/s offered: {found['rate']:.0f}/s, "
          f"p50 {statistics.median(times) * 1000:.1f} ms, p95 {p95:.1f} ms, refused {found['refused']}, "
          f"CPU {used * 1e3:.2f} ms each")  # fmt: skip


def _replayed(options: argparse.Namespace) -> None:
    with application() as app, app.app_context():
        floor = build(1)
        place = floor.station_ids[0]

        def scan(raw: str, number: str) -> Any:
            wish = station.Scan(number, raw)
            return station.scan(floor.site_id, place, wish, "user:1", now_utc())

        scan("P", "badge-of-the-bench")
        scan(make(Kind.TASK, floor.tasks[0]), "task-of-the-bench")
        numbers = [uuid.uuid4().hex for _ in range(options.scans)]
        began, cpu = time.perf_counter(), time.process_time()
        for _ in range(options.replays):
            for number in numbers:
                scan(GOOD, number)
        took, used = time.perf_counter() - began, time.process_time() - cpu
        effects = db.session.scalar(select(func.count()).select_from(Report))
        rows = db.session.scalar(select(func.count()).select_from(Scan)) or 0
    print(f"{options.scans} scans sent {options.replays} times: {effects} effects, {rows - 2} rows, {took:.2f} s "
          f"({used:.2f} s of CPU)")  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--stations", type=int, default=32)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--scans", type=int, default=1000)
    parser.add_argument("--replays", type=int, default=3)
    parser.set_defaults(postgres=None, one_task=False)
    return parser.parse_args()


if __name__ == "__main__":
    main()
