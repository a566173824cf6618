"""What would help a late order: every remedy is tried by planning again with it, none is guessed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from scheduling.compare import lateness
from scheduling.decode import decode
from scheduling.dispatch import RULES, rank
from scheduling.errors import SchedulingError
from scheduling.explain import explain
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.records import Calendar, Pool
from scheduling.schedule import Schedule, completions, objective, places
from scheduling.shop import Shop
from scheduling.solve import start_order

MOST_TRIES = 12
Chain = list[tuple[str, str]]  # tag and reference of each reason
Kind = Literal["extra_shift", "second_operator", "another_machine", "first_in_line", "repaired_now", "planned_anew"]
Idea = tuple[Kind, str, Problem]


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing that could be done, for the resource, pool or order `ref`, and what planning again with it gave.

    `late` is what the order would still be late, `saved` the ticks it gains, `cost_change` what the whole plan's
    cost rises (or, negative, falls) by, `late_orders` how many orders would be late then.
    """

    kind: Kind
    ref: str
    late: int
    saved: int
    cost_change: int
    late_orders: int


def would_help(problem: Problem, plan: Plan, order: str) -> tuple[Remedy, ...]:
    """The remedies that make a late order less late, the best first; empty when it is in time. UnknownOrder."""
    return best_first(one for one in attempts(problem, plan, order) if one is not None)


def best_first(found: Iterable[Remedy]) -> tuple[Remedy, ...]:
    """Remedies by what the order gains, then by what the others pay."""
    return tuple(sorted(found, key=lambda one: (-one.saved, one.cost_change, one.kind, one.ref)))


def attempts(problem: Problem, plan: Plan, order: str) -> Iterator[Remedy | None]:
    """One plan made anew for each step of the iterator, so that who waits can end it: None where nothing is gained."""
    late = lateness(problem, plan).get(order, 0)
    chain = explain(problem, plan, order)
    if not late:
        return
    before = objective(*_planned(problem, plan)).cost
    anew = _tried(problem, plan, order, late, before, ("planned_anew", order, problem))
    yield anew
    # What planning again gives without anything done is not the merit of a remedy.
    least = anew.late if anew is not None else late
    for idea in islice(_ideas(problem, plan, order, [(part.tag, part.ref) for part in chain]), MOST_TRIES):
        try:
            tried = _tried(problem, plan, order, late, before, idea)
            yield tried if tried is not None and tried.late < least else None
        except SchedulingError:
            yield None


def _tried(problem: Problem, plan: Plan, order: str, late: int, before: int, idea: Idea) -> Remedy | None:
    kind, ref, changed = idea
    shop, made = _planned(changed, plan)
    due = problem.order_by_id[order].due or 0
    left = max(0, completions(shop, made)[shop.order_number[order]] - due)
    if left >= late:
        return None
    cost = _cost(problem, shop, made)
    return Remedy(kind, ref, left, late - left, cost - before, objective(shop, made).late_orders)


def _planned(problem: Problem, plan: Plan) -> tuple[Shop, Schedule]:
    """The best of the old order of starts and the rules, on this problem."""
    shop = Shop(problem)
    old = places(shop, plan)
    tries = [decode(shop, start_order(shop, old))]
    tries += [decode(shop, RULES[name](shop)) for name in ("weighted_slack", "edd")]
    return shop, min(tries, key=lambda made: rank(shop, made))


def _cost(problem: Problem, shop: Shop, made: Schedule) -> int:
    """The cost by the weights of the real problem, not by those a remedy plays with."""
    done, goal = completions(shop, made), problem.goal
    late = sum(
        real.weight * max(0, end - real.due)
        for real, end in zip(problem.orders, done, strict=True)
        if real.due is not None
    )
    worth = objective(shop, made)
    return worth.cost + goal.tardiness * (late - worth.weighted_tardiness)


def _ideas(problem: Problem, plan: Plan, order: str, chain: Chain) -> Iterator[Idea]:
    """What to try: the machines, people and queues that the chain of reasons names."""
    machines = list(dict.fromkeys(plan.by_task[ref].resource for tag, ref in chain if ref in plan.by_task))
    machines += [ref for tag, ref in chain if ref in problem.resource_by_id and ref not in machines]
    if any(tag in ("resource_busy", "setup", "pool_busy") for tag, _ in chain):
        yield "first_in_line", order, _first(problem, order)
    for pool in dict.fromkeys(ref for tag, ref in chain if tag == "pool_busy"):
        yield "second_operator", pool, _one_more(problem, pool)
    for resource in machines:
        if problem.resource_by_id[resource].kind == "outside":
            continue
        if any(hole.resource == resource and hole.end > problem.now for hole in problem.holes):
            holes = tuple(hole for hole in problem.holes if hole.resource != resource)
            yield "repaired_now", resource, replace(problem, holes=holes)
        yield "another_machine", resource, _twin(problem, resource)
        yield "extra_shift", resource, _always_open(problem, resource)


def _first(problem: Problem, order: str) -> Problem:
    heavy = 1000 * max(1, *(one.weight for one in problem.orders))
    orders = tuple(replace(one, weight=heavy) if one.id == order else one for one in problem.orders)
    return replace(problem, orders=orders)


def _one_more(problem: Problem, name: str) -> Problem:
    """One more person of the pool on every shift it has."""

    def grown(pool: Pool) -> Pool:
        return replace(pool, shifts=tuple((calendar, count + 1) for calendar, count in pool.shifts))

    return replace(problem, pools=tuple(grown(pool) if pool.id == name else pool for pool in problem.pools))


def _twin(problem: Problem, name: str) -> Problem:
    """A second machine of the same kind that can do what the first can."""
    twin = replace(problem.resource_by_id[name], id=f"{name}+")
    tasks = tuple(
        replace(task, modes=(*task.modes, replace(mode, resource=twin.id)))
        if task.state == "free" and (mode := task.mode(name)) is not None
        else task
        for task in problem.tasks
    )
    return replace(problem, resources=(*problem.resources, twin), tasks=tasks)


def _always_open(problem: Problem, name: str) -> Problem:
    """The machine, and the people its work needs, around the clock."""
    day = Calendar("+", ((min(0, problem.now), problem.horizon),), problem.horizon - min(0, problem.now))
    resources = tuple(replace(one, calendar="+") if one.id == name else one for one in problem.resources)
    needed = {pool for task in problem.tasks if task.mode(name) is not None for pool, _ in problem.people(task)}
    pools = tuple(_around(pool) if pool.id in needed else pool for pool in problem.pools)
    return replace(problem, calendars=(*problem.calendars, day), resources=resources, pools=pools)


def _around(pool: Pool) -> Pool:
    most = max((count for _, count in pool.shifts), default=1)
    return replace(pool, shifts=(("+", most),))
