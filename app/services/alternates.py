"""Another of the operations that replace each other is chosen for an order, while nothing was begun on them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, select, type_coerce, update
from sqlalchemy.engine import Connection

from app import events
from app.db import from_micro, transaction
from app.errors import Conflict, NotFound
from app.models import Operation, Task, TaskLink, WorkOrder
from app.services import flow as flows
from app.services.orders_progress import settle
from app.states.alternates import Arrow, Choice, Step
from app.states.order import WORKABLE

_T, _L, _O, _P = Task.__table__, TaskLink.__table__, WorkOrder.__table__, Operation.__table__
_TASKS = (
    select(_T.c.id, _T.c.node, _T.c.name, _T.c.status, _T.c.station_id, _T.c.started_at, _P.c.alternate_group,
           *(type_coerce(_T.c[name], BigInteger).label(name) for name in ("quantity", "quantity_good")))
    .outerjoin(_P, _P.c.id == _T.c.operation_id)
    .where(_T.c.loop_no == 0)
    .order_by(_T.c.sequence, _T.c.id)
)  # fmt: skip


def choose(site_id: int, task_id: int, actor: str, now: datetime) -> int:
    """Take the branch a task belongs to instead of the one that was chosen; gives the order's id.

    Choosing what is chosen changes nothing. Raises NotFound, and Conflict when the order does not work, the task has
    no alternates, something was begun on the branch that would be left, or a skip lies over the choice.
    """
    with transaction() as session:
        connection = session.connection()
        order = _order(connection, site_id, task_id)
        tasks, links = _read(connection, order.id)
        arrows = [Arrow(link.pred_id, link.succ_id, link.alternate_group) for link in links]
        steps = [Step(task.id, task.node, task.alternate_group) for task in tasks.values()]
        now_is = Choice(steps, arrows, _chosen(tasks, links, Choice(steps, arrows)))
        _check(order, task_id, tasks, now_is)
        wished = now_is.leading_to(task_id, arrows)
        wanted = Choice(steps, arrows, now_is.chosen | wished)
        if wished:
            _check_free(tasks, links, now_is.off ^ wanted.off)
            _apply(connection, tasks, links, now_is.off, wanted, now)
            data = {"order": order.id, "left": sorted(wanted.off - now_is.off)}  # type: ignore[type-var]
            events.record(connection, site_id, "task.chosen", ("task", task_id), actor, now, data)
        return int(order.id)


def _order(connection: Connection, site_id: int, task_id: int) -> Any:
    query = select(_O.c.id, _O.c.code, _O.c.status, _T.c.name).join(_T, _T.c.order_id == _O.c.id)
    row = connection.execute(query.where(_T.c.id == task_id, _T.c.site_id == site_id)).one_or_none()
    if row is None:
        raise NotFound("task.unknown", task=task_id)
    return row


def _read(connection: Connection, order_id: int) -> tuple[dict[int, Any], list[Any]]:
    """The order's tasks, locked in the order of their ids where the engine locks rows, and its forward links."""
    mine = select(_T.c.id).where(_T.c.order_id == order_id).order_by(_T.c.id).with_for_update()
    connection.execute(mine).all()
    tasks = {row.id: row for row in connection.execute(_TASKS.where(_T.c.order_id == order_id))}
    links = connection.execute(select(_L).where(_L.c.order_id == order_id, _L.c.kind != "return").order_by(_L.c.id))
    return tasks, [link for link in links if link.pred_id in tasks and link.succ_id in tasks]


def _chosen(tasks: dict[int, Any], links: list[Any], first: Choice) -> dict[str, object]:
    """The heads that are taken now; a head without any link says it by its status."""
    touching: dict[object, list[Any]] = {}
    for link in links:
        touching.setdefault(link.pred_id, []).append(link)
        touching.setdefault(link.succ_id, []).append(link)
    found = {}
    for group, heads in first.heads.items():
        for head in heads:
            near = touching.get(head, ())
            into = [link for link in near if link.succ_id == head and link.alternate_group == group] or near
            taken = (
                any(link.is_chosen or link.closed_by_id for link in into) if into else tasks[head].status != "skipped"
            )  # type: ignore[index]
            if taken:
                found[group] = head
                break
    return found


def _check(order: Any, task_id: int, tasks: dict[int, Any], choice: Choice) -> None:
    if order.status not in WORKABLE:
        raise Conflict("order.not_workable", order=order.code, status=order.status)
    if task_id not in tasks or (
        task_id not in choice.off and not any(task_id in keys for keys in choice.heads.values())
    ):
        raise Conflict("task.no_alternate", task=order.name)


def _check_free(tasks: dict[int, Any], links: list[Any], changing: frozenset[object]) -> None:
    """Nothing was begun on what changes, and no skipped operation is bridged there."""
    for key in changing:
        task = tasks[key]  # type: ignore[index]
        if task.started_at is not None or task.status in ("running", "paused", "dispatched"):
            raise Conflict("task.alternate_begun", task=task.name)
    for link in links:
        skipped = link.bridges_id or link.closed_by_id
        if skipped and {link.pred_id, link.succ_id, skipped} & changing:
            raise Conflict("task.skip_first", task=tasks[skipped].name)


def _apply(
    connection: Connection,
    tasks: dict[int, Any],
    links: list[Any],
    was_off: frozenset[object],
    wanted: Choice,
    now: datetime,
) -> None:
    for link in links:
        if link.bridges_id or link.closed_by_id:
            continue
        on = wanted.is_flowing(Arrow(link.pred_id, link.succ_id, link.alternate_group))
        if on != link.is_chosen:
            passed = passed_by(tasks[link.pred_id], link) if on else 0
            set_link(connection, link.id, on, passed)
    _set_status(connection, wanted.off - was_off, "skipped")
    _set_status(connection, was_off - wanted.off, "waiting")
    changed = was_off ^ wanted.off
    touched = {link.succ_id for link in links if {link.pred_id, link.succ_id} & changed} | changed
    closing = flows.refresh(connection, sorted(touched - wanted.off))  # type: ignore[type-var]
    settle(connection, [row.id for row in closing], now)


def passed_by(pred: Any, link: Any) -> int:
    """What a link has passed by what its source reported, in millionths."""
    if link.type == "start_start":
        return int(pred.quantity) if pred.started_at is not None else 0
    return int(pred.quantity_good)


def set_link(
    connection: Connection, link_id: int, is_chosen: bool, passed: int, closed_by: int | None = None
) -> None:  # fmt: skip
    """Open or close a way; ``passed`` in millionths, ``closed_by`` the skipped task that closes it."""
    values = {"is_chosen": is_chosen, "quantity_passed": from_micro(passed), "closed_by_id": closed_by}
    connection.execute(update(_L).where(_L.c.id == link_id).values(**values))


def _set_status(connection: Connection, ids: Iterable[object], status: str) -> None:
    connection.execute(update(_T).where(_T.c.id.in_(list(ids))).values(status=status, version=_T.c.version + 1))


__all__ = ["choose", "passed_by", "set_link"]
