"""Breaking an order down: every item made to order, at every place in the structure, gives its operations as tasks.

A task's key is `<node>/<operation key>`, the node being the path of line keys: stable as long as the
lines are, unique within the order. Sub-items flow from their last operations into the operation of the
parent that consumes them; stocked and bought items are materials of that operation. What only an
optional operation consumes falls away with it when it is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

from bom.errors import MissingRouting, NoStation, UnknownOperation
from bom.lines import ONE, BomLine, exact
from bom.nodes import Part, Place, Walk, made, needs_of
from bom.operation import ZERO, Link, LinkKind, LinkType
from bom.optional import without_optional
from bom.order import topological
from bom.process import End, ProcessGraph
from bom.specs import BreakDown, Chosen, LinkSpec, MaterialNeed, TaskSpec
from bom.structure import Structure

SCRAP_DIGITS = 200
Routings = Mapping[str, ProcessGraph]


def break_down(
    structure: Structure,
    routings: Routings,
    item: str,
    quantity: Fraction | Decimal | int,
    on: date,
    choices: Chosen | None = None,
    decimals: Mapping[str, int] | None = None,
) -> BreakDown:
    """Return the tasks and links of an order for so many pieces, by the lines valid on a date.

    Only make_to_order levels become tasks (the root always); planned quantities include scrap and are
    rounded up to `decimals` of their item (default whole pieces). Raises UnknownItem, BadQuantity,
    UnknownChoice, MissingRouting, NoStation, UnknownOperation, NotOptional, TooLarge.
    """
    chosen = choices or Chosen()
    amount = exact(quantity, "quantity", item)
    places = Walk(structure, on, chosen, decimals or {}).run(item, amount)
    used = {place.spec.item: _routing(routings, place.spec.item, chosen) for place in places}
    tasks = [task for place in places for task in _tasks(place, used[place.spec.item])]
    links = [link for place in places for link in _links(place, used)]
    return BreakDown(
        item, places[0].spec.quantity, on, _sequenced(tasks, links), tuple(links), needs_of(places),
        tuple(place.spec for place in places), _lines(places),
    )  # fmt: skip


def _routing(routings: Routings, item: str, chosen: Chosen) -> ProcessGraph:
    """Return the item's process without what is skipped; every operation left has a station."""
    if item not in routings or not routings[item].operations:
        raise MissingRouting(item=item)
    process = without_optional(routings[item], sorted(chosen.skipped.get(item, ())))
    for operation in process.operations.values():
        if not operation.stations:
            raise NoStation(item=item, operation=operation.key)
    return process


def _tasks(place: Place, process: ProcessGraph) -> Iterator[TaskSpec]:
    node, quantity = place.spec.node, place.spec.quantity
    materials: dict[str, list[MaterialNeed]] = {}
    for part in place.parts:
        if not made(part):
            for key in _consuming(place, part, process, once=True):
                materials.setdefault(key, []).append(_material(part))
    for key in process.order:
        operation = process.operations[key]
        yield TaskSpec(
            f"{node}/{key}", node, place.spec.item, operation, place.spec.level, 0, quantity,
            operation.minutes(Fraction(quantity)), tuple(materials.get(key, ())), node == "0" and key in process.sinks,
        )  # fmt: skip


def _material(part: Part) -> MaterialNeed:
    percent = (part.scrap_factor - 1) * 100
    with localcontext(prec=SCRAP_DIGITS):  # a product of decimals ends, but not always within 28 digits
        scrap = Decimal(percent.numerator) / Decimal(percent.denominator)
    return MaterialNeed(part.key, part.item, part.net, part.lines[-1].backflush, scrap)


def _consuming(place: Place, part: Part, process: ProcessGraph, *, once: bool) -> tuple[str, ...]:
    """Return the operations that take a part in: the named one, else the sources.

    `once`: a material is taken once, so only by the first source and by those that may replace it.
    """
    named = part.operation
    if named is not None:
        if named not in process.operations:
            raise UnknownOperation(of=f"{place.spec.item}, line {part.key}", operation=named)
        return (named,)
    first = process.sources[0]
    return tuple(key for key in process.sources if not once or key == first or process.exclusive(first, key))


def _links(place: Place, used: Routings) -> Iterator[LinkSpec]:
    node, process = place.spec.node, used[place.spec.item]
    inside = [_inner(node, link) for link in process.forward]
    fed = [link for part in place.parts if made(part) for link in _feeding(place, part, process, used[part.item])]
    yield from inside
    yield from fed
    for link in process.links:
        if link.kind is LinkKind.REWORK:
            yield from _returning(node, link, [*inside, *fed])


def _inner(node: str, link: Link) -> LinkSpec:
    """Return a link inside one node: piece for piece."""
    pred, group = f"{node}/{link.pred}", _group(node, link.alternate_group)
    return LinkSpec(
        pred, f"{node}/{link.succ}", link.type, link.lag_min, ONE, link.transfer_batch, link.kind, group, group or pred
    )


def _group(node: str, group: str | None) -> str | None:
    """Return the group's name at this node; the bar keeps it apart from every task key."""
    return f"{node}|{group}" if group else None


def _feeding(place: Place, part: Part, process: ProcessGraph, sub: ProcessGraph) -> Iterator[LinkSpec]:
    """Yield the links from every end of a sub-item to what consumes it; each piece serves 1/net parents."""
    takers = _consuming(place, part, process, once=False)
    for succ in takers:
        rival = next((group for other in takers if (group := process.exclusive(succ, other))), None)
        choice = _group(place.spec.node, rival)  # sources of which one is chosen: the sub-item goes to that one
        for end in sub.ends:
            for pred in end.operations:
                yield _feed(part, end, f"{part.node}/{pred}", f"{place.spec.node}/{succ}", choice)


def _feed(part: Part, end: End, pred: str, succ: str, choice: str | None) -> LinkSpec:
    """Return one link into the parent; alternate ends add up under their group, whoever takes them."""
    together = _group(part.node, end.group)
    group = choice or together
    kind = LinkKind.ALTERNATE if group else LinkKind.NORMAL
    return LinkSpec(
        pred, succ, LinkType.FINISH_START, ZERO, 1 / part.net, None, kind, group, together or pred, part.key
    )


def _returning(node: str, link: Link, others: Iterable[LinkSpec]) -> Iterator[LinkSpec]:
    """Yield a rework link once for every input of its target: a piece that comes back needs none of them again.

    A target without inputs is refilled under its own key: that is what the order itself gives it.
    The ratio is the one of one piece, whatever the input's own ratio is.
    """
    back = replace(_inner(node, link), alternate_group=None)
    keys = dict.fromkeys(other.input_key for other in others if other.succ == back.succ)
    yield from (replace(back, input_key=key) for key in keys or (back.succ,))


def _sequenced(tasks: list[TaskSpec], links: Iterable[LinkSpec]) -> tuple[TaskSpec, ...]:
    """Number the tasks from 1 so that each comes after all it waits for."""
    below: dict[str, list[str]] = {}
    for link in links:
        if link.kind is not LinkKind.REWORK:
            below.setdefault(link.pred, []).append(link.succ)
    by_key = {task.op_key: task for task in tasks}
    order, _ = topological(by_key, below)
    return tuple(replace(by_key[key], sequence=number) for number, key in enumerate(order, 1))


def _lines(places: Iterable[Place]) -> tuple[BomLine, ...]:
    found = {line.key: line for place in places for part in place.parts for line in part.lines}
    return tuple(found[key] for key in sorted(found))
