"""Inspections fall due by what happens: a first piece, so many pieces or minutes, the last operation, a receipt.

Reports are followed behind their commit, with a cursor over the sealed events: a scan never waits for it. What fell
due is written once, because the event that made it due is part of its key. A receipt makes its inspection at once:
until that is passed, the lot is in quarantine.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction
from app.models import Inspection, InspectionPlan, Item, Lot, Operation, Report, Task, TaskLink, WorkSession
from app.states.task import CLOSED
from quality.sampled import first_of, passed_mark, sample, slot
from quality.sampling import Severity, severity_after

CONSUMER = "inspections"
ACTOR = "worker:inspections"
_BATCH = 1000
_SAVE_AFTER = 500
_R, _T = Report.__table__, Task.__table__
Plans = dict[int, list[InspectionPlan]]


@dataclass
class Watcher:
    """Where the watch stands in the events, kept between turns: the cursor is saved only now and then."""

    position: int | None = None
    saved: int = 0


def watch(watcher: Watcher, now: datetime) -> list[int]:
    """Read what was reported since the last turn; gives the ids of the inspections that fell due."""
    store = db.session()
    if watcher.position is None:
        known = events.cursor(store, CONSUMER)
        watcher.position = watcher.saved = events.last_position(store) if known is None else known
    fresh = events.after(store, watcher.position, _BATCH)
    plans = _plans(store) if any(event.topic in ("report.good", "report.undone") for event in fresh) else {}
    db.session.rollback()
    position = fresh[-1].position if fresh else watcher.position
    if not plans and position - watcher.saved < _SAVE_AFTER:
        watcher.position = position
        return []
    with transaction() as session:
        made = [found for event in fresh for found in _seen(session, event, plans, now)] if plans else []
        events.move_cursor(session, CONSUMER, position)
    watcher.position = watcher.saved = position
    return made


def _plans(store: Any) -> Plans:
    found: Plans = defaultdict(list)
    query = select(InspectionPlan).where(InspectionPlan.active.is_(True)).order_by(InspectionPlan.id)
    for plan in store.scalars(query):
        found[plan.item_id].append(plan)
    return found


def _seen(session: Session, event: events.Sealed, plans: Plans, now: datetime) -> list[int]:
    data = json.loads(event.data)
    if event.topic == "report.undone":
        _void(session, event.site_id, data["reverses"], now)
    if event.topic != "report.good":
        return []
    report = session.execute(select(_R).where(_R.c.id == data["report"])).one()
    task = session.execute(
        select(_T, Operation.key).outerjoin(Operation, Operation.id == _T.c.operation_id)
        .where(_T.c.id == report.task_id)
    ).one()  # fmt: skip
    wanted = [
        plan for plan in plans.get(task.item_id or 0, ())
        if plan.kind != "incoming" and plan.operation in (None, task.key)
    ]  # fmt: skip
    if not wanted or session.scalar(select(_R.c.id).where(_R.c.reverses_id == report.id)) is not None:
        return []
    return [made for plan in wanted for made in _check(session, plan, task, report, now)]


def _check(session: Session, plan: InspectionPlan, task: Any, report: Any, now: datetime) -> list[int]:
    if plan.kind == "first_article":
        cause, key = _first(session, task, report), f"first:{plan.id}:{report.id}"
        return _due(session, plan, task, report, cause, key, plan.pieces, now) if cause else []
    if plan.kind == "final":
        return _final(session, plan, task, report, now)
    if plan.by == "minutes":
        mark: int | None = slot(report.server_at, plan.every or 1)
        key = f"minutes:{plan.id}:{report.station_id or 0}:{mark}"
    else:
        before = _good_before(session, report)
        mark = passed_mark(before, before + report.quantity, plan.every or 1)
        key = f"pieces:{plan.id}:{task.id}:{mark}"
    return _due(session, plan, task, report, plan.by, key, plan.pieces, now) if mark is not None else []


def _first(session: Session, task: Any, report: Any) -> str | None:
    """Whether this is the first good piece of the task at its station, of a shift there, or after a set-up."""
    back = _R.alias("back")
    undone = select(back.c.id).where(back.c.reverses_id == _R.c.id).correlate(_R).exists()
    here = (_R.c.task_id == task.id, _R.c.station_id == report.station_id, _R.c.kind == "good", _R.c.quantity > 0)
    query = select(_R.c.shift_id, _R.c.business_date, _R.c.server_at).where(*here, _R.c.id < report.id, ~undone)
    before = session.execute(query.order_by(_R.c.id.desc()).limit(1)).one_or_none()
    if before is None:
        return first_of(None, (), False)
    set_up = session.scalar(select(WorkSession.id).where(
        WorkSession.task_id == task.id, WorkSession.station_id == report.station_id, WorkSession.kind == "setup",
        WorkSession.started_at > before.server_at, WorkSession.started_at <= report.server_at,
    ).limit(1))  # fmt: skip
    return first_of(tuple(before[:2]), (report.shift_id, report.business_date), set_up is not None)


def _good_before(session: Session, report: Any) -> Decimal:
    """What stood reported good at the task before a report, undone ones taken off."""
    query = select(func.sum(_R.c.quantity)).where(
        _R.c.task_id == report.task_id, _R.c.kind == "good", _R.c.id < report.id
    )
    return session.execute(query).scalar() or Decimal(0)


def _final(session: Session, plan: InspectionPlan, task: Any, report: Any, now: datetime) -> list[int]:
    """Each report of the last operation when all is looked at; the whole of a task, once it is done, by sample."""
    if plan.operation is None and not _is_last(session, task):
        return []
    if plan.aql is None:
        key = f"final:{plan.id}:{report.id}"
        return _due(session, plan, task, report, "last_operation", key, report.quantity, now)
    if task.status not in CLOSED:
        return []
    key = f"final:{plan.id}:task:{task.id}"
    return _due(session, plan, task, report, "last_operation", key, task.quantity_good, now)


def _is_last(session: Session, task: Any) -> bool:
    """No other operation on the same item comes behind it."""
    after = _T.alias("after")
    query = (
        select(TaskLink.id).join(after, after.c.id == TaskLink.succ_id)
        .where(TaskLink.pred_id == task.id, TaskLink.kind == "normal", TaskLink.is_chosen.is_(True),
               after.c.item_id == task.item_id)
    )  # fmt: skip
    return session.scalar(query.limit(1)) is None


def _due(
    session: Session, plan: InspectionPlan, task: Any, report: Any, cause: str, key: str, quantity: Decimal | int,
    now: datetime,
) -> list[int]:  # fmt: skip
    whole = plan.kind == "final" and plan.aql is not None
    values = {
        "task_id": task.id, "report_id": None if whole else report.id, "unit_id": None if whole else report.unit_id,
        "station_id": report.station_id, "person_id": None if whole else report.person_id,
    }  # fmt: skip
    return _write(session, plan, cause, key, Decimal(quantity), values, ACTOR, now)


def received(session: Session, item: Item, lot: Lot, quantity: Decimal, actor: str, now: datetime) -> int | None:
    """Put a received lot into quarantine when its item is inspected on receipt; gives the inspection's id."""
    plan = session.scalar(select(InspectionPlan).where(
        InspectionPlan.item_id == item.id, InspectionPlan.kind == "incoming", InspectionPlan.active.is_(True)
    ))  # fmt: skip
    if plan is None:
        return None
    lot.status = "quarantine"
    count = session.scalar(select(func.count()).select_from(Inspection).where(Inspection.lot_id == lot.id)) or 0
    key = f"receipt:{plan.id}:{lot.id}:{count + 1}"
    return _write(session, plan, "receipt", key, quantity, {"lot_id": lot.id}, actor, now)[0]


