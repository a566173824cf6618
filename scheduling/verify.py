"""Does a plan keep every rule of its problem? Independent of the decoder: sweep lines over what the problem says."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from scheduling.problem import Calendar, Link, Mode, Problem, Task

Mark = tuple[int, int, str]  # tick, change of load, task


class Row(Protocol):
    """What is read of an assignment."""

    @property
    def task(self) -> str: ...
    @property
    def resource(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Rows(Protocol):
    """What is read of a plan."""

    @property
    def assignments(self) -> Sequence[Row]: ...


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: a code and the ids of what is involved."""

    code: str
    objects: tuple[str, ...]
    tick: int | None = None


class Open:
    """Open time of a resource together with pools: edges of a sweep over calendars and holes."""

    def __init__(self, problem: Problem, resource: str, needs: Iterable[tuple[str, int]], high: int) -> None:
        """Sweep every calendar up to `high`; time is open where all conditions hold at once."""
        calendar = problem.calendar_by_id[problem.resource_by_id[resource].calendar]
        conditions = [(list(_openings(problem, calendar, high, 1)), 1)]
        for pool, quantity in needs:
            conditions.append((pool_marks(problem, pool, high), quantity))
        closed = [(hole.start, hole.end) for hole in problem.holes if hole.resource == resource]
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.before: list[int] = [0]
        self._sweep(conditions, closed)

    def _sweep(self, conditions: Sequence[tuple[list[tuple[int, int]], int]], closed: list[tuple[int, int]]) -> None:
        level, down = [0] * len(conditions), 0
        marks = [(tick, i, change) for i, (edges, _) in enumerate(conditions) for tick, change in edges]
        marks += [(start, -1, 1) for start, _ in closed] + [(end, -1, -1) for _, end in closed]
        opened: int | None = None
        marks.sort()
        for place, (tick, which, change) in enumerate(marks):
            if which < 0:
                down += change
            else:
                level[which] += change
            if place + 1 < len(marks) and marks[place + 1][0] == tick:
                continue
            working = down == 0 and all(have >= need for have, (_, need) in zip(level, conditions, strict=True))
            if working and opened is None:
                opened = tick
            elif not working and opened is not None:
                self._add(opened, tick)
                opened = None

    def _add(self, start: int, end: int) -> None:
        self.starts.append(start)
        self.ends.append(end)
        self.before.append(self.before[-1] + end - start)

    def at(self, tick: int) -> bool:
        """Whether the tick [tick, tick+1) is open."""
        i = bisect_right(self.starts, tick) - 1
        return i >= 0 and tick < self.ends[i]

    def ticks(self, start: int, end: int) -> int:
        """Open ticks in [start, end); 0 when the interval is empty."""
        return self._until(end) - self._until(start) if end > start else 0

    def _until(self, tick: int) -> int:
        i = bisect_right(self.starts, tick) - 1
        return 0 if i < 0 else self.before[i] + min(tick, self.ends[i]) - self.starts[i]

    def pieces(self, start: int, end: int) -> Iterable[tuple[int, int]]:
        """Open pieces of [start, end)."""
        for i in range(max(bisect_right(self.starts, start) - 1, 0), len(self.starts)):
            if self.starts[i] >= end:
                return
            if self.ends[i] > start:
                yield max(start, self.starts[i]), min(end, self.ends[i])


def _openings(problem: Problem, calendar: Calendar, high: int, count: int) -> Iterable[tuple[int, int]]:
    """+count where a window opens and -count where it closes, repetitions included."""
    for start, end in calendar.windows:
        yield start, count
        yield end, -count
    turn = problem.horizon
    while calendar.repeat and turn <= high:
        shift = turn - problem.horizon + calendar.repeat
        for start, end in calendar.windows:
            if end + shift > turn:
                yield max(start + shift, turn), count
                yield end + shift, -count
        turn += calendar.repeat


def pool_marks(problem: Problem, pool: str, high: int) -> list[tuple[int, int]]:
    """Changes of a pool's headcount by time."""
    marks: list[tuple[int, int]] = []
    for calendar, count in problem.pool_by_id[pool].shifts:
        marks += _openings(problem, problem.calendar_by_id[calendar], high, count)
    return marks


