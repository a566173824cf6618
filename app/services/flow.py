"""Reads and writes of the quantities that flow between tasks, for reports and their undoing.

Everything here is SQLAlchemy Core on integers: this is the path of every scan. On PostgreSQL a report locks its
task and that task's successors in id order, and never the order row, so that two reports cannot wait for each
other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, or_, select, type_coerce, update
from sqlalchemy.engine import Connection

from app.models import Item, Report, Task, TaskLink, WorkOrder
from app.prepared import Prepared
from app.states.flow import Inflow, available, grain, state_after, target
from app.states.task import CLOSED

_T, _L, _R = Task.__table__, TaskLink.__table__, Report.__table__
_O, _I = WorkOrder.__table__, Item.__table__


TASKS = _T


def _raw(column: Any) -> Any:
    return type_coerce(column, BigInteger).label(column.name)


_TASK_COLUMNS = (
    _T.c.id, _T.c.site_id, _T.c.order_id, _T.c.op_key, _T.c.loop_no, _T.c.name, _T.c.name_zh, _T.c.item_id,
    _T.c.operation_id, _T.c.skill_id, _T.c.station_id, _T.c.status, _T.c.is_final, _T.c.is_serialised, _T.c.max_loops,
    _T.c.started_at, _T.c.batch_size, _raw(_T.c.quantity), _raw(_T.c.quantity_input), _raw(_T.c.quantity_good),
    _raw(_T.c.quantity_scrap), _raw(_T.c.quantity_rework), _O.c.status.label("order_status"),
    _O.c.kind.label("order_kind"),
    _O.c.code.label("order_code"), _O.c.line_id, _I.c.code.label("item_code"), _I.c.decimals,
    _raw(_I.c.tolerance_percent),
)  # fmt: skip
_TASKS = select(*_TASK_COLUMNS).join(_O, _O.c.id == _T.c.order_id).outerjoin(_I, _I.c.id == _T.c.item_id)
_SUCCESSORS = select(_L.c.succ_id).where(
    _L.c.pred_id == bindparam("task_id"), _L.c.kind != "return", _L.c.is_chosen.is_(True)
)
_NEIGHBOURS = Prepared(
    _TASKS.where(or_(_T.c.id == bindparam("task_id"), _T.c.id.in_(_SUCCESSORS)))
    .order_by(_T.c.id)
    .with_for_update(of=_T)
)
_TASKS_BY_ID = _TASKS.where(_T.c.id.in_(bindparam("task_ids", expanding=True))).order_by(_T.c.id).with_for_update(of=_T)
_PRED = _T.alias("pred")
_LINKS = select(
    _L.c.id, _L.c.pred_id, _L.c.succ_id, _L.c.type, _L.c.kind, _L.c.input_key, _L.c.ratio_num, _L.c.ratio_den,
    _L.c.lag_min, _L.c.transfer_batch, _L.c.alternate_group, _L.c.is_chosen, _raw(_L.c.quantity_passed),
    _PRED.c.status.label("pred_status"), _PRED.c.started_at.label("pred_started_at"),
    _PRED.c.name.label("pred_name"), _PRED.c.name_zh.label("pred_name_zh"), _PRED.c.item_id.label("pred_item"),
).join(_PRED, _PRED.c.id == _L.c.pred_id)  # fmt: skip
_LINKS_AROUND = Prepared(
    _LINKS.where(or_(_L.c.succ_id == bindparam("task_id"), _L.c.succ_id.in_(_SUCCESSORS))).order_by(_L.c.id)
)
_LINKS_INTO = _LINKS.where(_L.c.succ_id.in_(bindparam("task_ids", expanding=True))).order_by(_L.c.id)
_SET_PASSED = Prepared(
    update(_L).where(_L.c.id == bindparam("link_id"))
    .values(quantity_passed=type_coerce(_L.c.quantity_passed, BigInteger) + bindparam("amount", type_=BigInteger))
)  # fmt: skip
_COUNTERS = {
    name: type_coerce(_T.c[name], BigInteger) + bindparam(f"add_{name}", type_=BigInteger)
    for name in ("quantity_good", "quantity_scrap", "quantity_rework")
}
_COUNT = Prepared(
    update(_T).where(_T.c.id == bindparam("task_id"))
    .values(status=bindparam("to"), station_id=bindparam("at_station"), started_at=bindparam("began"),
            finished_at=bindparam("ended"), version=_T.c.version + 1, **_COUNTERS)
)  # fmt: skip
_SET_INPUT = Prepared(
    update(_T).where(_T.c.id == bindparam("task_id"))
    .values(quantity_input=bindparam("amount", type_=BigInteger), status=bindparam("to"))
)  # fmt: skip


_YOUNG = select(func.sum(type_coerce(_R.c.quantity, BigInteger))).where(
    _R.c.task_id == bindparam("task_id"), _R.c.kind == "good", _R.c.server_at > bindparam("since")
)


@dataclass
class Flow:
    """A task with its successors and all links into them, as read (and locked) for one report."""

    task: Any
    tasks: dict[int, Any]
    links: list[Any]
    moved: dict[int, int] = field(default_factory=dict)

    def into(self, task_id: int) -> list[Any]:
        """The links that bring quantity into a task; returns and unchosen alternates bring none."""
        return [link for link in self.links if link.succ_id == task_id and link.kind != "return" and link.is_chosen]

    def out(self) -> list[Any]:
        """The links of normal flow out of the task."""
        return [
            link for link in self.links
            if link.pred_id == self.task.id and link.kind != "return" and link.is_chosen
        ]  # fmt: skip

    def inflows(self, task_id: int, closed: frozenset[int] = frozenset()) -> list[Inflow]:
        """The links into a task as the arithmetic wants them; ``closed`` names tasks that close just now."""
        return [
            Inflow(link.input_key, link.quantity_passed + self.moved.get(link.id, 0), link.ratio_num, link.ratio_den,
                   link.transfer_batch, link.pred_status in CLOSED or link.pred_id in closed)
            for link in self.into(task_id)
        ]  # fmt: skip


def ripening(connection: Connection, flow: Flow, now: datetime) -> dict[int, int]:
    """What was passed to the task but is not yet cured, by link: its lag has not run since the report."""
    waiting = {}
    for link in flow.into(flow.task.id):
        if not link.lag_min:
            continue
        since = now - timedelta(minutes=link.lag_min)
        if link.type == "start_start":
            young = link.pred_started_at is None or link.pred_started_at > since
            waiting[link.id] = link.quantity_passed if young else 0
        else:
            found = connection.execute(_YOUNG, {"task_id": link.pred_id, "since": since}).scalar()
            waiting[link.id] = min(int(found or 0), link.quantity_passed)
    return waiting


def used(task: Any) -> int:
    """What a task has handled of its input."""
    return task.quantity_good + task.quantity_scrap + task.quantity_rework


def step(task: Any) -> int:
    """The smallest countable step of the task's item."""
    return grain(task.decimals if task.decimals is not None else 0)


