"""Plans as rows and back: where every task of a draft or published plan stands, and what planners locked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.errors import NotFound
from app.events import Store
from app.models import Plan as PlanRow
from app.models import PlannedTask, PlanStep
from scheduling import Assignment, Objective, Plan, Problem

_P = PlannedTask.__table__
NOTHING = Objective(0, 0, 0, 0, 0)
MOST_STEPS = 50
Locks = dict[int, tuple[int, datetime]]


@dataclass(frozen=True)
class Place:
    """Where a task stands in a plan."""

    station: int
    start_at: datetime
    end_at: datetime
    bound_by: str
    bound_ref: str | None
    is_late: bool
    is_pinned: bool
    is_locked: bool

    def packed(self) -> list[Any]:
        """Plain data for a step."""
        return [self.station, self.start_at.isoformat(), self.end_at.isoformat(), self.bound_by, self.bound_ref,
                self.is_late, self.is_pinned, self.is_locked]  # fmt: skip

    @classmethod
    def unpacked(cls, data: list[Any]) -> "Place":
        """The place behind plain data."""
        station, start, end, *rest = data
        return cls(station, datetime.fromisoformat(start), datetime.fromisoformat(end), *rest)

    def values(self) -> dict[str, Any]:
        """The columns of ``planned_task``."""
        return {"station_id": self.station} | {
            name: getattr(self, name) for name in self.__dataclass_fields__ if name != "station"
        }


Places = dict[int, Place]


def places(store: Store, plan_id: int) -> Places:
    """Every task of a plan, by id."""
    rows = store.execute(select(_P).where(_P.c.plan_id == plan_id).order_by(_P.c.task_id)).all()
    return {
        row.task_id: Place(row.station_id, row.start_at, row.end_at, row.bound_by, row.bound_ref, row.is_late,
                           row.is_pinned, row.is_locked)
        for row in rows
    }  # fmt: skip


def resource_of(problem: Problem, task: str, station: int) -> str:
    """The resource a station is for a task: who mends a stopped machine works on another than its work."""
    record = problem.task_by_id.get(task)
    return f"-{station}" if record is not None and record.mode(f"-{station}") is not None else str(station)


def in_ticks(rows: Places, epoch_at: datetime, problem: Problem) -> Plan:
    """Places as a plan of the room ``scheduling``."""
    tick_s = problem.tick_s

    def tick(moment: datetime) -> int:
        return int((moment - epoch_at) / timedelta(seconds=tick_s))

    made = tuple(
        Assignment(
            str(task), resource_of(problem, str(task), row.station), tick(row.start_at), tick(row.end_at),
            row.bound_by, row.bound_ref or "",  # type: ignore[arg-type]
        )
        for task, row in rows.items()
    )  # fmt: skip
    return Plan(made, NOTHING)


def locks(rows: Places) -> Locks:
    """What planners put in its place: station and start by task."""
    return {task: (row.station, row.start_at) for task, row in rows.items() if row.is_locked}


def drafts(store: Store, site_id: int) -> list[PlanRow]:
    """The open drafts of a site, oldest first."""
    query = select(PlanRow).where(PlanRow.site_id == site_id, PlanRow.status == "draft").order_by(PlanRow.id)
    return list(store.execute(query).scalars().all())


def draft(store: Store, site_id: int, plan_id: int) -> PlanRow:
    """One open draft; NotFound when it was published, discarded or belongs to others."""
    query = select(PlanRow).where(PlanRow.site_id == site_id, PlanRow.status == "draft", PlanRow.id == plan_id)
    found = store.execute(query).scalars().one_or_none()
    if found is None:
        raise NotFound("plan.draft_unknown")
    return found


@dataclass(frozen=True)
class Steps:
    """How far a draft can go back and forth."""

    back: int
    forth: int


def steps(store: Store, plan_id: int) -> Steps:
    """The steps of a draft that can be undone and done again."""
    found = store.execute(select(PlanStep.undone).where(PlanStep.plan_id == plan_id)).scalars().all()
    return Steps(sum(not undone for undone in found), sum(bool(undone) for undone in found))
