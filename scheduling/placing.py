"""One task at a time: the first position that resource, people, tools, windows and buffers allow, and why there."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from scheduling.errors import HorizonTooShort, NoWindow
from scheduling.lane import NOBODY
from scheduling.plan import Bound
from scheduling.records import Window
from scheduling.schedule import UNSET, Schedule
from scheduling.shelf import FOREVER, Shelf
from scheduling.shop import Held, Needs, Shop, Way
from scheduling.staff import Staff
from scheduling.waits import Reason, end_at, end_bound, ready

Pins = Mapping[int, tuple[int, int]]
OPEN_TO_BREAKS = ("now", "release", "material", "predecessor", "lag")  # a closed calendar may take over from these


class Placing:
    """What each resource, pool and buffer holds so far, and the schedule that grows."""

    def __init__(self, shop: Shop, old: Pins, penalty: int, choice: Mapping[int, int]) -> None:
        """Empty lanes, pools and buffers."""
        self.shop, self.old, self.penalty, self.choice = shop, old, penalty, choice
        self.out = Schedule(len(shop.ways))
        self.lanes = shop.lanes()
        self.staff: dict[str, Staff] = {}
        self.loosened: set[int] = set()
        self.shelves = {buffer.id: Shelf(buffer.capacity) for buffer in shop.problem.buffers}
        self.fetched: list[list[tuple[str, int]]] = []
        if self.shelves:
            self._store()

    # buffers

    def _store(self) -> None:
        """Which successor fetches what from where, and what lies in the buffers at this moment."""
        tasks = self.shop.problem.tasks
        self.fetched = [[(buffer, -1) for buffer, _ in task.stored] for task in tasks]
        for pred, stores in enumerate(self.shop.stores):
            for buffer, succ, _ in stores:
                self.fetched[succ].append((buffer, pred))
        for i, task in enumerate(tasks):
            for buffer, units in task.stored:
                self.shelves[buffer].put(-1, i, self.shop.now, units)

    def full_for(self, task: int) -> bool:
        """Whether a buffer this task puts something into has no room until somebody fetches."""
        return any(self.shelves[name].room_from(units) is None for name, units in self.shop.puts[task].items())

    def _move_stock(self, task: int) -> None:
        for buffer, pred in self.fetched[task]:
            if pred < 0 or self.out.resource[pred] != UNSET:
                self.shelves[buffer].fetch(pred, task, self.out.start[task])
        for buffer, succ, units in self.shop.stores[task]:
            self.shelves[buffer].put(task, succ, self.out.end[task], units)
            if self.out.resource[succ] != UNSET:
                self.shelves[buffer].fetch(task, succ, max(self.out.start[succ], self.out.end[task]))

    def overfull(self) -> set[int]:
        """Fixed tasks, which nobody asked for room, that put too much into a buffer."""
        facts = {-1, *self.shop.started}
        return {
            pred
            for shelf in self.shelves.values()
            for pred, _ in shelf.overfull(facts)
            if pred in self.out.frozen
        }  # fmt: skip

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
        end = end_at(way, at + left) if left else now
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
        except (HorizonTooShort, NoWindow):
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

    def place(self, task: int) -> None:
        """Try every way and keep the one with the smallest end plus dislike."""
        if self.shop.plain[task] and self._place_plain(task):
            return
        since, why = ready(self.shop, self.out, task)
        ways, old = self.shop.ways[task], self.old.get(task)
        wanted = self.choice.get(task) if self.choice else None
        if wanted is not None:
            ways = [way for way in ways if way.resource == wanted] or ways
        best: tuple[int, Way, int, Reason] | None = None
        failed: HorizonTooShort | NoWindow | None = None
        for way in ways:
            try:
                at, reason = self._earliest(task, way, since, why)
                end = end_at(way, at + way.ticks)
            except (HorizonTooShort, NoWindow) as fault:
                failed = fault
                continue
            key = end + way.preference + (self.penalty if old is not None and old[0] != way.resource else 0)
            if best is None or key < best[0]:
                best = (key, way, at, reason)
        self._settle(task, *self._found(task, best, failed))

    def _found(
        self, task: int, best: tuple[int, Way, int, Reason] | None, failed: Exception | None
    ) -> tuple[Way, int, Reason]:
        if best is None:
            name = self.shop.problem.tasks[task].id
            raise failed or HorizonTooShort(resource=name, tick=self.shop.problem.horizon)
        return best[1:]

    def _place_plain(self, task: int) -> bool:
        """The short way for work that needs nothing but one machine: most of it, so it is written for speed.

        False, with nothing done, when a calendar ends: the long way tells it.
        """
        out, shop, penalty = self.out, self.shop, self.penalty
        lanes: list[Any] = self.lanes  # plain work stands on lanes alone
        since, end, cause = shop.earliest[task], out.end, None
        for pred, lag in shop.preds[task]:
            tick = end[pred] + lag
            if tick > since:
                since, cause = tick, (pred, lag)
        wanted = self.choice.get(task) if self.choice else None
        old = self.old[task][0] if penalty and task in self.old else None
        best, known = FOREVER, None
        for resource, ticks, preference, axis in shop.fast[task]:
            if wanted is not None and resource != wanted:
                continue
            if axis is not known:
                known, here = axis, axis.to_w(since)
            lane = lanes[resource]
            ends = lane.ends
            if not ends or ends[-1] <= here:
                at, blocker = here, NOBODY
            else:
                at, blocker = lane.fit(here, ticks, 1, "")
            done, sums = at + ticks, axis.sums
            if done > sums[-1]:
                return False
            i = bisect_left(sums, done) - 1
            tick = axis.starts[i] + done - sums[i]
            key = tick + preference + (penalty if old is not None and old != resource else 0)
            if key < best:
                best, pick = key, (resource, ticks, axis, at, tick, blocker, here)
        if known is None:
            return False
        resource, ticks, axis, at, tick, blocker, here = pick
        start = axis.start_r(at)
        out.resource[task], out.ticks[task], out.axis[task] = resource, ticks, axis
        out.start[task], end[task], out.end_w[task] = start, tick, at + ticks
        out.bound[task], out.ref[task] = self._why_plain(task, resource, blocker, cause, start > since)
        lanes[resource].take(at, at + ticks, 1, "", task)
        if self.shelves:
            self._move_stock(task)
        return True

    def _why_plain(self, task: int, resource: int, blocker: int, cause: tuple[int, int] | None, closed: bool) -> Reason:
        """What bound a start that the short way found."""
        if blocker != NOBODY:
            return ("resource_busy", self.shop.names[blocker])
        if closed:
            return ("calendar_closed", self.shop.problem.resources[resource].id)
        if cause is not None:
            return ("lag" if cause[1] else "predecessor", self.shop.names[cause[0]])
        return self.shop.earliest_why[task]

    def _earliest(self, task: int, way: Way, since: int, why: Reason) -> tuple[int, Reason]:
        """First position for this way and what bound it."""
        at = way.axis.to_w(since)
        if self.shop.before[task]:
            bound, ref = end_bound(self.shop, self.out, task, way)
            if bound - way.ticks > at:
                at, why = bound - way.ticks, ("predecessor", ref)
        for buffer, units in self.shop.puts[task].items():
            room = self.shelves[buffer].room_from(units)
            if room is not None and room > -FOREVER and way.axis.end_r(at + way.ticks) < room:
                at, why = self._ends_from(way, at, room), ("buffer_full", buffer)
        at, why = self._spot(task, way, at, why)
        if why[0] in OPEN_TO_BREAKS and way.axis.start_r(at) > since and way.axis.start_r(way.axis.to_w(since)) > since:
            why = ("calendar_closed", self.shop.problem.resources[way.resource].id)
        return at, why

    def _ends_from(self, way: Way, at: int, tick: int) -> int:
        """First position from here at which the work ends at this tick or later."""
        end = way.axis.to_w(tick)
        return max(at, end - way.ticks + (way.axis.end_r(end) < tick))

    def _spot(self, task: int, way: Way, at: int, why: Reason) -> tuple[int, Reason]:
        """First position from `at` at which everything agrees that must agree while the task lasts."""
        lane, people, tools = self.lanes[way.resource], self.shop.people[task], self.shop.tools[task]
        record = self.shop.problem.tasks[task]
        while True:
            begin = at
            if way.ticks:
                at, why = self._free(lane, way, at, why)
                if not record.splittable and (moved := way.axis.whole(at, way.ticks)) != at:
                    at, why = moved, ("calendar_closed", self.shop.problem.resources[way.resource].id)
            if way.send is not None:
                at, why = self._sent(way, at, why)
            if record.windows:
                at, why = self._inside(task, way, at, why)
            if at == begin and way.ticks and (people or tools):
                at, why = self._staffed(people, tools, way, at, why)
            if at == begin:
                return at, why

    def _free(self, lane: Held, way: Way, at: int, why: Reason) -> tuple[int, Reason]:
        """The first gap of the resource."""
        if way.axis is way.lane_axis:
            spot, blocker = lane.fit(at, way.ticks, way.load, way.family)
        else:
            spot, blocker = self._fit_apart(lane, way, at)
        if spot == at:
            return at, why
        if blocker == NOBODY:
            return spot, ("setup", self.shop.problem.resources[way.resource].id)
        return spot, ("resource_busy", self.shop.problem.tasks[blocker].id)

    def _fit_apart(self, lane: Held, way: Way, at: int) -> tuple[int, int]:
        """Fit when task and resource count time differently: the resource is held through the people's breaks."""
        start, end = self._held(way, at)
        spot, blocker = lane.fit(start, end - start, way.load, way.family)
        if spot == start:
            return at, NOBODY
        return max(at + 1, way.axis.to_w(way.lane_axis.start_r(spot))), blocker

    def _held(self, way: Way, at: int) -> Window:
        """What a task placed here takes of its resource's own axis."""
        if way.axis is way.lane_axis:
            return at, at + way.ticks
        start, end = way.axis.start_r(at), way.axis.end_r(at + way.ticks)
        return way.lane_axis.to_w(start), way.lane_axis.to_w(end)

    def _sent(self, way: Way, at: int, why: Reason) -> tuple[int, Reason]:
        """Goods leave while the supplier's carrier calls."""
        assert way.send is not None  # noqa: S101
        start = way.axis.start_r(at)
        leaves = way.send.start_r(way.send.to_w(start))
        if leaves == start:
            return at, why
        return max(at, way.axis.to_w(leaves)), ("calendar_closed", self.shop.problem.resources[way.resource].id)

    def _inside(self, task: int, way: Way, at: int, why: Reason) -> tuple[int, Reason]:
        """The first window that holds the whole task from here on."""
        record = self.shop.problem.tasks[task]
        for low, high in record.windows:
            moved = max(at, way.axis.to_w(low))
            if way.axis.start_r(moved) >= low and self._end(way, moved) <= high:
                return moved, why if moved == at else ("window", record.id)
        raise NoWindow(task=record.id)

    def _end(self, way: Way, at: int) -> int:
        return end_at(way, at + way.ticks) if way.ticks else way.axis.start_r(at)

    def _staffed(self, people: Needs, tools: Needs, way: Way, at: int, why: Reason) -> tuple[int, Reason]:
        end = self._end(way, at)
        segments = way.axis.segments(at, at + way.ticks) if people else []
        whole = [(way.axis.start_r(at), end)]
        for needs, taken in ((people, segments), (tools, whole)):
            for pool, quantity in needs:
                until = self._staff(pool).busy_until(taken, quantity)
                if until is not None:
                    return max(at + 1, way.axis.to_w(until)), ("pool_busy", pool)
        return at, why

    def _staff(self, pool: str) -> Staff:
        if pool not in self.staff:
            self.staff[pool] = Staff(self.shop.problem, pool, min(self.shop.axes.first, self.shop.now))
        return self.staff[pool]

    def _settle(self, task: int, way: Way, at: int, why: Reason) -> None:
        self._put(task, way, at, at + way.ticks, way.axis.start_r(at), self._end(way, at), why)

    def _put(self, task: int, way: Way, at: int, end_w: int, start: int, end: int, why: tuple[Bound, str]) -> None:
        out = self.out
        out.resource[task], out.ticks[task], out.axis[task] = way.resource, way.ticks, way.axis
        out.start[task], out.end[task], out.end_w[task] = start, end, end_w
        out.bound[task], out.ref[task] = why
        if self.shelves:
            self._move_stock(task)
        if end_w == at:
            return
        running = self.shop.problem.tasks[task].state == "started"
        low, high = (at, end_w) if way.axis is way.lane_axis else (
            # what runs holds its machine from now on, also while its people have a break
            way.lane_axis.to_w(self.shop.now if running else way.axis.start_r(at)),
            way.lane_axis.to_w(way.axis.end_r(end_w)),
        )  # fmt: skip
        resource = self.shop.problem.resources[way.resource]
        load = resource.capacity if running and resource.batching else way.load  # nobody joins a batch that runs
        self.lanes[way.resource].take(low, high, load, way.family, task)
        if self.shop.people[task]:
            segments = way.axis.segments(at, end_w)
            for pool, quantity in self.shop.people[task]:
                self._staff(pool).take(segments, quantity)
        for pool, quantity in self.shop.tools[task]:
            self._staff(pool).take([(max(start, self.shop.now), end)], quantity)
