"""OR-Tools CP-SAT as polish on small free work: a complete hint, real-time intervals, the decoder as last word.

The model may be rougher than the shop (a pool counts as held through a pause, a transfer batch as real time), so
every solution is decoded again in its order of starts on its resources; only what the decoder makes of it counts.
A bound is reported only where the model is exact.
"""

import os
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from scheduling.calendar import Axis
from scheduling.decode import decode
from scheduling.errors import Unplaceable
from scheduling.schedule import Schedule
from scheduling.shop import Shop, Way
from scheduling.waits import share

MOST_FREE = 60  # free tasks on calendars with breaks
MOST_FREE_OPEN = 300  # free tasks when everything is always open: no booleans for windows
LOOK_S = 0.05
LATEST = 1 << 40  # beyond it the weighted sums leave 64 bits

Offer = Callable[[str, Schedule], bool]


def polish(
    shop: Shop,
    best: Schedule,
    offer: Offer,
    budget_s: float,
    seed: int = 0,
    workers: int | None = None,
    cancel: Callable[[], bool] | None = None,
) -> int:
    """Look for something better than `best` for so many seconds; every find goes to `offer` as a schedule.

    Gives a proven lower bound of the cost, 0 when nothing is proven or the free work is too large.
    """
    model = Model(shop, best)
    if not model.small:
        return 0
    model.build()
    solver = _solver(budget_s, seed, workers)
    watch = _Watch(solver, cancel)
    try:
        solver.solve(model.cp, _listener(shop, model, offer))
    finally:
        watch.stop()
    return max(0, -int(-solver.best_objective_bound // 1)) if model.exact else 0


def small(shop: Shop, best: Schedule) -> bool:
    """Whether the free work is little enough for OR-Tools."""
    return Model(shop, best).small


def _solver(budget_s: float, seed: int, workers: int | None) -> Any:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = budget_s
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = workers or max(1, len(os.sched_getaffinity(0)))
    return solver


class _Watch:
    """Asks `cancel` now and then from beside the solver, which answers only between its own steps."""

    def __init__(self, solver: Any, cancel: Callable[[], bool] | None) -> None:
        self.done, self.thread = Event(), None if cancel is None else Thread(target=self._look, args=(solver, cancel))
        if self.thread is not None:
            self.thread.start()

    def _look(self, solver: Any, cancel: Callable[[], bool]) -> None:
        while not self.done.wait(LOOK_S):
            if cancel():
                solver.stop_search()

    def stop(self) -> None:
        """Wait for the watcher to go."""
        self.done.set()
        if self.thread is not None:
            self.thread.join()


def _listener(shop: Shop, model: "Model", offer: Offer) -> Any:
    from ortools.sat.python import cp_model

    class Listener(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            starts = {task: self.value(var) for task, var in model.start.items()}
            chosen = {task: on for (task, on), used in model.used.items() if self.value(used)}
            order = [starts.get(task, shop.now) for task in range(len(shop.ways))]
            try:
                offer("cp_sat", decode(shop, order, model.pins, choice=chosen))
            except Unplaceable:
                return  # rougher than the shop: the decoder has the last word

    return Listener()


class Model:
    """Start, end and way of every free task in real time; running and fixed tasks are constants."""

    def __init__(self, shop: Shop, best: Schedule) -> None:
        """Look at the size before anything is built."""
        self.shop, self.best = shop, best
        self.pins = dict(best.frozen)
        fixed = set(shop.started) | set(self.pins)
        self.free = [task for task in range(len(shop.ways)) if task not in fixed]
        axes = {id(way.axis): way.axis for task in self.free for way in shop.ways[task]}
        self.latest = self._latest()
        self.always_open = all(_always(axis, shop.now, self.latest) for axis in axes.values())
        most = MOST_FREE_OPEN if self.always_open else MOST_FREE
        self.small = 0 < len(self.free) <= most and self.latest < LATEST
        links = all(link.overlap is None for link in shop.problem.links)
        pools = not any(task.needs or task.windows or task.stored for task in shop.problem.tasks)
        pools = pools and not shop.problem.setups and not shop.problem.buffers and not shop.problem.absences
        pools = pools and not any(one.batching or one.kind == "outside" for one in shop.problem.resources)
        goal = shop.problem.goal
        # a bound on times is no restriction only when ending later can never pay
        prices = goal.moved + goal.changed + goal.shift
        self.exact = links and pools and not self.pins and not prices and goal.tardiness * _dues(shop) == 0

    def _latest(self) -> int:
        """With makespan as the goal nothing need end later than it does now; else leave room for exchanges."""
        end = max([*self.best.end, self.shop.now])
        return end if _dues(self.shop) == 0 else end + (end - self.shop.now) // 4

    def build(self) -> None:
        """Variables, then resources, pools, links and the goal; every variable gets its hint."""
        from ortools.sat.python import cp_model

        self.cp: Any = cp_model.CpModel()
        self.start: dict[int, Any] = {}
        self.end: dict[int, Any] = {}
        self.used: dict[tuple[int, int], Any] = {}
        self.held: dict[int, list[tuple[Any, int]]] = defaultdict(list)
        self.called: dict[str, list[tuple[Any, int]]] = defaultdict(list)
        for task in self.free:
            self._task(task)
        self.room = [resource.capacity for resource in self.shop.problem.resources]
        for task in sorted(self.shop.started, key=lambda one: -self.best.end[one]):
            self._fixed(task)
        for task in self.pins:
            self._fixed(task)
        self._resources()
        self._pools()
        self._links()
        self._goal()

    def _var(self, low: int, high: int, hint: int) -> Any:
        var = self.cp.new_int_var(min(low, hint), max(high, hint), "")
        self.cp.add_hint(var, hint)
        return var

    def _flag(self, hint: bool) -> Any:
        var = self.cp.new_bool_var("")
        self.cp.add_hint(var, hint)
        return var

    def _task(self, task: int) -> None:
        shop, best = self.shop, self.best
        low = max(shop.now, shop.release[task])
        self.start[task] = self._var(low, self.latest, best.start[task])
        self.end[task] = self._var(low, self.latest, best.end[task])
        flags = []
        for way in shop.ways[task]:
            used = self._flag(way.resource == best.resource[task])
            self.used[task, way.resource] = used
            flags.append(used)
            self._way(task, way, used, low)
        self.cp.add_exactly_one(flags)

    def _way(self, task: int, way: Way, used: Any, low: int) -> None:
        """Length of the task on this way, and the interval that holds the resource while it is used."""
        start, end = self.start[task], self.end[task]
        if _always(way.axis, low, self.latest) or not self.shop.problem.tasks[task].splittable:
            self.cp.add(end == start + way.ticks).only_enforce_if(used)
            size: Any = way.ticks
        else:
            size = self._var(0, self.latest - low, self.best.end[task] - self.best.start[task])
        if not _always(way.axis, low, self.latest):
            self._windows(task, way, used, low)
        if way.ticks == 0:
            return
        interval = self.cp.new_optional_interval_var(start, size, end, used, "")
        self.held[way.resource].append((interval, way.load))
        for pool, quantity in self.shop.problem.tasks[task].needs:
            self.called[pool].append((interval, quantity))

    def _windows(self, task: int, way: Way, used: Any, low: int) -> None:
        """Tie real start and end to the working axis: one boolean per window and side."""
        axis, best = way.axis, self.best
        axis.to_w(self.latest + 1)
        here = best.resource[task] == way.resource
        at = best.end_w[task] - way.ticks if here else axis.to_w(low)
        place = self._var(axis.to_w(low), axis.to_w(self.latest), at)
        first = max(bisect_right(axis.sums, axis.to_w(low)) - 1, 0)
        last = min(bisect_left(axis.starts, self.latest + 1), len(axis.starts))
        for var, shift, real in ((place, 0, self.start[task]), (place, way.ticks, self.end[task])):
            flags = []
            for i in range(first, last):
                # a start lies before the edge of a break, an end may lie on it
                edge = (axis.sums[i], axis.sums[i + 1] - 1) if shift == 0 else (axis.sums[i] + 1, axis.sums[i + 1])
                flag = self._flag(here and edge[0] <= at + shift <= edge[1])
                flags.append(flag)
                self.cp.add_linear_constraint(var + shift, *edge).only_enforce_if(flag)
                self.cp.add(real == var + shift + axis.starts[i] - axis.sums[i]).only_enforce_if(flag)
            self.cp.add(sum(flags) == 1).only_enforce_if(used)
            self.cp.add(sum(flags) == 0).only_enforce_if(used.negated())

    def _fixed(self, task: int) -> None:
        """What runs or is pinned holds its resource from now to its end; more than it can hold counts as full."""
        best, on = self.best, self.best.resource[task]
        start, way = max(self.shop.now, best.start[task]), self.shop.way_on(task, on)
        if best.end[task] <= start or way is None:
            return
        interval, load = self.cp.new_fixed_size_interval_var(start, best.end[task] - start, ""), way.load
        if task not in self.pins:  # running tasks all hold from now on, the longest is put down first
            load = min(load, self.room[on])
            self.room[on] -= load
        if load:
            self.held[on].append((interval, load))
        for pool, quantity in self.shop.problem.tasks[task].needs:
            self.called[pool].append((interval, quantity))

    def _resources(self) -> None:
        for resource, rows in self.held.items():
            record = self.shop.problem.resources[resource]
            capacity = record.capacity
            if record.kind == "outside" or record.batching:
                continue  # the decoder knows them
            if capacity == 1:
                self.cp.add_no_overlap([interval for interval, _ in rows])
            else:
                self.cp.add_cumulative([interval for interval, _ in rows], [load for _, load in rows], capacity)

    def _pools(self) -> None:
        """A pool has at most everybody at once; who is on shift when is left to the decoder."""
        for pool, rows in self.called.items():
            most = sum(count for _, count in self.shop.problem.pool_by_id[pool].shifts)
            self.cp.add_cumulative([interval for interval, _ in rows], [quantity for _, quantity in rows], most)

    def _of(self, task: int, end: bool) -> Any:
        there = self.end if end else self.start
        return there.get(task, (self.best.end if end else self.best.start)[task])

    def _links(self) -> None:
        for succ in self.free:
            for pred, link in self.shop.before[succ]:
                if link.kind == "start_start":
                    self.cp.add(self.start[succ] >= self._of(pred, False) + link.lag)
                elif link.kind == "end_start" and link.overlap is None:
                    self.cp.add(self.start[succ] >= self._of(pred, True) + link.lag)
                else:
                    self.cp.add(self.end[succ] >= self._of(pred, True) + link.lag)
                    if link.overlap is not None and pred in self.start:
                        first = share(link.overlap, self.shop.shortest[pred])
                        self.cp.add(self.start[succ] >= self.start[pred] + first + link.lag)
        for succ in self.pins:
            for pred, link in self.shop.before[succ]:
                if pred in self.end and link.kind == "end_start" and link.overlap is None:
                    self.cp.add(self.end[pred] + link.lag <= self.best.start[succ])

    def _goal(self) -> None:
        goal, terms = self.shop.problem.goal, []
        if goal.makespan:
            last = self._var(self.shop.now, self.latest, max(self.best.end))
            for task in range(len(self.shop.ways)):
                self.cp.add(last >= self._of(task, True))
            terms.append(goal.makespan * (last - self.shop.now))
        for number, order in enumerate(self.shop.problem.orders):
            tasks = [task for task, of in enumerate(self.shop.order_of) if of == number]
            if order.due is None or not tasks or not goal.tardiness * order.weight:
                continue
            hint = max(0, max(self.best.end[task] for task in tasks) - order.due)
            late = self._var(0, max(0, self.latest - order.due), hint)
            for task in tasks:
                self.cp.add(late >= self._of(task, True) - order.due)
            terms.append(goal.tardiness * order.weight * late)
        self.cp.minimize(sum(terms))


def _always(axis: Axis, low: int, high: int) -> bool:
    """Whether the axis is open without a break in [low, high)."""
    return axis.open_between(low, high) == high - low


def _dues(shop: Shop) -> int:
    return sum(order.due is not None for order in shop.problem.orders)
