"""Durable reports in process, beside a raw loop that commits the same statements in groups.

    python -m tests.bench.reports [--seconds 5] [--threads 32] [--postgres URL]

The raw loop replays, on the driver alone, the very statements one report executes (read from the engine), with fresh
keys, 32 waiting threads and one commit for all that wait: it is what the disk and SQLite can do.
"""

import argparse
import queue
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Flask

from app import prepared
from app.db import db, now_utc
from app.group_commit import commit_together
from app.services.execution import Entry, report
from tests.bench.floor import Floor, application, build, raw


def main() -> None:
    """Measure and print a table."""
    options = _options()
    with application(options.postgres) as app:
        with app.app_context():
            floor = build()
        mine = ours(app, floor, options.threads, options.seconds)
        _print("reports, 32 tasks of 32 orders", mine)
        if options.postgres:
            one = Floor(floor.site_id, floor.tasks[:1], floor.stations, floor.station_ids, floor.person_id, floor.token)
            _print("reports, one task", ours(app, one, options.threads, options.seconds))
            return
        statements = _statements(app, floor)
        limit = raw_loop(str(db_path(app)), statements, options.threads, options.seconds)
        _print(f"raw loop, the same {len(statements)} statements", limit)
        print(f"ratio {mine['rate'] / limit['rate']:.2f}")


def db_path(app: Flask) -> Any:
    """The file behind the application."""
    with app.app_context():
        return db.engine.url.database


def ours(app: Flask, floor: Floor, threads: int, seconds: float) -> dict[str, Any]:
    """Reports of many threads through the shared commit."""

    def one(number: int) -> None:
        task = floor.tasks[number % len(floor.tasks)]
        station = floor.station_ids[number % len(floor.station_ids)]
        entry = Entry(uuid.uuid4().hex, floor.site_id, "good", Decimal(1), task, station, floor.person_id, "bench")
        commit_together(lambda connection: report(connection, entry, now_utc()))

    def context(work: Callable[[], None]) -> None:
        with app.app_context():
            work()

    return crowd(one, threads, seconds, context)


def crowd(
    one: Callable[[int], None], threads: int, seconds: float, context: Callable[[Callable[[], None]], None]
) -> dict[str, Any]:
    """Let threads do ``one`` again and again; rate, latencies and each thread's count."""
    counts, times = [0] * threads, [[] for _ in range(threads)]  # type: ignore[var-annotated]
    end = time.perf_counter() + seconds

    def work(number: int) -> None:
        while (began := time.perf_counter()) < end:
            one(number)
            times[number].append(time.perf_counter() - began)
            counts[number] += 1

    crew = [threading.Thread(target=context, args=(lambda n=n: work(n),)) for n in range(threads)]
    cpu, began = time.process_time(), time.perf_counter()
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    took, done = time.perf_counter() - began, sum(counts)
    return {"rate": done / took, "cpu_us": (time.process_time() - cpu) / done * 1e6, "counts": counts,
            "times": sorted(value for mine in times for value in mine)}  # fmt: skip


def _statements(app: Flask, floor: Floor) -> list[tuple[str, list[Any]]]:
    """What one report executes, in order: text and values."""
    seen: list[tuple[str, list[Any]]] = []
    original = prepared._Form.cursor

    def watch(self: Any, connection: Any, given: dict[str, Any]) -> Any:
        values = []
        for name, convert, literal in self._binds:
            value = given.get(name, literal)
            values.append(convert(value) if convert is not None and value is not None else value)
        seen.append((self.text, values))
        return original(self, connection, given)

    prepared._Form.cursor = watch  # type: ignore[method-assign]
    try:
        with app.app_context():
            entry = Entry(uuid.uuid4().hex, floor.site_id, "good", Decimal(1), floor.tasks[0], floor.station_ids[0],
                          floor.person_id, "bench")  # fmt: skip
            commit_together(lambda connection: report(connection, entry, now_utc()))
    finally:
        prepared._Form.cursor = original  # type: ignore[method-assign]
    return seen


def raw_loop(path: str, statements: list[tuple[str, list[Any]]], threads: int, seconds: float) -> dict[str, Any]:
    """The same statements on the driver, one writer, all that wait in one commit."""
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    connection = raw(path)

    def writer() -> None:
        while (first := waiting.get()) is not None:
            batch = [first]
            while len(batch) < 64:
                try:
                    batch.append(waiting.get_nowait())
                except queue.Empty:
                    break
            connection.execute("BEGIN IMMEDIATE")
            for _ in batch:
                _replay(connection, statements)
            connection.execute("COMMIT")
            for done in batch:
                done.set()

    thread = threading.Thread(target=writer)
    thread.start()

    def one(_number: int) -> None:
        done = threading.Event()
        waiting.put(done)
        done.wait()

    found = crowd(one, threads, seconds, lambda work: work())
    waiting.put(None)
    thread.join()
    connection.close()
    return found


def _replay(connection: Any, statements: list[tuple[str, list[Any]]]) -> None:
    connection.execute("SAVEPOINT report")
    for text, values in statements:
        fresh = [uuid.uuid4().hex if isinstance(value, str) and len(value) == 32 else value for value in values]
        connection.execute(text, fresh).fetchall()
    connection.execute("RELEASE report")


def _print(name: str, found: dict[str, Any]) -> None:
    times, counts = found["times"], found["counts"]
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))] * 1000
    print(f"{name}: {found['rate']:.0f}/s, {found['cpu_us']:.0f} us of CPU each, p50 "
          f"{statistics.median(times) * 1000:.1f} ms, p99 {p99:.1f} ms, slowest/fastest thread "
          f"{min(counts) / max(counts):.2f}")  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--postgres", help="an empty PostgreSQL database, as a URL")
    return parser.parse_args()


if __name__ == "__main__":
    main()
