"""Does a plan keep every rule of its problem? Independent of the decoder: sweep lines over what the problem says."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from scheduling.problem import Link, Mode, Problem, Resource, Task
from scheduling.verify_open import Open, pool_marks

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
        self.placed = list(self._placed())
        self._gates: dict[str, Open] = {}

    def broken(self, code: str, *objects: str, tick: int | None = None) -> None:
        """Note a violation."""
        self.found.append(Violation(code, objects, tick))

    def open(self, task: Task, resource: str) -> Open:
        """Open time of the resource together with the people the task needs."""
        people = self.problem.people(task)
        key = (resource, people)
        if key not in self._open:
            self._open[key] = Open(self.problem, resource, people, self.high)
        return self._open[key]

    def _placed(self) -> Iterable[tuple[Task, Mode, Row]]:
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
            left = max(1, self.problem.work(task, mode) - work.ticks(row.start, now))
        if left == 0 and row.end != now:
            self.broken("wrong_duration", task.id)
        if self.problem.resource_by_id[row.resource].receive is not None:
            self._received(task, work, now, row, left)
        elif left > 0:
            self._length(task, work, now, row.end, left)

    def _planned(self, task: Task, mode: Mode, row: Row) -> None:
        work = self.open(task, row.resource)
        if row.start < self.problem.now:
            self.broken("in_the_past", task.id, tick=row.start)
        if row.start < max(task.release, task.material, self.problem.order_by_id[task.order].release):
            self.broken("release_broken", task.id, task.order, tick=row.start)
        if not work.at(row.start):
            self.broken("closed_calendar", task.id, row.resource, tick=row.start)
        if task.windows and not any(low <= row.start and row.end <= high for low, high in task.windows):
            self.broken("window_missed", task.id, tick=row.start)
        ticks = self.problem.work(task, mode)
        if self.problem.resource_by_id[row.resource].kind == "outside":
            self._outside(task, work, row, ticks)
        elif ticks == 0:
            if row.end != row.start:
                self.broken("wrong_duration", task.id)
        else:
            self._length(task, work, row.start, row.end, ticks)
            if not task.splittable and row.end - row.start != ticks:
                self.broken("paused", task.id, row.resource)

    def _outside(self, task: Task, work: Open, row: Row, ticks: int) -> None:
        """Goods leave while the carrier calls and come back when goods are received."""
        resource = self.problem.resource_by_id[row.resource]
        if resource.send is not None and not self._calendar(resource.send).at(row.start):
            self.broken("closed_calendar", task.id, row.resource, tick=row.start)
        if resource.receive is not None:
            self._received(task, work, row.start, row, ticks)
        elif ticks:
            self._length(task, work, row.start, row.end, ticks)
        elif row.end != row.start:
            self.broken("wrong_duration", task.id)

    def _received(self, task: Task, work: Open, since: int, row: Row, ticks: int) -> None:
        """The end is the first open tick of goods receipt once so much work is done."""
        gate = self._calendar(str(self.problem.resource_by_id[row.resource].receive))
        done = work.done(since, ticks)
        if done is None or row.end < done or not gate.at(row.end) or gate.ticks(done, row.end):
            self.broken("wrong_duration", task.id)

    def _calendar(self, name: str) -> Open:
        if name not in self._gates:
            self._gates[name] = Open.plain(self.problem, name, self.high)
        return self._gates[name]

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
        before, after = self.problem.work(ahead, first), self.problem.work(behind, last)
        return undone * whole <= before * (whole - part) and rest * whole >= after * part

    # many tasks

    def capacities(self) -> None:
        """No resource holds more than it can, running tasks among themselves excepted: they are facts."""
        marks: dict[str, list[Mark]] = defaultdict(list)
        for task, mode, row in self.placed:
            start = self.busy_from(task, row)
            if start < row.end:
                marks[row.resource] += [(start, mode.load, task.id), (row.end, -mode.load, task.id)]
        for name, edges in marks.items():
            if self.problem.resource_by_id[name].kind == "machine":
                self._sweep("overlap", name, edges, [(-(1 << 60), self.problem.resource_by_id[name].capacity)])

    def families(self) -> None:
        """Machines change over between families; what is in an oven together is of one kind and goes in together."""
        rows: dict[str, list[tuple[int, int, str, str]]] = defaultdict(list)
        for task, mode, row in self.placed:
            resource = self.problem.resource_by_id[row.resource]
            start = self.busy_from(task, row)
            if start < row.end and (resource.batching or resource.setup is not None):
                rows[row.resource].append((start, row.end, task.id, mode.family))
        for name, found in rows.items():
            self._in_turn(self.problem.resource_by_id[name], self._facts_first(found))

    def _facts_first(self, rows: list[tuple[int, int, str, str]]) -> list[tuple[int, int, str, str]]:
        """In the order of starts; of what runs only the one that runs longest: facts may overlap."""
        running = [row for row in rows if self.problem.task_by_id[row[2]].state == "started"]
        free = sorted(row for row in rows if self.problem.task_by_id[row[2]].state != "started")
        return [max(running, key=lambda row: row[1]), *free] if running else free

    def _in_turn(self, resource: Resource, rows: list[tuple[int, int, str, str]]) -> None:
        first = rows[0]
        work = Open(self.problem, resource.id, (), self.high)
        if self.problem.task_by_id[first[2]].state != "started":
            need = self.problem.changeover(resource.id, resource.family, first[3])
            if work.ticks(self.problem.now, first[0]) < need:
                self.broken("setup_missing", resource.id, first[2], tick=first[0])
        for before, after in pairwise(rows):
            if after[0] < before[1]:
                together = resource.batching and (before[0], before[1], before[3]) == (after[0], after[1], after[3])
                if resource.batching and not together:
                    self.broken("batch_mixed", resource.id, before[2], after[2], tick=after[0])
            elif work.ticks(before[1], after[0]) < self.problem.changeover(resource.id, before[3], after[3]):
                self.broken("setup_missing", resource.id, before[2], after[2], tick=after[0])

    def buffers(self) -> None:
        """No buffer holds more than it can, what running tasks put there and what lies there now excepted."""
        marks: dict[str, list[Mark]] = defaultdict(list)
        for task in self.problem.tasks:
            row = self.rows.get(task.id)
            for buffer, units in task.stored if row is not None else ():
                assert row is not None  # noqa: S101
                if row.start > self.problem.now:
                    marks[buffer] += [(self.problem.now, units, ""), (row.start, -units, "")]
        for link in self.problem.links:
            pred, succ = self.rows.get(link.pred), self.rows.get(link.succ)
            if link.buffer is not None and pred is not None and succ is not None and pred.end < succ.start:
                running = self.problem.task_by_id[link.pred].state == "started"
                name = "" if running else link.pred
                marks[link.buffer] += [(pred.end, link.units, name), (succ.start, -link.units, name)]
        for name, edges in marks.items():
            self._sweep("buffer_full", name, edges, [(-(1 << 60), self.problem.buffer_by_id[name].capacity)])

    def pools(self) -> None:
        """No pool works with more people than are on shift."""
        marks: dict[str, list[Mark]] = defaultdict(list)
        for task, mode, row in self.placed:
            if not task.needs:
                continue
            since = self.busy_from(task, row)
            for start, end in self.open(task, row.resource).pieces(since, self._worked_until(task, mode, row)):
                for pool, quantity in self.problem.people(task):
                    marks[pool] += [(start, quantity, task.id), (end, -quantity, task.id)]
            for pool, quantity in self.problem.tools(task) if since < row.end else ():
                marks[pool] += [(since, quantity, task.id), (row.end, -quantity, task.id)]
        for pool, edges in marks.items():
            self._sweep("pool_exceeded", pool, edges, pool_marks(self.problem, pool, self.high))

    def _worked_until(self, task: Task, mode: Mode, row: Row) -> int:
        """Goods that wait for their receipt need nobody any more."""
        if self.problem.resource_by_id[row.resource].receive is None:
            return row.end
        work, left = self.open(task, row.resource), self.problem.work(task, mode)
        if task.state == "started":
            gone = work.ticks(row.start, self.problem.now)
            left = max(1, left - gone) if task.remaining is None else task.remaining
        done = work.done(self.busy_from(task, row), left)
        return row.end if done is None else min(row.end, done)

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
            if last and used > have and any(map(self._planned_freely, held)):
                self.broken(code, name, *sorted(held), tick=tick)

    def _planned_freely(self, task: str) -> bool:
        """Whether this is no fact: not running, and not something (named "") that lies in a buffer already."""
        return bool(task) and self.problem.task_by_id[task].state != "started"


def verify(
    problem: Problem,
    plan: Rows,
    frozen: Mapping[str, tuple[str, int]] | None = None,
    thawed: Collection[str] = (),
) -> list[Violation]:
    """Every broken rule of the plan, none when it is good.

    `frozen` are (resource, start) that had to stay besides the problem's pins; `thawed` are pins the planner was
    told about. Codes: unknown_task double_task missing_task wrong_resource wrong_duration in_the_past
    release_broken closed_calendar paused frozen_moved link_broken overlap pool_exceeded window_missed setup_missing
    batch_mixed buffer_full.
    """
    check = Check(problem, plan)
    for row in check.rows.values():
        check.task(row)
    check.fixed(frozen or {}, thawed)
    for link in problem.links:
        check.link(link)
    check.capacities()
    check.families()
    check.pools()
    check.buffers()
    return check.found
