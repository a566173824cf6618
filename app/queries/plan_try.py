"""What would happen if: a task or order put elsewhere in a draft, decoded once and told before anything is written.

What was dropped is pinned where it was dropped; everything else keeps its place as long as it can. One decode takes
milliseconds, so it runs in the request, outside any transaction.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from app.events import Store
from app.queries import plan_drafts, plans
from app.queries.plan_build import station_of
from app.queries.plan_drafts import Place, Places
from app.queries.plans import Snapshot
from scheduling import Assignment, Plan, SchedulingError, Task, lateness, repair
from scheduling.solve import Result

FRESH_S = 15.0  # how old the store may be that a drop is judged by; publishing always reads it anew
_kept: dict[int, tuple[float, Snapshot]] = {}
_turn = Lock()


@dataclass(frozen=True)
class Wish:
    """A task and where somebody wants it."""

    task: int
    station: int
    start_at: datetime


@dataclass(frozen=True)
class Violation:
    """Why a task cannot be where it is wanted: no_station, past, closed, busy, before_predecessor, running, unknown."""

    task: int
    code: str
    ref: str = ""


@dataclass(frozen=True)
class Tried:
    """What came of it: every place, what is in the way, what else moves, who is late then."""

    places: Places
    result: Result | None
    violations: tuple[Violation, ...]
    moved: tuple[int, ...]
    late: dict[int, int]
    late_before: dict[int, int]

    @property
    def ok(self) -> bool:
        """Whether it can be done as wanted."""
        return not self.violations


def snapshot(store: Store, site_id: int, now: datetime) -> Snapshot:
    """The store as drops are judged by, at most fifteen seconds old; what is locked is the draft's own matter."""
    with _turn:
        kept = _kept.get(site_id)
        if kept and time.monotonic() - kept[0] < FRESH_S:
            return kept[1]
    found = plans.snapshot(store, site_id, now)
    with _turn:
        if len(_kept) > 3:
            _kept.clear()
        _kept[site_id] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Read the store anew for the next drop."""
    with _turn:
        _kept.clear()


def tried(made: Snapshot, rows: Places, wishes: Iterable[Wish], wanted_locked: bool = True) -> Tried:
    """Decode the draft with the wishes: what was dropped comes first at its place, the rest is pushed later at most.

    A wish that cannot be met exactly tells what was in the way; closed time alone only moves it to the next opening.
    SchedulingError when the data contradict themselves.
    """
    asked = {str(wish.task): wish for wish in wishes}
    found = [fault for wish in asked.values() if (fault := _impossible(made, wish))]
    if found:
        return Tried(rows, None, tuple(found), (), {}, {})
    old = plan_drafts.in_ticks(rows, made.epoch_at, made.problem)
    here = old.by_task
    starts = {name: here[name].start for name in here} | {name: made.tick(w.start_at) for name, w in asked.items()}
    locked = frozenset(str(task) for task, row in rows.items() if row.is_locked)
    places = {name: plan_drafts.resource_of(made.problem, name, wish.station) for name, wish in asked.items()}
    held = tuple(_held(task, starts, places, here.get(task.id), task.id in locked) for task in made.problem.tasks)
    problem = replace(made.problem, tasks=held)
    seen = Plan(tuple(_put(row, places, starts) for row in old.assignments), old.objective)
    result = _told(made, repair(problem, seen, problem.now, problem.horizon))
    new = {int(row.task): made.place(row, rows.get(int(row.task))) for row in result.plan.assignments}
    late, before = _late(made, result.plan), _late(made, old)
    for task, place in new.items():
        locked = place.is_locked or (wanted_locked and str(task) in asked)
        order = int(made.problem.task_by_id[str(task)].order)
        new[task] = replace(place, is_locked=locked, is_late=order in late)
    moved = tuple(task for task, place in new.items() if _elsewhere(place, rows.get(task)) and str(task) not in asked)
    missed = [fault for wish in asked.values() if (fault := _missed(made, wish, result.plan))]
    # Tasks that move together may wait for each other: that is how an order keeps its process.
    faults = tuple(fault for fault in missed if fault.ref not in asked)
    return Tried(new, result, faults, moved, late, before)


def _impossible(made: Snapshot, wish: Wish) -> Violation | None:
    """What no decode could make good."""
    task = made.problem.task_by_id.get(str(wish.task))
    if task is None:
        return Violation(wish.task, "unknown")
    if task.state == "started":
        return Violation(wish.task, "running")
    if task.mode(plan_drafts.resource_of(made.problem, task.id, wish.station)) is None:
        return Violation(wish.task, "no_station", str(wish.station))
    return None


def _held(task: Task, starts: dict[str, int], places: dict[str, str], row: Any, locked: bool) -> Task:
    """A task that comes no earlier than it stood, a locked one not at all; a dropped one only where it was dropped."""
    if task.state == "started":
        return task
    since = max(task.release, starts.get(task.id, task.release))
    if task.id not in places:
        stays = locked and row.start >= 0 and task.mode(row.resource) is not None
        fixed = {"state": "pinned", "fixed_resource": row.resource, "fixed_start": row.start} if stays else {}
        return replace(task, **({"release": since} | fixed))
    mode = task.mode(places[task.id])
    return replace(task, modes=(mode,) if mode else task.modes, release=since)


def _put(row: Assignment, places: dict[str, str], starts: dict[str, int]) -> Assignment:
    # A tick earlier in rank than what starts at the same moment: what was dropped there goes first.
    return replace(row, resource=places[row.task], start=starts[row.task] - 1) if row.task in places else row


def _missed(made: Snapshot, wish: Wish, plan: Plan) -> Violation | None:
    """What kept a dropped task from starting where it was dropped."""
    row, wanted = plan.by_task[str(wish.task)], made.tick(wish.start_at)
    if wanted < made.problem.now:
        return Violation(wish.task, "past")
    if row.start <= wanted or row.bound_by in ("calendar_closed", "now"):
        return None
    return Violation(wish.task, row.bound_by, row.bound_ref.lstrip("-"))


def _late(made: Snapshot, plan: Plan) -> dict[int, int]:
    return {int(order): ticks * made.problem.tick_s // 60 for order, ticks in lateness(made.problem, plan).items()}


def _elsewhere(new: Place, old: Place | None) -> bool:
    return old is None or new.station != old.station or new.start_at != old.start_at


def _told(made: Snapshot, result: Result) -> Result:
    """What only kept its place is bound by that, not by a release of its order."""

    def of(row: Assignment) -> Assignment:
        task = made.problem.task_by_id[row.task]
        since = max(task.release, made.problem.order_by_id[task.order].release)
        kept = row.bound_by == "release" and row.start > since
        return replace(row, bound_by="frozen", bound_ref=row.task) if kept else row

    return replace(result, plan=replace(result.plan, assignments=tuple(of(row) for row in result.plan.assignments)))


@dataclass(frozen=True)
class Alternative:
    """Another station for a task: when it would begin and end there, and how many orders would be late."""

    station: int
    start_at: datetime
    end_at: datetime
    late_orders: int
    current: bool


def alternatives(made: Snapshot, rows: Places, task_id: int) -> list[Alternative]:
    """Every station that can do a task, each tried from where the task stands now; the earliest end first."""
    task, here = made.problem.task_by_id.get(str(task_id)), rows.get(task_id)
    if task is None or here is None or task.state == "started":
        return []
    since = max(made.epoch_at, here.start_at)
    found = []
    for mode in task.modes:
        try:
            result = tried(made, rows, [Wish(task_id, station_of(mode.resource), since)])
        except SchedulingError:
            continue
        place = result.places[task_id]
        current = place.station == here.station
        found.append(Alternative(place.station, place.start_at, place.end_at, len(result.late), current))
    return sorted(found, key=lambda one: (one.end_at, one.station))


def whole_order(made: Snapshot, rows: Places, task_id: int, start_at: datetime) -> list[Wish]:
    """The wishes that move every free task of an order by as much as one of its tasks was dragged."""
    task, here = made.problem.task_by_id.get(str(task_id)), rows.get(task_id)
    if task is None or here is None:
        return []
    by: timedelta = start_at - here.start_at
    mates = [one for one in made.problem.tasks if one.order == task.order and one.state != "started"]
    return [
        Wish(int(one.id), rows[int(one.id)].station, max(made.epoch_at, rows[int(one.id)].start_at + by))
        for one in mates if int(one.id) in rows
    ]  # fmt: skip
