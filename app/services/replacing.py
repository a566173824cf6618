"""Replacing what was scrapped: the same way again, in the same order, for as many pieces as were lost.

The task that scrapped and everything before it in the flow is enlarged, each by what one of its successors needs of
it (the ratio of the link); what comes after still wants what it always wanted. Where several links bring one input
(alternates, splits, rework), the way of the normal flow is taken.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, select, type_coerce, update
from sqlalchemy.engine import Connection

from app import events
from app.db import from_micro
from app.errors import Conflict, NotFound, names
from app.models import Item, Task, TaskLink, WorkOrder
from app.services import flow as flows
from app.services.orders_progress import reopen
from app.states.flow import grain
from app.states.order import WORKABLE

_T, _L, _O = Task.__table__, TaskLink.__table__, WorkOrder.__table__


def replace(connection: Connection, site_id: int, task_id: int, amount: int, actor: str, now: datetime) -> list[int]:
    """Have ``amount`` millionths made again up to and with a task; gives the tasks that were enlarged.

    NotFound for an unknown task, Conflict when its order is over or is no production.
    """
    task = _read(connection, site_id, task_id)
    rows, links = tasks_of(connection, task.order_id)
    first = next(row.id for row in rows.values()
                 if (row.op_key, row.split_no, row.loop_no) == (task.op_key, task.split_no, 0))  # fmt: skip
    wanted = _upstream(rows, links, first, amount)
    for one, more in sorted(wanted.items()):
        planned = type_coerce(_T.c.quantity, BigInteger) + more
        connection.execute(update(_T).where(_T.c.id == one).values(quantity=planned, version=_T.c.version + 1))
    pass_starts(connection, rows, links, wanted)
    # In the order of the flow, so that each sees what its predecessors may bring now.
    for one in in_order(rows, links):
        flows.refresh(connection, [one])
    reopen(connection, task, now)
    data = {"quantity": str(from_micro(amount)), "task": task_id, "tasks": sorted(wanted)}
    events.record(connection, site_id, "order.replacement", ("order", task.order_id), actor, now, data)
    return sorted(wanted)


def _read(connection: Connection, site_id: int, task_id: int) -> Any:
    query = (
        select(_T.c.id, _T.c.site_id, _T.c.order_id, _T.c.op_key, _T.c.split_no, _T.c.loop_no, _T.c.name, _T.c.name_zh,
               _O.c.status.label("order_status"), _O.c.kind)
        .join(_O, _O.c.id == _T.c.order_id)
        .where(_T.c.id == task_id, _T.c.site_id == site_id)
    )  # fmt: skip
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("task.unknown", task=task_id)
    if row.kind != "production" or row.order_status not in (*WORKABLE, "completed"):
        raise Conflict("task.closed", **names(task=row), status=row.order_status)
    return row


def tasks_of(connection: Connection, order_id: int) -> tuple[dict[int, Any], list[Any]]:
    """The tasks of an order, locked in the order of their ids, and the links between them but the ways back."""
    tasks = (
        select(_T.c.id, _T.c.op_key, _T.c.split_no, _T.c.loop_no, _T.c.started_at, Item.decimals)
        .outerjoin(Item, Item.id == _T.c.item_id)
        .where(_T.c.order_id == order_id)
        .order_by(_T.c.id)
        .with_for_update(of=_T)
    )
    links = select(_L).where(_L.c.order_id == order_id, _L.c.kind != "return", _L.c.is_chosen.is_(True))
    rows = {row.id: row for row in connection.execute(tasks)}
    return rows, list(connection.execute(links.order_by(_L.c.id)))


def _upstream(rows: dict[int, Any], links: list[Any], first: int, amount: int) -> dict[int, int]:
    """The first pass of the task (a loop only repairs) and what feeds it, with how much more of each is wanted.

    A fork passes everything to each of its branches, so the most that a branch wants is enough for all.
    """
    into: dict[int, dict[str, Any]] = {}
    for link in links:
        if link.kind != "rework" and not rows[link.pred_id].loop_no:
            into.setdefault(link.succ_id, {}).setdefault(link.input_key, link)
    wanted: dict[int, int] = {}

    def want(one: int, more: int) -> None:
        if wanted.get(one, 0) >= more:
            return
        wanted[one] = more
        for link in into.get(one, {}).values():
            step = grain(rows[link.pred_id].decimals or 0)
            want(link.pred_id, -(-more * link.ratio_den // (link.ratio_num * step)) * step)

    want(first, amount)
    return wanted


def pass_starts(connection: Connection, rows: dict[int, Any], links: list[Any], wanted: dict[int, int]) -> None:
    """A start-start link passed all of a task when it began: what it grows by passes at once."""
    for link in links:
        if link.type == "start_start" and link.pred_id in wanted and rows[link.pred_id].started_at is not None:
            passed = type_coerce(_L.c.quantity_passed, BigInteger) + wanted[link.pred_id]
            connection.execute(update(_L).where(_L.c.id == link.id).values(quantity_passed=passed))


def in_order(rows: dict[int, Any], links: list[Any]) -> list[int]:
    """The tasks, each after all that feed it."""
    before: dict[int, list[int]] = {}
    for link in links:
        before.setdefault(link.succ_id, []).append(link.pred_id)
    found: dict[int, None] = {}

    def visit(one: int) -> None:
        if one not in found:
            for pred in before.get(one, ()):
                visit(pred)
            found[one] = None

    for one in rows:
        visit(one)
    return list(found)
