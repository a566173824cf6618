"""Serialised units: born at their first task, taken from task to task, never counted twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, func, insert, select, type_coerce, update
from sqlalchemy.engine import Connection

from app.errors import Conflict, Invalid, NotFound, listed
from app.models import Hold, Item, Report, Unit
from app.services.flow import Flow
from app.services.numbers import take
from app.states.flow import ONE

_U, _R = Unit.__table__, Report.__table__
_REPORTABLE = frozenset({"planned", "in_process", "in_rework"})
_WORD = {"good": "in_process", "scrap": "scrapped", "rework": "in_rework"}


def before_report(connection: Connection, flow: Flow, entry: Any, now: datetime) -> tuple[int | None, str | None]:
    """The unit a report is about, born when this is the first task of its kind; its serial goes on the label.

    Raises Invalid or Conflict when the unit is missing, foreign, held, not here yet or already counted.
    """
    task = flow.task
    if not task.is_serialised:
        if entry.unit_id is not None:
            raise Invalid("unit.other_item", unit=entry.unit_id, item=task.item_code or "")
        return None, None
    needed = [link for link in flow.into(task.id) if link.pred_item == task.item_id]
    if entry.unit_id is None:
        if needed or task.loop_no:
            raise Invalid("unit.needed")
        return _born(connection, task, now)
    row = _read(connection, entry.unit_id)
    _check(connection, task, row)
    _check_way(connection, task, row, needed)
    return row.id, row.serial


def after_report(connection: Connection, task: Any, kind: str, unit_id: int | None) -> None:
    """Move the unit on: where it is, and good once its last task is done."""
    if unit_id is not None:
        status = "good" if kind == "good" and task.is_final else _WORD[kind]
        connection.execute(update(_U).where(_U.c.id == unit_id).values(task_id=task.id, status=status))


def after_undo(connection: Connection, unit_id: int) -> None:
    """Put the unit back to where its remaining reports say it is."""
    total = func.sum(type_coerce(_R.c.quantity, BigInteger))
    query = (
        select(_R.c.task_id, _R.c.kind, func.max(_R.c.id).label("newest"))
        .where(_R.c.unit_id == unit_id, _R.c.kind.in_(tuple(_WORD)))
        .group_by(_R.c.task_id, _R.c.kind)
        .having(total > 0)
        .order_by(func.max(_R.c.id).desc())
        .limit(1)
    )
    last = connection.execute(query).one_or_none()
    values = {"task_id": last.task_id, "status": _WORD[last.kind]} if last else {"task_id": None, "status": "planned"}
    connection.execute(update(_U).where(_U.c.id == unit_id).values(**values))


def counted(connection: Connection, unit_id: int) -> dict[tuple[int, str], int]:
    """What was reported of a unit, net of undone: (task, kind) to pieces in millionths."""
    total = func.sum(type_coerce(_R.c.quantity, BigInteger)).label("total")
    query = select(_R.c.task_id, _R.c.kind, total).where(_R.c.unit_id == unit_id).group_by(_R.c.task_id, _R.c.kind)
    return {(row.task_id, row.kind): int(row.total) for row in connection.execute(query)}


def _read(connection: Connection, unit_id: int) -> Any:
    held = select(Hold.id).where(Hold.target_type == "unit", Hold.target_id == _U.c.id, Hold.released_at.is_(None))
    query = select(_U, Item.code.label("item_code"), held.exists().label("held")).join(Item, Item.id == _U.c.item_id)
    row = connection.execute(query.where(_U.c.id == unit_id).with_for_update(of=_U)).one_or_none()
    if row is None:
        raise NotFound("unit.unknown", unit=unit_id)
    return row


def _check(connection: Connection, task: Any, row: Any) -> None:
    if row.item_id != task.item_id or row.order_id not in (None, task.order_id) or row.site_id != task.site_id:
        raise Conflict("unit.other_item", unit=row.serial, item=row.item_code)
    if row.held:
        raise Conflict("unit.held", unit=row.serial)
    if row.status not in _REPORTABLE:
        raise Conflict("unit.done" if row.status == "good" else "unit.status", unit=row.serial, status=row.status)


def _check_way(connection: Connection, task: Any, row: Any, needed: list[Any]) -> None:
    done = counted(connection, row.id)
    if any(done.get((task.id, kind), 0) > 0 for kind in _WORD):
        raise Conflict("unit.done", unit=row.serial)
    passed: dict[str, bool] = {}
    waiting: dict[str, tuple[str, str | None]] = {}
    for link in needed:
        kind = "rework" if link.kind == "rework" else "good"
        there = done.get((link.pred_id, kind), 0) > 0
        passed[link.input_key] = passed.get(link.input_key, False) or there
        waiting[link.input_key] = (link.pred_name, link.pred_name_zh)
    missing = [waiting[key] for key, there in passed.items() if not there]
    if missing:
        raise Conflict("unit.not_here", unit=row.serial, **listed("waiting_for", missing))


def _born(connection: Connection, task: Any, now: datetime) -> tuple[int, str]:
    born = connection.execute(
        select(func.count()).select_from(_U)
        .where(_U.c.order_id == task.order_id, _U.c.item_id == task.item_id, _U.c.task_id.is_not(None))
    ).scalar_one()  # fmt: skip
    if born * ONE >= task.quantity:
        raise Conflict("unit.full", quantity=task.quantity // ONE)
    waiting = connection.execute(
        select(_U.c.id, _U.c.serial)
        .where(_U.c.order_id == task.order_id, _U.c.item_id == task.item_id, _U.c.status == "planned")
        .order_by(_U.c.id).limit(1)
    ).one_or_none()  # fmt: skip
    if waiting:
        return waiting.id, waiting.serial
    prefix = connection.execute(select(Item.serial_prefix).where(Item.id == task.item_id)).scalar() or task.item_code
    number = take(connection, task.site_id, f"serial:{task.item_id}")
    serial = f"{prefix}-{now:%y%m}-{number:05d}"
    row = {"site_id": task.site_id, "item_id": task.item_id, "serial": serial, "order_id": task.order_id,
           "status": "in_process", "created_at": now}  # fmt: skip
    return connection.execute(insert(_U).values(**row).returning(_U.c.id)).scalar_one(), serial


__all__ = ["after_report", "after_undo", "before_report", "counted"]
