"""What a running search tells: the best so far, what no plan can beat, and how many late orders are unavoidable."""

from collections.abc import Callable
from dataclasses import dataclass

from scheduling.bounds import late_bound
from scheduling.schedule import Schedule, objective
from scheduling.shop import Shop


@dataclass(frozen=True, slots=True)
class Progress:
    """One moment of a search: `gap` is the share of the cost that might still be saved, from 0 to 1.

    At most `late_orders - late_bound` more orders can be brought in time.
    """

    seconds: float
    cost: int
    lower_bound: int
    gap: float
    late_orders: int
    late_bound: int
    found_by: str
    tries: int = 0


OnProgress = Callable[[Progress], None]


def gap(cost: int, bound: int) -> float:
    """The share of the cost above the bound, 0 when there is nothing to gain."""
    return max(0, cost - bound) / cost if cost > 0 else 0.0


class Teller:
    """Tells a listener of progress."""

    def __init__(self, shop: Shop, listener: OnProgress | None) -> None:
        """`listener` None keeps silent."""
        self.shop, self.listener = shop, listener
        self.late_bound = late_bound(shop)

    def tell(self, seconds: float, best: Schedule, cost: int, bound: int, who: str, tries: int = 0) -> None:
        """Say where the search stands."""
        if self.listener is None:
            return
        late = objective(self.shop, best).late_orders
        self.listener(Progress(seconds, cost, bound, gap(cost, bound), late, self.late_bound, who, tries))
