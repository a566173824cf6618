"""Creating and releasing an order of 50 BOM lines over three levels: about 60 tasks and 90 links.

    python -m tests.bench.release [--times 20] [--postgres URL]

The product: nine subassemblies of four operations each, two of which feed every second one, a final assembly of
operations in parallel branches, and bought parts on the other lines.
"""

import argparse
import statistics
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.db import db, now_utc, transaction
from app.models import Bom, BomLine, Item, Operation, OperationLink, OperationStation, Routing, Station, Task, TaskLink
from app.services import orders
from app.services.release import release
from tests.bench.floor import application, build

SUBS, DEEP, LINES = 9, 3, 50


def main() -> None:
    """Measure and print one line."""
    options = _options()
    with application(options.postgres) as app, app.app_context():
        build(orders_wanted=0)
        _product()
        times = [_one() for _ in range(options.times + 1)][1:]
        last = db.session.scalar(select(func.max(Task.order_id)))
        tasks = db.session.scalar(select(func.count()).select_from(Task).where(Task.order_id == last))
        links = db.session.scalar(select(func.count()).select_from(TaskLink).where(TaskLink.order_id == last))
        lines = db.session.scalar(select(func.count()).select_from(BomLine).join(Bom).where(Bom.id > 1))
        middle, longest = statistics.median(times) * 1000, max(times) * 1000
        print(f"create and release, {lines} BOM lines, {tasks} tasks, {links} links, {len(times)} times: "
              f"median {middle:.0f} ms, longest {longest:.0f} ms")  # fmt: skip


def _one() -> float:
    now = now_utc()
    began = time.perf_counter()
    order_id = orders.create_production(1, "TOP", Decimal(10), now + timedelta(days=9), 3, None, now)
    release(1, order_id, "cli:bench", now)
    return time.perf_counter() - began


def _product() -> None:
    with transaction() as session:
        stations = session.scalars(select(Station).order_by(Station.id)).all()
        deep = [_made(session, f"D{n}", 4, stations, [f"P{n}a", f"P{n}b", f"P{n}c"]) for n in range(DEEP)]
        subs = [
            _made(session, f"S{n}", 4, stations, [f"Q{n}a", f"Q{n}b", f"Q{n}c"], deep[n : n + 1] if n < DEEP else [])
            for n in range(SUBS)
        ]
        _made(session, "TOP", 12, stations, ["R1", "R2"], subs, branches=True)


def _made(
    session: Any, code: str, steps: int, stations: Any, bought: list[str], made: Any = (), branches: bool = False
) -> Item:
    item = Item(site_id=1, code=code, name=code, supply="make_to_order")
    parts = [Item(site_id=1, code=name, name=name, supply="buy") for name in bought]
    session.add_all([item, *parts])
    session.flush()
    bom, routing = Bom(site_id=1, item_id=item.id), Routing(site_id=1, item_id=item.id)
    session.add_all([bom, routing])
    session.flush()
    for position, child in enumerate([*parts, *made]):
        session.add(BomLine(bom_id=bom.id, position=position, item_id=child.id, quantity=Decimal(2)))
    rows = [Operation(routing_id=routing.id, key=f"{n:02d}", name=f"{code} {n}", position=n, piece_min=Decimal(3))
            for n in range(steps)]  # fmt: skip
    session.add_all(rows)
    session.flush()
    session.add_all(OperationStation(operation_id=row.id, station_id=stations[row.id % 30].id) for row in rows)
    arrows = {(n, n + 1) for n in range(steps - 1)}
    if branches:
        arrows |= {(0, n) for n in range(2, 10)} | {(n, 11) for n in range(1, 10)} | {(1, n) for n in range(3, 10)}
        arrows |= {(2, n) for n in range(4, 10)}
    for pred, succ in sorted(arrows):
        session.add(OperationLink(routing_id=routing.id, pred_id=rows[pred].id, succ_id=rows[succ].id))
    return item


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--postgres", help="an empty PostgreSQL database, as a URL")
    return parser.parse_args()


if __name__ == "__main__":
    main()
