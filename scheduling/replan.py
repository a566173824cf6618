"""After an event: a repaired plan at once, then three to choose from: calm, balanced and best."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scheduling.compare import Comparison, compare
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.progress import OnProgress
from scheduling.reschedule import repair
from scheduling.solve import Cancel, Result, solve

CALM_MIN = (960, 480, 240, 120, 60, 30)  # penalties for another machine, the calmest first
CALM_COST = (105, 100)  # a calm plan may be late by so much of what free repair is late by
BALANCED_MIN = 15
Name = Literal["calm", "balanced", "best"]
OnRepaired = Callable[[Result], None]


@dataclass(frozen=True, slots=True)
class Offer:
    """One plan to choose, with what it changes against the old one."""

    name: Name
    result: Result
    change: Comparison


@dataclass(frozen=True, slots=True)
class Replan:
    """The plan that was there in milliseconds, and the three that are offered."""

    repaired: Result
    calm: Offer
    balanced: Offer
    best: Offer

    @property
    def offers(self) -> tuple[Offer, Offer, Offer]:
        """Calm, balanced, best."""
        return (self.calm, self.balanced, self.best)


def replan(
    problem: Problem,
    old_plan: Plan,
    freeze_until: int | None = None,
    budget_s: float = 0.0,
    seed: int = 0,
    on_repaired: OnRepaired | None = None,
    on_progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    workers: int | None = None,
    iterations: int | None = None,
) -> Replan:
    """Re-plan a changed problem (see `scheduling.events` for what changes it) from the plan that was valid before.

    `on_repaired` hears the repaired plan before any search; then the seconds are shared by the three plans. None
    costs more than the old plan decoded on the new data at its own penalty for changing machines; calm and balanced
    never change more machines than that. What starts before `freeze_until` stays.
    """
    freeze = problem.now if freeze_until is None else freeze_until
    repaired = repair(problem, old_plan, freeze)
    if on_repaired is not None:
        on_repaired(repaired)

    def offer(name: Name, penalty: int, part: float) -> Offer:
        result = solve(
            problem, seed, budget_s * part, old_plan, cancel=cancel, workers=workers, iterations=iterations,
            on_progress=on_progress, freeze_until=freeze, change_penalty=penalty, calm=name != "best",
        )  # fmt: skip
        return Offer(name, result, compare(old_plan, result.plan, problem))

    minute = max(1, 60 // problem.tick_s)
    calm = offer("calm", calm_penalty(problem, old_plan, freeze), 0.25)
    return Replan(repaired, calm, offer("balanced", BALANCED_MIN * minute, 0.25), offer("best", 0, 0.5))


def calm_penalty(problem: Problem, old_plan: Plan, freeze_until: int) -> int:
    """The largest penalty for changing machines that costs at most a twentieth of lateness; one decode each.

    One number does not fit every shop: an hour is much where work is short and nothing where it takes a day.
    """
    minute = max(1, 60 // problem.tick_s)
    free = repair(problem, old_plan, freeze_until, 0).objective.cost
    for minutes in CALM_MIN:
        cost = repair(problem, old_plan, freeze_until, minutes * minute).objective.cost
        if cost * CALM_COST[1] <= free * CALM_COST[0]:
            return minutes * minute
    return CALM_MIN[-1] * minute
