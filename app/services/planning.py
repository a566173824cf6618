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
from app.models import Plan, PlannedTask, PlanProgress, PlanRun, Task, WorkOrder
from app.queries import plan_rows, plans
from app.queries.plan_build import station_of
from app.queries.plan_drafts import Places
from app.queries.plan_told import worth
from app.queries.plans import Snapshot, settings_of
from app.services.plan_runs import LEASE_S, MOST_ATTEMPTS, Claim, claim, fail, finish, mine, wish
from scheduling import Plan as MadePlan
from scheduling import lateness

__all__ = ["LEASE_S", "MOST_ATTEMPTS", "Claim", "claim", "fail", "publish", "wish"]

_GONE = frozenset({"cancelled", "aborted"})


def publish(
    snapshot: Snapshot, made: MadePlan, now: datetime, told: dict[str, Any] | None = None, held: Claim | None = None,
    actor: str | None = None, cause: dict[str, Any] | None = None,
) -> int:  # fmt: skip
    """Make a plan the one that counts and give its id.

    The store may have moved on since ``snapshot``: tasks that closed are dropped, started ones keep their truth.
    Conflict ``plan.moved_on`` when orders came or went or holds changed; ``worker.busy`` when the run was taken
    over. ``told`` is kept with the objective; what it calls thawed has lost its lock. Stations whose next task is
    another one than before are told apart in the event and in the plan, so that they can say so.
    """
    with transaction() as session:
        run = mine(session, held) if held else None
        late = {int(order) for order in lateness(snapshot.problem, made)}
        rows = _rebased(session, snapshot, made, late, frozenset((told or {}).get("thawed", ())))
        before = plans.published(session, snapshot.site_id)
        coming = _coming(rows, before)
        objective = worth(made) | {"tasks": len(rows), "next": coming} | (told or {})
        plan = _insert(session, snapshot, rows, objective, run, now)
        _retire(session, snapshot.site_id, plan.id)
        if run is not None:
            finish(run, "done", now, {"plan": plan.id, "late_orders": len(late), "tasks": len(rows)})
        data = {"plan": plan.id, "version": plan.version, "objective": worth(made),
                "cause": run.cause if run else cause or {}, "late": sorted(late), "moved": objective.get("moves", []),
                "stations": sorted({row["station_id"] for row in rows}), "next": coming}  # fmt: skip
        events.record(session, snapshot.site_id, "plan.published", ("plan", plan.id), actor, now, data)
        return plan.id


def _coming(rows: list[dict[str, Any]], before: Places) -> dict[str, int]:
    """The next task of every station where it is another one than in the plan before; none with the first plan."""
    if not before:
        return {}

    def first(found: list[tuple[int, datetime, int, bool]]) -> dict[int, int]:
        ahead = sorted((start, task, station) for station, start, task, begun in found if not begun)
        return {station: task for _start, task, station in reversed(ahead)}

    gone = {row["task_id"] for row in rows if row["is_pinned"]}
    old = first([(p.station, p.start_at, task, p.is_pinned or task in gone) for task, p in before.items()])
    new = first([(row["station_id"], row["start_at"], row["task_id"], row["is_pinned"]) for row in rows])
    return {str(station): task for station, task in sorted(new.items()) if old.get(station, task) != task}


def _rebased(
    session: Session, snapshot: Snapshot, made: MadePlan, late: set[int], thawed: frozenset[int]
) -> list[dict[str, Any]]:
    """The plan's rows on the store of this moment; Conflict when they are about another set of work."""
    truth = plan_rows.open_tasks(session, snapshot.site_id)
    fresh = sorted({row.order_id for row in truth.values()} - snapshot.orders)
    holds = plan_rows.holds(session, snapshot.site_id)
    gone = _given_up(session, [int(row.task) for row in made.assignments if int(row.task) not in truth])
    if fresh or gone or holds != snapshot.held:
        raise Conflict("plan.moved_on", orders=fresh[:5], gone=gone[:5])
    rows = [(row, truth[int(row.task)]) for row in made.assignments if int(row.task) in truth]
    return [_row(snapshot, row, now_is, thawed) | {"is_late": now_is.order_id in late} for row, now_is in rows]


def _given_up(session: Session, tasks: list[int]) -> list[int]:
    """Of tasks that are no longer open those that were not done: their work must leave the plan as a whole."""
    if not tasks:
        return []
    query = select(Task.id).join(WorkOrder, WorkOrder.id == Task.order_id)
    lost = (Task.status == "aborted") | WorkOrder.status.in_(tuple(_GONE))
    return list(session.scalars(query.where(Task.id.in_(tasks), lost).order_by(Task.id)).all())


def _row(snapshot: Snapshot, row: Any, truth: Any, thawed: frozenset[int]) -> dict[str, Any]:
    start, end, station = snapshot.at(row.start), snapshot.at(row.end), station_of(row.resource)
    if truth.status == "running" and truth.station_id and truth.started_at and truth.station_id != station:
        # It began elsewhere meanwhile: what people do counts, and the next plan is made from it.
        end, start, station = truth.started_at + (end - start), truth.started_at, truth.station_id
    state = snapshot.problem.task_by_id[row.task].state
    locked = state == "pinned" and int(row.task) not in thawed
    return {"task_id": int(row.task), "station_id": station, "start_at": start, "end_at": end,
            "bound_by": row.bound_by, "bound_ref": (row.bound_ref or "").lstrip("-") or None,
            "is_pinned": state == "started", "is_locked": locked}  # fmt: skip


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
    table = Plan.__table__
    mine = (table.c.site_id == site_id) & (table.c.id != plan_id)
    session.execute(update(table).where(mine, table.c.status == "published").values(status="superseded"))
    settings = settings_of(session, site_id)
    kept = (table.c.site_id == site_id) & (table.c.status != "draft")
    old = select(table.c.id).where(kept).order_by(table.c.id.desc()).offset(settings.keep)
    gone = list(session.scalars(old).all())
    if gone:
        session.execute(delete(PlannedTask.__table__).where(PlannedTask.plan_id.in_(gone)))
        session.execute(delete(table).where(table.c.id.in_(gone)))
    _forget_runs(session, site_id, settings.keep_runs)


def _forget_runs(session: Session, site_id: int, keep: int) -> None:
    """Runs that ended long ago and whose plans are gone; the worker looks through this table twice a second."""
    runs = PlanRun.__table__
    ended = (runs.c.site_id == site_id) & runs.c.finished_at.is_not(None)
    old = list(session.scalars(select(runs.c.id).where(ended).order_by(runs.c.id.desc()).offset(keep)).all())
    if old:
        named = select(Plan.run_id).where(Plan.site_id == site_id, Plan.run_id.is_not(None))
        gone = list(session.scalars(select(runs.c.id).where(runs.c.id.in_(old), runs.c.id.not_in(named))).all())
        session.execute(delete(PlanProgress.__table__).where(PlanProgress.run_id.in_(gone)))
        session.execute(delete(runs).where(runs.c.id.in_(gone)))
