"""The planning problem as the store stands: open tasks of every kind of order, stations, calendars, links.

What cannot be planned is left out with its reason instead of failing the whole plan, and so is what waits for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.events import Store
from app.models import Plan as PlanRow
from app.models import PlannedTask
from app.queries.plan_build import Build, LeftOut
from app.queries.plan_rows import PlanSettings, Rows, read, settings_of
from scheduling import Assignment, Objective, Plan, Problem, SchedulingError

__all__ = ["LeftOut", "PlanSettings", "Snapshot", "current", "incumbent", "problem", "settings_of", "snapshot"]

TICK_S = 60


@dataclass(frozen=True)
class Snapshot:
    """A problem with what is needed to publish its plan: tick 0 in real time, the store it was read from."""

    site_id: int
    problem: Problem
    epoch_at: datetime
    based_on: int
    left_out: tuple[LeftOut, ...]
    tasks: frozenset[int]
    orders: frozenset[int]
    held: frozenset[tuple[str, int]]

    def at(self, tick: int) -> datetime:
        """The moment of a tick."""
        return self.epoch_at + timedelta(seconds=tick * self.problem.tick_s)


def problem(store: Store, site_id: int, now: datetime, horizon_days: int = 28) -> Problem:
    """The problem of a site at a moment; ids are those of the rows, as text."""
    return snapshot(store, site_id, now, horizon_days).problem


def snapshot(
    store: Store, site_id: int, now: datetime, horizon_days: int | None = None, settings: PlanSettings | None = None
) -> Snapshot:
    """The problem of a site with what was left out of it; SchedulingError when the data contradict themselves."""
    chosen = settings or settings_of(store, site_id)
    rows, epoch = read(store, site_id, now), _whole_minute(now)
    left: dict[int, LeftOut] = {}
    while True:
        build = Build(rows, epoch, now, TICK_S, horizon_days or chosen.horizon_days, chosen.repair_min, left)
        try:
            return _snapshot(site_id, rows, epoch, build.problem(), build)
        except SchedulingError as error:
            # The room names the task it refuses; the others can still be planned without it.
            named = int(str(error.values.get("task") or 0))
            if named not in rows.tasks or named in left:
                raise
            left[named] = LeftOut(named, rows.tasks[named].order_id, error.code, "")


def _snapshot(site_id: int, rows: Rows, epoch: datetime, made: Problem, build: Build) -> Snapshot:
    orders = frozenset(row.order_id for row in rows.tasks.values())
    left = tuple(sorted(build.left.values(), key=lambda one: one.task))
    return Snapshot(site_id, made, epoch, rows.based_on, left, frozenset(rows.tasks), orders, rows.held)


def _whole_minute(now: datetime) -> datetime:
    """Tick 0: the next whole minute, so that nothing is planned into the past."""
    floor = now.replace(second=0, microsecond=0)
    return floor if floor == now else floor + timedelta(minutes=1)


def current(store: Store, site_id: int) -> PlanRow | None:
    """The published plan of a site, None before the first."""
    query = select(PlanRow).where(PlanRow.site_id == site_id, PlanRow.status == "published").order_by(PlanRow.id.desc())
    return store.execute(query.limit(1)).scalars().first()


def incumbent(store: Store, site_id: int, epoch_at: datetime) -> Plan | None:
    """The published plan in the ticks of a new problem, None before the first."""
    newest = (
        select(PlanRow.id)
        .where(PlanRow.site_id == site_id, PlanRow.status == "published")
        .order_by(PlanRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    table = PlannedTask.__table__
    rows = store.execute(select(table).where(table.c.plan_id == newest).order_by(table.c.task_id)).all()
    if not rows:
        return None

    def tick(moment: datetime) -> int:
        return int((moment - epoch_at).total_seconds() // TICK_S)

    made = tuple(
        Assignment(str(row.task_id), str(row.station_id), tick(row.start_at), tick(row.end_at)) for row in rows
    )
    return Plan(made, Objective(0, 0, 0, 0, 0))