def _write(
    session: Session, plan: InspectionPlan, cause: str, key: str, quantity: Decimal, about: dict[str, Any],
    actor: str, now: datetime,
) -> list[int]:  # fmt: skip
    known = select(Inspection.id).where(Inspection.site_id == plan.site_id, Inspection.trigger == key)
    if session.scalar(known) is not None:
        return []
    wanted = sample(quantity, plan.level, plan.aql, _severity(session, plan))
    row = Inspection(
        site_id=plan.site_id, plan_id=plan.id, kind=plan.kind, cause=cause, trigger=key, lot_size=quantity,
        size=wanted.size, accept=wanted.accept, reject=wanted.reject, severity=str(wanted.severity), verdict="open",
        at=now, **about,
    )  # fmt: skip
    session.add(row)
    session.flush()
    told = {name: about[name] for name in about if about[name] is not None}
    data = {"kind": plan.kind, "cause": cause, "size": wanted.size, "station": about.get("station_id"), **told}
    events.record(session, plan.site_id, "inspection.due", ("inspection", row.id), actor, now, data)
    return [row.id]


def _severity(session: Session, plan: InspectionPlan) -> Severity:
    """Normal or tightened, from how the last lots under this plan fared (ISO 2859-1, 9.3)."""
    if plan.aql is None:
        return Severity.NORMAL
    query = select(Inspection.verdict).where(Inspection.plan_id == plan.id, Inspection.verdict.in_(("pass", "fail")))
    verdicts = session.scalars(query.order_by(Inspection.done_at, Inspection.id)).all()
    return severity_after([verdict == "pass" for verdict in verdicts])


def _void(session: Session, site_id: int, report_id: int, now: datetime) -> None:
    """Take an inspection back whose report was undone before anybody looked."""
    mine = (Inspection.site_id == site_id, Inspection.report_id == report_id, Inspection.verdict == "open")
    for key in session.scalars(select(Inspection.id).where(*mine).order_by(Inspection.id)).all():
        session.execute(update(Inspection).where(Inspection.id == key).values(verdict="void", done_at=now))
        events.record(session, site_id, "inspection.void", ("inspection", key), ACTOR, now, {"report": report_id})


def suspects(session: Session, row: Inspection) -> list[int]:
    """The units made at an inspection's operation since the last one of its plan that was passed, up to now."""
    if row.task_id is None:
        return []
    last = select(func.max(Inspection.report_id)).where(
        Inspection.plan_id == row.plan_id, Inspection.task_id == row.task_id, Inspection.verdict == "pass",
        Inspection.id < row.id,
    )  # fmt: skip
    since = session.scalar(last) or 0
    query = select(_R.c.unit_id).where(
        _R.c.task_id == row.task_id, _R.c.kind == "good", _R.c.unit_id.is_not(None),
        or_(_R.c.id > since, _R.c.unit_id == row.unit_id),
    )  # fmt: skip
    return sorted(set(session.scalars(query)))


__all__ = ["ACTOR", "CONSUMER", "Watcher", "received", "suspects", "watch"]
