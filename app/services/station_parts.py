"""Parts for the open task: scanned components wait for the next good report, a scanned lot stays loaded.

A coil, a bottle or a box of a lot serves many pieces: it is scanned once and used by every good report until
another lot of the item is scanned or the task is left. A single unit is built in once.
"""

import math
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, select, type_coerce

from app.errors import Conflict, NotFound
from app.models import Hold, Item, Lot, Task, TaskMaterial, Unit
from app.queries.known import materials_of
from app.services.consuming import Use
from app.services.station_here import Here, Outcome
from app.states.flow import ONE, grain

_M, _T = TaskMaterial.__table__, Task.__table__


def add_unit(here: Here, unit: Any) -> Outcome:
    """Put a component unit aside for the next good report."""
    task = here.open_task().row
    wanted = _wanted(here, unit.item_id)
    _refuse_held(here, "unit", unit.id, "unit.held", unit=unit.serial)
    if unit.status != "good":
        raise Conflict(
            "unit.used" if unit.status == "built_in" else "unit.status", unit=unit.serial, status=unit.status
        )
    parts: list[dict[str, Any]] = list(here.pending.get("parts", ()))
    if any(part["unit"] == unit.id for part in parts):
        raise Conflict("part.twice", unit=unit.serial)
    most = _per_report(here, wanted)
    if sum(part["item"] == unit.item_id for part in parts) >= most:
        raise Conflict("part.enough", item=wanted.item_code, quantity=most)
    here.keep(parts=[*parts, {"item": unit.item_id, "unit": unit.id}])
    return Outcome("part", "part.added", {"part": unit.serial, "item": wanted.item_code}, {"task": task.id})


def add_lot(here: Here, lot_ids: tuple[int, ...]) -> Outcome:
    """Load a lot; of several with one number the one whose item is used here is meant."""
    here.open_task()
    rows = here.connection.execute(
        select(Lot.id, Lot.code, Lot.item_id, Lot.status, Lot.expires_on, Item.code.label("item_code"))
        .join(Item, Item.id == Lot.item_id)
        .where(Lot.id.in_(lot_ids))
        .order_by(Lot.id)
    ).all()
    needed = {row.item_id for row in materials_of(here.connection, here.task_id or 0)}
    row = next((row for row in rows if row.item_id in needed), rows[0] if rows else None)
    if row is None:
        raise NotFound("lot.unknown", lot=lot_ids[0])
    wanted = _wanted(here, row.item_id)
    _refuse_held(here, "lot", row.id, "lot.held", lot=row.code)
    if row.expires_on is not None and row.expires_on < here.now.date():
        raise Conflict("lot.expired", lot=row.code, day=row.expires_on.isoformat())
    if row.status != "available":
        raise Conflict("lot.status", lot=row.code, status=row.status)
    loaded = [lot for lot in here.pending.get("lots", ()) if lot["item"] != row.item_id]
    here.keep(lots=[*loaded, {"item": row.item_id, "lot": row.id}])
    return Outcome("part", "lot.loaded", {"part": row.code, "item": wanted.item_code}, {"task": here.task_id})


def uses(here: Here, good: int) -> tuple[Use, ...]:
    """What the next good report of ``good`` millionths takes from what was scanned."""
    found = [Use(part["item"], ONE, unit_id=part["unit"]) for part in here.pending.get("parts", ())]
    loaded = {lot["item"]: lot["lot"] for lot in here.pending.get("lots", ())}
    if loaded:
        done = here.connection.execute(
            select(type_coerce(_T.c.quantity_good, BigInteger)).where(_T.c.id == here.task_id)
        ).scalar_one()
        for row in materials_of(here.connection, here.task_id or 0):
            amount = _due(here, row, done + good) if row.item_id in loaded else 0
            if amount > 0:
                found.append(Use(row.item_id, amount, lot_id=loaded[row.item_id]))
    return tuple(found)


def missing(here: Here) -> tuple[str, int] | None:
    """The next component that must be scanned one by one before a good report, and how many of it."""
    have = [part["item"] for part in here.pending.get("parts", ())]
    for row in materials_of(here.connection, here.task_id or 0):
        if row.is_serialised and not row.backflush:
            left = _per_report(here, row) - have.count(row.item_id)
            if left > 0:
                return row.item_code, left
    return None


def _wanted(here: Here, item_id: int) -> Any:
    for row in materials_of(here.connection, here.task_id or 0):
        if row.item_id == item_id:
            return row
    code = here.connection.execute(select(Item.code).where(Item.id == item_id)).scalar()
    raise Conflict("lot.wrong_item", item=code)


def _per_report(here: Here, row: Any) -> int:
    pieces = math.ceil(Decimal(here.pending.get("quantity") or 1))
    return int(-(-pieces * row.need_num // row.need_den))


def _due(here: Here, row: Any, good_after: int) -> int:
    step = grain(row.decimals)
    total = -(-good_after * row.need_num // (row.need_den * step)) * step
    issued = select(type_coerce(_M.c.quantity_issued, BigInteger)).where(_M.c.id == row.id)
    return max(0, int(total - here.connection.execute(issued).scalar_one()))


def _refuse_held(here: Here, kind: str, target_id: int, code: str, **values: Any) -> None:
    held = select(Hold.id).where(Hold.target_type == kind, Hold.target_id == target_id, Hold.released_at.is_(None))
    if here.connection.execute(held.limit(1)).scalar() is not None:
        raise Conflict(code, **values)


def unit_row(here: Here, unit_id: int) -> Any:
    """A unit of this site; NotFound otherwise."""
    columns = (Unit.id, Unit.serial, Unit.item_id, Unit.order_id, Unit.status, Unit.task_id)
    query = select(*columns).where(Unit.id == unit_id, Unit.site_id == here.site_id)
    row = here.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("unit.unknown", unit=unit_id)
    return row
