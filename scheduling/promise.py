"""Capable to promise: when would a new order be ready, everything that is planned staying where it is?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scheduling.decode import decode
from scheduling.jobs import Link, Order, Task
from scheduling.plan import Assignment, Plan
from scheduling.problem import Problem
from scheduling.reschedule import penalty_of
from scheduling.schedule import places, plan_of
from scheduling.shop import Shop
from scheduling.solve import start_order

LAST = 1 << 50  # behind whatever is planned


@dataclass(frozen=True, slots=True)
class Promise:
    """The tick at which the new order would be ready, its tasks, and whether its wished date holds."""

    end: int
    in_time: bool
    rows: tuple[Assignment, ...]


def promise(problem: Problem, plan: Plan, order: Order, tasks: Sequence[Task], links: Sequence[Link] = ()) -> Promise:
    """The earliest completion of a new order in the gaps of a plan, by one decode; bad input is refused.

    What is planned keeps its place as far as it still can, and what the plan does not know yet goes first, so that the
    promise costs nobody else a tick.
    """
    whole = replace(
        problem,
        orders=(*problem.orders, order),
        tasks=(*problem.tasks, *tasks),
        links=(*problem.links, *links),
    )
    shop = Shop(whole)
    old = places(shop, plan)
    fixed = {task: place for task, place in old.items() if task not in shop.started}
    priority, rank = start_order(shop, old), shop.topological_rank()
    for task in range(len(problem.tasks), len(whole.tasks)):
        priority[task] = LAST + rank[task]
    made = plan_of(shop, decode(shop, priority, fixed, old, penalty_of(problem)))
    names = {task.id for task in tasks}
    rows = tuple(row for row in made.assignments if row.task in names)
    end = max((row.end for row in rows), default=problem.now)
    return Promise(end, order.due is None or end <= order.due, rows)
