"""The floor of the report benchmarks: 32 stations, each with an order of its own.

Each report at an operation A pushes to its successor B and consumes from one lot, as the issue of a scan asks for.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc, transaction
from app.factory import create_app
from app.models import (
    Bom,
    BomLine,
    Item,
    Line,
    Location,
    Lot,
    Operation,
    OperationLink,
    OperationStation,
    Person,
    Routing,
    ShiftPattern,
    Site,
    Station,
    Task,
)
from app.services import orders, schema, users
from app.services.release import release
from app.services.stock import Move, post

STATIONS = 32
PIECES = 100_000


@dataclass(frozen=True)
class Floor:
    """What a benchmark needs to report."""

    site_id: int
    tasks: list[int]
    stations: list[str]
    station_ids: list[int]
    person_id: int
    token: str


def build(orders_wanted: int = STATIONS) -> Floor:
    """Write the plant and release the orders (inside an application context)."""
    now = now_utc()
    with transaction() as session:
        site = _add(session, Site(code="B", name="Bench"))
        place = _add(session, Location(site_id=site.id, code="F", name="Floor"))
        line = _add(session, Line(site_id=site.id, code="L", name="Line"))
        stations = [_add(session, Station(site_id=site.id, line_id=line.id, code=f"S{n:02d}", name=f"S{n:02d}",
                                          location_id=place.id)) for n in range(STATIONS)]  # fmt: skip
        last = _add(session, Station(site_id=site.id, line_id=line.id, code="END", name="End", location_id=place.id))
        session.add(ShiftPattern(site_id=site.id, code="A", name="A", weekdays=list(range(7)), start_min=0,
                                 end_min=1440, breaks=[]))  # fmt: skip
        person = _add(session, Person(site_id=site.id, code="P", name="P", badge="P"))
        _product(session, site.id, place.id, stations, last, now)
        site_id, person_id, ids = site.id, person.id, [station.id for station in stations]
    user = users.create("B", "bench", "bench", ["admin", "operator"], None, now, weak=True)
    token = users.create_token(user, "bench", f"user:{user}", now)
    made = [
        orders.create_production(site_id, "X", Decimal(PIECES), now + timedelta(days=9), 3, None, now)
        for _ in range(orders_wanted)
    ]
    for order_id in made:
        release(site_id, order_id, "cli:bench", now)
    query = select(Task.id).where(Task.op_key == "0/A").order_by(Task.id)
    tasks = list(db.session.scalars(query).all())
    db.session.rollback()
    return Floor(site_id, tasks, [f"S{n:02d}" for n in range(STATIONS)], ids, person_id, token)


def _add(session: Any, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def _product(session: Any, site_id: int, place_id: int, stations: list[Any], last: Any, now: Any) -> None:
    item = _add(session, Item(site_id=site_id, code="X", name="X", supply="make_to_order"))
    part = _add(session, Item(site_id=site_id, code="P", name="P", supply="buy", is_lot_tracked=True))
    bom = _add(session, Bom(site_id=site_id, item_id=item.id))
    session.add(BomLine(bom_id=bom.id, position=1, item_id=part.id, quantity=Decimal(1), operation="A"))
    routing = _add(session, Routing(site_id=site_id, item_id=item.id))
    first, second = (
        _add(session, Operation(routing_id=routing.id, key=key, name=key, position=n, piece_min=Decimal(1)))
        for n, key in enumerate("AB")
    )
    session.add_all(OperationStation(operation_id=first.id, station_id=station.id) for station in stations)
    session.add(OperationStation(operation_id=second.id, station_id=last.id))
    session.add(OperationLink(routing_id=routing.id, pred_id=first.id, succ_id=second.id))
    lot = _add(session, Lot(site_id=site_id, item_id=part.id, code="LOT", received_at=now))
    post(session, Move("receipt", part.id, 10**9 * 10**6, lot.id), site_id, place_id, None, now)


@contextmanager
def application(url: str | None = None, folder: str | None = None) -> Iterator[Flask]:
    """An application on a fresh database: SQLite FULL in a folder, or the PostgreSQL database at ``url``."""
    with tempfile.TemporaryDirectory(dir=folder) as home:
        address = url or f"sqlite:///{Path(home) / 'bench.db'}"
        app = create_app(SQLALCHEMY_DATABASE_URI=address, READINGS_URL=f"sqlite:///{Path(home) / 'readings.db'}")
        with app.app_context():
            schema.upgrade()
        yield app
        group = app.extensions.get("group_commit")
        if group:
            group.stop()
        with app.app_context():
            db.engine.dispose()


def raw(path: str) -> sqlite3.Connection:
    """A connection of the driver alone, with the same settings as the store."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
