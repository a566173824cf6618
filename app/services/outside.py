"""Work done outside (委外): pieces leave for a supplier and come back good, or are lost with a reason.

What comes back is reported at the task like any other work, so quantity, units and the order go on by the same rules;
what is out stays with the task and cannot be sent a second time.
"""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import events
from app.db import from_micro, to_micro, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import OutsideDispatch, OutsideUnit, Task, TaskStation, Unit
from app.queries.codes import resolve
from app.queries.known import holds_of
from app.services import flow as flows
from app.services import sessions
from app.services.execution import Entry, report
from app.services.numbers import take
from app.states.flow import ONE, available
from app.states.order import WORKABLE
from app.states.task import CLOSED

CHANNEL = "outside"


def send(
    site_id: int, task_id: int, supplier: str, quantity: Decimal | None, units: tuple[str, ...], actor: str,
    now: datetime, due_at: datetime | None = None,
) -> int:  # fmt: skip
    """Send pieces of a task (units by their numbers, where it counts them) to a supplier; gives the dispatch's id.

    They are due back after the lead time of the operation unless told. Raises NotFound, Invalid for a wrong quantity
    or supplier, Conflict when the work is done here, on hold, or more is sent than is here.
    """
    if not supplier.strip():
        raise Invalid("value.missing", field="supplier")
    with transaction() as session:
        flow = flows.read(session.connection(), task_id)
        if flow is None or flow.task.site_id != site_id:
            raise NotFound("task.unknown", task=task_id)
        lead_min = session.scalar(select(Task.outside_min).where(Task.id == task_id))
        _check(session, flow.task, lead_min)
        found = _units(session, flow.task, units)
        amount = _amount(session, flow, quantity, len(found))
        row = OutsideDispatch(
            site_id=site_id, code=f"OUT-{take(session, site_id, 'outside'):05d}", task_id=task_id,
            supplier=supplier.strip()[:200], quantity=from_micro(amount), sent_at=now,
            due_at=due_at or now + timedelta(minutes=int(lead_min or 0)),
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.add_all(OutsideUnit(dispatch_id=row.id, unit_id=unit) for unit in found)
        station_id = _station(session, flow.task)
        sessions.begin(session.connection(), task_id, station_id or 0, actor, now)
        _tell(session, row, flow.task, "outside.sent", actor, now, {"quantity": str(row.quantity)})
        return row.id


def receive(
    site_id: int, dispatch_id: int, good: Decimal, lost: Decimal, reason_id: int | None, units: tuple[str, ...],
    actor: str, now: datetime, person_id: int | None = None,
) -> None:  # fmt: skip
    """Take back what came good, and book as scrap what was lost or spoilt, with its reason.

    ``units`` names what came back (with ``lost`` above zero: what did not), where pieces have numbers. Raises
    Conflict when more comes back than is out, and what a report raises.
    """
    with transaction() as session:
        row = of_site(session, site_id, dispatch_id, lock=True)
        if row.closed_at is not None:
            raise Conflict("outside.closed", dispatch=row.code)
        if good < 0 or lost < 0 or good + lost <= 0:
            raise Invalid("quantity.wrong", quantity=str(good + lost))
        left = row.quantity - row.quantity_good - row.quantity_lost
        if good + lost > left:
            raise Conflict("outside.more", dispatch=row.code, left=str(left), quantity=str(good + lost))
        task = session.get_one(Task, row.task_id)
        pieces = _back(session, row, task, units, good, lost, now)
        for kind, quantity in (("good", good), ("scrap", lost)):
            for unit_id, part in pieces if task.is_serialised and quantity else [(None, quantity)]:
                if part:
                    entry = Entry(uuid.uuid4().hex, site_id, kind, part, task.id, _station(session, task), person_id,
                                  CHANNEL, reason_id=reason_id if kind == "scrap" else None,
                                  unit_id=unit_id)  # fmt: skip
                    report(session.connection(), entry, now)
        row.quantity_good, row.quantity_lost = row.quantity_good + good, row.quantity_lost + lost
        row.closed_at = now if good + lost == left else None
        data = {"good": str(good), "lost": str(lost), "closed": row.closed_at is not None}
        _tell(session, row, task, "outside.received", actor, now, data)


def take_back(site_id: int, dispatch_id: int, actor: str, now: datetime) -> None:
    """What is still out comes back undone: it can be sent again; what was received stays received."""
    with transaction() as session:
        row = of_site(session, site_id, dispatch_id, lock=True)
        if row.closed_at is not None:
            return
        row.closed_at, row.quantity = now, row.quantity_good + row.quantity_lost
        mine = (OutsideUnit.dispatch_id == row.id) & OutsideUnit.back_at.is_(None)
        for unit in session.scalars(select(OutsideUnit).where(mine)):
            unit.back_at = now
        _tell(session, row, session.get_one(Task, row.task_id), "outside.taken_back", actor, now, {})


def of_site(session: Session, site_id: int, dispatch_id: int, lock: bool = False) -> OutsideDispatch:
    """A dispatch of this site; NotFound otherwise."""
    row = session.get(OutsideDispatch, dispatch_id, with_for_update=lock or None)
    if row is None or row.site_id != site_id:
        raise NotFound("outside.unknown", dispatch=dispatch_id)
    return row


def _check(session: Session, task: Any, lead_min: int | None) -> None:
    if not lead_min:
        raise Conflict("outside.here", task=task.name)
    if task.order_status not in WORKABLE or task.status in CLOSED:
        status = task.status if task.status in CLOSED else task.order_status
        raise Conflict("task.closed", task=task.name, status=status)
    if holds_of(session.connection(), task):
        raise Conflict("task.held", task=task.name)


def _amount(session: Session, flow: flows.Flow, quantity: Decimal | None, units: int) -> int:
    task = flow.task
    if task.is_serialised:
        if not units:
            raise Invalid("unit.needed")
        amount = units * ONE
    else:
        try:
            amount = to_micro(quantity if quantity is not None else Decimal("NaN"))
        except (ValueError, ArithmeticError):
            raise Invalid("quantity.wrong", quantity=str(quantity)) from None
        if amount <= 0 or amount % flows.step(task):
            raise Invalid("quantity.wrong", quantity=str(quantity))
    here = available(flow.inflows(task.id), task.quantity, flows.step(task)) - flows.used(task) - _out(session, task.id)
    if amount > here:
        raise Conflict("task.input", available=str(from_micro(max(here, 0))), quantity=str(from_micro(amount)),
                       waiting_for=task.name)  # fmt: skip
    return amount


def _out(session: Session, task_id: int) -> int:
    """What of a task is at suppliers now, in millionths."""
    left = OutsideDispatch.quantity - OutsideDispatch.quantity_good - OutsideDispatch.quantity_lost
    mine = (OutsideDispatch.task_id == task_id) & OutsideDispatch.closed_at.is_(None)
    found: Decimal | None = session.scalar(select(func.sum(left)).where(mine))
    return to_micro(found or Decimal(0))


def _units(session: Session, task: Any, texts: tuple[str, ...]) -> list[int]:
    found = []
    for text in texts:
        thing = resolve(session, task.site_id, text)
        unit = session.get(Unit, thing.id) if thing.kind == "unit" else None
        if unit is None or unit.item_id != task.item_id or unit.order_id != task.order_id:
            raise Conflict("unit.not_due", unit=text[:60])
        out = (OutsideUnit.unit_id == unit.id) & OutsideUnit.back_at.is_(None)
        if unit.id in found or session.scalar(select(OutsideUnit.unit_id).where(out)) is not None:
            raise Conflict("outside.twice", unit=unit.serial)
        found.append(unit.id)
    return found


def _back(
    session: Session, row: OutsideDispatch, task: Task, texts: tuple[str, ...], good: Decimal, lost: Decimal,
    now: datetime,
) -> list[tuple[int | None, Decimal]]:  # fmt: skip
    """The units that come back or are given up, each one piece; nothing for what has no numbers."""
    if not task.is_serialised:
        return []
    if (good and lost) or len(texts) != good + lost:
        raise Invalid("outside.units", quantity=str(good + lost))
    found: list[tuple[int | None, Decimal]] = []
    for text in texts:
        thing = resolve(session, row.site_id, text)
        unit = session.get(OutsideUnit, (row.id, thing.id)) if thing.kind == "unit" else None
        if unit is None or unit.back_at is not None:
            raise Conflict("outside.not_out", unit=text[:60], dispatch=row.code)
        unit.back_at = now
        found.append((unit.unit_id, Decimal(1)))
    return found


def _station(session: Session, task: Any) -> int | None:
    query = select(TaskStation.station_id).where(TaskStation.task_id == task.id).order_by(TaskStation.preference)
    return task.station_id or session.scalar(query.limit(1))


def _tell(
    session: Session, row: OutsideDispatch, task: Any, topic: str, actor: str, now: datetime, data: dict[str, Any]
) -> None:
    events.record(session, row.site_id, topic, ("task", row.task_id), actor, now,
                  data | {"dispatch": row.id, "order": task.order_id})  # fmt: skip


__all__ = ["CHANNEL", "of_site", "receive", "send", "take_back"]
