"""What a search found: progress while it lasts, then drafts to choose from, calm, balanced and best."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction
from app.errors import Conflict
from app.models import Plan, PlannedTask, PlanProgress, PlanRun
from app.queries.plan_drafts import Places
from app.queries.plan_told import told, worth
from app.queries.plans import Snapshot
from app.services import drafts
from app.services.plan_runs import Claim, finish, mine
from scheduling import Plan as MadePlan
from scheduling.solve import Result

OFFERS = ("calm", "balanced", "best")


def beat(held: Claim, now: datetime, lease_s: float, progress: dict[str, Any] | None) -> tuple[bool, int]:
    """Keep the lease, write what the search has found since, and hear what is wanted: (go on, seconds in all).

    Conflict ``worker.busy`` when another worker took the run over.
    """
    with transaction() as session:
        run = mine(session, held)
        run.leased_until = now + timedelta(seconds=lease_s)
        if progress:
            session.add(PlanProgress(run_id=run.id, attempt=held.attempt, **progress))
        return run.wanted != "stop", run.seconds


def heard(held: Claim) -> tuple[bool, int]:
    """What is wanted of a search, without writing: (go on, seconds in all); Conflict when it was taken over."""
    store = db.session()
    run = store.execute(select(PlanRun.status, PlanRun.attempts, PlanRun.wanted, PlanRun.seconds)
                        .where(PlanRun.id == held.run_id)).one_or_none()  # fmt: skip
    store.rollback()
    if run is None or run.status != "running" or run.attempts != held.attempt:
        raise Conflict("worker.busy", run=held.run_id)
    return run.wanted != "stop", run.seconds


def offer(
    held: Claim, snapshot: Snapshot, base: MadePlan, rows: Places, found: Sequence[tuple[str, Result]],
    actor: str | None, now: datetime,
) -> list[int]:  # fmt: skip
    """Keep the plans of a search as drafts and end its run; equal ones are one, untouched older ones are forgotten."""
    with transaction() as session:
        run = mine(session, held)
        _forget_old(session, snapshot.site_id)
        made: list[int] = []
        seen: set[tuple[Any, ...]] = set()
        for name, result in found:
            key = tuple((row.task, row.resource, row.start) for row in result.plan.assignments)
            if key not in seen:
                seen.add(key)
                made.append(_draft(session, run, snapshot, base, rows, name, result, actor, now))
        finish(run, "done", now, {"plans": made, "late_orders": found[-1][1].objective.late_orders,
                                  "tasks": len(snapshot.problem.tasks)})  # fmt: skip
        events.record(session, snapshot.site_id, "plan.offered", ("plan_run", run.id), None, now, {"plans": made})
        return made


def _draft(
    session: Session, run: PlanRun, snapshot: Snapshot, base: MadePlan, rows: Places, name: str, result: Result,
    actor: str | None, now: datetime,
) -> int:  # fmt: skip
    objective = worth(result.plan) | told(snapshot, result, base, 0)
    late = {one["order"] for one in objective["late"]}
    current = session.scalar(
        select(Plan.id).where(Plan.site_id == snapshot.site_id, Plan.status == "published").order_by(Plan.id.desc())
    )
    made = drafts.add(session, snapshot.site_id, name, actor, now, snapshot.based_on, snapshot.epoch_at,
                      snapshot.problem.tick_s, objective, current, run.id)  # fmt: skip
    values = []
    for row in result.plan.assignments:
        task = int(row.task)
        place = snapshot.place(row, rows.get(task)).values()
        is_late = int(snapshot.problem.task_by_id[row.task].order) in late
        values.append({"plan_id": made, "task_id": task} | place | {"is_late": is_late})
    if values:
        session.execute(insert(PlannedTask.__table__), values)
    return made


def _forget_old(session: Session, site_id: int) -> None:
    """Offers of earlier searches that nobody changed: they were made for a store that has moved on."""
    untouched = (Plan.site_id == site_id, Plan.status == "draft", Plan.run_id.is_not(None), Plan.revision == 1)
    for draft_id in session.scalars(select(Plan.id).where(*untouched)).all():
        drafts.forget(session, draft_id)
