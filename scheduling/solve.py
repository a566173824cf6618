"""The front door: rules first, the old plan decoded on the new data beside them, OR-Tools where it is small enough."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from scheduling.bounds import lower_bound
from scheduling.chains import chains_of
from scheduling.decode import decode
from scheduling.dispatch import dispatch, rank
from scheduling.errors import Unplaceable, Unverified
from scheduling.general import General
from scheduling.makespan import Makespan
from scheduling.plan import Objective, Plan
from scheduling.problem import Problem
from scheduling.progress import OnProgress, Teller
from scheduling.schedule import Schedule, objective, places, plan_of
from scheduling.shop import Shop
from scheduling.verify import verify

OnImprove = Callable[[Plan, int], None]
Cancel = Callable[[], bool]
Pins = dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Result:
    """A verified plan; `trace` are (who found it, cost) in the order of finding, `thawed` pins that could not hold.

    `late_bound` orders are late in any plan. `notes` say what went wrong without costing the plan, such as a solver
    that died.
    """

    plan: Plan
    status: Literal["optimal", "feasible", "repaired"]
    objective: Objective
    trace: tuple[tuple[str, int], ...] = ()
    lower_bound: int = 0
    thawed: tuple[str, ...] = ()
    late_bound: int = 0
    notes: tuple[str, ...] = ()


def solve(
    problem: Problem,
    seed: int = 0,
    budget_s: float = 0.0,
    incumbent: Plan | None = None,
    on_improve: OnImprove | None = None,
    cancel: Cancel | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    iterations: int | None = None,
    freeze_until: int | None = None,
    change_penalty: int = 0,
    calm: bool = False,
) -> Result:
    """Plan the problem: never worse than the incumbent decoded on the new data, verified before it is returned.

    Without a budget the result depends on nothing but the problem and the incumbent. `budget_s` seconds are given
    to OR-Tools where the free work is small enough; `on_improve(plan, lower_bound)` hears every better plan, and
    `cancel()` returning True ends the search with the best so far. What the incumbent starts before `freeze_until`
    stays; another resource than the incumbent's is taken only when the task ends more than `change_penalty` ticks
    earlier there, and with `calm` the search never changes more resources than carrying the plan over does.
    `iterations` instead of seconds makes a search in this process that repeats exactly. HorizonTooShort when a
    calendar ends too early.
    """
    shop = Shop(problem)
    hunt = Hunt(shop, places(shop, incumbent) if incumbent is not None else {}, on_improve, on_progress)
    pins = frozen_places(shop, hunt.old, problem.now if freeze_until is None else freeze_until)
    starts = _starts(hunt, pins, change_penalty, calm) if incumbent is not None else []
    if not (starts and calm):
        rule, made = dispatch(shop, hunt.old, pins, change_penalty)
        starts.append(made)
        hunt.offer(rule, made)
    asked = budget_s > 0 or iterations is not None
    if asked and hunt.open and not (cancel is not None and cancel()):
        count = workers or max(1, len(os.sched_getaffinity(0)))
        chains = chains_of(shop)
        if chains is not None:
            Makespan(shop, chains, hunt, cancel).improve(budget_s, seed, count, iterations)
        else:
            General(shop, hunt, pins, change_penalty, cancel, starts).improve(budget_s, seed, count, iterations)
    return hunt.result()


def _starts(hunt: "Hunt", pins: Pins, penalty: int, calm: bool) -> list[Schedule]:
    """The old plan decoded on the new data, nothing when that leads nowhere."""
    try:
        carried = decode(hunt.shop, start_order(hunt.shop, hunt.old), pins, hunt.old, penalty)
    except Unplaceable:
        return []
    hunt.offer("incumbent", carried)
    hunt.cap = objective(hunt.shop, carried, hunt.old).changed if calm else None
    return [carried]


class Hunt:
    """The best schedule so far, what it is compared by, and who hears of a better one."""

    def __init__(
        self, shop: Shop, old: Pins, on_improve: OnImprove | None = None, on_progress: OnProgress | None = None
    ) -> None:
        """Nothing found yet; `old` is what moves are counted against."""
        self.shop, self.old, self.on_improve = shop, old, on_improve
        self.teller, self.begun = Teller(shop, on_progress), time.monotonic()
        self.best: Schedule | None = None
        self.worth: tuple[int, ...] = ()
        self.trace: list[tuple[str, int]] = []
        self.notes: list[str] = []
        self.cap: int | None = None
        self.bound = lower_bound(shop)

    @property
    def best_so_far(self) -> Schedule:
        """The best schedule; a rule always gives one."""
        assert self.best is not None  # noqa: S101
        return self.best

    @property
    def open(self) -> bool:
        """Whether a better plan is still possible."""
        return self.best is None or self.worth[0] > 0 or self.worth[1] > 0 or self.worth[2] > self.bound

    def raise_bound(self, bound: int) -> None:
        """A proof that nothing costs less; told like a better plan."""
        if bound > self.bound and self.best is not None:
            self.bound = bound
            self.teller.tell(time.monotonic() - self.begun, self.best, self.worth[2], bound, "bound")

    def offer(self, who: str, schedule: Schedule) -> bool:
        """Keep the schedule when it is better; True when it was."""
        worth = rank(self.shop, schedule, self.old, self.cap)
        if self.best is not None and worth >= self.worth:
            return False
        self.best, self.worth = schedule, worth
        self.trace.append((who, worth[2]))
        if self.on_improve is not None:
            self.on_improve(plan_of(self.shop, schedule, self.old), self.bound)
        self.teller.tell(time.monotonic() - self.begun, schedule, worth[2], self.bound, who)
        return True

    def result(self) -> Result:
        """The verified best; Unverified when the engine itself is at fault."""
        status: Literal["optimal", "feasible"] = "feasible" if self.open else "optimal"
        made = sealed(self.shop, self.best_so_far, self.old, status, tuple(self.trace), self.bound)
        return replace(made, late_bound=self.teller.late_bound, notes=tuple(self.notes))


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


def frozen_places(shop: Shop, old: Pins, freeze_until: int) -> Pins:
    """What must stay: the planner's pins, and what the old plan starts in [now, freeze_until)."""
    frozen = {
        task: place
        for task, place in old.items()
        if shop.problem.tasks[task].state == "free" and shop.now <= place[1] < freeze_until
    }
    return {**frozen, **shop.pins()}


def start_order(shop: Shop, old: Pins) -> list[int]:
    """Priorities that keep the old order of starts; new tasks stand where their slack puts them."""
    orders = shop.problem.orders
    out = []
    for task in range(len(shop.ways)):
        due = orders[shop.order_of[task]].due
        latest = shop.now if due is None else due - 5 * shop.tail[task] // 2
        out.append(old[task][1] if task in old else max(shop.now, latest))
    return out
