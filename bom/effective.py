"""A structure as it stands on one date, laid out for fast exact arithmetic.

Items get their topological position. Amounts of an item are whole numbers of 1/scale, where the
scale of an item is the common denominator of everything that can flow into it: so one explosion
is integer multiplication only, and still exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from math import lcm

from bom.errors import UnknownChoice, UnknownItem
from bom.lines import BomLine

Edges = tuple[tuple[int, int], ...]  # (position of the child, its units for one unit of the parent)
Choices = Mapping[tuple[str, str], str]  # (parent, alternate group) -> key of the chosen line


@dataclass(frozen=True, eq=False)
class Effective:
    """The lines valid on one date: `edges` of the chosen ones, `through` those of them that pass through."""

    on: date
    items: tuple[str, ...]
    position: Mapping[str, int]
    valid: Mapping[str, Sequence[BomLine]]
    scale: Sequence[int]
    edges: Sequence[Edges]
    through: Mapping[int, Edges]
    phantoms: frozenset[str]
    stops: frozenset[int]
    # What one piece of an item needs, kept by `bom.explode`.
    pieces: dict[tuple[int, bool, bool], list[tuple[str, int, int, int]]] = field(
        default_factory=dict, init=False, repr=False
    )

    def at(self, item: str) -> int:
        """Return the position of an item; refuse an unknown one."""
        if item not in self.position:
            raise UnknownItem(item=item)
        return self.position[item]

    def with_choices(self, choices: Choices) -> Effective:
        """Return the same date with other members of alternate groups chosen."""
        if not choices:
            return self
        edges, through = list(self.edges), dict(self.through)
        for parent in {parent for parent, _ in choices}:
            at = self.at(parent)
            lines = chosen(self.valid.get(parent, ()), choices, parent, self.on)
            edges[at] = self._edges(lines)
            through[at] = self._edges(line for line in lines if line.phantom or line.child in self.phantoms)
        return replace(self, edges=edges, through=through)

    def _edges(self, lines: Iterable[BomLine]) -> Edges:
        return tuple(edge_of(line, self.position, self.scale) for line in lines)

    @cached_property
    def above(self) -> list[list[int]]:
        """Return for each position the positions of its parents, every alternate included."""
        parents: list[list[int]] = [[] for _ in self.items]
        for parent, lines in self.valid.items():
            at = self.position[parent]
            for child in {line.child for line in lines}:
                parents[self.position[child]].append(at)
        return parents


def edge_of(line: BomLine, position: Mapping[str, int], scale: Sequence[int]) -> tuple[int, int]:
    """Return the child's position and its units for one unit of the parent (always whole)."""
    child, gross = position[line.child], line.gross
    return child, gross.numerator * (scale[child] // (scale[position[line.parent]] * gross.denominator))


def chosen(lines: Sequence[BomLine], choices: Choices, parent: str, on: date) -> list[BomLine]:
    """Keep one line of every alternate group: the chosen one, else the lowest priority number (then the key)."""
    kept = [line for line in lines if line.alternate_group is None]
    groups: dict[str, list[BomLine]] = {}
    for line in lines:
        if line.alternate_group is not None:
            groups.setdefault(line.alternate_group, []).append(line)
    for group, members in groups.items():
        wanted = choices.get((parent, group))
        found = [line for line in members if wanted in (None, line.key)]
        if not found:
            raise UnknownChoice(parent=parent, group=group, line=wanted, on=on)
        kept.append(min(found, key=lambda line: (line.priority, line.key)))
    for (owner, group), wanted in choices.items():
        if owner == parent and group not in groups:
            raise UnknownChoice(parent=parent, group=group, line=wanted, on=on)
    return kept


def scales(items: Sequence[str], position: Mapping[str, int], valid: Mapping[str, Sequence[BomLine]]) -> list[int]:
    """Return the common denominator of each item's amounts, items being in topological order."""
    scale = [1] * len(items)
    for at, item in enumerate(items):
        own = scale[at]
        for line in valid.get(item, ()):
            wanted = own * line.gross.denominator
            child = position[line.child]
            if scale[child] % wanted:
                scale[child] = lcm(scale[child], wanted)
    return scale


def effective(
    on: date,
    items: tuple[str, ...],
    valid: Mapping[str, Sequence[BomLine]],
    phantoms: frozenset[str],
    stops: frozenset[str],
) -> Effective:
    """Lay out the lines valid on a date; `items` must be in topological order."""
    position = {item: at for at, item in enumerate(items)}
    scale = scales(items, position, valid)
    edges: list[Edges] = []
    through: dict[int, Edges] = {}
    for at, item in enumerate(items):
        lines = chosen(valid.get(item, ()), {}, item, on)
        edges.append(tuple(edge_of(line, position, scale) for line in lines))
        hidden = [line for line in lines if line.phantom or line.child in phantoms]
        if hidden:
            through[at] = tuple(edge_of(line, position, scale) for line in hidden)
    kept = frozenset(position[item] for item in stops)
    return Effective(on, items, position, valid, scale, edges, through, phantoms, kept)
