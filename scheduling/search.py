"""Anytime search over the decoder: change who goes first, decode, keep what is not worse.

The priorities of a plan are its starts, so decoding them gives the plan again. Most changes follow the reasons of a
late order: a task goes just before the one that kept its machine busy, an order moves forward, one with slack back.
"""

import random
from collections.abc import Callable

from scheduling.decode import Pins, decode
from scheduling.dispatch import Rank, rank
from scheduling.errors import Unplaceable
from scheduling.schedule import Schedule, completions
from scheduling.shop import Shop

Found = Callable[[Schedule], object]
Stop = Callable[[int], bool]


class PrioritySearch:
    """One walk from one schedule; deterministic for a seed and a number of tries."""

    def __init__(
        self,
        shop: Shop,
        start: Schedule,
        pins: Pins,
        old: Pins,
        penalty: int = 0,
        most_changed: int | None = None,
        seed: int = 0,
    ) -> None:
        """`old` is the plan moves are counted against, `most_changed` the resource changes that are allowed."""
        self.shop, self.old, self.penalty, self.cap = shop, old, penalty, most_changed
        self.pins, self.lost = dict(start.frozen), start.thawed  # what could not stay is not tried again
        self.dice = random.Random(seed)
        self.tries = 0
        self.wanted: dict[int, int] = {}
        self._settle(start, self._rank(start))
        self.priority = list(start.start)
        self.tasks: list[list[int]] = [[] for _ in shop.problem.orders]
        for task, order in enumerate(shop.order_of):
            self.tasks[order].append(task)
        self.fixed = {*pins, *shop.started}

    def _rank(self, made: Schedule) -> Rank:
        return rank(self.shop, made, self.old, self.cap)

    def _settle(self, made: Schedule, worth: Rank) -> None:
        """Take a schedule as the one to improve: who is late, by how much it counts."""
        self.best, self.worth = made, worth
        done, orders = completions(self.shop, made), self.shop.problem.orders
        self.late = [i for i, one in enumerate(orders) if one.due is not None and done[i] > one.due and one.weight]
        self.cost = [orders[i].weight * (done[i] - (orders[i].due or 0)) for i in self.late]
        self.spare = [one.due - done[i] for i, one in enumerate(orders) if one.due is not None and done[i] < one.due]
        self.early = [i for i, one in enumerate(orders) if one.due is not None and done[i] < one.due]
        self.span = max(1, max(made.end, default=0) - self.shop.now)

    def run(self, stop: Stop, found: Found) -> None:
        """Try until `stop(tries)`; every better schedule goes to `found`."""
        while not stop(self.tries):
            self.tries += 1
            priority, choice = list(self.priority), dict(self.wanted)
            for _ in range(self.dice.choice((1, 1, 2, 3))):
                self._change(priority, choice)
            try:
                made = decode(self.shop, priority, self.pins, self.old, self.penalty, choice)
            except Unplaceable:
                continue
            made.thawed |= self.lost
            worth = self._rank(made)
            if worth > self.worth:
                continue
            better = worth < self.worth
            self.wanted = choice
            self.priority = list(made.start) if better else priority
            self._settle(made, worth)
            if better:
                found(made)

    def _change(self, priority: list[int], choice: dict[int, int]) -> None:
        """One change, mostly for the sake of an order that is late."""
        dice = self.dice.random()
        if not self.late:
            self._any(priority)
        elif dice < 0.45:
            self._before_blocker(priority)
        elif dice < 0.7:
            order, late = self._late_order()
            self._shift(order, priority, -int(self.dice.random() * min(self.span, 3 * late + 60)))
        elif dice < 0.85 and self.early:
            place = self.dice.randrange(len(self.early))
            self._shift(self.early[place], priority, int(self.dice.random() * self.spare[place]))
        elif dice < 0.95 or self.cap is not None:
            order, _ = self._late_order()
            task = self.dice.choice(self.tasks[order])
            priority[task] -= int(self.dice.random() * 600 * 60 / self.shop.problem.tick_s)
        else:
            self._elsewhere(choice)

    def _late_order(self) -> tuple[int, int]:
        """A late order, the costlier the likelier, and its lateness."""
        [place] = self.dice.choices(range(len(self.late)), self.cost)
        order = self.late[place]
        return order, self.cost[place] // self.shop.problem.orders[order].weight

    def _shift(self, order: int, priority: list[int], ticks: int) -> None:
        for task in self.tasks[order]:
            priority[task] += ticks

    def _before_blocker(self, priority: list[int]) -> None:
        """A task of a late order that waits for a machine goes before the task that holds it."""
        order, _ = self._late_order()
        waiting = [task for task in self.tasks[order] if self.best.bound[task] in ("resource_busy", "setup")]
        waiting = [task for task in waiting if task not in self.fixed]
        if not waiting:
            self._any(priority)
            return
        task = self.dice.choice(waiting)
        blocker = self.shop.number.get(self.best.ref[task], task)
        back = self.dice.choice((1, 1, 1, 2, 3))
        for _ in range(back - 1):
            blocker = self.shop.number.get(self.best.ref[blocker], blocker)
        priority[task] = min(priority[task], self.best.start[blocker] - 1)

    def _any(self, priority: list[int]) -> None:
        """Any task a little to either side: for goals nobody is late for."""
        if priority:
            task = self.dice.randrange(len(priority))
            priority[task] += int(self.dice.gauss(0, 1) * self.span / 10)

    def _elsewhere(self, choice: dict[int, int]) -> None:
        """A task of a late order on another of its machines, or again wherever it ends first."""
        order, _ = self._late_order()
        task = self.dice.choice(self.tasks[order])
        if choice.pop(task, None) is None and len(self.shop.ways[task]) > 1:
            choice[task] = self.dice.choice(self.shop.ways[task]).resource
