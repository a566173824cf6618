"""From rows to the records of the room ``scheduling``: minutes become ticks once a task, reasons are kept."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.queries.plan_drafts import Locks
from app.queries.plan_means import Means
from app.queries.plan_rows import Rows
from app.states.task import CLOSED
from scheduling import Calendar, Link, Mode, Order, Problem, Task

ALWAYS, MAINTENANCE = "always", "maintenance"
LEAST_REPAIR_MIN = 15  # a machine that should be repaired by now, and is not, is not assumed to run this minute


@dataclass(frozen=True)
class LeftOut:
    """A task that is not planned: held, no_station, closed, no_skill, waits_for or a code of the room."""

    task: int
    order: int
    reason: str
    ref: str


def station_of(resource: str) -> int:
    """The station behind a resource of the problem: a stopped one has a second, negative one for its repair."""
    return abs(int(resource))


class Build:
    """One way from rows to a problem; ``left`` grows by what cannot be planned."""

    def __init__(
        self, rows: Rows, epoch: datetime, now: datetime, tick_s: int, days: int, repair_min: int,
        left: dict[int, LeftOut], locks: Locks | None = None,
        also: tuple[tuple[int, ...], tuple[int, ...]] = ((), ()),
    ) -> None:  # fmt: skip
        self.rows, self.epoch, self.now, self.tick_s, self.days = rows, epoch, now, tick_s, days
        self.repair_min, self.left, self.locks = repair_min, dict(left), locks or {}
        self.also = also
        self.horizon = days * 86400 // tick_s
        self.calendars: dict[str, Calendar] = {}
        self.down = self._down()
        self.into: dict[int, list[Any]] = {}
        for link in rows.links:
            self.into.setdefault(link.succ_id, []).append(link)
        self.working = self._working()
        self.outside = self._outside()
        self.means = Means(rows, self, rows.tasks.values())
        self.modes: dict[int, tuple[Mode, ...]] = {}

    def problem(self) -> Problem:
        """The checked problem; SchedulingError names the task that contradicts itself."""
        for task in self.rows.tasks.values():
            if task.id not in self.left:
                self.modes[task.id] = self._modes(task)
                self._judge(task)
        arrows = [arrow for task in self.rows.tasks for arrow in self._arrows(task)]
        self._leave_followers(arrows)
        kept = [task for task in self.rows.tasks.values() if task.id not in self.left]
        used = sorted({mode.resource for task in kept for mode in self.modes[task.id]} | self._also(), key=int)
        skills = {t.skill_id for t in kept if self._needs(t)} | {s for s in self.also[1] if self.rows.skilled.get(s)}
        pools = tuple(self.means.pool(skill) for skill in sorted(skills))
        stations = {name: self.rows.stations[station_of(name)] for name in used}
        resources = tuple(self.means.resource(name, station) for name, station in stations.items())
        return Problem(
            now=0,
            horizon=self.horizon,
            calendars=(*self.calendars.values(), *self.means.calendars.values()),
            resources=resources,
            orders=tuple(self._order(task) for task in {task.order_id: task for task in kept}.values()),
            tasks=tuple(self._task(task) for task in kept),
            links=tuple(link for pred, succ, link in arrows if not {pred, succ} & self.left.keys()),
            pools=pools,
            holes=self.means.holes(used),
            tick_s=self.tick_s,
            setups=self.means.setups(int(one.id) for one in resources if one.setup),
        )

    def _also(self) -> set[str]:
        """Stations that are asked for besides, open and in use."""
        known = (self.rows.stations.get(station) for station in self.also[0])
        return {str(row.id) for row in known if row is not None and not row.retired and self._opens(row.id)}

    # time

    def tick(self, moment: datetime) -> int:
        """The tick a moment lies in."""
        return int((moment - self.epoch).total_seconds() // self.tick_s)

    def ticks(self, minutes: Decimal | int) -> int:
        """Minutes as whole ticks, a started one counted."""
        return math.ceil(minutes * 60 / self.tick_s)

    def calendar(self, codes: Iterable[str]) -> Calendar:
        """Open time of some shifts, breaks cut out; the whole horizon comes again behind itself."""
        names = tuple(sorted(codes))
        key = "+".join(names) or "all"
        if key not in self.calendars:
            found = self.rows.calendar.windows(names, self.epoch, self.days)
            spans = ((self.tick(begins), min(self.tick(ends), self.horizon)) for begins, ends in found)
            windows = tuple((begins, ends) for begins, ends in spans if begins < ends)
            self.calendars[key] = Calendar(key, windows, self.horizon if windows else 0)
        return self.calendars[key]

    def _down(self) -> dict[int, int]:
        """Stations all of whose machines stand still, with the tick at which one is assumed to run again."""
        found = {}
        for station, machines in self.rows.machines.items():
            if all(row.state == "stopped" and row.ended_at is None for row in machines):
                ends = min(self.tick(row.started_at) for row in machines) + self.ticks(self.repair_min)
                found[station] = max(ends, self.ticks(LEAST_REPAIR_MIN))
        return found

    # what is left of a task, and where

    def remaining(self, task: Any) -> Decimal:
        """Pieces still to handle; no more than what came, once all that feeds the task is closed."""
        feeds = self.into.get(task.id, ())
        fed = bool(feeds) and all(link.status in CLOSED for link in feeds)
        return max(Decimal(0), (task.quantity_input if fed else task.quantity) - _used(task))

    def duration(self, task: Any, factor: Decimal) -> int:
        """Ticks of the rest of a task at a station of this factor; a started batch counts whole.

        Work outside takes its lead time, and what is out until it is due back, whatever the pieces are.
        """
        if task.outside_min:
            due = self.rows.out.get(task.id)
            return max(1, self.tick(due)) if due else self.ticks(task.outside_min)
        pieces = self.remaining(task)
        if task.batch_size:
            pieces = Decimal(math.ceil(pieces / task.batch_size) * task.batch_size)
        setup = task.fixed_min if task.started_at is None else Decimal(0)
        return self.ticks((setup + task.piece_min * pieces) * factor) if pieces else 0

    def _working(self) -> frozenset[int]:
        """Tasks in work at this moment: running with parts at hand, those reported on last, no more than fit."""
        at: dict[int, list[Any]] = {}
        for task in self.rows.tasks.values():
            if task.status == "running" and task.station_id and task.quantity_input > _used(task):
                at.setdefault(task.station_id, []).append(task)
        found: list[int] = []
        for station, tasks in at.items():
            tasks.sort(key=lambda task: (self.rows.touched.get(task.id, 0), task.id), reverse=True)
            found += [task.id for task in tasks[: self.rows.stations[station].capacity]]
        return frozenset(found)

    def _outside(self) -> frozenset[int]:
        """Stations that stand for a supplier: all that is done there is done outside."""
        at: dict[int, bool] = {}
        for task in self.rows.tasks.values():
            for row in self.rows.choices.get(task.id, []):
                at[row.station_id] = at.get(row.station_id, True) and bool(task.outside_min)
        found = frozenset(station for station, only in at.items() if only)
        if found:
            self.calendars[ALWAYS] = Calendar(ALWAYS, ((0, self.horizon),), self.horizon)
        return found

    def _modes(self, task: Any) -> tuple[Mode, ...]:
        """Where it can be done; what has begun stays where it is."""
        choices = self.rows.choices.get(task.id, [])
        if task.started_at is not None and task.station_id:
            choices = [row for row in choices if row.station_id == task.station_id]
        choices = [row for row in choices if not self.rows.stations[row.station_id].retired]
        running = [row for row in choices if not self._machine_down(row)] or choices
        return tuple(
            Mode(
                self._resource_id(task, row.station_id),
                self.duration(task, row.factor),
                self.ticks(max(0, row.preference)),
                self.means.load(task, self.remaining(task), row.station_id),
                self.means.family(task, row.station_id),
            )
            for row in running
        )

    def _resource_id(self, task: Any, station: int) -> str:
        """The station; who mends a machine that stands does not wait until it is assumed to run again."""
        return str(-station if task.kind == MAINTENANCE and station in self.down else station)

    def _machine_down(self, choice: Any) -> bool:
        """Whether the very machine of a choice stands still while others of its station run."""
        machines = self.rows.machines.get(choice.station_id, [])
        stopped = {row.id for row in machines if row.state == "stopped" and row.ended_at is None}
        return choice.machine_id in stopped and choice.station_id not in self.down

    # what cannot be planned

    def _judge(self, task: Any) -> None:
        open_ = [mode for mode in self.modes[task.id] if self._opens(station_of(mode.resource))]
        if {("task", task.id), ("order", task.order_id)} & self.rows.held:
            self._leave(task, "held", str(task.order_id))
        elif not self.modes[task.id]:
            self._leave(task, "no_station", "")
        elif not open_:
            self._leave(task, "closed", str(station_of(self.modes[task.id][0].resource)))
        elif task.skill_id and not self.rows.skilled.get(task.skill_id) and task.id not in self.working:
            self._leave(task, "no_skill", str(task.skill_id))
        else:
            self.modes[task.id] = tuple(open_)

    def _leave(self, task: Any, reason: str, ref: str) -> None:
        self.left[task.id] = LeftOut(task.id, task.order_id, reason, ref)

    def _opens(self, station: int) -> bool:
        return station in self.outside or bool(self.calendar(self.rows.stations[station].shifts).windows)

    def _leave_followers(self, arrows: list[tuple[int, int, Link]]) -> None:
        """What waits for a task that is left out cannot be planned either, unless it is in work."""
        after: dict[int, list[int]] = {}
        for pred, succ, _ in arrows:
            after.setdefault(pred, []).append(succ)
        todo = sorted(self.left)
        while todo:
            here = todo.pop()
            for succ in after.get(here, ()):
                if succ not in self.left and succ not in self.working:
                    self._leave(self.rows.tasks[succ], "waits_for", str(here))
                    todo.append(succ)

    # records

    def _arrows(self, task_id: int) -> list[tuple[int, int, Link]]:
        """Links into a task from open tasks, skipped ones bridged; one for each pair, the first wins."""
        found: dict[int, tuple[int, int, Link]] = {}
        todo = [(link, link.lag_min) for link in self.into.get(task_id, ())]
        while todo:
            link, lag = todo.pop(0)
            if link.status == "skipped":
                todo += [(before, before.lag_min + lag) for before in self.into.get(link.pred_id, ())]
            elif link.pred_id in self.rows.tasks and link.pred_id not in found and not _begun(link):
                found[link.pred_id] = (link.pred_id, task_id, self._link(link, task_id, lag))
        return list(found.values())

    def _link(self, link: Any, succ: int, lag_min: int) -> Link:
        """Pieces flow on as they are reported: in transfer batches, fillings of a jig, or one by one.

        What came already may be worked on now; then only the end has to wait for the rest.
        """
        kind, lag = ("start_start" if link.type == "start_start" else "end_start"), self.ticks(lag_min)
        if kind == "start_start" or link.outside_min:
            return Link(str(link.pred_id), str(succ), kind, lag)  # type: ignore[arg-type]
        task, rest = self.rows.tasks[succ], math.ceil(self.remaining(self.rows.tasks[link.pred_id]))
        if task.outside_min or rest < 1:
            return Link(str(link.pred_id), str(succ), "end_start", lag)
        if not lag and task.quantity_input - _used(task) >= max(1, task.batch_size or 1):
            return Link(str(link.pred_id), str(succ), "end_end", 0)
        enough = math.ceil(max(1, task.batch_size or 1) * link.ratio_den / link.ratio_num)
        batch = link.transfer_batch or max(link.batch_size or 1, enough)
        return Link(str(link.pred_id), str(succ), "end_start", lag, (min(batch, rest), rest))

    def _order(self, task: Any) -> Order:
        # Each step of priority weighs twice the next: 1 is the most urgent of 1 to 5.
        weight = 2 ** max(0, 5 - task.priority)
        release = self.tick(task.earliest_at) if task.earliest_at else 0
        return Order(str(task.order_id), self.tick(task.due_at), max(0, release), weight, task.kind)

    def _needs(self, task: Any) -> bool:
        return bool(task.skill_id and self.rows.skilled.get(task.skill_id))

    def _task(self, task: Any) -> Task:
        modes = self.modes[task.id]
        needs = ((f"skill:{task.skill_id}", 1),) if self._needs(task) else ()
        common = {"id": str(task.id), "order": str(task.order_id), "modes": modes, "needs": needs}
        if task.id not in self.working:
            return Task(**common, release=self._release(task), material=self._material(task), **self._locked(task))
        begun = min(0, self.tick(task.started_at)) if task.started_at else 0
        limit = self.rows.limits.get(station_of(modes[0].resource))
        left = math.ceil(modes[0].ticks * 1000 / limit.permille) if limit else modes[0].ticks
        return Task(**common, state="started", fixed_resource=modes[0].resource, fixed_start=begun,
                    remaining=left)  # fmt: skip

    def _material(self, task: Any) -> int:
        """The tick at which what it consumes is there."""
        at = self.rows.material_at.get(task.id)
        return max(0, self.tick(at)) if at is not None else 0

    def _locked(self, task: Any) -> dict[str, Any]:
        """The place a planner chose, while it lies ahead and its station can still do the task."""
        station, start_at = self.locks.get(task.id, (0, self.now))
        start = self.tick(start_at)
        if start < 0 or str(station) not in {mode.resource for mode in self.modes[task.id]} or not station:
            return {}
        return {"state": "pinned", "fixed_resource": str(station), "fixed_start": start}

    def _release(self, task: Any) -> int:
        """Parts of a finished predecessor rest until their lag has run."""
        rests = [0]
        for link in self.into.get(task.id, ()):
            since = link.started_at if link.type == "start_start" else link.finished_at
            if link.lag_min and since is not None and (link.status in CLOSED or _begun(link)):
                rests.append(self.tick(since) + self.ticks(link.lag_min))
        return max(rests)


def _used(task: Any) -> Decimal:
    return task.quantity_good + task.quantity_scrap + task.quantity_rework


def _begun(link: Any) -> bool:
    """Whether a start-start link has nothing more to wait for but its lag."""
    return link.type == "start_start" and link.started_at is not None
