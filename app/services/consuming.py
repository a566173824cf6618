"""What went into what: scanned lots and component serials, and backflush from the oldest lot."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, bindparam, insert, select, type_coerce, update
from sqlalchemy.engine import Connection

from app.db import from_micro
from app.errors import Conflict
from app.models import Consumption, Hold, Lot, StockBalance, TaskMaterial, Unit
from app.prepared import Prepared
from app.queries.known import location_of, materials_of
from app.services.stock import Move, Place, post
from app.states.flow import grain

_M, _B = TaskMaterial.__table__, StockBalance.__table__
_CONSUME = Prepared(
    insert(Consumption.__table__),
    ("site_id", "report_id", "task_id", "unit_id", "item_id", "lot_id", "component_unit_id", "quantity", "at"),
)
_ISSUED = Prepared(select(type_coerce(_M.c.quantity_issued, BigInteger)).where(_M.c.id == bindparam("row")))
_ISSUE = Prepared(
    update(_M).where(_M.c.id == bindparam("row"))
    .values(quantity_issued=type_coerce(_M.c.quantity_issued, BigInteger) + bindparam("amount", type_=BigInteger))
)  # fmt: skip
_HELD = select(Hold.id).where(Hold.target_type == "lot", Hold.target_id == Lot.id, Hold.released_at.is_(None))
_OLDEST = Prepared(
    select(Lot.id, type_coerce(_B.c.quantity, BigInteger).label("left"))
    .join(_B, (_B.c.lot_key == Lot.id) & (_B.c.item_id == Lot.item_id))
    .where(Lot.item_id == bindparam("item"), _B.c.location_id == bindparam("place"), _B.c.quantity > 0,
           Lot.status == "available", ~_HELD.exists())
    .order_by(Lot.received_at, Lot.id)
    .with_for_update(of=_B)  # on PostgreSQL two stations would else both count on the rest of the same lot
)  # fmt: skip


@dataclass(frozen=True)
class Use:
    """A scanned component: of a lot, or one serialised unit; ``amount`` in millionths."""

    item_id: int
    amount: int
    lot_id: int | None = None
    unit_id: int | None = None


def consume(
    connection: Connection,
    task: Any,
    report_id: int,
    unit_id: int | None,
    good: int,
    uses: tuple[Use, ...],
    place: Place,
) -> None:
    """Take what ``good`` millionths of product need: what was scanned first, the rest by backflush.

    What is due is rounded up once on the running total, so that many small reports do not drift.
    """
    wanted = materials_of(connection, task.id)
    scanned = {use.item_id: use for use in uses}
    for row in wanted:
        mine = [use for use in uses if use.item_id == row.item_id]
        due = _due(connection, row, task.quantity_good + good)
        taken = sum(use.amount for use in mine)
        for use in mine:
            _take(connection, task, report_id, unit_id, use, place, row.id)
        if row.backflush and due > taken:
            _backflush(connection, task, report_id, unit_id, row, due - taken, place)
        elif not row.backflush and row.is_serialised and due > taken:
            raise Conflict("consume.needed", item=row.item_code, quantity=str(from_micro(due - taken)))
    unknown = set(scanned) - {row.item_id for row in wanted}
    if unknown:
        raise Conflict("lot.wrong_item", item=", ".join(map(str, sorted(unknown))))


def _due(connection: Connection, row: Any, good_after: int) -> int:
    step = grain(row.decimals)
    total = -(-good_after * row.need_num // (row.need_den * step)) * step
    return max(0, total - _ISSUED.scalar(connection, {"row": row.id}))


def _backflush(
    connection: Connection, task: Any, report_id: int, unit_id: int | None, row: Any, due: int, place: Place
) -> None:
    location = location_of(connection, place.site_id, place.station_id)
    if row.is_lot_tracked:
        lots = _OLDEST.all(connection, {"item": row.item_id, "place": location})
        for lot in lots:
            part = min(due, lot.left)
            _take(connection, task, report_id, unit_id, Use(row.item_id, part, lot.id), place, row.id)
            due -= part
            if not due:
                return
    _take(connection, task, report_id, unit_id, Use(row.item_id, due), place, row.id)


def _take(
    connection: Connection, task: Any, report_id: int, unit_id: int | None, use: Use, place: Place, row_id: int
) -> None:
    _ISSUE.run(connection, {"row": row_id, "amount": use.amount})
    _CONSUME.run(
        connection,
        {
            "site_id": place.site_id, "report_id": report_id, "task_id": task.id, "unit_id": unit_id,
            "item_id": use.item_id, "lot_id": use.lot_id, "component_unit_id": use.unit_id,
            "quantity": from_micro(use.amount), "at": place.now,
        },
    )  # fmt: skip
    if use.unit_id is not None:
        _build_in(connection, use.unit_id)
    location = location_of(connection, place.site_id, place.station_id)
    if location is not None:
        move = Move("issue", use.item_id, -use.amount, use.lot_id, report_id)
        post(connection, move, place.site_id, location, place.actor, place.now)


def _build_in(connection: Connection, unit_id: int) -> None:
    table = Unit.__table__
    row = connection.execute(
        select(table.c.serial, table.c.status).where(table.c.id == unit_id).with_for_update()
    ).one()
    if row.status != "good":
        raise Conflict("unit.used", unit=row.serial)
    connection.execute(update(table).where(table.c.id == unit_id).values(status="built_in"))


def give_back(connection: Connection, report_id: int, reversal_id: int, place: Place) -> None:
    """Reverse all that a report consumed: opposite rows, opposite moves, components free again."""
    table = Consumption.__table__
    for row in connection.execute(select(table).where(table.c.report_id == report_id)).all():
        amount = int(row.quantity * 10**6)
        _CONSUME.run(connection, {
            "site_id": row.site_id, "report_id": reversal_id, "task_id": row.task_id, "unit_id": row.unit_id,
            "item_id": row.item_id, "lot_id": row.lot_id, "component_unit_id": row.component_unit_id,
            "quantity": -row.quantity, "at": place.now,
        })  # fmt: skip
        mine = (_M.c.task_id == row.task_id) & (_M.c.item_id == row.item_id)
        issued = type_coerce(_M.c.quantity_issued, BigInteger) - amount
        first = connection.execute(select(_M.c.id).where(mine).order_by(_M.c.id).limit(1)).scalar_one()
        connection.execute(update(_M).where(_M.c.id == first).values(quantity_issued=issued))
        if row.component_unit_id is not None:
            unit = Unit.__table__
            connection.execute(update(unit).where(unit.c.id == row.component_unit_id).values(status="good"))
        location = location_of(connection, place.site_id, place.station_id)
        if location is not None:
            move = Move("issue", row.item_id, amount, row.lot_id, reversal_id, "reversal")
            post(connection, move, place.site_id, location, place.actor, place.now)
