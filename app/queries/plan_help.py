"""What would help a late order: each remedy is planned with, within a deadline; nothing is written."""

import time
from dataclasses import dataclass
from datetime import datetime

from app.errors import Conflict, NotFound
from app.events import Store
from app.models import Plan as PlanRow
from app.queries import plan_drafts, plans
from scheduling import Plan, Problem, Remedy, SchedulingError, attempts, best_first, lateness, repair

DEADLINE_S = 1.0
MOST_SHOWN = 8


@dataclass(frozen=True)
class Help:
    """How late an order is (minutes), the remedies that were found, and whether all of them could be tried in time."""

    late_min: int
    late_orders: int
    remedies: tuple[Remedy, ...]
    tick_s: int
    complete: bool

    def minutes(self, ticks: int) -> int:
        """Ticks of a remedy in minutes."""
        return ticks * self.tick_s // 60


def help_for(
    store: Store, site_id: int, plan: PlanRow, order_id: int, now: datetime, deadline_s: float = DEADLINE_S
) -> Help:
    """What would help an order of a plan; the first remedy is tried always, no other is begun after the deadline.

    NotFound ``order.unknown`` when it is not planned, Conflict ``plan.data`` when the data contradict themselves.
    """
    until, rows = time.monotonic() + deadline_s, plan_drafts.places(store, plan.id)
    try:
        made = plans.snapshot(store, site_id, now, locks=plan_drafts.locks(rows))
        problem = made.problem
        if str(order_id) not in problem.order_by_id:
            raise NotFound("order.unknown", order=order_id)
        old = repair(problem, plan_drafts.in_ticks(rows, made.epoch_at, problem), problem.horizon).plan
        return _found(problem, old, str(order_id), until)
    except SchedulingError as error:
        raise Conflict("plan.data", problem=error.code) from error


def _found(problem: Problem, plan: Plan, order: str, until: float) -> Help:
    late = lateness(problem, plan)
    found, complete = [], True
    for remedy in attempts(problem, plan, order):
        if remedy is not None:
            found.append(remedy)
        if time.monotonic() > until:
            complete = False
            break
    tick_s = problem.tick_s
    return Help(late.get(order, 0) * tick_s // 60, len(late), best_first(found)[:MOST_SHOWN], tick_s, complete)
