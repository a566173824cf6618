"""The longest way through a process graph, in minutes (critical path method, Kelley and Walker 1959).

Capacity is not looked at: this is what no plan can beat at stations of factor 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from bom.lines import exact
from bom.operation import Link, LinkType
from bom.process import ProcessGraph

Bound = tuple[Fraction, str | None]  # minutes, and the operation that sets them


@dataclass(frozen=True)
class CriticalPath:
    """Minutes from the first start to the last finish, and the operations that set them, first to last."""

    minutes: Fraction
    operations: tuple[str, ...]


@dataclass(frozen=True)
class _Times:
    start: Fraction
    finish: Fraction
    after: str | None


def critical_path(process: ProcessGraph, quantity: Fraction | Decimal | int) -> CriticalPath:
    """Return the longest way for so many pieces; of alternates the shortest counts, rework does not.

    A transfer batch lets the successor start after the first batch; it cannot finish before the last
    batch has come and been worked on. Raises BadQuantity.
    """
    pieces = exact(quantity, "quantity", "critical path")
    times: dict[str, _Times] = {}
    for key in process.order:
        times[key] = _times(process, key, pieces, times)
    ends = [
        min(((times[key].finish, key) for key in end.operations), key=lambda found: found[0]) for end in process.ends
    ]
    if not ends:
        return CriticalPath(Fraction(0), ())
    minutes, last = max(ends, key=lambda found: found[0])
    return CriticalPath(minutes, _back(times, last))


def _times(process: ProcessGraph, key: str, pieces: Fraction, times: dict[str, _Times]) -> _Times:
    operation = process.operations[key]
    start = finish = (Fraction(0), None)  # type: Bound
    for inputs in _inputs(process.incoming[key]):
        choices = [(_earliest(process, link, pieces, times), link) for link in inputs]
        begins, link = min(choices, key=lambda choice: choice[0])
        start = max(start, (begins, link.pred), key=lambda bound: bound[0])
        ends = _last_batch(process, link, pieces, times)
        finish = max(finish, (ends, link.pred), key=lambda bound: bound[0])
    straight = start[0] + operation.minutes(pieces)
    if finish[0] > straight:
        return _Times(start[0], finish[0], finish[1])
    return _Times(start[0], straight, start[1])


def _inputs(links: Iterable[Link]) -> list[list[Link]]:
    """Return the links by input: those of one alternate group together, the others alone."""
    inputs: dict[object, list[Link]] = {}
    for link in links:
        inputs.setdefault(link.alternate_group or link, []).append(link)
    return list(inputs.values())


def _earliest(process: ProcessGraph, link: Link, pieces: Fraction, times: dict[str, _Times]) -> Fraction:
    """Return when the successor may start on account of one link."""
    before = times[link.pred]
    if link.type is LinkType.START_START:
        return before.start + link.lag_min
    if link.transfer_batch is None or link.transfer_batch >= pieces:
        return before.finish + link.lag_min
    return before.start + process.operations[link.pred].minutes(link.transfer_batch) + link.lag_min


def _last_batch(process: ProcessGraph, link: Link, pieces: Fraction, times: dict[str, _Times]) -> Fraction:
    """Return when the successor has worked on what comes last; 0 when the link passes the whole."""
    batch = link.transfer_batch
    if link.type is LinkType.START_START:
        return times[link.pred].finish  # the pieces come from there, also when both run side by side
    if batch is None or batch >= pieces:
        return Fraction(0)
    last = pieces % batch or batch
    return times[link.pred].finish + link.lag_min + process.operations[link.succ].run_minutes(last)


def _back(times: dict[str, _Times], last: str) -> tuple[str, ...]:
    way: list[str] = []
    key: str | None = last
    while key is not None:
        way.append(key)
        key = times[key].after
    return tuple(reversed(way))
