"""A problem compiled for the decoder: numbers for names, working axes made, links in both directions."""

from typing import NamedTuple

from scheduling.calendar import Axes, Axis
from scheduling.problem import Problem
from scheduling.records import Link, Mode, Task


class Way(NamedTuple):
    """One mode that can really happen: resource number, its own axis and the axis on which the task works."""

    resource: int
    ticks: int
    preference: int
    load: int
    lane_axis: Axis
    axis: Axis


class Before(NamedTuple):
    """One link seen from its successor."""

    pred: int
    link: Link


class Shop:
    """Read-only arrays by task number; made once and used for any number of decodes."""

    def __init__(self, problem: Problem) -> None:
        """Compile; modes whose resource never opens long enough again are left out."""
        self.problem, self.now = problem, problem.now
        self.axes = Axes(problem.horizon, problem.calendar_by_id, problem.pool_by_id, problem.holes)
        self.number = {task.id: i for i, task in enumerate(problem.tasks)}
        self.resource_number = {resource.id: i for i, resource in enumerate(problem.resources)}
        self.order_number = {order.id: i for i, order in enumerate(problem.orders)}
        self.order_of = [self.order_number[task.order] for task in problem.tasks]
        self.release = [self._release(task) for task in problem.tasks]
        self.ways = [self._ways(task) for task in problem.tasks]
        self.before: list[list[Before]] = [[] for _ in problem.tasks]
        self.after: list[list[int]] = [[] for _ in problem.tasks]
        for link in problem.links:
            pred, succ = self.number[link.pred], self.number[link.succ]
            self.before[succ].append(Before(pred, link))
            self.after[pred].append(succ)
        self.started = [i for i, task in enumerate(problem.tasks) if task.state == "started"]
        self.topological = self._topological()
        self.shortest = [min(way.ticks for way in ways) for ways in self.ways]
        self.tail = self._tails()

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
        return max(task.release, self.problem.order_by_id[task.order].release)

    def _ways(self, task: Task) -> list[Way]:
        if task.state == "started":
            mode = task.mode(str(task.fixed_resource))
            return [self._way(task, mode)] if mode is not None else []
        return [self._way(task, mode) for mode in task.modes if self._can(task, mode)]

    def _can(self, task: Task, mode: Mode) -> bool:
        longest = self.problem.reach.longest(self.problem.resource_by_id[mode.resource], task.needs)
        return longest > 0 and (task.splittable or longest >= mode.ticks)

    def _way(self, task: Task, mode: Mode) -> Way:
        resource = self.problem.resource_by_id[mode.resource]
        own, axis = self.axes.of(resource), self.axes.of(resource, task.needs)
        return Way(self.resource_number[mode.resource], mode.ticks, mode.preference, mode.load, own, axis)

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
