"""The decoder's result by task number, and the step from there to a plan with names."""

from collections.abc import Mapping

from scheduling.calendar import Axis
from scheduling.plan import Assignment, Bound, Objective, Plan
from scheduling.shop import Shop

UNSET = -1


class Schedule:
    """Where, when and why, in lists by task number; `end_w` is the end on the axis the task works on."""

    __slots__ = ("axis", "bound", "end", "end_w", "frozen", "ref", "resource", "start", "thawed", "ticks")

    def __init__(self, count: int) -> None:
        """Nothing placed yet."""
        self.resource = [UNSET] * count
        self.ticks = [0] * count
        self.start = [0] * count
        self.end = [0] * count
        self.end_w = [0] * count
        self.axis: list[Axis | None] = [None] * count
        self.bound: list[Bound] = ["now"] * count
        self.ref: list[str] = [""] * count
        self.thawed: set[int] = set()
        self.frozen: dict[int, tuple[int, int]] = {}


def objective(shop: Shop, schedule: Schedule, old: Mapping[int, tuple[int, int]] | None = None) -> Objective:
    """Weigh a schedule; `moved` counts tasks whose resource or start differs from `old` (resource, start)."""
    goal, done = shop.problem.goal, completions(shop, schedule)
    late = [
        (order.weight, done[i] - order.due)
        for i, order in enumerate(shop.problem.orders)
        if order.due is not None and done[i] > order.due
    ]
    tardiness = sum(weight * ticks for weight, ticks in late)
    makespan = max(max(schedule.end, default=shop.now) - shop.now, 0)
    moved = sum((schedule.resource[i], schedule.start[i]) != place for i, place in (old or {}).items())
    cost = goal.tardiness * tardiness + goal.makespan * makespan + goal.moved * moved
    return Objective(tardiness, len(late), makespan, moved, cost)


def completions(shop: Shop, schedule: Schedule) -> list[int]:
    """End of the last task of each order; an order without tasks ends before any due date."""
    done = [-(1 << 60)] * len(shop.problem.orders)
    for task, order in enumerate(shop.order_of):
        done[order] = max(done[order], schedule.end[task])
    return done


def plan_of(shop: Shop, schedule: Schedule, old: Mapping[int, tuple[int, int]] | None = None) -> Plan:
    """The plan with names; assignments stand in the order of the problem's tasks."""
    names = [resource.id for resource in shop.problem.resources]
    rows = zip(
        shop.problem.tasks, schedule.resource, schedule.start, schedule.end, schedule.bound, schedule.ref, strict=True
    )
    made = tuple(Assignment(task.id, names[on], start, end, why, ref) for task, on, start, end, why, ref in rows)
    return Plan(made, objective(shop, schedule, old))


def places(shop: Shop, plan: Plan) -> dict[int, tuple[int, int]]:
    """(resource, start) by number of every task of the plan that the problem still has."""
    return {
        shop.number[row.task]: (shop.resource_number[row.resource], row.start)
        for row in plan.assignments
        if row.task in shop.number and row.resource in shop.resource_number
    }
