"""The process graph of one item: operations and links, checked once, then only read.

Rework links go back and are no part of the order; all others form a graph without loops. Where the
links of an alternate group leave one operation, one of the branches is chosen; where they meet again
their pieces add up. An operation with two normal inputs waits for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from bom.errors import BadAlternate, BadRework, DuplicateKey, ProcessCycle, UnknownOperation, Unreachable
from bom.operation import Link, LinkKind, LinkType, Operation, StationChoice
from bom.order import loop_in, reached, topological

__all__ = ["Link", "LinkKind", "LinkType", "Operation", "ProcessGraph", "StationChoice", "graph"]


@dataclass(frozen=True)
class End:
    """Sinks that finish the item together: alternates of each other (then with their group), or a single one."""

    group: str | None
    operations: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ProcessGraph:
    """Checked operations and links; make it with `graph`."""

    operations: Mapping[str, Operation]
    links: tuple[Link, ...]

    @cached_property
    def forward(self) -> tuple[Link, ...]:
        """Return the links pieces take on their way forward: all but rework."""
        return tuple(link for link in self.links if link.kind is not LinkKind.REWORK)

    @cached_property
    def below(self) -> dict[str, list[str]]:
        """Return the direct successors of each operation."""
        successors: dict[str, list[str]] = {key: [] for key in self.operations}
        for link in self.forward:
            successors[link.pred].append(link.succ)
        return successors

    @cached_property
    def incoming(self) -> dict[str, list[Link]]:
        """Return the forward links into each operation."""
        links: dict[str, list[Link]] = {key: [] for key in self.operations}
        for link in self.forward:
            links[link.succ].append(link)
        return links

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Return the operations in topological order."""
        return tuple(topological(self.operations, self.below)[0])

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the operations that wait for no other."""
        return tuple(key for key in self.order if not self.incoming[key])

    @property
    def sinks(self) -> tuple[str, ...]:
        """Return the operations that no other waits for."""
        return tuple(key for key in self.order if not self.below[key])

    @cached_property
    def heads(self) -> dict[str, list[str]]:
        """Return for each alternate group the first operations of its branches."""
        return _heads(self)

    @cached_property
    def branches(self) -> dict[str, dict[str, frozenset[str]]]:
        """Return for each operation, by alternate group, the heads of the branches that lead to it."""
        places: dict[str, dict[str, frozenset[str]]] = {key: {} for key in self.operations}
        for group, heads in self.heads.items():
            under = {head: reached(head, self.below) for head in heads}
            for key in self.operations:
                leading = frozenset(head for head in heads if key in under[head])
                if leading:
                    places[key][group] = leading
        return places

    def exclusive(self, one: str, other: str) -> str | None:
        """Return the alternate group of which no branch leads to both, or None: then only one of them is done."""
        mine, theirs = self.branches[one], self.branches[other]
        return next((group for group in mine if group in theirs and not mine[group] & theirs[group]), None)

    @cached_property
    def ends(self) -> tuple[End, ...]:
        """Return what finishes the item: every end is needed, of the sinks of one end any will do."""
        left, ends = list(self.sinks), list[End]()
        while left:
            together = [left.pop(0)]
            for key in together:  # grows: whoever excludes one of them belongs to them
                together += (others := [other for other in left if self.exclusive(key, other)])
                left = [other for other in left if other not in others]
            group = self.exclusive(*together[:2]) if len(together) > 1 else None
            ends.append(End(group, tuple(together)))
        return tuple(ends)


def _heads(process: ProcessGraph) -> dict[str, list[str]]:
    """Return for each alternate group the first operations of its branches."""
    heads: dict[str, dict[str, None]] = {}
    for operation in process.operations.values():
        if operation.alternate_group:
            heads.setdefault(operation.alternate_group, {})[operation.key] = None
    for link in process.forward:
        if link.alternate_group and len(_members(process, link, "pred")) > 1:
            heads.setdefault(link.alternate_group, {})[link.succ] = None
    return {group: list(found) for group, found in heads.items()}


def _members(process: ProcessGraph, link: Link, side: str) -> list[Link]:
    """Return the links of the same alternate group at the same end of the link."""
    end = getattr(link, side)
    return [
        other for other in process.forward
        if other.alternate_group == link.alternate_group and getattr(other, side) == end
    ]  # fmt: skip


def graph(operations: Iterable[Operation], links: Iterable[Link], *, joined: bool = True) -> ProcessGraph:
    """Return the checked process graph; `joined` False allows parts that no link connects.

    Raises DuplicateKey, UnknownOperation, ProcessCycle (with the path), Unreachable, BadRework, BadAlternate.
    """
    process = ProcessGraph(_by_key(operations), tuple(links))
    _check_links(process)
    order, rest = topological(process.operations, process.below)
    if rest:
        raise ProcessCycle(path=loop_in(rest, process.below))
    if joined:
        _check_joined(process, order)
    _check_rework(process)
    _check_alternates(process)
    return process


def _by_key(operations: Iterable[Operation]) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for operation in operations:
        if operation.key in found:
            raise DuplicateKey(what="operation", key=operation.key)
        found[operation.key] = operation
    return found


def _check_links(process: ProcessGraph) -> None:
    """Every link joins two known operations, and only once."""
    seen: set[tuple[str, str, bool]] = set()
    for link in process.links:
        for key in (link.pred, link.succ):
            if key not in process.operations:
                raise UnknownOperation(of=f"link {link.pred} - {link.succ}", operation=key)
        pair = (link.pred, link.succ, link.kind is LinkKind.REWORK)
        if pair in seen:
            raise DuplicateKey(what="link", key=f"{link.pred} - {link.succ}")
        seen.add(pair)


def _check_joined(process: ProcessGraph, order: Sequence[str]) -> None:
    """Every operation is connected with the first one, by links or as its alternate."""
    around: dict[str, list[str]] = {key: [] for key in order}
    pairs = [(link.pred, link.succ) for link in process.forward]
    for one, other in combinations(process.operations.values(), 2):
        if one.alternate_group and one.alternate_group == other.alternate_group:
            pairs.append((one.key, other.key))
    for one_key, other_key in pairs:
        around[one_key].append(other_key)
        around[other_key].append(one_key)
    lost = set(order) - reached(order[0], around) if order else set()
    if lost:
        raise Unreachable(operation=", ".join(key for key in order if key in lost))


def _check_rework(process: ProcessGraph) -> None:
    """Rework goes back to an operation the piece has been through."""
    for link in process.links:
        if link.kind is LinkKind.REWORK and link.pred not in reached(link.succ, process.below):
            raise BadRework(pred=link.pred, succ=link.succ)


def _check_alternates(process: ProcessGraph) -> None:
    """A group offers a choice of branches; each gives its pieces on in one place and waits for no other."""
    for group, heads in process.heads.items():
        if len(heads) < 2:
            raise BadAlternate(group=group, operation=heads[0], reason="has a single member")
    for link in process.forward:
        if link.alternate_group and len(_members(process, link, "pred")) + len(_members(process, link, "succ")) < 3:
            raise BadAlternate(group=link.alternate_group, operation=link.succ, reason="has a single member")
    for key, links in process.incoming.items():
        for one, other in combinations(links, 2):
            _check_pair(process, key, one, other)
    for end in process.ends:
        for first, second in combinations(end.operations, 2):
            if not process.exclusive(first, second):
                raise BadAlternate(group=end.group, operation=second, reason="a branch has two ends")


def _check_pair(process: ProcessGraph, key: str, one: Link, other: Link) -> None:
    """Two inputs that add up exclude each other, and two that exclude each other add up."""
    adds_up = one.alternate_group is not None and one.alternate_group == other.alternate_group
    excluded = process.exclusive(one.pred, other.pred)
    if excluded and not adds_up:
        raise BadAlternate(group=excluded, operation=key, reason="waits for branches of which one is chosen")
    skips = any(_passes(process, link, past) for link, past in ((one, other), (other, one)))
    if adds_up and not excluded and not skips:
        raise BadAlternate(group=one.alternate_group, operation=key, reason="a branch comes in twice")


def _passes(process: ProcessGraph, link: Link, past: Link) -> bool:
    """Tell whether the link is the fork's own way past the branch that the other link comes from."""
    return len(_members(process, link, "pred")) > 1 and past.pred in reached(link.pred, process.below)
