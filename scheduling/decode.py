"""Serial schedule generation with gap insertion on the working axis (Kolisch 1996): the one truth about feasibility.

Tasks are placed one after the other, the most urgent ready one first, each in the mode that ends first. What runs
stays; what is pinned or frozen stays unless it cannot, and then it is thawed and named, never silently moved.
"""

import heapq
from collections.abc import Mapping, Sequence

from scheduling.errors import HorizonTooShort
from scheduling.lane import NOBODY, Lane, Stack
from scheduling.records import Window
from scheduling.schedule import UNSET, Schedule
from scheduling.shop import Shop, Way
from scheduling.staff import Staff
from scheduling.waits import Reason, end_bound, ready

Pins = Mapping[int, tuple[int, int]]
OPEN_TO_BREAKS = ("now", "release", "predecessor", "lag")  # bounds that a closed calendar may take over


def decode(
    shop: Shop,
    priority: Sequence[int],
    pins: Pins | None = None,
    old: Pins | None = None,
    penalty: int = 0,
    choice: Mapping[int, int] | None = None,
) -> Schedule:
    """Place every task; smaller priority first.

    `pins` are (resource, start) by task number, by default the planner's; `old` with `penalty` makes another
    resource as unattractive as ending so many ticks later; `choice` forces resources. HorizonTooShort is raised
    when a calendar ends before the work.
    """
    kept = dict(shop.pins() if pins is None else pins)
    thawed: set[int] = set()
    while True:
        run = Run(shop, old or {}, penalty, choice or {})
        run.fix(kept)
        run.place_all(priority)
        broken = run.loosened | {task for task in run.out.frozen if not run.in_time(task)}
        if broken <= run.loosened:
            run.out.thawed = thawed | broken
            return run.out
        thawed |= broken
        for task in broken:
            del kept[task]


