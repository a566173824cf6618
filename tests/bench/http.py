"""Durable reports over HTTP: 32 stations with keep-alive connections against the production server.

    python -m tests.bench.http [--seconds 8] [--stations 32] [--rate 200] [--postgres URL] [--one-task]

Closed loop (each station sends as soon as it was answered) for the throughput, then an open loop at ``--rate`` for the
latency, with the poller's and worker's kind of write every 100 ms beside it to see how long they wait for the writer.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.floor import Floor, build

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Measure and print a table."""
    options = _options()
    with tempfile.TemporaryDirectory() as home, server(home, options) as (port, floor, pid):
        _warm(port, floor)
        cpu = _cpu(pid)
        with _others(home, options) as waits:
            closed = closed_loop(port, floor, options)
        used = (_cpu(pid) - cpu) / max(1, closed["done"])
        _print(f"closed loop, {options.stations} stations", closed)
        print(f"CPU of the server: {used * 1e6:.0f} us a report")
        opened = open_loop(port, floor, options)
        _print(f"open loop, {options.rate}/s offered", opened)
        print(f"refused: {closed['refused'] + opened['refused']}")
        if waits:
            print(f"poller and worker waited for the writer: median {statistics.median(waits) * 1000:.0f} ms, "
                  f"longest {max(waits) * 1000:.0f} ms ({len(waits)} turns)")  # fmt: skip


@contextmanager
def server(home: str, options: argparse.Namespace) -> Iterator[tuple[int, Floor, int]]:
    """The production server on a fresh store; gives its port, the floor and the process."""
    environment = os.environ | {"GONGXU_HOME": home, "PYTHONPATH": str(ROOT)}
    if options.postgres:
        environment["DATABASE_URL"] = options.postgres
    made = subprocess.run([sys.executable, "-m", "tests.bench.http", "--build"], cwd=ROOT, env=environment, check=True,
                          stdout=subprocess.PIPE, text=True)  # fmt: skip
    floor = Floor(**json.loads(made.stdout.splitlines()[-1]))
    port = 18000 + os.getpid() % 1000
    workers = ["--workers", "2"] if options.postgres else ["--workers", "1"]
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "-c", "python:app.workers.gunicorn_settings", *workers,
               "--threads", "160", "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            _wait(port)
            yield port, floor, process.pid
        finally:
            process.terminate()
            process.wait(20)


def closed_loop(port: int, floor: Floor, options: argparse.Namespace) -> dict[str, Any]:
    """Each station reports as fast as it is answered."""
    end = time.perf_counter() + options.seconds
    return _crowd(port, floor, options, lambda _number, _count: time.perf_counter() < end)


def open_loop(port: int, floor: Floor, options: argparse.Namespace) -> dict[str, Any]:
    """Each station reports at its share of the rate, whatever the last answer took."""
    pause, begin = options.stations / options.rate, time.perf_counter()
    end = begin + options.seconds

    def next_one(number: int, count: int) -> bool:
        due = begin + (count + number / options.stations) * pause
        if due >= end:
            return False
        time.sleep(max(0.0, due - time.perf_counter()))
        return True

    return _crowd(port, floor, options, next_one)


def _crowd(port: int, floor: Floor, options: argparse.Namespace, next_one: Any) -> dict[str, Any]:
    times: list[list[float]] = [[] for _ in range(options.stations)]
    refused = [0] * options.stations

    def station(number: int) -> None:
        client = Client(port, floor, number, options.one_task)
        while next_one(number, len(times[number])):
            began = time.perf_counter()
            refused[number] += not client.report()
            times[number].append(time.perf_counter() - began)

    crew = [threading.Thread(target=station, args=(n,)) for n in range(options.stations)]
    began = time.perf_counter()
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    took = time.perf_counter() - began
    counts = [len(mine) for mine in times]
    return {"rate": sum(counts) / took, "done": sum(counts), "counts": counts, "refused": sum(refused),
            "times": sorted(value for mine in times for value in mine)}  # fmt: skip


class Client:
    """A station: one connection kept alive, reports of one piece."""

    def __init__(self, port: int, floor: Floor, number: int, one_task: bool) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._path = f"/api/v1/stations/{floor.stations[number % len(floor.stations)]}/reports"
        self._task = floor.tasks[0 if one_task else number % len(floor.tasks)]
        self._headers = {"Authorization": f"Bearer {floor.token}", "Content-Type": "application/json"}

    def report(self) -> bool:
        """Report one good piece; whether it was accepted."""
        body = {"uuid": uuid.uuid4().hex, "task": self._task, "kind": "good", "quantity": "1", "person": "P"}
        self._connection.request("POST", self._path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status == 201


def _warm(port: int, floor: Floor) -> None:
    for number in range(len(floor.tasks)):
        assert Client(port, floor, number, False).report()


@contextmanager
def _others(home: str, options: argparse.Namespace) -> Iterator[list[float]]:
    """Another process writes every 100 ms, as poller and worker do; gives how long it waited for each turn."""
    waits: list[float] = []
    if options.postgres:
        yield waits
        return
    command = [sys.executable, "-m", "tests.bench.http", "--others"]
    environment = os.environ | {"GONGXU_HOME": home, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield waits
        process.terminate()
        assert process.stdout is not None
        waits += [float(line) for line in process.stdout.read().split()]


def _write_beside() -> None:
    from app.db import now_utc, transaction
    from app.factory import create_app
    from app.services.numbers import take

    with create_app().app_context():
        while True:
            began = time.perf_counter()
            with transaction() as session:
                waited = time.perf_counter() - began
                take(session, 1, f"beside:{now_utc().minute}")
            print(waited, flush=True)
            time.sleep(0.1)


def _cpu(pid: int) -> float:
    """Seconds of CPU of a process and its children, by /proc."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for process in [pid, *_children(pid)]:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not come up")


def _print(name: str, found: dict[str, Any]) -> None:
    times, counts = found["times"], found["counts"]
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))] * 1000
    print(f"{name}: {found['rate']:.0f}/s, p50 {statistics.median(times) * 1000:.1f} ms, p99 {p99:.1f} ms, "
          f"slowest/fastest station {min(counts) / max(counts):.2f}")  # fmt: skip


def _build() -> None:
    from app.factory import create_app
    from app.services import schema

    app = create_app()
    with app.app_context():
        schema.upgrade()
        print(json.dumps(build().__dict__))
    app.extensions["group_commit"] and app.extensions["group_commit"].stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--stations", type=int, default=32)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--postgres", help="an empty PostgreSQL database, as a URL")
    parser.add_argument("--one-task", action="store_true")
    parser.add_argument("--build", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--others", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    if "--build" in sys.argv:
        _build()
    elif "--others" in sys.argv:
        _write_beside()
    else:
        main()
