"""An optional operation is left out on the floor: its quantity flows past it until the skip is taken back.

Links around the task are closed, and for each way through it one link is opened that leads past it. What the task
already made counts on: its source made these pieces, too.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, delete, insert, select, type_coerce, update
from sqlalchemy.engine import Connection

from app import events
from app.db import from_micro, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Operation, Reason, Task, TaskLink, WorkOrder
from app.services import flow as flows
from app.services.alternates import passed_by, set_link
from app.services.orders_progress import settle
from app.states.flow import available
from app.states.order import WORKABLE
from app.states.task import CLOSED

_T, _L, _O, _P = Task.__table__, TaskLink.__table__, WorkOrder.__table__, Operation.__table__
REASONS = ("skip", "correction")
_COUNTERS = ("quantity", "quantity_good", "quantity_scrap", "quantity_rework")
_TASK = (
    select(_T.c.id, _T.c.site_id, _T.c.order_id, _T.c.op_key, _T.c.loop_no, _T.c.name, _T.c.item_id, _T.c.status,
           _T.c.station_id, _T.c.started_at, _T.c.is_final, _T.c.is_serialised, _O.c.status.label("order_status"),
           _O.c.code.label("order_code"), _P.c.is_optional,
           *(type_coerce(_T.c[name], BigInteger).label(name) for name in _COUNTERS))
    .join(_O, _O.c.id == _T.c.order_id)
    .outerjoin(_P, _P.c.id == _T.c.operation_id)
)  # fmt: skip


def skip(site_id: int, task_id: int, reason_id: int | None, actor: str, now: datetime) -> int:
    """Leave an optional task out and give its order's id; skipping it again changes nothing.

    Raises Invalid without a reason (of kind skip or correction), NotFound, and Conflict when it is not optional, the
    last or the birth of a unit, something on it was scrapped or sent to rework, or rework runs through it.
    """
    with transaction() as session:
        return skip_in(session.connection(), site_id, task_id, reason_id, actor, now)


def skip_in(
    connection: Connection, site_id: int, task_id: int, reason_id: int | None, actor: str, now: datetime
) -> int:
    """The same inside a transaction of the caller, for a station."""
    if reason_id is None:
        raise Invalid("report.reason")
    task = _locked(connection, site_id, task_id)
    if task.status == "skipped" and _bridges(connection, task_id):
        return int(task.order_id)
    links = _around(connection, task_id)
    _check(connection, task, links)
    _check_reason(connection, site_id, reason_id)
    _bridge(connection, task, links)
    _set_status(connection, task_id, "skipped")
    _flow_on(connection, {link.succ_id for link in links if link.pred_id == task_id and link.kind != "return"}, now)
    _told(connection, task, "task.skipped", actor, now, {"reason": reason_id})
    return int(task.order_id)


def take_back(site_id: int, task_id: int, actor: str, now: datetime) -> int:
    """Put a skipped task back into the flow and give its order's id; one that is not skipped stays as it is.

    Raises Conflict when its successors already used what flowed past, or another skip or rework rests on it.
    """
    with transaction() as session:
        connection = session.connection()
        task = _locked(connection, site_id, task_id)
        bridges = _bridges(connection, task_id)
        if task.status != "skipped" or not bridges:
            return int(task.order_id)
        _check_back(connection, task, bridges)
        successors = {link.succ_id for link in bridges if link.kind != "return"}
        connection.execute(delete(_L).where(_L.c.bridges_id == task_id))
        _reopen(connection, task_id)
        _set_status(connection, task_id, "waiting")
        _check_used(connection, task, successors)
        flows.refresh(connection, sorted({task_id, *successors}))
        _told(connection, task, "task.skip_undone", actor, now, {})
        return int(task.order_id)


def _locked(connection: Connection, site_id: int, task_id: int) -> Any:
    """The task; it and its neighbours are locked in the order of their ids where the engine locks rows."""
    near = select(_L.c.succ_id).where(_L.c.pred_id == task_id).union(
        select(_L.c.pred_id).where(_L.c.succ_id == task_id)
    )  # fmt: skip
    mine = (_T.c.id == task_id) | _T.c.id.in_(near)
    connection.execute(select(_T.c.id).where(mine).order_by(_T.c.id).with_for_update()).all()
    row = connection.execute(_TASK.where(_T.c.id == task_id, _T.c.site_id == site_id)).one_or_none()
    if row is None:
        raise NotFound("task.unknown", task=task_id)
    if row.order_status not in WORKABLE:
        raise Conflict("order.not_workable", order=row.order_code, status=row.order_status)
    return row


def _around(connection: Connection, task_id: int) -> list[Any]:
    """The open links into and out of a task, with the item of their source."""
    query = select(_L, _T.c.item_id.label("pred_item")).join(_T, _T.c.id == _L.c.pred_id)
    mine = (_L.c.pred_id == task_id) | (_L.c.succ_id == task_id)
    return list(connection.execute(query.where(mine, _L.c.is_chosen.is_(True)).order_by(_L.c.id)))


def _bridges(connection: Connection, task_id: int) -> list[Any]:
    return list(connection.execute(select(_L).where(_L.c.bridges_id == task_id).order_by(_L.c.id)))


def _check(connection: Connection, task: Any, links: list[Any]) -> None:
    if not task.is_optional:
        raise Conflict("task.optional", task=task.name)
    if task.status in CLOSED:
        raise Conflict("task.closed", task=task.name, status=task.status)
    if task.is_final or not _ways(links, task.id, "out"):
        raise Conflict("task.skip_last", task=task.name)
    if task.is_serialised and not _sources(links, task):
        raise Conflict("task.skip_birth", task=task.name)
    if task.quantity_scrap or task.quantity_rework:
        raise Conflict("task.skip_bad", task=task.name)
    looped = select(_T.c.id).where(_T.c.order_id == task.order_id, _T.c.op_key == task.op_key, _T.c.loop_no > 0)
    if task.loop_no or connection.execute(looped.limit(1)).scalar() is not None:
        raise Conflict("task.skip_rework", task=task.name)


def _check_reason(connection: Connection, site_id: int, reason_id: int) -> None:
    query = select(Reason.kind, Reason.code).where(Reason.id == reason_id, Reason.site_id == site_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("reason.unknown", reason=reason_id)
    if row.kind not in REASONS:
        raise Conflict("reason.other_use", reason=row.code)


def _ways(links: list[Any], task_id: int, side: str) -> list[Any]:
    """The forward links out of the task, or into it."""
    end = "pred_id" if side == "out" else "succ_id"
    return [link for link in links if getattr(link, end) == task_id and link.kind != "return"]


def _sources(links: list[Any], task: Any) -> list[Any]:
    """The links that bring the item itself: what is made for the skipped task alone falls away with it."""
    return [link for link in _ways(links, task.id, "in") if link.pred_item == task.item_id]


def _bridge(connection: Connection, task: Any, links: list[Any]) -> None:
    sources, ways = _sources(links, task), _ways(links, task.id, "out")
    backs = [link for link in links if link.succ_id == task.id and link.kind == "return"]
    for link in links:
        set_link(connection, link.id, False, 0, task.id)
    taken = {(row.pred_id, row.succ_id, row.kind) for row in connection.execute(
        select(_L.c.pred_id, _L.c.succ_id, _L.c.kind).where(_L.c.order_id == task.order_id)
    )}  # fmt: skip
    many = len({link.input_key for link in sources}) > 1
    for first, second in ((first, second) for first in (*sources, *backs) for second in ways):
        row = _joined(task, first, second, many)
        key = (row["pred_id"], row["succ_id"], row["kind"])
        # A source that leads there by itself, or a way back to where it comes from, needs no bridge.
        if key not in taken and row["pred_id"] != row["succ_id"]:
            connection.execute(insert(_L).values(**row))
            taken.add(key)


def _joined(task: Any, first: Any, second: Any, many: bool) -> dict[str, Any]:
    """The one link that stands for two; the first says what is waited for, since nothing happens between."""
    group = second.alternate_group or first.alternate_group
    if many and second.alternate_group:
        raise Conflict("task.skip_knot", task=task.name)
    batches = [link.transfer_batch for link in (first, second) if link.transfer_batch]
    back = first.kind == "return"
    return {
        "site_id": task.site_id, "order_id": task.order_id, "pred_id": first.pred_id, "succ_id": second.succ_id,
        "type": first.type, "kind": "return" if back else "alternate" if group else "normal",
        "input_key": second.input_key if second.alternate_group else first.input_key,
        "ratio_num": first.ratio_num * second.ratio_num, "ratio_den": first.ratio_den * second.ratio_den,
        "lag_min": first.lag_min + second.lag_min, "transfer_batch": max(batches, default=None),
        "alternate_group": group, "is_chosen": True, "bridges_id": task.id, "closed_by_id": None,
        "quantity_passed": from_micro(0) if back else first.quantity_passed,
    }  # fmt: skip


def _check_back(connection: Connection, task: Any, bridges: list[Any]) -> None:
    later = next((link.closed_by_id for link in bridges if link.closed_by_id), None)
    if later is not None:
        raise Conflict("task.skip_first", task=connection.execute(select(_T.c.name).where(_T.c.id == later)).scalar())
    looped = select(_T.c.id).where(_T.c.id.in_([link.pred_id for link in bridges]), _T.c.loop_no > 0)
    if connection.execute(looped.limit(1)).scalar() is not None:
        raise Conflict("task.skip_rework", task=task.name)


def _reopen(connection: Connection, task_id: int) -> None:
    """Open the links around the task again, with what their sources made by now."""
    for link in connection.execute(select(_L).where(_L.c.closed_by_id == task_id).order_by(_L.c.id)).all():
        pred = connection.execute(_TASK.where(_T.c.id == link.pred_id)).one()
        set_link(connection, link.id, True, 0 if link.kind == "return" else passed_by(pred, link))


def _check_used(connection: Connection, task: Any, successors: set[int]) -> None:
    for succ_id in sorted(successors):
        flow = flows.read(connection, succ_id)
        if flow is None:
            continue
        left = available(flow.inflows(succ_id), flow.task.quantity, flows.step(flow.task))
        if flows.used(flow.task) > left:
            quantity = from_micro(flows.used(flow.task) - left)
            raise Conflict("task.skip_used", task=task.name, quantity=str(quantity), next=flow.task.name)


def _set_status(connection: Connection, task_id: int, status: str) -> None:
    connection.execute(update(_T).where(_T.c.id == task_id).values(status=status, version=_T.c.version + 1))


def _flow_on(connection: Connection, successors: set[int], now: datetime) -> None:
    closing = flows.refresh(connection, sorted(successors))
    settle(connection, [row.id for row in closing], now)


def _told(connection: Connection, task: Any, topic: str, actor: str, now: datetime, data: dict[str, Any]) -> None:
    events.record(
        connection, task.site_id, topic, ("task", task.id), actor, now, data | {"order": task.order_id}
    )  # fmt: skip


__all__ = ["REASONS", "skip", "skip_in", "take_back"]
