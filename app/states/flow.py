"""How quantity flows between tasks, as plain arithmetic on integers (millionths of the stock unit).

Links of one input add up, inputs are joined by the minimum, each link floored to whole pieces of the successor.
"""

from collections.abc import Iterable
from typing import NamedTuple

ONE = 1_000_000


class Inflow(NamedTuple):
    """A link into a task: one piece passed makes ``num / den`` pieces available, in whole transfer batches."""

    input_key: str
    passed: int
    num: int
    den: int
    transfer_batch: int | None
    pred_closed: bool


def grain(decimals: int) -> int:
    """The smallest step in which an item is counted, in millionths."""
    return 10 ** (6 - decimals)


def floored(amount: int, step: int) -> int:
    """``amount`` rounded down to whole steps."""
    return amount - amount % step


def arrived(link: Inflow) -> int:
    """What a link has made available: a transfer batch travels when full, the rest when its source is closed."""
    passed = link.passed
    if link.transfer_batch and not link.pred_closed:
        passed = floored(passed, link.transfer_batch * ONE)
    return passed * link.num // link.den


def available(links: Iterable[Inflow], quantity: int, step: int = ONE) -> int:
    """What is available to a task by its links, never more than ``quantity``; all of it without links."""
    sums: dict[str, int] = {}
    for link in links:
        sums[link.input_key] = sums.get(link.input_key, 0) + arrived(link)
    return min([quantity, *(floored(total, step) for total in sums.values())])


def target(links: Iterable[Inflow], quantity: int, step: int = ONE) -> int:
    """How much the task will ever have to handle: what arrived, once all its sources are closed."""
    links = list(links)
    if links and all(link.pred_closed for link in links):
        return available(links, quantity, step)
    return quantity


def state_after(now: str, used: int, at_hand: int, goal: int) -> str:
    """The task's state once ``used`` of ``at_hand`` are handled and ``goal`` is all there will be."""
    if used >= goal:
        return "completed" if used else "skipped"
    if now in ("running", "paused", "dispatched"):
        return now if now != "dispatched" or used == 0 else "running"
    if used:
        return "running"
    return "ready" if at_hand > used else "waiting"
