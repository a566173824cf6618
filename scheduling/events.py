"""What happens on the floor, and the problem it leaves behind; events are records with a JSON form of their own."""

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from scheduling import json_form
from scheduling.errors import InvalidJson, UnknownReference
from scheduling.jobs import Link, Order, Task
from scheduling.problem import Problem
from scheduling.records import Absence, Hole, Resource, Share


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A resource stands still in [start, end): breakdown, maintenance, a holiday of its own."""

    resource: str
    start: int
    end: int
    reason: str = "breakdown"
    kind: Literal["breakdown"] = "breakdown"

    def apply(self, problem: Problem) -> Problem:
        """The problem with the hole in it."""
        return replace(problem, holes=(*problem.holes, Hole(self.resource, self.start, self.end, self.reason)))


@dataclass(frozen=True, slots=True)
class Missing:
    """So many of a pool are absent in [start, end)."""

    pool: str
    start: int
    end: int
    count: int = 1
    kind: Literal["absence"] = "absence"

    def apply(self, problem: Problem) -> Problem:
        """The problem with fewer people."""
        away = Absence(self.pool, self.start, self.end, self.count)
        return replace(problem, absences=(*problem.absences, away))


@dataclass(frozen=True, slots=True)
class Rush:
    """A new order with its tasks and links."""

    order: Order
    tasks: tuple[Task, ...]
    links: tuple[Link, ...] = ()
    kind: Literal["rush"] = "rush"

    def apply(self, problem: Problem) -> Problem:
        """The problem with one more order."""
        return replace(
            problem,
            orders=(*problem.orders, self.order),
            tasks=(*problem.tasks, *self.tasks),
            links=(*problem.links, *self.links),
        )


@dataclass(frozen=True, slots=True)
class Scrap:
    """So many pieces (numerator, denominator) of a task have to be made again."""

    task: str
    pieces: Share
    kind: Literal["scrap"] = "scrap"

    def apply(self, problem: Problem) -> Problem:
        """The problem with a larger quantity; times that are given as a whole grow in proportion."""
        return _with_task(problem, self.task, lambda task: _more(problem, task, Fraction(*self.pieces)))


@dataclass(frozen=True, slots=True)
class Late:
    """The material of a task arrives at this tick only, or earlier than it was expected."""

    task: str
    at: int
    kind: Literal["material"] = "material"

    def apply(self, problem: Problem) -> Problem:
        """The problem with the new date of the material."""
        return _with_task(problem, self.task, lambda task: replace(task, material=self.at))


@dataclass(frozen=True, slots=True)
class Limited:
    """A machine runs at a share of its speed, from now until a tick or until further notice; (1, 1) ends a limit."""

    resource: str
    rate: Share
    until: int | None = None
    kind: Literal["limit"] = "limit"

    def apply(self, problem: Problem) -> Problem:
        """The problem with the slower machine."""
        if self.resource not in problem.resource_by_id:
            raise UnknownReference(kind="event", id=self.kind, field="resource", missing=self.resource)
        if self.until is not None:
            limit = Hole(self.resource, problem.now, self.until, "limit", self.rate)
            return replace(problem, holes=(*problem.holes, limit))
        return replace(problem, resources=tuple(self._limited(one) for one in problem.resources))

    def _limited(self, resource: Resource) -> Resource:
        return replace(resource, rate=self.rate) if resource.id == self.resource else resource


@dataclass(frozen=True, slots=True)
class Paced:
    """A running task has so many ticks left: it goes faster or slower than planned."""

    task: str
    remaining: int
    kind: Literal["progress"] = "progress"

    def apply(self, problem: Problem) -> Problem:
        """The problem with what is left of the task."""
        return _with_task(problem, self.task, lambda task: replace(task, remaining=self.remaining))


Event = Breakdown | Missing | Rush | Scrap | Late | Limited | Paced
KINDS: dict[str, type[Event]] = {
    "breakdown": Breakdown, "absence": Missing, "rush": Rush, "scrap": Scrap, "material": Late, "limit": Limited,
    "progress": Paced,
}  # fmt: skip


def _with_task(problem: Problem, name: str, change: Any) -> Problem:
    if name not in problem.task_by_id:
        raise UnknownReference(kind="event", id="", field="task", missing=name)
    return replace(problem, tasks=tuple(change(task) if task.id == name else task for task in problem.tasks))


def _more(problem: Problem, task: Task, pieces: Fraction) -> Task:
    """A task with so many more pieces to make."""
    before = Fraction(*task.quantity)
    after = before + pieces
    grown = after / before if before else Fraction(1)
    modes = tuple(
        mode if mode.piece_s[0] else replace(mode, ticks=-(-mode.ticks * grown.numerator // grown.denominator))
        for mode in task.modes
    )
    made = replace(task, quantity=(after.numerator, after.denominator), modes=modes)
    if task.remaining is None or task.fixed_resource is None:
        return made
    old, new = task.mode(task.fixed_resource), made.mode(task.fixed_resource)
    assert old is not None and new is not None  # noqa: S101, PT018  (a started task stands on one of its modes)
    return replace(made, remaining=task.remaining + problem.work(made, new) - problem.work(task, old))


def read_events(text: str) -> tuple[int | None, tuple[Event, ...]]:
    """The moment and the events of a JSON text: one event, or {"now": tick, "events": [...]}; InvalidJson."""
    try:
        data = json.loads(text)
    except ValueError as fault:
        raise InvalidJson(path="$", expected=f"JSON text ({fault})") from fault
    if not isinstance(data, dict):
        raise InvalidJson(path="$", expected="an object")
    now = data.pop("now", None)
    if now is not None and type(now) is not int:
        raise InvalidJson(path="$.now", expected="int")
    if "events" not in data:
        return now, (_event(data, "$"),) if data else ()
    if not isinstance(data["events"], list):
        raise InvalidJson(path="$.events", expected="a list")
    return now, tuple(_event(one, f"$.events[{i}]") for i, one in enumerate(data["events"]))


def _event(data: Any, path: str) -> Event:
    kind = KINDS.get(data.get("kind", "")) if isinstance(data, dict) else None
    if kind is None:
        raise InvalidJson(path=f"{path}.kind", expected=f"one of {', '.join(KINDS)}")
    made: Event = json_form.build(kind, data, path)
    return made
