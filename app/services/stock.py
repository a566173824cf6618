"""Stock: every move is a row, and the balance its counter, changed in the same transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, insert, select, type_coerce, update
from sqlalchemy.engine import Connection

from app.db import from_micro
from app.errors import Conflict
from app.events import Store
from app.models import Item, Location, StockBalance, StockMove
from app.prepared import Prepared, connection_of
from app.queries.known import location_of

_B = StockBalance.__table__
_MOVE = Prepared(
    insert(StockMove.__table__),
    ("site_id", "kind", "item_id", "lot_id", "location_id", "quantity", "report_id", "actor", "reason", "at"),
)
_MINE = (
    (_B.c.item_id == bindparam("item")) & (_B.c.lot_key == bindparam("lot")) & (_B.c.location_id == bindparam("place"))
)
_STORED = type_coerce(_B.c.quantity, BigInteger)
_ADD = Prepared(
    update(_B).where(_MINE).values(quantity=_STORED + bindparam("amount", type_=BigInteger)).returning(_STORED)
)


@dataclass(frozen=True)
class Place:
    """Where and by whom stock is moved, and when."""

    site_id: int
    station_id: int | None
    actor: str | None
    now: datetime


@dataclass(frozen=True)
class Move:
    """What is moved: ``amount`` in millionths of the stock unit, negative out of the place."""

    kind: str
    item_id: int
    amount: int
    lot_id: int | None = None
    report_id: int | None = None
    reason: str | None = None


def post(store: Store, move: Move, site_id: int, location_id: int, actor: str | None, now: datetime) -> None:
    """Write a move and its balance. An item that refuses negative stock refuses a move below zero (Conflict)."""
    connection = connection_of(store)
    _MOVE.run(
        connection,
        {
            "site_id": site_id, "kind": move.kind, "item_id": move.item_id, "lot_id": move.lot_id,
            "location_id": location_id, "quantity": from_micro(move.amount), "report_id": move.report_id,
            "actor": actor, "reason": move.reason, "at": now,
        },
    )  # fmt: skip
    key = {"item": move.item_id, "lot": move.lot_id or 0, "place": location_id, "amount": move.amount}
    left = _ADD.scalar(connection, key)
    if left is None:
        fresh = {"item_id": move.item_id, "lot_key": move.lot_id or 0, "location_id": location_id, "site_id": site_id}
        connection.execute(insert(_B), fresh | {"quantity": from_micro(move.amount)})
        left = move.amount
    if left < 0 and move.amount < 0 and move.kind in ("issue", "ship"):
        _refuse_negative(connection, move, left, location_id)


def _refuse_negative(connection: Connection, move: Move, left: int, location_id: int) -> None:
    item = connection.execute(select(Item.code, Item.negative_stock).where(Item.id == move.item_id)).one()
    if item.negative_stock == "refuse":
        place = connection.execute(select(Location.code).where(Location.id == location_id)).scalar()
        raise Conflict("stock.short", item=item.code, available=str(from_micro(left - move.amount)), location=place)


def produce(store: Store, task: Any, report_id: int, amount: int, place: Place) -> None:
    """Put finished pieces of an order into stock (or take them out again with a negative amount)."""
    location = location_of(store, place.site_id, place.station_id)
    if task.item_id is not None and location is not None and task.order_kind == "production":
        move = Move("produce", task.item_id, amount, report_id=report_id)
        post(store, move, place.site_id, location, place.actor, place.now)
