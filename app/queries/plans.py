"""The planning problem as the store stands: open tasks of every kind of order, stations, calendars, links.

What cannot be planned is left out with its reason instead of failing the whole plan, and so is what waits for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.events import Store
from app.models import Plan as PlanRow
from app.queries.plan_build import Build, LeftOut, station_of
from app.queries.plan_drafts import Locks, Place, Places, in_ticks, places
from app.queries.plan_material import Short
from app.queries.plan_rows import PlanSettings, Rows, read, settings_of
from scheduling import Assignment, Plan, Problem, SchedulingError
from scheduling.errors import PinnedOverlap

__all__ = ["LeftOut", "PlanSettings", "Snapshot", "current", "incumbent", "problem", "published",
           "settings_of", "snapshot"]  # fmt: skip

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
    short: tuple[Short, ...] = ()

    def at(self, tick: int) -> datetime:
        """The moment of a tick."""
        return self.epoch_at + timedelta(seconds=tick * self.problem.tick_s)

    def tick(self, moment: datetime) -> int:
        """The tick a moment lies in."""
        return int((moment - self.epoch_at) // timedelta(seconds=self.problem.tick_s))

    def place(self, row: Assignment, old: Place | None = None) -> Place:
        """An assignment as it is kept; whether a planner locked it is remembered from ``old``."""
        started = self.problem.task_by_id[row.task].state == "started"
        return Place(station_of(row.resource), self.at(row.start), self.at(row.end), row.bound_by,
                     row.bound_ref.lstrip("-") or None, False, started, old.is_locked if old else False)  # fmt: skip


def problem(store: Store, site_id: int, now: datetime, horizon_days: int = 28) -> Problem:
    """The problem of a site at a moment; ids are those of the rows, as text."""
    return snapshot(store, site_id, now, horizon_days).problem


def snapshot(
    store: Store, site_id: int, now: datetime, horizon_days: int | None = None, settings: PlanSettings | None = None,
    locks: Locks | None = None, also: tuple[tuple[int, ...], tuple[int, ...]] = ((), ()),
) -> Snapshot:  # fmt: skip
    """The problem of a site with what was left out of it; SchedulingError when the data contradict themselves.

    ``locks`` are the places planners chose; one that cannot hold any more is given up. ``also`` names stations and
    skills that are in it although no work is planned there yet.
    """
    chosen = settings or settings_of(store, site_id)
    days = horizon_days or chosen.horizon_days
    rows, epoch, kept = read(store, site_id, now, days), _whole_minute(now), dict(locks or {})
    left: dict[int, LeftOut] = {}
    while True:
        build = Build(rows, epoch, now, TICK_S, days, chosen.repair_min, left, kept, also)
        try:
            return _snapshot(site_id, rows, epoch, build.problem(), build)
        except PinnedOverlap as error:
            for task in error.values["tasks"][1:]:  # type: ignore[index]
                kept.pop(int(task), None)
        except SchedulingError as error:
            # The room names the task it refuses; the others can still be planned without it.
            named = int(str(error.values.get("task") or 0))
            if named not in rows.tasks or named in left:
                raise
            left[named] = LeftOut(named, rows.tasks[named].order_id, error.code, "")


def _snapshot(site_id: int, rows: Rows, epoch: datetime, made: Problem, build: Build) -> Snapshot:
    orders = frozenset(row.order_id for row in rows.tasks.values())
    left = tuple(sorted(build.left.values(), key=lambda one: one.task))
    return Snapshot(site_id, made, epoch, rows.based_on, left, frozenset(rows.tasks), orders, rows.held,
                    rows.short)  # fmt: skip


def _whole_minute(now: datetime) -> datetime:
    """Tick 0: the next whole minute, so that nothing is planned into the past."""
    floor = now.replace(second=0, microsecond=0)
    return floor if floor == now else floor + timedelta(minutes=1)


def current(store: Store, site_id: int) -> PlanRow | None:
    """The published plan of a site, None before the first."""
    query = select(PlanRow).where(PlanRow.site_id == site_id, PlanRow.status == "published").order_by(PlanRow.id.desc())
    return store.execute(query.limit(1)).scalars().first()


def published(store: Store, site_id: int) -> Places:
    """Where every task of the published plan stands; empty before the first plan."""
    plan = current(store, site_id)
    return places(store, plan.id) if plan else {}


def incumbent(store: Store, found: Snapshot) -> Plan | None:
    """The published plan in the ticks of a new problem, None before the first."""
    rows = published(store, found.site_id)
    return in_ticks(rows, found.epoch_at, found.problem) if rows else None
