"""A million links traced both ways, a set of 5 000 units on the page, and a million events verified (SQLite).

    python -m tests.bench.trace_links [--roots 1818] [--events 1000000] [--wide 5000]

A root is made of 50 parts, each of 10 lots: 551 nodes. One lot goes into 50 parts and these into 10 units each, the
same the other way round; another goes into ``--wide`` units at once.
"""

import argparse
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from http.client import HTTPConnection
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from werkzeug.serving import make_server

from app import events
from app.db import canonical, db, now_utc
from app.models import Task
from app.queries.trace_links import Direction, Node, links
from app.services import orders, users
from app.services.release import release
from tests.bench.floor import application
from tests.small_plant import build

PARTS, LOTS = 50, 10
TABS = ("genealogy", "history", "lots", "units")
AT = "2026-11-01 08:00:00.000000"


def main() -> None:
    """Measure and print."""
    options = _options()
    with application() as app:
        with app.app_context():
            plant = build()
            user = users.create("T", "bench", "secret word", ["admin"], None, now_utc(), weak=True)
            token = users.create_token(user, "bench", f"user:{user}", now_utc())
            order = orders.create_production(plant.site_id, "FRIDGE", Decimal(1), now_utc(), 3, "cli:bench", now_utc())
            release(plant.site_id, order, "cli:bench", now_utc())
            task = db.session.scalars(select(Task.id).where(Task.order_id == order, Task.is_serialised)).first() or 0
            path = str(db.engine.url.database)
            db.session.rollback()
        with sqlite3.connect(path) as store:
            made = seed(store, plant.site_id, plant.items, task, options.roots, options.wide)
        print(f"{made['links']} links")
        with app.app_context():
            for name, node, way in (
                ("backward", made["root"], Direction.BACKWARD),
                ("forward", made["lot"], Direction.FORWARD),
            ):
                _told(
                    f"{name}: nodes and links read",
                    lambda n=node, w=way: len(links(db.session, plant.site_id, n, w).nodes),
                )
            db.session.rollback()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, address in pages(made):
            _told(name, lambda a=address: _get(server.port, a, token), 5)
        server.shutdown()
        with sqlite3.connect(path) as store:
            chain(store, plant.site_id, options.events)
        with app.app_context():
            began = time.perf_counter()
            broken = list(events.broken_links(db.session))
            print(f"{options.events} events verified in {time.perf_counter() - began:.1f} s, broken: {len(broken)}")


def pages(made: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is asked over HTTP."""
    for name, node in (("backward", made["root"]), ("forward", made["lot"])):
        yield f"{name} over HTTP", f"/api/v1/trace?q={'R' if node.kind == 'unit' else 'L'}{node.id}"
        for tab in TABS:
            yield f"{name}, the page, {tab}", f"/trace?kind={node.kind}&id={node.id}&tab={tab}"
    for tab in TABS:
        yield f"the wide set, the page, {tab}", f"/trace?kind=lot&id={made['wide'].id}&tab={tab}"


def _told(name: str, work: Callable[[], object], times: int = 15) -> None:
    found, spans = work(), []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spans.append((time.perf_counter() - began) * 1000)
    print(f"{name}: median {statistics.median(spans):.1f} ms, longest {max(spans):.1f} ms ({found})")


def _get(port: int, address: str, token: str) -> str:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", address, headers={"Authorization": f"Bearer {token}", "Accept": "*/*"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return f"{answer.status}, {len(body) // 1024} KiB"


def seed(
    store: sqlite3.Connection, site: int, items: dict[str, int], task: int, roots: int, wide: int
) -> dict[str, Any]:
    """Write units, lots and links with the driver alone: a million reports would take ten minutes."""
    fridge, part, sheet = items["FRIDGE"], items["COMP"], items["SHEET"]
    store.execute("INSERT INTO report (id, site_id, uuid, kind, quantity, task_id, business_date, channel, "
                  "server_at, uncertain) VALUES (1, ?, 'b', 'consume', 1000000, ?, '2026-11-01', 'bench', ?, 0)",
                  (site, task, AT))  # fmt: skip
    first = 1000
    parts = first + roots
    lots = 1000
    fans = parts + roots * PARTS
    ends = fans + PARTS
    many = ends + PARTS * LOTS
    _units(store, site, fridge, range(first, parts), "R")
    _units(store, site, part, range(parts, ends), "P")
    _units(store, site, fridge, range(ends, many + wide), "W")
    last = lots + roots * PARTS * LOTS
    store.executemany("INSERT INTO lot (id, site_id, item_id, code, status) VALUES (?, ?, ?, ?, 'available')",
                      ((key, site, sheet, f"L{key}") for key in range(lots, last + 2)))  # fmt: skip
    use = ("INSERT INTO consumption (site_id, report_id, task_id, unit_id, item_id, lot_id, component_unit_id, "
           f"quantity, at) VALUES ({site}, 1, {task}, ?, {part}, ?, ?, 1000000, '{AT}')")  # fmt: skip

    def rows() -> Iterable[tuple[int, int | None, int | None]]:
        for at in range(roots * PARTS):
            yield first + at // PARTS, None, parts + at
            for lot in range(LOTS):
                yield parts + at, lots + at * LOTS + lot, None
        for at in range(PARTS):
            yield fans + at, last, None
            for end in range(LOTS):
                yield ends + at * LOTS + end, None, fans + at
        for at in range(wide):
            yield many + at, last + 1, None

    store.executemany(use, rows())
    store.execute("ANALYZE")
    store.commit()
    count = store.execute("SELECT count(*) FROM consumption").fetchone()[0]
    return {
        "links": count,
        "root": Node("unit", first + roots // 2),
        "lot": Node("lot", last),
        "wide": Node("lot", last + 1),
    }


def _units(store: sqlite3.Connection, site: int, item: int, keys: range, letter: str) -> None:
    store.executemany(
        "INSERT INTO unit (id, site_id, item_id, serial, status, created_at) VALUES (?, ?, ?, ?, 'good', ?)",
        ((key, site, item, f"{letter}{key}", AT) for key in keys),
    )


def chain(store: sqlite3.Connection, site: int, count: int) -> None:
    """Events with their seals, written by the driver; the hashes are those of the event log."""
    at = now_utc()
    text = at.strftime("%Y-%m-%d %H:%M:%S.%f")
    before = store.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0]
    position = store.execute("SELECT coalesce(max(position), 0) FROM event_seal").fetchone()[0]
    head = store.execute(
        "SELECT hash FROM event_seal WHERE site_id = ? ORDER BY position DESC LIMIT 1", (site,)
    ).fetchone()
    head, told, seals = head[0] if head else "", [], []
    for number in range(1, count + 1):
        row = SimpleNamespace(id=before + number, site_id=site, topic="report.good", subject_type="task",
                              subject_id=number, actor="person:1", occurred_at=at, recorded_at=at,
                              data=canonical({"order": 1, "quantity": "1", "report": number}))  # fmt: skip
        head = events.chain(head, row)
        told.append((row.id, site, row.topic, row.subject_type, number, row.actor, text, text, row.data))
        seals.append((position + number, row.id, site, head))
    store.executemany("INSERT INTO event (id, site_id, topic, subject_type, subject_id, actor, occurred_at, "
                      "recorded_at, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", told)  # fmt: skip
    store.executemany("INSERT INTO event_seal (position, event_id, site_id, hash) VALUES (?, ?, ?, ?)", seals)
    store.commit()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roots", type=int, default=1818)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--wide", type=int, default=5000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