class Run:
    """One pass of the decoder: what each resource and pool holds so far, and the schedule that grows."""

    def __init__(self, shop: Shop, old: Pins, penalty: int, choice: Mapping[int, int]) -> None:
        """Empty lanes, stacks and pools."""
        self.shop, self.old, self.penalty, self.choice = shop, old, penalty, choice
        self.out = Schedule(len(shop.ways))
        self.lanes: list[Lane | Stack] = [
            Lane() if resource.capacity == 1 else Stack(resource.capacity) for resource in shop.problem.resources
        ]
        self.staff: dict[str, Staff] = {}
        self.loosened: set[int] = set()
        self.needs = [task.needs for task in shop.problem.tasks]
        self.splittable = [task.splittable for task in shop.problem.tasks]

    # fixed work

    def fix(self, pins: Pins) -> None:
        """Put down what runs, then what is pinned; a pin that finds no room is loosened."""
        for task in self.shop.started:
            self._go_on(task)
        for task, (resource, start) in sorted(pins.items(), key=lambda pin: (pin[1][1], pin[0])):
            if not self._pin(task, resource, start):
                self.loosened.add(task)

    def _go_on(self, task: int) -> None:
        """A running task works on from now, whatever else holds its resource."""
        record, way = self.shop.problem.tasks[task], self.shop.ways[task][0]
        begun, now = int(record.fixed_start or 0), self.shop.now
        left = record.remaining
        if left is None:
            left = max(1, way.ticks - way.axis.open_between(begun, now))
        at = way.axis.to_w(now)
        end = way.axis.end_r(at + left) if left else now
        self._put(task, way, at, at + left, begun, end, ("frozen", record.id))

    def _pin(self, task: int, resource: int, start: int) -> bool:
        way = self.shop.way_on(task, resource)
        if way is None or start < max(self.shop.now, self.shop.release[task]):
            return False
        try:
            at = way.axis.to_w(start)
            spot, _ = self._spot(task, way, at, ("frozen", ""))
            if spot != at or way.axis.start_r(at) != start:
                return False
        except HorizonTooShort:
            return False
        self._settle(task, way, at, ("frozen", self.shop.problem.tasks[task].id))
        self.out.frozen[task] = (resource, start)
        return True

    def in_time(self, task: int) -> bool:
        """Whether all predecessors of a fixed task leave it where it is."""
        earliest, _ = ready(self.shop, self.out, task)
        if earliest > self.out.start[task]:
            return False
        way = self.shop.way_on(task, self.out.resource[task])
        return way is not None and end_bound(self.shop, self.out, task, way)[0] <= self.out.end_w[task]

    # free work

    def place_all(self, priority: Sequence[int]) -> None:
        """Place what is not fixed; what a fixed task waits for comes before everything else."""
        shop, out = self.shop, self.out
        waits = [sum(out.resource[pred] == UNSET for pred, _ in befores) for befores in shop.before]
        first = self._awaited()
        heap = [
            (task not in first, priority[task], task)
            for task, count in enumerate(waits)
            if count == 0 and out.resource[task] == UNSET
        ]
        heapq.heapify(heap)
        while heap:
            task = heapq.heappop(heap)[2]
            self._place(task)
            for succ in shop.after[task]:
                waits[succ] -= 1
                if waits[succ] == 0 and out.resource[succ] == UNSET:
                    heapq.heappush(heap, (succ not in first, priority[succ], succ))

    def _awaited(self) -> set[int]:
        """Free tasks that some fixed task waits for, directly or through others."""
        found: set[int] = set()
        todo = list(self.out.frozen)
        while todo:
            for pred, _ in self.shop.before[todo.pop()]:
                if pred not in found and self.out.resource[pred] == UNSET:
                    found.add(pred)
                    todo.append(pred)
        return found

    def _place(self, task: int) -> None:
        """Try every way and keep the one with the smallest end plus dislike."""
        since, why = ready(self.shop, self.out, task)
        wanted, old = self.choice.get(task), self.old.get(task)
        ways = [way for way in self.shop.ways[task] if way.resource == wanted] if wanted is not None else []
        best: tuple[int, Way, int, Reason] | None = None
        failed: HorizonTooShort | None = None
        for way in ways or self.shop.ways[task]:
            try:
                at, reason = self._earliest(task, way, since, why)
                end = way.axis.end_r(at + way.ticks)
            except HorizonTooShort as fault:
                failed = fault
                continue
            key = end + way.preference + (self.penalty if old is not None and old[0] != way.resource else 0)
            if best is None or key < best[0]:
                best = (key, way, at, reason)
        if best is None:
            raise failed or HorizonTooShort(resource=self.shop.problem.tasks[task].id, tick=self.shop.problem.horizon)
        self._settle(task, *best[1:])

    def _earliest(self, task: int, way: Way, since: int, why: Reason) -> tuple[int, Reason]:
        """First position for this way and what bound it."""
        at = way.axis.to_w(since)
        if self.shop.before[task]:
            bound, ref = end_bound(self.shop, self.out, task, way)
            if bound - way.ticks > at:
                at, why = bound - way.ticks, ("predecessor", ref)
        at, why = self._spot(task, way, at, why)
        if why[0] in OPEN_TO_BREAKS and way.axis.start_r(at) > since and way.axis.start_r(way.axis.to_w(since)) > since:
            why = ("calendar_closed", self.shop.problem.resources[way.resource].id)
        return at, why

    def _spot(self, task: int, way: Way, at: int, why: Reason) -> tuple[int, Reason]:
        """First position from `at` where resource, pools and (for work that may not pause) the calendar agree."""
        if way.ticks == 0:
            return at, why
        lane, needs, whole = self.lanes[way.resource], self.needs[task], not self.splittable[task]
        while True:
            begin = at
            if way.axis is way.lane_axis:
                at, blocker = lane.fit(at, way.ticks, way.load)
            else:
                at, blocker = self._fit_apart(lane, way, at)
            if blocker != NOBODY:
                why = ("resource_busy", self.shop.problem.tasks[blocker].id)
            if whole:
                moved = way.axis.whole(at, way.ticks)
                if moved != at:
                    at, why = moved, ("calendar_closed", self.shop.problem.resources[way.resource].id)
            if needs and at == begin:
                at, why = self._staffed(needs, way, at, why)
            if at == begin or (not needs and not whole):
                return at, why

    def _fit_apart(self, lane: Lane | Stack, way: Way, at: int) -> tuple[int, int]:
        """Fit when task and resource count time differently: the resource is held through the pool's breaks."""
        start, end = self._held(way, at)
        spot, blocker = lane.fit(start, end - start, way.load)
        if spot == start:
            return at, NOBODY
        return max(at + 1, way.axis.to_w(way.lane_axis.start_r(spot))), blocker

    def _held(self, way: Way, at: int) -> Window:
        """What a task placed here takes of its resource's own axis."""
        if way.axis is way.lane_axis:
            return at, at + way.ticks
        start, end = way.axis.start_r(at), way.axis.end_r(at + way.ticks)
        return way.lane_axis.to_w(start), way.lane_axis.to_w(end)

    def _staffed(self, needs: Sequence[tuple[str, int]], way: Way, at: int, why: Reason) -> tuple[int, Reason]:
        way.axis.end_r(at + way.ticks)  # know the axis that far
        segments = way.axis.segments(at, at + way.ticks)
        for pool, quantity in needs:
            until = self._staff(pool).busy_until(segments, quantity)
            if until is not None:
                return max(at + 1, way.axis.to_w(until)), ("pool_busy", pool)
        return at, why

    def _staff(self, pool: str) -> Staff:
        if pool not in self.staff:
            self.staff[pool] = Staff(self.shop.problem, pool, min(self.shop.axes.first, self.shop.now))
        return self.staff[pool]

    def _settle(self, task: int, way: Way, at: int, why: Reason) -> None:
        start = way.axis.start_r(at)
        end = way.axis.end_r(at + way.ticks) if way.ticks else start
        self._put(task, way, at, at + way.ticks, start, end, why)

    def _put(self, task: int, way: Way, at: int, end_w: int, start: int, end: int, why: Reason) -> None:
        out = self.out
        out.resource[task], out.ticks[task], out.axis[task] = way.resource, way.ticks, way.axis
        out.start[task], out.end[task], out.end_w[task] = start, end, end_w
        out.bound[task], out.ref[task] = why
        if end_w == at:
            return
        low, high = (at, end_w) if way.axis is way.lane_axis else (
            way.lane_axis.to_w(way.axis.start_r(at)), way.lane_axis.to_w(end)
        )  # fmt: skip
        self.lanes[way.resource].take(low, high, way.load, task)
        if self.needs[task]:
            segments = way.axis.segments(at, end_w)
            for pool, quantity in self.needs[task]:
                self._staff(pool).take(segments, quantity)
