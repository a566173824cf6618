"""What reports mean for their order: it begins with the first, and ends when all its tasks are closed."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from app import events
from app.models import Task, TaskLink, WorkOrder
from app.services import flow as flows
from app.states.task import OPEN

_O, _T, _L = WorkOrder.__table__, Task.__table__, TaskLink.__table__


def after_report(connection: Connection, task: Any, closing: list[Any], now: datetime) -> None:
    """Begin the order with its first report; settle what follows from tasks that closed."""
    if task.order_status == "released":
        _move(connection, task, "running", ("released",), now, started_at=now)
    if closing:
        settle(connection, [row.id for row in closing], now)
        complete(connection, task, now)


def settle(connection: Connection, closed: list[int], now: datetime) -> None:
    """Carry the closing of tasks on to their successors, which may have nothing more to expect."""
    while closed:
        query = select(_L.c.succ_id).where(
            _L.c.pred_id.in_(closed), _L.c.kind != "return", _L.c.is_chosen.is_(True)
        ).distinct()  # fmt: skip
        following = sorted(connection.execute(query).scalars())
        closed = [row.id for row in flows.refresh(connection, following)]


def reopen(connection: Connection, task: Any, now: datetime) -> None:
    """A reversing report makes a completed order run again."""
    if task.order_status == "completed":
        _move(connection, task, "running", ("completed",), now, completed_at=None)


def complete(connection: Connection, task: Any, now: datetime) -> None:
    """End the order of a task when none of its tasks is open."""
    left = select(_T.c.id).where(_T.c.order_id == task.order_id, _T.c.status.in_(tuple(OPEN))).limit(1)
    if connection.execute(left).scalar() is None:
        _move(connection, task, "completed", ("released", "running"), now, completed_at=now)


def _move(connection: Connection, task: Any, to: str, since: tuple[str, ...], now: datetime, **values: Any) -> None:
    mine = (_O.c.id == task.order_id) & _O.c.status.in_(since)
    changed = connection.execute(update(_O).where(mine).values(status=to, version=_O.c.version + 1, **values))
    if changed.rowcount:
        events.record(connection, task.site_id, f"order.{to}", ("order", task.order_id), None, now)
