"""A task is dragged on the board: may it lie there, what does it push, and where else could it land."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from scheduling.compare import Move, compare, lateness
from scheduling.decode import decode
from scheduling.errors import SchedulingError, UnknownReference
from scheduling.plan import Assignment, Plan
from scheduling.problem import Problem
from scheduling.schedule import Schedule, objective, places, plan_of
from scheduling.shop import Shop
from scheduling.solve import start_order
from scheduling.verify import Violation, verify


@dataclass(frozen=True, slots=True)
class Landing:
    """A place where the task would fit while everything else stays."""

    resource: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Drop:
    """What a drop means.

    `ok`: it fits as it is. `violations` are rules it breaks while everything else stays. `plan` is the plan that
    follows from it, None when the task cannot lie there at all; `moves` are the other tasks it pushes, `late` the
    orders whose lateness changes as (order, before, after). `landings` are places without a knock-on, nearest first.
    """

    ok: bool
    start: int
    end: int
    violations: tuple[Violation, ...]
    plan: Plan | None
    moves: tuple[Move, ...]
    late: tuple[tuple[str, int, int], ...]
    landings: tuple[Landing, ...]


def drop(problem: Problem, plan: Plan, task: str, resource: str, start: int) -> Drop:
    """Judge putting a task on a resource at a tick; nothing is changed. UnknownReference names a stranger."""
    if task not in problem.task_by_id:
        raise UnknownReference(kind="drop", id=task, field="task", missing=task)
    if resource not in problem.resource_by_id:
        raise UnknownReference(kind="drop", id=task, field="resource", missing=resource)
    shop = Shop(problem)
    old = places(shop, plan)
    row = _snapped(shop, task, resource, start)
    bent = replace(plan, assignments=tuple(row if one.task == task else one for one in plan.assignments))
    known = {(found.code, found.objects) for found in verify(problem, plan)}
    broken = tuple(found for found in verify(problem, bent) if (found.code, found.objects) not in known)
    after = _after(shop, old, task, row) if broken else _same(shop, bent)
    moves = tuple(move for move in compare(plan, after).moves if move.task != task) if after is not None else ()
    late = _changed(lateness(problem, plan), lateness(problem, after)) if after is not None else ()
    return Drop(not broken, row.start, row.end, broken, after, moves, late, _landings(shop, old, task, start))


def _snapped(shop: Shop, task: str, resource: str, start: int) -> Assignment:
    """The row of a drop: behind closed time, as long as the work takes there."""
    number = shop.number[task]
    way = shop.way_on(number, shop.resource_number[resource])
    if way is None:
        return Assignment(task, resource, start, start)
    try:
        at = way.axis.to_w(start)
        begin = way.axis.start_r(at)
        return Assignment(task, resource, begin, way.axis.end_r(at + way.ticks) if way.ticks else begin)
    except SchedulingError:
        return Assignment(task, resource, start, start)


def _after(shop: Shop, old: Mapping[int, tuple[int, int]], task: str, row: Assignment) -> Plan | None:
    """The plan with the task held there and everything else in its old order, on its old resource or later."""
    number, on = shop.number[task], shop.resource_number[row.resource]
    if shop.way_on(number, on) is None or shop.problem.tasks[number].state == "started":
        return None
    pins = {one: place for one, place in shop.pins().items() if one != number}
    choice = {one: place[0] for one, place in old.items() if one != number}
    try:
        held = shop.later({one: place[1] for one, place in old.items() if one != number})
        made = decode(held, start_order(shop, dict(old)), {**pins, number: (on, row.start)}, choice=choice)
    except SchedulingError:
        return None
    return None if number in made.thawed else plan_of(shop, made, dict(old))


def _same(shop: Shop, bent: Plan) -> Plan:
    """A plan in which nothing but the dropped task moved, counted anew."""
    old = places(shop, bent)
    made = Schedule(len(shop.ways))
    for task, row in enumerate(shop.problem.tasks):
        made.resource[task], made.start[task] = old[task]
        made.end[task] = bent.by_task[row.id].end
    return replace(bent, objective=objective(shop, made))


def _changed(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[tuple[str, int, int], ...]:
    rows = [
        (order, before.get(order, 0), after.get(order, 0))
        for order in before.keys() | after.keys()
        if before.get(order, 0) != after.get(order, 0)
    ]
    return tuple(sorted(rows, key=lambda row: (row[1] - row[2], row[0])))


def _landings(shop: Shop, old: Mapping[int, tuple[int, int]], task: str, start: int) -> tuple[Landing, ...]:
    """The earliest gap at or after the drop on each resource that can do the task, all others held."""
    number = shop.number[task]
    if shop.problem.tasks[number].state == "started":
        return ()
    others = {one: place for one, place in old.items() if one != number and one not in shop.started}
    found = []
    for way in shop.ways[number]:
        try:
            made = decode(shop.later({number: start}), [0] * len(shop.ways), others, choice={number: way.resource})
        except SchedulingError:
            continue
        if not made.thawed:
            name = shop.problem.resources[way.resource].id
            found.append(Landing(name, made.start[number], made.end[number]))
    return tuple(sorted(found, key=lambda one: (abs(one.start - start), one.resource)))
