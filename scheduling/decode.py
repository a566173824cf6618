"""Serial schedule generation with gap insertion on the working axis (Kolisch 1996): the one truth about feasibility.

Tasks are placed one after the other, the most urgent ready one first, each in the mode that ends first. What runs
stays; what is pinned or frozen stays unless it cannot, and then it is thawed and named, never silently moved.
"""

import heapq
from collections.abc import Mapping, Sequence

from scheduling.errors import BufferStuck
from scheduling.placing import Pins, Placing
from scheduling.schedule import UNSET, Schedule
from scheduling.shop import Shop

__all__ = ["Pins", "decode"]


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
    when a calendar ends before the work, NoWindow when a task misses its windows, BufferStuck when a buffer cannot
    be emptied.
    """
    kept = dict(shop.pins() if pins is None else pins)
    thawed, ahead = set[int](), False
    while True:
        try:
            run = Run(shop, old or {}, penalty, choice or {})
            run.fix(kept)
            run.place_all(priority, ahead)
        except BufferStuck:
            run = Run(shop, old or {}, penalty, choice or {})
            run.fix(kept)
            run.place_carefully(priority)
        broken = {task for task in run.out.frozen if not run.in_time(task)} | run.overfull()
        if broken and not ahead:
            ahead = True  # what fixed tasks wait for comes first: perhaps they can stay then
            continue
        thawed |= broken | run.loosened
        if not broken:
            run.out.thawed = thawed
            return run.out
        for task in broken | run.loosened:
            kept.pop(task, None)


class Run(Placing):
    """One pass of the decoder over all tasks: who comes next."""

    def place_all(self, priority: Sequence[int], ahead: bool = False) -> None:
        """Place what is not fixed; tasks with windows and what they wait for first, with `ahead` fixed ones too."""
        shop, out = self.shop, self.out
        waits, first = self._waits(), self._awaited(ahead)
        stuck: list[tuple[bool, int, int]] = []
        heap = [
            (task not in first, priority[task], task)
            for task, count in enumerate(waits)
            if count == 0 and out.resource[task] == UNSET
        ]
        heapq.heapify(heap)
        while heap:
            entry = heapq.heappop(heap)
            task = entry[2]
            if self.shelves and self.full_for(task):
                stuck.append(entry)
                continue
            self.place(task)
            if stuck and self.fetched[task]:
                heap += stuck
                heapq.heapify(heap)
                stuck = []
            for succ in shop.after[task]:
                waits[succ] -= 1
                if waits[succ] == 0 and out.resource[succ] == UNSET:
                    heapq.heappush(heap, (succ not in first, priority[succ], succ))
        if stuck:
            raise self._stuck([task for _, _, task in stuck])

    def place_carefully(self, priority: Sequence[int]) -> None:
        """The orders one by one, and nothing into a buffer before its fetcher waits for little else."""
        shop, rank, waits = self.shop, _one_by_one(self.shop, priority), self._waits()
        ready = [task for task, count in enumerate(waits) if count == 0 and self.out.resource[task] == UNSET]
        while ready:
            free = [task for task in ready if not self.full_for(task)]
            if not free:
                raise self._stuck(ready)
            task = min(
                free, key=lambda one: (rank[one], max([waits[s] for _, s, _ in shop.stores[one]], default=0), one)
            )
            ready.remove(task)
            self.place(task)
            for succ in shop.after[task]:
                waits[succ] -= 1
                if waits[succ] == 0 and self.out.resource[succ] == UNSET:
                    ready.append(succ)

    def _waits(self) -> list[int]:
        """How many predecessors of each task are not placed yet."""
        return [sum(self.out.resource[pred] == UNSET for pred, _ in befores) for befores in self.shop.before]

    def _stuck(self, tasks: list[int]) -> BufferStuck:
        full = next(task for task in tasks if self.shop.puts[task])
        names = sorted(self.shop.problem.tasks[task].id for task in tasks)
        return BufferStuck(buffer=min(self.shop.puts[full]), tasks=names)

    def _awaited(self, ahead: bool) -> set[int]:
        """Free tasks with windows, and those that they or a fixed task wait for, directly or through others."""
        tasks = self.shop.problem.tasks
        found = {i for i, task in enumerate(tasks) if task.windows and self.out.resource[i] == UNSET}
        todo = [*(self.out.frozen if ahead else ()), *found]
        while todo:
            for pred, _ in self.shop.before[todo.pop()]:
                if pred not in found and self.out.resource[pred] == UNSET:
                    found.add(pred)
                    todo.append(pred)
        return found


def _one_by_one(shop: Shop, priority: Sequence[int]) -> list[int]:
    """Priorities by order, the most urgent order first."""
    best: dict[int, int] = {}
    for task, order in enumerate(shop.order_of):
        best[order] = min(best.get(order, priority[task]), priority[task])
    rank = {order: i for i, order in enumerate(sorted(best, key=lambda one: (best[one], one)))}
    return [rank[order] for order in shop.order_of]
