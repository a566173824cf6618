"""Re-planning in milliseconds: what runs or is frozen stays, the rest is decoded again in the old order of starts."""

from dataclasses import replace

from scheduling.bounds import lower_bound
from scheduling.compare import Move, compare
from scheduling.decode import decode
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.schedule import places
from scheduling.shop import Shop
from scheduling.solve import Result, frozen_places, sealed, start_order

PENALTY_MIN = 60  # the change penalty that kept a quarter of the moves at two per cent more lateness


def repair(problem: Problem, old_plan: Plan, freeze_until: int, change_penalty: int | None = None) -> Result:
    """The old plan carried over to a changed problem; verified, status "repaired".

    Tasks planned to start in [now, freeze_until) keep start and resource unless what they wait for is no longer in
    time: those are thawed and named in the result. Another resource is taken only when it ends more than
    `change_penalty` ticks earlier (None: 60 minutes). Running and pinned tasks are kept as in every plan.
    """
    shop = Shop(problem)
    old = places(shop, old_plan)
    least = penalty_of(problem) if change_penalty is None else change_penalty
    made = decode(shop, start_order(shop, old), frozen_places(shop, old, freeze_until), old, least)
    result = sealed(shop, made, old, "repaired", (), lower_bound(shop))
    return replace(result, trace=(("repair", result.objective.cost),))


def penalty_of(problem: Problem) -> int:
    """The ticks that another resource has to save."""
    return PENALTY_MIN * 60 // problem.tick_s


def diff(old: Plan, new: Plan) -> tuple[Move, ...]:
    """Tasks that are new, gone, on another resource or at another time, the largest shift first."""
    return compare(old, new).moves
