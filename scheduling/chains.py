"""Makespan instances: orders that are chains of operations on machines that are always there.

Only such problems have heads and tails that a critical-path search can use; everything else goes through the decoder.
"""

import heapq
from dataclasses import dataclass
from itertools import pairwise

from scheduling.lane import Lane
from scheduling.schedule import Schedule
from scheduling.shop import Shop

Order = list[list[int]]  # operations by machine in the order of work


@dataclass(frozen=True, slots=True)
class Chains:
    """Operations by number; `pred` and `succ` in the job are `count` where there is none, as is their last entry."""

    count: int
    machines: int
    ways: list[list[tuple[int, int]]]
    pred: list[int]
    succ: list[int]

    @property
    def flexible(self) -> bool:
        """Whether an operation has a choice of machines."""
        return any(len(ways) > 1 for ways in self.ways)


def chains_of(shop: Shop) -> Chains | None:
    """The instance a problem is, None when it is anything more than chains, machines and a makespan."""
    goal = shop.problem.goal
    dues = any(order.due is not None or order.risk for order in shop.problem.orders)
    if not goal.makespan or (dues and goal.tardiness) or goal.moved or goal.changed or goal.shift:
        return None
    if not shop.ways or shop.started or shop.pins() or not all(shop.plain) or not _always_there(shop):
        return None
    count = len(shop.ways)
    pred, succ = [count] * (count + 1), [count] * (count + 1)
    for task, befores in enumerate(shop.before):
        if len(befores) > 1 or len(shop.after[task]) > 1 or any(link.lag for _, link in befores):
            return None
        if befores:
            pred[task], succ[befores[0].pred] = befores[0].pred, task
    ways = [[(way.resource, way.ticks) for way in ways] for ways in shop.ways]
    return Chains(count, len(shop.problem.resources), ways, pred, succ)


def _always_there(shop: Shop) -> bool:
    """Whether everything may begin now and no machine ever closes before all work could be done one by one."""
    end = shop.now + sum(max(way.ticks for way in ways) for ways in shop.ways)
    axes = {id(way.axis): way.axis for ways in shop.ways for way in ways}
    if any(axis.open_between(shop.now, end) != end - shop.now for axis in axes.values()):
        return False
    return all(type(lane) is Lane for lane in shop.lanes()) and all(
        release <= shop.now and not any(way.preference for way in ways)
        for release, ways in zip(shop.release, shop.ways, strict=True)
    )


def order_of(chains: Chains, made: Schedule) -> Order:
    """The order of work on each machine of a schedule."""
    rows: Order = [[] for _ in range(chains.machines)]
    for task in sorted(range(chains.count), key=lambda one: (made.start[one], made.end[one])):
        rows[made.resource[task]].append(task)
    return rows


def load_bound(chains: Chains) -> int:
    """No plan is shorter than the longest job, or than a machine's own work with what must come before and after.

    For work only one machine can do it is Jackson's preemptive schedule (Carlier and Pinson 1989).
    """
    head, rest, least = least_times(chains)
    tail = [all_of - own for all_of, own in zip(rest, least, strict=True)]
    best = max((head[x] + least[x] + tail[x] for x in range(chains.count)), default=0)
    rows: dict[int, list[int]] = {}
    for task, ways in enumerate(chains.ways):
        if len(ways) == 1:
            rows.setdefault(ways[0][0], []).append(task)
    shared = -(-sum(least) // max(1, chains.machines))
    return max([best, shared, *(_preemptive(tasks, least, head, tail) for tasks in rows.values())])


def least_times(chains: Chains) -> tuple[list[int], list[int], list[int]]:
    """For each operation: earliest start, least time from its start to the end of its job, and its own."""
    least = [min(ticks for _, ticks in ways) for ways in chains.ways] + [0]
    head, tail = [0] * (chains.count + 1), list(least)
    for task in range(chains.count):
        if chains.pred[task] == chains.count:
            _walk(chains, task, least, head, tail)
    return head, tail, least


def _walk(chains: Chains, first: int, least: list[int], head: list[int], tail: list[int]) -> None:
    job = [first]
    while chains.succ[job[-1]] != chains.count:
        job.append(chains.succ[job[-1]])
    for before, after in pairwise(job):
        head[after] = head[before] + least[before]
    for after, before in pairwise(reversed(job)):
        tail[before] = tail[after] + least[before]


def _preemptive(tasks: list[int], least: list[int], head: list[int], tail: list[int]) -> int:
    """The end of one machine's work when it may be interrupted and the longest tail always goes first."""
    arrivals = sorted(tasks, key=lambda task: head[task])
    left = {task: least[task] for task in tasks}
    ready: list[tuple[int, int]] = []
    now = worst = i = 0
    while i < len(arrivals) or ready:
        if not ready:
            now = max(now, head[arrivals[i]])
        while i < len(arrivals) and head[arrivals[i]] <= now:
            heapq.heappush(ready, (-tail[arrivals[i]], arrivals[i]))
            i += 1
        task = ready[0][1]
        until = now + left[task]
        if i < len(arrivals) and head[arrivals[i]] < until:
            until = head[arrivals[i]]
        left[task] -= until - now
        now = until
        if left[task] == 0:
            heapq.heappop(ready)
            worst = max(worst, now + tail[task])
    return worst
