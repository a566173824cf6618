"""The front door: rules first, the old plan decoded on the new data beside them, OR-Tools where it is small enough."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scheduling.bounds import lower_bound
from scheduling.decode import decode
from scheduling.dispatch import dispatch, rank
from scheduling.errors import Unverified
from scheduling.plan import Objective, Plan
from scheduling.problem import Problem
from scheduling.schedule import Schedule, places, plan_of
from scheduling.shop import Shop
from scheduling.verify import verify

OnImprove = Callable[[Plan, int], None]
Cancel = Callable[[], bool]
Pins = dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Result:
    """A verified plan; `trace` are (who found it, cost) in the order of finding, `thawed` pins that could not hold."""

    plan: Plan
    status: Literal["optimal", "feasible", "repaired"]
    objective: Objective
    trace: tuple[tuple[str, int], ...] = ()
    lower_bound: int = 0
    thawed: tuple[str, ...] = ()


def solve(
    problem: Problem,
    seed: int = 0,
    budget_s: float = 0.0,
    incumbent: Plan | None = None,
    on_improve: OnImprove | None = None,
    cancel: Cancel | None = None,
    workers: int | None = None,
) -> Result:
    """Plan the problem: never worse than the incumbent decoded on the new data, verified before it is returned.

    Without a budget the result depends on nothing but the problem and the incumbent. `budget_s` seconds are given
    to OR-Tools where the free work is small enough; `on_improve(plan, lower_bound)` hears every better plan, and
    `cancel()` returning True ends the search with the best so far. HorizonTooShort when a calendar ends too early.
    """
    shop = Shop(problem)
    hunt = Hunt(shop, places(shop, incumbent) if incumbent is not None else {}, on_improve)
    if incumbent is not None:
        hunt.offer("incumbent", decode(shop, start_order(shop, hunt.old), old=hunt.old))
    hunt.offer(*dispatch(shop, hunt.old))
    if budget_s > 0 and hunt.open and not (cancel is not None and cancel()):
        from scheduling.cpsat import polish

        hunt.bound = max(hunt.bound, polish(shop, hunt.best_so_far, hunt.offer, budget_s, seed, workers, cancel))
    return hunt.result()


class Hunt:
    """The best schedule so far, what it is compared by, and who hears of a better one."""

    def __init__(self, shop: Shop, old: Pins, on_improve: OnImprove | None) -> None:
        """Nothing found yet; `old` is what moves are counted against."""
        self.shop, self.old, self.on_improve = shop, old, on_improve
        self.best: Schedule | None = None
        self.worth: tuple[int, ...] = ()
        self.trace: list[tuple[str, int]] = []
        self.bound = lower_bound(shop)

    @property
    def best_so_far(self) -> Schedule:
        """The best schedule; a rule always gives one."""
        assert self.best is not None  # noqa: S101
        return self.best

    @property
    def open(self) -> bool:
        """Whether a better plan is still possible."""
        return self.best is None or self.worth[0] > 0 or self.worth[1] > self.bound

    def offer(self, who: str, schedule: Schedule) -> bool:
        """Keep the schedule when it is better; True when it was."""
        worth = rank(self.shop, schedule, self.old)
        if self.best is not None and worth >= self.worth:
            return False
        self.best, self.worth = schedule, worth
        self.trace.append((who, worth[1]))
        if self.on_improve is not None:
            self.on_improve(plan_of(self.shop, schedule, self.old), self.bound)
        return True

    def result(self) -> Result:
        """The verified best; Unverified when the engine itself is at fault."""
        status: Literal["optimal", "feasible"] = "feasible" if self.open else "optimal"
        return sealed(self.shop, self.best_so_far, self.old, status, tuple(self.trace), self.bound)


def sealed(
    shop: Shop,
    schedule: Schedule,
    old: Pins,
    status: Literal["optimal", "feasible", "repaired"],
    trace: tuple[tuple[str, int], ...],
    bound: int,
) -> Result:
    """A schedule made into a verified result; raises Unverified when it breaks the problem."""
    plan = plan_of(shop, schedule, old)
    tasks, resources = shop.problem.tasks, shop.problem.resources
    frozen = {tasks[task].id: (resources[on].id, start) for task, (on, start) in schedule.frozen.items()}
    thawed = tuple(sorted(tasks[task].id for task in schedule.thawed))
    violations = verify(shop.problem, plan, frozen, thawed)
    if violations:
        raise Unverified(violations=violations)
    return Result(plan, status, plan.objective, trace, bound, thawed)


def start_order(shop: Shop, old: Pins) -> list[int]:
    """Priorities that keep the old order of starts; new tasks stand where their slack puts them."""
    orders = shop.problem.orders
    out = []
    for task in range(len(shop.ways)):
        due = orders[shop.order_of[task]].due
        latest = shop.now if due is None else due - 5 * shop.tail[task] // 2
        out.append(old[task][1] if task in old else max(shop.now, latest))
    return out
