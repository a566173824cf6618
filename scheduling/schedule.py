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
    goal, done, orders = shop.problem.goal, completions(shop, schedule), shop.problem.orders
    late = [
        (order.weight, done[i] - order.due)
        for i, order in enumerate(orders)
        if order.due is not None and done[i] > order.due
    ]
    tardiness = sum(weight * ticks for weight, ticks in late)
    makespan = max(max(schedule.end, default=shop.now) - shop.now, 0)
    risk = sum(order.risk_at(done[i]) for i, order in enumerate(orders) if order.risk)
    setup = changeovers(shop, schedule) if shop.problem.setups else 0
    moved = changed = shift = 0
    for i, (resource, start) in (old or {}).items():
        changed += schedule.resource[i] != resource
        shift += abs(schedule.start[i] - start)
        moved += (schedule.resource[i], schedule.start[i]) != (resource, start)
    cost = goal.tardiness * tardiness + goal.makespan * makespan + goal.risk * risk + goal.setup * setup
    cost += goal.moved * moved + goal.changed * changed + goal.shift * shift
    return Objective(tardiness, len(late), makespan, moved, cost, risk, setup, changed, shift)


def changeovers(shop: Shop, schedule: Schedule) -> int:
    """Ticks the resources spend changing over between families."""
    rows: dict[int, list[tuple[int, int, str]]] = {}
    for task, on in enumerate(schedule.resource):
        way = shop.way_on(task, on)
        if way is not None and way.ticks and shop.problem.resources[on].setup is not None:
            rows.setdefault(on, []).append((schedule.start[task], schedule.end[task], way.family))
    total = 0
    for on, found in rows.items():
        family = shop.problem.resources[on].family
        for _, _, after in sorted(found):
            total += shop.problem.changeover(shop.problem.resources[on].id, family, after)
            family = after
    return total


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
