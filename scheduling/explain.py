"""Why an order is late: the last ticks before its end, each given to what held it up, adding up to the lateness.

The walk goes backwards from the order's last task. Inside a task the ticks are work or closed calendar; before it,
closed calendar or the limit that bound its start; then it goes on where the task became ready: at a predecessor, a
release or the present.
"""

from dataclasses import dataclass
from typing import Literal

from scheduling.calendar import Axes
from scheduling.compare import lateness
from scheduling.errors import PlanIncomplete, UnknownOrder
from scheduling.jobs import Link, Task
from scheduling.plan import Assignment, Bound, Plan
from scheduling.problem import Problem
from scheduling.waits import share

Tag = Literal["work"] | Bound


@dataclass(frozen=True, slots=True)
class Part:
    """Ticks of an order's lateness given to one reason; `ref` is the task, resource, pool or order behind it."""

    tag: Tag
    ref: str
    ticks: int


def explain(problem: Problem, plan: Plan, order: str) -> tuple[Part, ...]:
    """The chain of a late order, latest part first; empty when it is in time; UnknownOrder, PlanIncomplete."""
    if order not in problem.order_by_id:
        raise UnknownOrder(order=order)
    return Walker(problem, plan).chain(order)


def explain_all(problem: Problem, plan: Plan) -> dict[str, tuple[Part, ...]]:
    """The chains of all late orders by order id."""
    walker = Walker(problem, plan)
    return {order: walker.chain(order) for order in sorted(lateness(problem, plan))}


class Walker:
    """What all walks through one plan share: open times, links backwards, tasks of each order."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        """Refuse a plan that lacks tasks of the problem (PlanIncomplete)."""
        self.problem, self.plan = problem, plan
        self.axes = Axes(problem.horizon, problem.calendar_by_id, problem.pool_by_id, problem.holes, problem.absences)
        self.before: dict[str, list[Link]] = {}
        for link in problem.links:
            self.before.setdefault(link.succ, []).append(link)
        self.last: dict[str, Assignment] = {}
        for task in problem.tasks:
            row = plan.by_task.get(task.id)
            if row is None:
                raise PlanIncomplete(task=task.id)
            if task.order not in self.last or row.end > self.last[task.order].end:
                self.last[task.order] = row

    def chain(self, order: str) -> tuple[Part, ...]:
        """The parts of one order's lateness, none when it is in time."""
        due, row = self.problem.order_by_id[order].due, self.last.get(order)
        if due is None or row is None or row.end <= due:
            return ()
        book = Book(due, row.end)
        here: Assignment | None = row
        while here is not None and book.cursor > due:
            here = self._through(book, here)
        return tuple(book.parts)

    def _through(self, book: "Book", row: Assignment) -> Assignment | None:
        """Book one task and its waiting; gives the predecessor to go on with, or None at a root."""
        task = self.problem.task_by_id[row.task]
        self._stretch(book, task, row, row.start, ("work", row.task))
        if task.state == "started":
            book.add("frozen", row.task, book.cursor - book.due)
            return None
        limit = self._ready(task)
        self._changeover(book, row)
        self._stretch(book, task, row, limit.tick, (row.bound_by, row.bound_ref))
        if limit.link is None:
            book.add(limit.tag, limit.ref, book.cursor - book.due)
            return None
        book.add("lag", limit.link.pred, limit.link.lag)
        return self.plan.by_task[limit.link.pred]

    def _changeover(self, book: "Book", row: Assignment) -> None:
        """Book the changeover right before a task that waited for its machine."""
        machine = self.problem.resource_by_id[row.resource]
        if machine.setup is None or row.bound_by not in ("resource_busy", "setup"):
            return
        before = self.plan.by_task.get(row.bound_ref) if row.bound_by == "resource_busy" else None
        was = self._family(before) if before is not None else machine.family
        book.add("setup", row.resource, self.problem.changeover(machine.id, was, self._family(row)))

    def _family(self, row: Assignment) -> str:
        mode = self.problem.task_by_id[row.task].mode(row.resource)
        return "" if mode is None else mode.family

    def _stretch(self, book: "Book", task: Task, row: Assignment, start: int, reason: tuple[Tag, str]) -> None:
        """Book [start, cursor): the open ticks to the reason, the rest to the closed calendar."""
        low = max(start, book.due)
        if low >= book.cursor:
            return
        axis = self.axes.of(self.problem.resource_by_id[row.resource], self.problem.people(task))
        closed = book.cursor - low - axis.open_between(low, book.cursor)
        book.add(*reason, book.cursor - low - closed)
        book.add("calendar_closed", row.resource, closed)

    def _ready(self, task: Task) -> "Limit":
        """What the task waited for last: the present, its release or a link."""
        best = Limit(self.problem.now, "now", "")
        release = max(task.release, self.problem.order_by_id[task.order].release)
        if release > best.tick:
            best = Limit(release, "release", task.order)
        if task.material > best.tick or (task.material == best.tick and best.tag == "release"):
            best = Limit(task.material, "material", task.id)
        for link in self.before.get(task.id, ()):
            if link.kind != "end_end" and (tick := self._let_go(link) + link.lag) > best.tick:
                best = Limit(tick, "predecessor", link.pred, link)
        return best

    def _let_go(self, link: Link) -> int:
        """Tick at which the predecessor lets its successor start, before the lag."""
        row, task = self.plan.by_task[link.pred], self.problem.task_by_id[link.pred]
        if link.kind == "start_start":
            return row.start
        mode = task.mode(row.resource)
        ticks = 0 if mode is None else self.problem.work(task, mode)
        if link.overlap is None or ticks == 0:
            return row.end
        axis = self.axes.of(self.problem.resource_by_id[row.resource], self.problem.people(task))
        return axis.end_r(axis.to_w(row.end) - ticks + share(link.overlap, ticks))


@dataclass(frozen=True, slots=True)
class Limit:
    """The latest thing a task waited for; `link` when it was a predecessor."""

    tick: int
    tag: Tag
    ref: str
    link: Link | None = None


class Book:
    """Parts booked so far; the cursor stands at the earliest tick that is explained."""

    def __init__(self, due: int, end: int) -> None:
        """Nothing is explained yet."""
        self.due, self.cursor = due, end
        self.parts: list[Part] = []

    def add(self, tag: Tag, ref: str, ticks: int) -> None:
        """Give ticks to a reason, never beyond the due date; equal neighbours become one part."""
        ticks = min(ticks, self.cursor - self.due)
        if ticks <= 0:
            return
        self.cursor -= ticks
        if self.parts and (self.parts[-1].tag, self.parts[-1].ref) == (tag, ref):
            ticks += self.parts.pop().ticks
        self.parts.append(Part(tag, ref, ticks))
