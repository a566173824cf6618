"""A problem compiled for the decoder: numbers for names, working axes made, links in both directions."""

from collections.abc import Mapping
from copy import copy
from typing import NamedTuple

from scheduling.calendar import Axes, Axis
from scheduling.changing import Changing
from scheduling.jobs import Link, Mode, Task
from scheduling.lane import Lane, Outside, Stack
from scheduling.plan import Bound
from scheduling.problem import Problem
from scheduling.records import Resource

Held = Lane | Stack | Changing | Outside
Needs = tuple[tuple[str, int], ...]


class Way(NamedTuple):
    """One mode that can really happen: resource number, its own axis and the axis on which the task works."""

    resource: int
    ticks: int
    preference: int
    load: int
    lane_axis: Axis
    axis: Axis
    family: str
    send: Axis | None
    receive: Axis | None


class Ground(NamedTuple):
    """A resource together with people: its number, axes and gates, and the longest time it is open in one piece."""

    number: int
    lane_axis: Axis
    axis: Axis
    send: Axis | None
    receive: Axis | None
    longest: int


class Before(NamedTuple):
    """One link seen from its successor."""

    pred: int
    link: Link


class Shop:
    """Read-only arrays by task number; made once and used for any number of decodes."""

    def __init__(self, problem: Problem) -> None:
        """Compile; modes whose resource never opens long enough again are left out."""
        self.problem, self.now = problem, problem.now
        self.axes = Axes(problem.horizon, problem.calendar_by_id, problem.pool_by_id, problem.holes, problem.absences)
        self.number = {task.id: i for i, task in enumerate(problem.tasks)}
        self.resource_number = {resource.id: i for i, resource in enumerate(problem.resources)}
        self.order_number = {order.id: i for i, order in enumerate(problem.orders)}
        self.order_of = [self.order_number[task.order] for task in problem.tasks]
        self.release = [self._release(task) for task in problem.tasks]
        self.people = [problem.people(task) for task in problem.tasks]
        self.tools = [problem.tools(task) for task in problem.tasks]
        self.names = [task.id for task in problem.tasks]
        self._since()
        self._grounds: dict[tuple[str, Needs], Ground] = {}
        self.ways = [self._ways(i, task) for i, task in enumerate(problem.tasks)]
        self.before: list[list[Before]] = [[] for _ in problem.tasks]
        self.after: list[list[int]] = [[] for _ in problem.tasks]
        self.stores: list[list[tuple[str, int, int]]] = [[] for _ in problem.tasks]  # buffer, successor, units
        self.puts: list[dict[str, int]] = [{} for _ in problem.tasks]  # units in all by buffer
        for link in problem.links:
            pred, succ = self.number[link.pred], self.number[link.succ]
            self.before[succ].append(Before(pred, link))
            self.after[pred].append(succ)
            if link.buffer is not None:
                self.stores[pred].append((link.buffer, succ, link.units))
                self.puts[pred][link.buffer] = self.puts[pred].get(link.buffer, 0) + link.units
        self.started = [i for i, task in enumerate(problem.tasks) if task.state == "started"]
        self.topological = self._topological()
        self.shortest = [min(way.ticks for way in ways) for ways in self.ways]
        self.tail = self._tails()
        self.plain = self._plain()
        self.preds = [[(pred, link.lag) for pred, link in befores] for befores in self.before]
        self.fast = [[(way.resource, way.ticks, way.preference, way.axis) for way in ways] for ways in self.ways]

    def _since(self) -> None:
        """The earliest start of each task by now, release and material, and which of them says so."""
        self.earliest: list[int] = []
        self.earliest_why: list[tuple[Bound, str]] = []
        for task, release in zip(self.problem.tasks, self.release, strict=True):
            self.earliest.append(max(self.now, release))
            if release <= self.now:
                self.earliest_why.append(("now", ""))
            else:
                waits = task.material == release
                self.earliest_why.append(("material", task.id) if waits else ("release", task.order))

    def lanes(self) -> list[Held]:
        """What each resource holds before anything is placed."""
        return [self._lane(resource) for resource in self.problem.resources]

    def _lane(self, resource: Resource) -> Held:
        if resource.kind == "outside":
            return Outside()
        if resource.batching or resource.setup is not None:
            since, room = self.axes.of(resource).to_w(self.now), resource.capacity if resource.batching else 0

            def change(before: str, after: str) -> int:
                return self.problem.changeover(resource.id, before, after)

            return Changing(change, resource.family, since, room)
        return Lane() if resource.capacity == 1 else Stack(resource.capacity)

    def pins(self) -> dict[int, tuple[int, int]]:
        """Task number → (resource number, start) of what the planner pinned."""
        return {
            i: (self.resource_number[str(task.fixed_resource)], int(task.fixed_start or 0))
            for i, task in enumerate(self.problem.tasks)
            if task.state == "pinned"
        }

    def way_on(self, task: int, resource: int) -> Way | None:
        """The task's way on this resource, or None."""
        return next((way for way in self.ways[task] if way.resource == resource), None)

    def _release(self, task: Task) -> int:
        return max(task.release, task.material, self.problem.order_by_id[task.order].release)

    def _ways(self, number: int, task: Task) -> list[Way]:
        if task.state == "started":
            mode = task.mode(str(task.fixed_resource))
            return [self._way(number, task, mode)] if mode is not None else []
        found = [self._way(number, task, mode) for mode in task.modes]
        longest = [self._ground(mode.resource, self.people[number]).longest for mode in task.modes]
        return [
            way
            for way, most in zip(found, longest, strict=True)
            if most > 0 and (task.splittable or most >= way.ticks)
        ]  # fmt: skip

    def _way(self, number: int, task: Task, mode: Mode) -> Way:
        at = self._ground(mode.resource, self.people[number])
        ticks = self.problem.work(task, mode)
        return Way(
            at.number, ticks, mode.preference, mode.load, at.lane_axis, at.axis, mode.family, at.send, at.receive
        )  # fmt: skip

    def _ground(self, name: str, people: Needs) -> Ground:
        """What the tasks of one resource with the same people share: made once, asked for by every way."""
        key = (name, people)
        if key not in self._grounds:
            resource = self.problem.resource_by_id[name]
            send, receive = (self.axes.plain(gate) if gate else None for gate in (resource.send, resource.receive))
            self._grounds[key] = Ground(
                self.resource_number[name], self.axes.of(resource), self.axes.of(resource, people), send, receive,
                self.problem.reach.longest(resource, people),
            )  # fmt: skip
        return self._grounds[key]

    def _plain(self) -> list[bool]:
        """Tasks that need nothing but one machine at a time that works whenever its calendar is open."""
        simple = [type(lane) is Lane for lane in self.lanes()]
        return [
            task.splittable
            and not task.windows
            and not task.needs
            and not self.stores[i]
            and all(link.kind == "end_start" and link.overlap is None for _, link in self.before[i])
            and all(simple[way.resource] and way.ticks > 0 for way in self.ways[i])
            for i, task in enumerate(self.problem.tasks)
        ]

    def later(self, ticks: Mapping[int, int]) -> "Shop":
        """The same shop in which some tasks may not begin before a tick."""
        other = copy(self)
        other.release = list(self.release)
        for task, tick in ticks.items():
            other.release[task] = max(self.release[task], tick)
        other._since()
        return other

    def topological_rank(self) -> list[int]:
        """Priorities by which everything is placed as soon as its predecessors are."""
        rank = [0] * len(self.topological)
        for place, task in enumerate(self.topological):
            rank[task] = place
        return rank

    def _topological(self) -> list[int]:
        waits = [len(befores) for befores in self.before]
        ready = [i for i, count in enumerate(waits) if count == 0]
        for task in ready:
            for succ in self.after[task]:
                waits[succ] -= 1
                if waits[succ] == 0:
                    ready.append(succ)
        return ready

    def _tails(self) -> list[int]:
        """Shortest work from the start of each task to the end of what hangs on it, in ticks."""
        tail = [0] * len(self.ways)
        for task in reversed(self.topological):
            tail[task] = self.shortest[task] + max((tail[succ] for succ in self.after[task]), default=0)
        return tail
