"""Leaving optional operations out of a process graph: what came before goes on to what came after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bom.errors import NotOptional, UnknownOperation
from bom.operation import Link, LinkKind, Operation
from bom.order import reached
from bom.process import ProcessGraph, graph


def without_optional(process: ProcessGraph, keys: Iterable[str]) -> ProcessGraph:
    """Return the graph without the named operations, links bridged, lags added, larger transfer batch kept.

    Rework into a skipped operation goes to what follows it. Raises UnknownOperation, NotOptional
    (not marked optional, or between two alternate groups, where one link cannot stand for both).
    """
    skipped = dict.fromkeys(keys)
    for key in skipped:
        if key not in process.operations:
            raise UnknownOperation(of="skipped", operation=key)
        if not process.operations[key].optional:
            raise NotOptional(operation=key, reason="it is not optional")
    if not skipped:
        return process
    links = list(process.links)
    for key in skipped:
        links = _bridged(links, key)
    kept = _alone_freed({key: operation for key, operation in process.operations.items() if key not in skipped})
    return graph(kept.values(), _possible(kept, links), joined=False)


def _alone_freed(kept: dict[str, Operation]) -> dict[str, Operation]:
    """An operation whose alternates were all skipped has none any more."""
    groups = [operation.alternate_group for operation in kept.values()]
    return {
        key: replace(operation, alternate_group=None) if groups.count(operation.alternate_group) == 1 else operation
        for key, operation in kept.items()
    }


def _bridged(links: list[Link], key: str) -> list[Link]:
    """Return the links without one operation, the ways through it joined; of equal links the longest lag stays."""
    found: dict[tuple[str, str, bool], Link] = {}
    into = [link for link in links if link.succ == key]
    out = [link for link in links if link.pred == key and link.kind is not LinkKind.REWORK]
    others = [link for link in links if key not in (link.pred, link.succ)]
    for link in [
        *others,
        *(_joined(first, second, key) for first in into for second in out if first.pred != second.succ),
    ]:
        at = (link.pred, link.succ, link.kind is LinkKind.REWORK)
        if at not in found or found[at].lag_min < link.lag_min:
            found[at] = link
    return _lone_groups_freed(list(found.values()))


def _joined(first: Link, second: Link, key: str) -> Link:
    """Return the one link that stands for two; the first says what is waited for, since nothing happens between."""
    if first.kind is LinkKind.REWORK:
        return replace(first, succ=second.succ)
    if first.alternate_group and second.alternate_group and first.alternate_group != second.alternate_group:
        raise NotOptional(operation=key, reason="it stands between two alternate groups")
    group = first.alternate_group or second.alternate_group
    batches = [link.transfer_batch for link in (first, second) if link.transfer_batch is not None]
    return replace(
        first,
        succ=second.succ,
        lag_min=first.lag_min + second.lag_min,
        transfer_batch=max(batches, default=None),
        kind=LinkKind.ALTERNATE if group else LinkKind.NORMAL,
        alternate_group=group,
    )


def _lone_groups_freed(links: list[Link]) -> list[Link]:
    """A branch bridged down to the only link of its group offers no choice any more: it becomes a normal link."""
    counts: dict[str, int] = {}
    for link in links:
        if link.alternate_group:
            counts[link.alternate_group] = counts.get(link.alternate_group, 0) + 1
    return [
        replace(link, kind=LinkKind.NORMAL, alternate_group=None)
        if counts.get(link.alternate_group or "") == 1
        else link
        for link in links
    ]


def _possible(kept: Iterable[str], links: list[Link]) -> list[Link]:
    """Drop rework that, its target being skipped, would no longer go back."""
    below: dict[str, list[str]] = {key: [] for key in kept}
    for link in links:
        if link.kind is not LinkKind.REWORK:
            below[link.pred].append(link.succ)
    return [
        link for link in links
        if link.kind is not LinkKind.REWORK or link.pred in reached(link.succ, below)
    ]  # fmt: skip