class Check:
    """One verification: the rows that can be read, the open times they need, and what is broken so far."""

    def __init__(self, problem: Problem, plan: Rows) -> None:
        """Sort out rows of unknown, doubled or missing tasks."""
        self.problem, self.found = problem, list[Violation]()
        self.rows: dict[str, Row] = {}
        for row in plan.assignments:
            if row.task not in problem.task_by_id:
                self.broken("unknown_task", row.task)
            elif row.task in self.rows:
                self.broken("double_task", row.task)
            else:
                self.rows[row.task] = row
        for task in problem.tasks:
            if task.id not in self.rows:
                self.broken("missing_task", task.id)
        self.high = max([row.end for row in self.rows.values()] + [problem.now, problem.horizon]) + 1
        self._open: dict[tuple[str, tuple[tuple[str, int], ...]], Open] = {}

    def broken(self, code: str, *objects: str, tick: int | None = None) -> None:
        """Note a violation."""
        self.found.append(Violation(code, objects, tick))

    def open(self, task: Task, resource: str) -> Open:
        """Open time of the resource together with the task's pools."""
        key = (resource, task.needs)
        if key not in self._open:
            self._open[key] = Open(self.problem, resource, task.needs, self.high)
        return self._open[key]

    def placed(self) -> Iterable[tuple[Task, Mode, Row]]:
        """Tasks that stand on a resource able to do them."""
        for name, row in self.rows.items():
            task = self.problem.task_by_id[name]
            mode = task.mode(row.resource)
            if mode is not None:
                yield task, mode, row

    def busy_from(self, task: Task, row: Row) -> int:
        """From when a row holds its resource as far as planning goes: running tasks from now."""
        return max(row.start, self.problem.now) if task.state == "started" else row.start

    # one task by itself

    def task(self, row: Row) -> None:
        """Resource, time and length of one row."""
        task = self.problem.task_by_id[row.task]
        mode = task.mode(row.resource)
        if mode is None:
            self.broken("wrong_resource", task.id, row.resource)
        elif task.state == "started":
            self._running(task, mode, row)
        else:
            self._planned(task, mode, row)

    def _running(self, task: Task, mode: Mode, row: Row) -> None:
        if (row.resource, row.start) != (task.fixed_resource, task.fixed_start):
            self.broken("frozen_moved", task.id)
            return
        now, work = self.problem.now, self.open(task, row.resource)
        left = task.remaining
        if left is None:
            left = max(1, mode.ticks - work.ticks(row.start, now))
        if left == 0 and row.end != now:
            self.broken("wrong_duration", task.id)
        if left > 0:
            self._length(task, work, now, row.end, left)

    def _planned(self, task: Task, mode: Mode, row: Row) -> None:
        work = self.open(task, row.resource)
        if row.start < self.problem.now:
            self.broken("in_the_past", task.id, tick=row.start)
        if row.start < max(task.release, self.problem.order_by_id[task.order].release):
            self.broken("release_broken", task.id, task.order, tick=row.start)
        if not work.at(row.start):
            self.broken("closed_calendar", task.id, row.resource, tick=row.start)
        if mode.ticks == 0:
            if row.end != row.start:
                self.broken("wrong_duration", task.id)
            return
        self._length(task, work, row.start, row.end, mode.ticks)
        if not task.splittable and row.end - row.start != mode.ticks:
            self.broken("paused", task.id, row.resource)

    def _length(self, task: Task, work: Open, start: int, end: int, ticks: int) -> None:
        if end <= start or work.ticks(start, end) != ticks:
            self.broken("wrong_duration", task.id)
        elif not work.at(end - 1):
            self.broken("closed_calendar", task.id, tick=end)

    def fixed(self, frozen: Mapping[str, tuple[str, int]], thawed: Collection[str]) -> None:
        """Pinned and frozen tasks stand where they were put."""
        places = {
            task.id: (str(task.fixed_resource), int(task.fixed_start or 0))
            for task in self.problem.tasks
            if task.state == "pinned" and task.id not in thawed
        }
        for name, place in {**places, **frozen}.items():
            row = self.rows.get(name)
            if row is not None and (row.resource, row.start) != place:
                self.broken("frozen_moved", name)

    # two tasks

    def link(self, link: Link) -> None:
        """One link; what already runs cannot break it any more."""
        pred, succ = self.rows.get(link.pred), self.rows.get(link.succ)
        if pred is None or succ is None or self.problem.task_by_id[link.succ].state == "started":
            return
        if link.kind == "end_start" and link.overlap is None:
            good = succ.start >= pred.end + link.lag
        elif link.kind == "start_start":
            good = succ.start >= pred.start + link.lag
        else:
            good = succ.end >= pred.end + link.lag and self._batches(link, pred, succ)
        if not good:
            self.broken("link_broken", link.pred, link.succ, tick=succ.start)

    def _batches(self, link: Link, pred: Row, succ: Row) -> bool:
        if link.overlap is None:
            return True
        part, whole = link.overlap
        ahead, behind = self.problem.task_by_id[link.pred], self.problem.task_by_id[link.succ]
        first, last = ahead.mode(pred.resource), behind.mode(succ.resource)
        if first is None or last is None:
            return True  # told as wrong_resource
        undone = self.open(ahead, pred.resource).ticks(max(succ.start - link.lag, pred.start), pred.end)
        rest = self.open(behind, succ.resource).ticks(max(pred.end + link.lag, succ.start), succ.end)
        return undone * whole <= first.ticks * (whole - part) and rest * whole >= last.ticks * part

    # many tasks

    def capacities(self) -> None:
        """No resource holds more than it can, running tasks among themselves excepted: they are facts."""
        marks: dict[str, list[Mark]] = defaultdict(list)
        for task, mode, row in self.placed():
            start = self.busy_from(task, row)
            if start < row.end:
                marks[row.resource] += [(start, mode.load, task.id), (row.end, -mode.load, task.id)]
        for resource, edges in marks.items():
            self._sweep("overlap", resource, edges, [(-(1 << 60), self.problem.resource_by_id[resource].capacity)])

    def pools(self) -> None:
        """No pool works with more people than are on shift."""
        marks: dict[str, list[Mark]] = defaultdict(list)
        for task, _, row in self.placed():
            for start, end in (
                self.open(task, row.resource).pieces(self.busy_from(task, row), row.end) if task.needs else ()
            ):
                for pool, quantity in task.needs:
                    marks[pool] += [(start, quantity, task.id), (end, -quantity, task.id)]
        for pool, edges in marks.items():
            self._sweep("pool_exceeded", pool, edges, pool_marks(self.problem, pool, self.high))

    def _sweep(self, code: str, name: str, edges: list[Mark], room: list[tuple[int, int]]) -> None:
        held: dict[str, int] = {}
        have = used = 0
        events = [(tick, 0, change, "") for tick, change in room] + [
            (tick, 1, load, task) for tick, load, task in edges
        ]
        events.sort()
        for place, (tick, kind, change, task) in enumerate(events):
            if kind == 0:
                have += change
            else:
                used += change
                held[task] = held.get(task, 0) + change
                if held[task] == 0:
                    del held[task]
            last = place + 1 == len(events) or events[place + 1][0] != tick
            if last and used > have and any(self.problem.task_by_id[one].state != "started" for one in held):
                self.broken(code, name, *sorted(held), tick=tick)


def verify(
    problem: Problem,
    plan: Rows,
    frozen: Mapping[str, tuple[str, int]] | None = None,
    thawed: Collection[str] = (),
) -> list[Violation]:
    """Every broken rule of the plan, none when it is good.

    `frozen` are (resource, start) that had to stay besides the problem's pins; `thawed` are pins the planner was
    told about. Codes: unknown_task double_task missing_task wrong_resource wrong_duration in_the_past
    release_broken closed_calendar paused frozen_moved link_broken overlap pool_exceeded.
    """
    check = Check(problem, plan)
    for row in check.rows.values():
        check.task(row)
    check.fixed(frozen or {}, thawed)
    for link in problem.links:
        check.link(link)
    check.capacities()
    check.pools()
    return check.found
