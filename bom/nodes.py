"""Walking a structure place by place: which items are made where, and what each of them takes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from bom.errors import TooLarge
from bom.explode import Need, rounded_up
from bom.lines import ONE, BomLine, Supply
from bom.specs import Chosen, NodeSpec
from bom.structure import Structure

LARGEST = 20_000  # places to make in one order; beyond that a shared subassembly belongs into stock
ESCAPED = str.maketrans({"%": "%25", ".": "%2E", "/": "%2F", "|": "%7C"})


@dataclass(frozen=True)
class Part:
    """What one line (or a chain of lines through phantoms) brings into a node."""

    node: str
    lines: tuple[BomLine, ...]
    supply: Supply

    @property
    def item(self) -> str:
        """Return the item that goes in."""
        return self.lines[-1].child

    @property
    def key(self) -> str:
        """Return the line key, through phantoms the keys joined by dots."""
        return ".".join(line.key for line in self.lines)

    @property
    def operation(self) -> str | None:
        """Return the operation that consumes it: the innermost line that names one."""
        return next((line.operation for line in reversed(self.lines) if line.operation), None)

    @property
    def net(self) -> Fraction:
        """Return the pieces in one parent, without scrap."""
        return _product(line.net for line in self.lines)

    @property
    def scrap_factor(self) -> Fraction:
        """Return the compounded 1 + scrap/100."""
        return _product(line.scrap_factor for line in self.lines)


def _product(factors: Iterable[Fraction]) -> Fraction:
    result = ONE
    for factor in factors:
        result *= factor
    return result


@dataclass(frozen=True)
class Place:
    """A node and the parts that go into it."""

    spec: NodeSpec
    parts: tuple[Part, ...]


@dataclass
class Walk:
    """One walk from the root down through everything made to order."""

    structure: Structure
    on: date
    chosen: Chosen
    decimals: Mapping[str, int]
    places: list[Place] = field(default_factory=list)

    def run(self, item: str, quantity: Fraction) -> list[Place]:
        """Return the places, every parent before its children. Raises UnknownItem, UnknownChoice, TooLarge."""
        self.structure.on(self.on, self.chosen.lines).at(item)
        waiting = [NodeSpec("0", None, None, item, 0, self._planned(item, quantity))]
        while waiting:
            spec = waiting.pop()
            place = Place(spec, self._parts(spec))
            self.places.append(place)
            if len(self.places) + len(waiting) > LARGEST:
                raise TooLarge(item=item, limit=LARGEST)
            waiting.extend(reversed([self._child(spec, part) for part in place.parts if made(part)]))
        return self.places

    def _planned(self, item: str, quantity: Fraction) -> Decimal:
        return rounded_up(quantity, self.decimals.get(item, 0))

    def _child(self, spec: NodeSpec, part: Part) -> NodeSpec:
        quantity = self._planned(part.item, Fraction(spec.quantity) * part.net * part.scrap_factor)
        level = spec.level + len(part.lines)
        return NodeSpec(part.node, spec.node, part.key, part.item, level, quantity)

    def _parts(self, spec: NodeSpec) -> tuple[Part, ...]:
        """Return what goes into a node; a phantom's own lines stand in for it, unless a skipped operation took it."""
        skipped = self.chosen.skipped.get(spec.item, frozenset())
        found: list[Part] = []
        waiting = [self._part(spec.node, (line,)) for line in self._lines(spec.item)]
        while waiting:
            part = waiting.pop(0)
            if part.supply is Supply.PHANTOM:
                waiting[:0] = [self._part(part.node, (*part.lines, line)) for line in self._lines(part.item)]
            elif part.operation not in skipped:
                found.append(part)
        return tuple(found)

    def _lines(self, item: str) -> list[BomLine]:
        return self.structure.lines_of(item, self.on, self.chosen.lines)

    def _part(self, node: str, lines: tuple[BomLine, ...]) -> Part:
        line = lines[-1]
        supply = Supply.PHANTOM if line.phantom else self.structure.supply_of(line.child)
        return Part(f"{node}.{line.key.translate(ESCAPED)}", lines, supply)


def made(part: Part) -> bool:
    """Tell whether the part is made within the order."""
    return part.supply is Supply.MAKE_TO_ORDER


def needs_of(places: list[Place]) -> tuple[Need, ...]:
    """Return the total need of every item taken in, after the rounding of what is made, upper levels first."""
    totals: dict[str, tuple[int, Fraction]] = {}
    planned = {place.spec.node: Fraction(place.spec.quantity) for place in places}
    for place in places:
        for part in place.parts:
            gross = Fraction(place.spec.quantity) * part.net * part.scrap_factor
            level, total = totals.get(part.item, (0, Fraction(0)))
            deepest = max(level, place.spec.level + len(part.lines))
            totals[part.item] = (deepest, total + planned.get(part.node, gross))
    return tuple(sorted((Need(item, *found) for item, found in totals.items()), key=lambda need: need.level))
