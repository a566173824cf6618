"""Undo: a reversing row, never a deletion. Refused when a successor already used the pieces, naming its report."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, func, insert, select, type_coerce, update
from sqlalchemy.engine import Connection

from app import events
from app.db import from_micro, to_micro
from app.errors import Conflict, NotFound, names
from app.models import Report, TaskLink
from app.queries.known import shift_of
from app.services import flow as flows
from app.services import rework, units
from app.services.consuming import give_back
from app.services.execution import carries_good
from app.services.orders_progress import reopen, settle
from app.services.stock import Place, produce
from app.states.flow import available, state_after, target

WINDOW_MIN = 10
_R, _L = Report.__table__, TaskLink.__table__


@dataclass(frozen=True)
class Undo:
    """Who takes which report back; ``is_lead`` may do it later and for others, with a reason.

    ``made_at`` is when it was said, where that is known better than by the server's clock.
    """

    uuid: str
    site_id: int
    report_id: int
    person_id: int | None
    channel: str
    is_lead: bool = False
    reason_id: int | None = None
    actor: str | None = None
    made_at: datetime | None = None

    @property
    def who(self) -> str:
        """The actor in events: as given, else the person, else the channel."""
        return self.actor or (f"person:{self.person_id}" if self.person_id else self.channel)


def undo(connection: Connection, wish: Undo, now: datetime) -> dict[str, Any]:
    """Reverse a report with all that followed from it; returns what a station shows.

    Raises NotFound, or Conflict when it is too late, not yours, already reversed, or its pieces were used.
    """
    row = connection.execute(select(_R).where(_R.c.id == wish.report_id)).one_or_none()
    if row is None or row.site_id != wish.site_id or row.kind not in ("good", "scrap", "rework") or row.quantity <= 0:
        raise NotFound("report.unknown", report=wish.report_id)
    flow = flows.read(connection, row.task_id)
    if flow is None:
        raise NotFound("task.unknown", task=row.task_id)
    _check(connection, wish, row, flow.task, now)
    reversal = _reverse(connection, wish, row, now)
    place = Place(wish.site_id, row.station_id, wish.who, now)
    amount = to_micro(row.quantity)
    give_back(connection, row.id, reversal, place)
    if row.kind == "good" and flow.task.is_final:
        produce(connection, flow.task, reversal, -amount, place)
    _apply(connection, flow, row, amount, now)
    if row.unit_id is not None:
        units.after_undo(connection, row.unit_id)
    reopen(connection, flow.task, now)
    stations = sorted({row.station_id, *(task.station_id for task in flow.tasks.values())} - {None})
    data = {"report": reversal, "reverses": row.id, "order": flow.task.order_id, "kind": row.kind,
            "quantity": str(row.quantity), "unit": row.unit_id, "stations": stations,
            "next": sorted(set(flow.tasks) - {flow.task.id})}  # fmt: skip
    events.record(connection, wish.site_id, "report.undone", ("task", flow.task.id), wish.who, now, data)
    return {"report": reversal, "reverses": row.id, "kind": "undo", "undone": row.kind, "quantity": str(row.quantity),
            "task": flow.task.id, "order": flow.task.order_code, "operation": flow.task.name,
            "unit": row.unit_id}  # fmt: skip


def _check(connection: Connection, wish: Undo, row: Any, task: Any, now: datetime) -> None:
    if connection.execute(select(_R.c.id).where(_R.c.reverses_id == row.id)).scalar() is not None:
        raise Conflict("report.reversed", report=row.id)
    if task.order_status in ("closed", "cancelled", "aborted") or task.status == "aborted":
        raise Conflict("task.closed", **names(task=task), status=task.order_status)
    if wish.is_lead:
        return
    if wish.person_id is None or wish.person_id not in (row.person_id, row.on_behalf_of):
        raise Conflict("report.not_yours")
    reported_at = row.server_at if row.uncertain or row.device_at is None else min(row.device_at, row.server_at)
    if (wish.made_at or now) - reported_at > timedelta(minutes=WINDOW_MIN):
        raise Conflict("report.late", minutes=WINDOW_MIN)


def _reverse(connection: Connection, wish: Undo, row: Any, now: datetime) -> int:
    shift_id, day = shift_of(connection, wish.site_id, now)
    kept = {
        name: getattr(row, name)
        for name in ("site_id", "kind", "task_id", "unit_id", "lot_id", "station_id", "machine_id")
    }
    values = kept | {"uuid": wish.uuid, "quantity": -row.quantity, "person_id": wish.person_id, "shift_id": shift_id,
                     "business_date": day, "reason_id": wish.reason_id, "channel": wish.channel,
                     "reverses_id": row.id, "server_at": now}  # fmt: skip
    return connection.execute(insert(_R).values(**values).returning(_R.c.id)).scalar_one()


def _apply(connection: Connection, flow: flows.Flow, row: Any, amount: int, now: datetime) -> None:
    task = flow.task
    if row.kind == "good":
        flows.pass_on(connection, flow, -amount, [link for link in flow.out() if carries_good(link)])
    elif row.kind == "rework":
        _take_back_rework(connection, task, amount)
    handled = flows.used(task) - amount
    if handled == 0:
        starters = [link for link in flow.out() if link.type == "start_start"]
        flows.pass_on(connection, flow, -task.quantity, starters)
    links = flow.inflows(task.id)
    at_hand = available(links, task.quantity, flows.step(task))
    since = "running" if handled else "waiting"
    to = state_after(since, handled, at_hand, target(links, task.quantity, flows.step(task)))
    counts = {kind: -amount if kind == row.kind else 0 for kind in ("good", "scrap", "rework")}
    flows.count(connection, task, counts["good"], counts["scrap"], counts["rework"], to, None, now)
    if not handled:
        connection.execute(update(flows.TASKS).where(flows.TASKS.c.id == task.id).values(started_at=None))
    _check_successors(connection, flow)
    settle(connection, [row.id for row in flows.push(connection, flow)], now)
    if task.status in ("completed", "skipped"):
        settle(connection, [task.id], now)


def _take_back_rework(connection: Connection, task: Any, amount: int) -> None:
    loop = rework.loop_of(connection, task)
    first = (_L.c.pred_id == task.id) & (_L.c.kind == "rework") & _L.c.succ_id.in_(loop)
    passed = type_coerce(_L.c.quantity_passed, BigInteger) - amount
    connection.execute(update(_L).where(first).values(quantity_passed=passed))
    rework.enlarge(connection, loop, -amount)
    for task_id in loop:
        found = flows.read(connection, task_id)
        if found and flows.used(found.task) > found.task.quantity:
            _refuse(connection, found.task, from_micro(amount))
    flows.refresh(connection, loop)


def _check_successors(connection: Connection, flow: flows.Flow) -> None:
    for task_id, succ in flow.tasks.items():
        if task_id == flow.task.id:
            continue
        left = available(flow.inflows(task_id), succ.quantity, flows.step(succ))
        if flows.used(succ) > left:
            _refuse(connection, succ, from_micro(flows.used(succ) - left))


def _refuse(connection: Connection, task: Any, quantity: Decimal) -> None:
    reversed_ones = select(_R.c.reverses_id).where(_R.c.reverses_id.is_not(None), _R.c.task_id == task.id)
    newest = (
        select(func.max(_R.c.id)).where(_R.c.task_id == task.id, _R.c.quantity > 0, _R.c.id.not_in(reversed_ones),
                                        _R.c.kind.in_(("good", "scrap", "rework")))
    )  # fmt: skip
    report_id = connection.execute(newest).scalar()
    raise Conflict("report.used", quantity=str(quantity), **names(task=task), report=report_id)
