"""Priority rules (Panwalkar and Iskander 1977): one decode each, the best one wins; weighted slack goes first."""

from collections.abc import Callable, Mapping

from scheduling.bounds import lower_bound
from scheduling.decode import Pins, decode
from scheduling.errors import Unplaceable
from scheduling.schedule import Schedule, objective
from scheduling.shop import Shop

NEVER = 1 << 40  # stands in for the due date of an order nobody waits for
HEAVY_S = 36_000  # ten hours of slack are worth one doubling of the weight


def _due(shop: Shop, task: int) -> int:
    due = shop.problem.orders[shop.order_of[task]].due
    return NEVER if due is None else due


def edd(shop: Shop) -> list[int]:
    """Earliest due date."""
    return [_due(shop, task) for task in range(len(shop.ways))]


def slack(shop: Shop, halves: int = 5) -> list[int]:
    """Due date less `halves`/2 times the shortest work still to do: waiting included."""
    return [_due(shop, task) - halves * shop.tail[task] // 2 for task in range(len(shop.ways))]


def weighted_slack(shop: Shop, halves: int = 5) -> list[int]:
    """Slack, moved forward by a fixed time for each doubling of the order's weight."""
    unit = HEAVY_S // shop.problem.tick_s
    weights = [max(order.weight, 1).bit_length() - 1 for order in shop.problem.orders]
    return [value - unit * weights[shop.order_of[task]] for task, value in enumerate(slack(shop, halves))]


def critical_ratio(shop: Shop) -> list[int]:
    """Time left over work left, in thousandths."""
    return [
        (_due(shop, task) - shop.now) * 1000 // max(shop.tail[task], 1) if shop.tail[task] else NEVER
        for task in range(len(shop.ways))
    ]


def most_work(shop: Shop) -> list[int]:
    """Most work remaining first: what counts when the makespan does."""
    return [-tail for tail in shop.tail]


Rank = tuple[int, int, int, int, int]
RULES: dict[str, Callable[[Shop], list[int]]] = {
    "weighted_slack": weighted_slack,
    "weighted_slack_long": lambda shop: weighted_slack(shop, 8),
    "slack": slack,
    "edd": edd,
    "critical_ratio": critical_ratio,
    "most_work": most_work,
    "weighted_slack_short": lambda shop: weighted_slack(shop, 2),
}


def dispatch(shop: Shop, old: Pins | None = None, pins: Pins | None = None, penalty: int = 0) -> tuple[str, Schedule]:
    """The best schedule of all rules and the rule's name; stops early when nothing better is possible."""
    least = lower_bound(shop)
    best: tuple[Rank, str, Schedule] | None = None
    failed: Unplaceable | None = None
    for name, rule in RULES.items():
        try:
            made = decode(shop, rule(shop), pins, old, penalty)
        except Unplaceable as fault:
            failed = fault
            continue
        worth = rank(shop, made, old)
        if best is None or worth < best[0]:
            best = (worth, name, made)
        if best[0][2] <= least and shop.problem.goal.moved == 0:
            break
    if best is None:
        raise failed or Unplaceable(values="no rule")
    return best[1], best[2]


def rank(
    shop: Shop,
    schedule: Schedule,
    old: Mapping[int, tuple[int, int]] | None = None,
    most_changed: int | None = None,
) -> Rank:
    """What two schedules are compared by; smaller is better.

    Kept pins, resource changes beyond `most_changed`, cost, then late orders, then makespan.
    """
    worth = objective(shop, schedule, old)
    beyond = 0 if most_changed is None else max(0, worth.changed - most_changed)
    return (len(schedule.thawed), beyond, worth.cost, worth.late_orders, worth.makespan)