def read(connection: Connection, task_id: int) -> Flow | None:
    """The task, its successors and their links, locked where the engine locks rows; None when unknown."""
    rows = {row.id: row for row in _NEIGHBOURS.all(connection, {"task_id": task_id})}
    if task_id not in rows:
        return None
    return Flow(rows[task_id], rows, _LINKS_AROUND.all(connection, {"task_id": task_id}))


def refresh(connection: Connection, task_ids: list[int]) -> list[Any]:
    """Recompute what is available to tasks, and their states, from the links; returns those that close by it."""
    if not task_ids:
        return []
    rows = {row.id: row for row in connection.execute(_TASKS_BY_ID, {"task_ids": task_ids})}
    links = connection.execute(_LINKS_INTO, {"task_ids": task_ids}).all()
    return push(connection, Flow(None, rows, list(links)))


def pass_on(connection: Connection, flow: Flow, amount: int, links: Iterable[Any]) -> None:
    """Add to what links have passed; each branch of a fork gets the full amount."""
    for link in links:
        flow.moved[link.id] = flow.moved.get(link.id, 0) + amount
        _SET_PASSED.run(connection, {"link_id": link.id, "amount": amount})


def count(
    connection: Connection,
    task: Any,
    good: int,
    scrap: int,
    rework: int,
    to: str,
    station_id: int | None,
    now: datetime,
) -> None:
    """Move the counters of a task and its state; the first report takes the task to its station."""
    _COUNT.run(
        connection,
        {
            "task_id": task.id, "to": to, "add_quantity_good": good, "add_quantity_scrap": scrap,
            "add_quantity_rework": rework, "at_station": task.station_id or station_id,
            "began": task.started_at or now, "ended": now if to in CLOSED else None,
        },
    )  # fmt: skip


def push(connection: Connection, flow: Flow, closed: frozenset[int] = frozenset()) -> list[Any]:
    """Tell the successors what is available to them now; returns those that close by it."""
    closing = []
    for succ_id, succ in flow.tasks.items():
        if succ.status == "aborted" or (flow.task is not None and succ_id == flow.task.id):
            continue
        links = flow.inflows(succ_id, closed)
        at_hand = available(links, succ.quantity, step(succ))
        to = state_after(_reopened(succ.status), used(succ), at_hand, target(links, succ.quantity, step(succ)))
        if (at_hand, to) != (succ.quantity_input, succ.status):
            _SET_INPUT.run(connection, {"task_id": succ_id, "amount": at_hand, "to": to})
        if to in CLOSED and succ.status not in CLOSED:
            closing.append(succ)
    return closing


def _reopened(status: str) -> str:
    # More may arrive at a task that was done with what there was (rework returns, an undone scrap).
    return "waiting" if status in ("completed", "skipped") else status
