"""Which tasks of a process are done when, of branches that replace each other, one is chosen. Plain arithmetic.

A group's heads are the first tasks of its branches. A group is written ``node|name``, so that the same item at two
places of an order chooses for itself.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Step(NamedTuple):
    """A task: where it stands in the order, and the group it is an alternate of, if any."""

    key: object
    node: str
    group: str | None


class Arrow(NamedTuple):
    """A link of forward flow between two tasks; links of a group that leave one task together are a fork."""

    pred: object
    succ: object
    group: str | None


Heads = dict[str, list[object]]


def heads(steps: Iterable[Step], arrows: Iterable[Arrow]) -> Heads:
    """For each group the first tasks of its branches, in the order of the steps."""
    found: dict[str, dict[object, None]] = {}
    nodes = {}
    for step in steps:
        nodes[step.key] = step.node
        if step.group:
            found.setdefault(f"{step.node}|{step.group}", {})[step.key] = None
    for group, members in _forks(arrows, nodes).items():
        for arrow in members:
            found.setdefault(group, {})[arrow.succ] = None
    return {group: list(keys) for group, keys in found.items() if len(keys) > 1}


def not_done(steps: Iterable[Step], arrows: Iterable[Arrow], chosen: Mapping[str, object]) -> frozenset[object]:
    """The tasks left out: those of unchosen branches, and what is made for these alone."""
    steps, arrows = list(steps), list(arrows)
    below: dict[object, list[object]] = {}
    for arrow in arrows:
        below.setdefault(arrow.pred, []).append(arrow.succ)
    off: set[object] = set()
    for group, keys in heads(steps, arrows).items():
        kept = _under(chosen[group], below)
        for head in keys:
            off |= _under(head, below) - kept
    while fed_for_nothing := {
        key for key, after in below.items() if key not in off and after and all(succ in off for succ in after)
    }:
        off |= fed_for_nothing
    return frozenset(off)


class Choice:
    """What follows from the chosen heads: which tasks are off, and which links pieces take.

    ``wished`` names the chosen head by group; of the other groups the first is taken.
    """

    def __init__(self, steps: Iterable[Step], arrows: Iterable[Arrow], wished: Mapping[str, object] | None = None):
        steps, arrows = list(steps), list(arrows)
        self.heads = heads(steps, arrows)
        self.chosen = {group: keys[0] for group, keys in self.heads.items()} | dict(wished or {})
        self.off = not_done(steps, arrows, self.chosen)
        nodes = {step.key: step.node for step in steps}
        self._forks = {
            (arrow.pred, group): self.chosen[group]
            for group, members in _forks(arrows, nodes).items() for arrow in members
        }  # fmt: skip

    def is_flowing(self, arrow: Arrow) -> bool:
        """Whether pieces take a link: both ends are done, and of a fork only the way to the chosen head is open."""
        if arrow.pred in self.off or arrow.succ in self.off:
            return False
        return self._forks.get((arrow.pred, arrow.group), arrow.succ) == arrow.succ

    def leading_to(self, key: object, arrows: Iterable[Arrow]) -> dict[str, object]:
        """The heads to choose, by group, so that a task is done: in each group the first whose branch holds it."""
        below: dict[object, list[object]] = {}
        for arrow in arrows:
            below.setdefault(arrow.pred, []).append(arrow.succ)
        found = {}
        for group, keys in self.heads.items():
            leading = [head for head in keys if key in _under(head, below)]
            if leading and self.chosen[group] not in leading:
                found[group] = leading[0]
        return found


def _forks(arrows: Iterable[Arrow], nodes: Mapping[object, str]) -> dict[str, list[Arrow]]:
    """Links of one group that leave one task side by side; those into another item's task add up there instead."""
    sides: dict[tuple[str, object], list[Arrow]] = {}
    for arrow in arrows:
        if arrow.group and arrow.group.rpartition("|")[0] == nodes.get(arrow.succ):
            sides.setdefault((arrow.group, arrow.pred), []).append(arrow)
    found: dict[str, list[Arrow]] = {}
    for (group, _), members in sides.items():
        if len(members) > 1:
            found.setdefault(group, []).extend(members)
    return found


def _under(start: object, below: Mapping[object, list[object]]) -> set[object]:
    found, todo = {start}, [start]
    while todo:
        fresh = [key for key in below.get(todo.pop(), ()) if key not in found]
        found.update(fresh)
        todo += fresh
    return found
