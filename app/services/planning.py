"""Publishing a plan against the store as it is by then; wishes for plans stand in ``plan_runs``.

Planning writes ``plan``, ``planned_task`` and ``plan_run``, never the status of an order or task.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict
from app.models import Plan, PlannedTask, PlanRun, Task, WorkOrder
from app.queries import plan_rows
from app.queries.plans import Snapshot, settings_of
from app.services.plan_runs import LEASE_S, MOST_ATTEMPTS, Claim, claim, fail, finish, mine, wish
from scheduling import Plan as MadePlan
from scheduling import lateness

__all__ = ["LEASE_S", "MOST_ATTEMPTS", "Claim", "claim", "fail", "publish", "wish"]

_GONE = frozenset({"cancelled", "aborted"})


def publish(
    snapshot: Snapshot, made: MadePlan, now: datetime, told: dict[str, Any] | None = None, held: Claim | None = None
) -> int:
    """Make a plan the one that counts and give its id.

    The store may have moved on since ``snapshot``: tasks that closed are dropped, started ones keep their truth.
    Conflict ``plan.moved_on`` when orders came or went or holds changed; ``worker.busy`` when the run was taken
    over. ``told`` is kept with the objective.
    """
    with transaction() as session:
        run = mine(session, held) if held else None
        late = {int(order) for order in lateness(snapshot.problem, made)}
        rows = _rebased(session, snapshot, made, late)
        objective = _objective(made) | {"tasks": len(rows)} | (told or {})
        plan = _insert(session, snapshot, rows, objective, run, now)
        _retire(session, snapshot.site_id, plan.id)
        if run is not None:
            finish(run, "done", now, {"plan": plan.id, "late_orders": len(late), "tasks": len(rows)})
        cause = run.cause if run else {}
        data = {"plan": plan.id, "version": plan.version, "objective": _objective(made), "cause": cause,
                "late": sorted(late), "moved": objective.get("moves", []),
                "stations": sorted({row["station_id"] for row in rows})}  # fmt: skip
        events.record(session, snapshot.site_id, "plan.published", ("plan", plan.id), None, now, data)
        return plan.id


def _objective(made: MadePlan) -> dict[str, Any]:
    worth = made.objective
    return {"weighted_tardiness": worth.weighted_tardiness, "late_orders": worth.late_orders,
            "makespan_min": worth.makespan, "moved": worth.moved, "cost": worth.cost}  # fmt: skip


def _rebased(session: Session, snapshot: Snapshot, made: MadePlan, late: set[int]) -> list[dict[str, Any]]:
    """The plan's rows on the store of this moment; Conflict when they are about another set of work."""
    truth = plan_rows.open_tasks(session, snapshot.site_id)
    fresh = sorted({row.order_id for row in truth.values()} - snapshot.orders)
    holds = plan_rows.holds(session, snapshot.site_id)
    gone = _given_up(session, [int(row.task) for row in made.assignments if int(row.task) not in truth])
    if fresh or gone or holds != snapshot.held:
        raise Conflict("plan.moved_on", orders=fresh[:5], gone=gone[:5])
    rows = [(row, truth[int(row.task)]) for row in made.assignments if int(row.task) in truth]
    return [_row(snapshot, row, now_is) | {"is_late": now_is.order_id in late} for row, now_is in rows]


def _given_up(session: Session, tasks: list[int]) -> list[int]:
    """Of tasks that are no longer open those that were not done: their work must leave the plan as a whole."""
    if not tasks:
        return []
    query = select(Task.id).join(WorkOrder, WorkOrder.id == Task.order_id)
    lost = (Task.status == "aborted") | WorkOrder.status.in_(tuple(_GONE))
    return list(session.scalars(query.where(Task.id.in_(tasks), lost).order_by(Task.id)).all())


def _row(snapshot: Snapshot, row: Any, truth: Any) -> dict[str, Any]:
    start, end, station = snapshot.at(row.start), snapshot.at(row.end), int(row.resource)
    if truth.status == "running" and truth.station_id and truth.started_at and truth.station_id != station:
        # It began elsewhere meanwhile: what people do counts, and the next plan is made from it.
        end, start, station = truth.started_at + (end - start), truth.started_at, truth.station_id
    pinned = snapshot.problem.task_by_id[row.task].state == "started"
    return {"task_id": int(row.task), "station_id": station, "start_at": start, "end_at": end,
            "bound_by": row.bound_by, "bound_ref": row.bound_ref or None, "is_pinned": pinned}  # fmt: skip


def _insert(
    session: Session, snapshot: Snapshot, rows: list[dict[str, Any]], objective: dict[str, Any], run: PlanRun | None,
    now: datetime,
) -> Plan:  # fmt: skip
    newest = session.scalar(select(func.max(Plan.version)).where(Plan.site_id == snapshot.site_id)) or 0
    plan = Plan(site_id=snapshot.site_id, version=newest + 1, based_on=snapshot.based_on,
                run_id=run.id if run else None, epoch_at=snapshot.epoch_at, tick_s=snapshot.problem.tick_s,
                objective=objective, problem_hash=snapshot.problem.content_hash, published_at=now)  # fmt: skip
    session.add(plan)
    session.flush()
    if rows:
        session.execute(insert(PlannedTask.__table__), [row | {"plan_id": plan.id} for row in rows])
    return plan


def _retire(session: Session, site_id: int, plan_id: int) -> None:
    """Older plans no longer count; beyond the last few they are forgotten."""
    plans = Plan.__table__
    mine = (plans.c.site_id == site_id) & (plans.c.id != plan_id)
    session.execute(update(plans).where(mine, plans.c.status == "published").values(status="superseded"))
    settings = settings_of(session, site_id)
    old = select(plans.c.id).where(plans.c.site_id == site_id).order_by(plans.c.id.desc()).offset(settings.keep)
    gone = list(session.scalars(old).all())
    if gone:
        session.execute(delete(PlannedTask.__table__).where(PlannedTask.plan_id.in_(gone)))
        session.execute(delete(plans).where(plans.c.id.in_(gone)))
    _forget_runs(session, site_id, settings.keep_runs)


def _forget_runs(session: Session, site_id: int, keep: int) -> None:
    """Runs that ended long ago and whose plans are gone; the worker looks through this table twice a second."""
    runs = PlanRun.__table__
    ended = (runs.c.site_id == site_id) & runs.c.finished_at.is_not(None)
    old = list(session.scalars(select(runs.c.id).where(ended).order_by(runs.c.id.desc()).offset(keep)).all())
    if old:
        named = select(Plan.run_id).where(Plan.site_id == site_id, Plan.run_id.is_not(None))
        session.execute(delete(runs).where(runs.c.id.in_(old), runs.c.id.not_in(named)))
