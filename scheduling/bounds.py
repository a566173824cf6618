"""What no plan can beat: earliest completions of the orders, and the work that only one resource can do."""

from collections import defaultdict

from scheduling.errors import HorizonTooShort
from scheduling.shop import Shop


def lower_bound(shop: Shop) -> int:
    """A proven lower bound of the cost of any plan; HorizonTooShort when a calendar ends before its work."""
    goal = shop.problem.goal
    starts, ends = _heads(shop)
    done = [-(1 << 60)] * len(shop.problem.orders)
    for task, order in enumerate(shop.order_of):
        done[order] = max(done[order], ends[task])
    tardiness = sum(
        order.weight * max(0, end - order.due)
        for order, end in zip(shop.problem.orders, done, strict=True)
        if order.due is not None
    )
    risk = sum(order.risk_at(end) for order, end in zip(shop.problem.orders, done, strict=True) if order.risk)
    base = goal.tardiness * tardiness + goal.risk * risk
    if not goal.makespan:
        return base
    makespan = max([shop.now, *ends, *_load_ends(shop, starts)]) - shop.now
    return base + goal.makespan * makespan


def late_bound(shop: Shop) -> int:
    """How many orders are late in any plan: those that would be if they never waited."""
    _, ends = _heads(shop)
    return len(
        {
            order
            for task, order in enumerate(shop.order_of)
            if (due := shop.problem.orders[order].due) is not None and ends[task] > due
        }
    )


def _heads(shop: Shop) -> tuple[list[int], list[int]]:
    """Earliest start and end of each task if it never waited for a resource."""
    starts, ends = [shop.now] * len(shop.ways), [shop.now] * len(shop.ways)
    tasks, earliest = shop.problem.tasks, shop.earliest
    for task in shop.topological:
        if tasks[task].state == "started":
            ends[task] = shop.now + (tasks[task].remaining or 0)
            continue
        since = earliest[task]
        for pred, link in shop.before[task]:
            if link.kind == "end_start" and link.overlap is None and ends[pred] + link.lag > since:
                since = ends[pred] + link.lag
        starts[task], ends[task] = since, max(since, _soonest(shop, task, since))
    return starts, ends


def _soonest(shop: Shop, task: int, since: int) -> int:
    best, failed, known, here = 1 << 60, None, None, 0
    for way in shop.ways[task]:
        try:
            if way.axis is not known:
                known, here = way.axis, way.axis.to_w(since)
            end = known.end_r(here + way.ticks)
        except HorizonTooShort as fault:
            failed = fault
            continue
        best = min(best, end)
    if failed is not None and best == 1 << 60:
        raise failed
    return best


def _rests(shop: Shop) -> list[int]:
    """Shortest time from the end of each task to the end of everything that must wait for it."""
    rest = [0] * len(shop.ways)
    for task in reversed(shop.topological):
        for pred, link in shop.before[task]:
            if link.kind == "end_start" and link.overlap is None:
                rest[pred] = max(rest[pred], link.lag + shop.shortest[task] + rest[task])
    return rest


def _load_ends(shop: Shop, starts: list[int]) -> list[int]:
    """Per resource: first arrival, all work nobody else can do, shortest rest behind it."""
    alone: dict[int, list[int]] = defaultdict(list)
    for task, ways in enumerate(shop.ways):
        if len(ways) == 1 and shop.problem.tasks[task].state != "started" and ways[0].ticks:
            alone[ways[0].resource].append(task)
    rest, out = _rests(shop), []
    for resource, tasks in alone.items():
        work = sum(shop.ways[task][0].ticks * shop.ways[task][0].load for task in tasks)
        if shop.problem.resources[resource].kind == "outside":
            continue
        axis = shop.ways[tasks[0]][0].lane_axis
        first = axis.to_w(min(starts[task] for task in tasks))
        whole = first - (-work // shop.problem.resources[resource].capacity)
        out.append(axis.end_r(whole) + min(rest[task] for task in tasks))
    return out
