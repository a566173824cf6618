"""Load against capacity: how much of the open time of each resource and pool a plan uses, by stretch of time."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from scheduling.plan import Plan
from scheduling.problem import Problem, Resource
from scheduling.shop import Shop
from scheduling.windows import steps


@dataclass(frozen=True, slots=True)
class Bucket:
    """One stretch: ticks of capacity that are open, ticks that work takes, ticks of changeover."""

    start: int
    end: int
    open: int
    busy: int
    setup: int = 0

    @property
    def share(self) -> float:
        """Busy over open; 0 where nothing is open."""
        return self.busy / self.open if self.open else 0.0


def load(problem: Problem, plan: Plan, start: int, end: int, step: int) -> dict[str, tuple[Bucket, ...]]:
    """Buckets of `step` ticks in [start, end) by the id of each resource (suppliers excepted)."""
    shop = Shop(problem)
    busy: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in plan.assignments:
        task, on = shop.number[row.task], shop.resource_number[row.resource]
        way = shop.way_on(task, on)
        since = max(row.start, problem.now) if problem.tasks[task].state == "started" else row.start
        if way is not None and since < row.end:
            busy[row.resource].append((since, row.end, way.load))
    changes, stretches = _changes(shop, plan), _stretches(start, end, step)
    machines = [resource for resource in problem.resources if resource.kind == "machine"]
    return {
        one.id: tuple(_bucket(shop, one, busy[one.id], changes[one.id], low, high) for low, high in stretches)
        for one in machines
    }


def _bucket(
    shop: Shop,
    resource: Resource,
    busy: list[tuple[int, int, int]],
    changes: list[tuple[int, int]],
    low: int,
    high: int,
) -> Bucket:
    axis = shop.axes.of(resource)
    work = sum(units * axis.open_between(max(a, low), min(b, high)) for a, b, units in _in(busy, low, high))
    setup = sum(ticks for tick, ticks in changes if low <= tick < high)
    return Bucket(low, high, axis.open_between(low, high) * resource.capacity, work, setup)


def pool_load(problem: Problem, plan: Plan, start: int, end: int, step: int) -> dict[str, tuple[Bucket, ...]]:
    """The same for pools: people (or tools) on shift, and those the plan calls for."""
    shop, out = Shop(problem), {}
    called: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in plan.assignments:
        task, on = shop.number[row.task], shop.resource_number[row.resource]
        way = shop.way_on(task, on)
        if way is None or row.start >= row.end:
            continue
        for pool, quantity in shop.people[task]:
            segments = way.axis.segments(way.axis.to_w(max(row.start, problem.now)), way.axis.to_w(row.end))
            called[pool] += [(a, b, quantity) for a, b in segments]
        for pool, quantity in shop.tools[task]:
            called[pool].append((max(row.start, problem.now), row.end, quantity))
    for one in problem.pools:
        there = steps(one, problem.calendar_by_id, problem.horizon, start, end, problem.absences)
        out[one.id] = tuple(
            Bucket(low, high, _overlap(there, low, high), _overlap(called[one.id], low, high))
            for low, high in _stretches(start, end, step)
        )
    return out


def _stretches(start: int, end: int, step: int) -> list[tuple[int, int]]:
    return [(low, min(low + step, end)) for low in range(start, end, step)]


def _in(rows: Iterable[tuple[int, int, int]], low: int, high: int) -> list[tuple[int, int, int]]:
    return [row for row in rows if row[0] < high and row[1] > low]


def _overlap(rows: Iterable[tuple[int, int, int]], low: int, high: int) -> int:
    return sum(count * (min(b, high) - max(a, low)) for a, b, count in _in(rows, low, high))


def _changes(shop: Shop, plan: Plan) -> dict[str, list[tuple[int, int]]]:
    """(tick of the task behind it, ticks) of each changeover by resource."""
    out: dict[str, list[tuple[int, int]]] = defaultdict(list)
    rows = sorted((row.resource, row.start, row.task) for row in plan.assignments if row.end > row.start)
    family: dict[str, str] = {one.id: one.family for one in shop.problem.resources}
    for resource, start, task in rows:
        mode = shop.problem.task_by_id[task].mode(resource)
        if shop.problem.resource_by_id[resource].setup is None or mode is None:
            continue
        if ticks := shop.problem.changeover(resource, family[resource], mode.family):
            out[resource].append((start, ticks))
        family[resource] = mode.family
    return out
