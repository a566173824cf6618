"""Explosion: what, and how much of it, an amount of one item needs on a date. Exact to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from bom.effective import Effective
from bom.lines import exact
from bom.structure import Choices, Structure


class Need(NamedTuple):  # a tuple: five thousand of them are made in one explosion
    """The total need of one item; `level` is its deepest level below the root (low-level code)."""

    item: str
    level: int
    quantity: Fraction


class Rounded(NamedTuple):
    """A need rounded up to the decimals of its item."""

    item: str
    level: int
    quantity: Decimal


def requirements(
    structure: Structure,
    item: str,
    quantity: Fraction | Decimal | int,
    on: date,
    stop_at_supply: bool = False,
    *,
    phantoms: bool = False,
    choices: Choices | None = None,
) -> tuple[Need, ...]:
    """Return one total need for every item below the root (never the root), upper levels first.

    Scrap compounds: each line asks for need × (1 + scrap/100). Phantoms are passed through and left out
    unless `phantoms`; they still count as a level, so that list and drawing agree. `stop_at_supply`
    goes no deeper than stock and buy items. `choices` overrules the priority of alternates.
    Raises UnknownItem, BadQuantity, UnknownChoice.
    """
    view = structure.on(on, choices)
    root = view.at(item)
    amount = exact(quantity, "quantity", item)
    flow, levels, hidden = _spread(view, root, stop_at_supply)
    if not phantoms:
        for at, units in hidden.items():
            flow[at] -= units
    flow[root] = 0
    return _needs(view, flow, levels, amount)


def _spread(view: Effective, root: int, stop: bool) -> tuple[list[int], list[int], dict[int, int]]:
    """Push one piece of the root down; amounts are units of 1/scale, `hidden` is what only passes through."""
    size = len(view.items)
    flow, levels, hidden = [0] * size, [0] * size, dict[int, int]()
    edges, through, stops = view.edges, view.through, view.stops if stop else ()
    flow[root] = view.scale[root]
    for at in range(root, size):
        units = flow[at]
        if units and at in stops and at != root:
            units = hidden.get(at, 0)  # what a phantom line brought in goes on, the rest is supplied
        if not units:
            continue
        deeper = levels[at] + 1
        for child, factor in edges[at]:
            flow[child] += units * factor
            if levels[child] < deeper:  # noqa: PLR1730  # max() costs a call on each of 50 000 edges
                levels[child] = deeper
        for child, factor in through.get(at, ()):
            hidden[child] = hidden.get(child, 0) + units * factor
    return flow, levels, hidden


def _needs(view: Effective, flow: list[int], levels: list[int], amount: Fraction) -> tuple[Need, ...]:
    items, scale = view.items, view.scale
    times, over = amount.numerator, amount.denominator
    kept = [at for at, units in enumerate(flow) if units]
    kept.sort(key=levels.__getitem__)
    return tuple([
        # Fraction of one whole number spares the search for a common divisor
        Need(items[at], levels[at], Fraction(flow[at] * times) if under == 1 else Fraction(flow[at] * times, under))
        for at in kept
        for under in (scale[at] * over,)
    ])  # fmt: skip


def rounded_up(quantity: Fraction, decimals: int = 0) -> Decimal:
    """Return the smallest amount with so many decimals that is not below the quantity (needs round up)."""
    units = -(-quantity.numerator * 10**decimals // quantity.denominator)
    with localcontext() as context:  # never let a context of 28 digits round what was exact
        context.prec = max(28, len(str(abs(units))) + 1)
        return Decimal(units).scaleb(-decimals)


def round_needs(needs: Iterable[Need], decimals: Mapping[str, int]) -> tuple[Rounded, ...]:
    """Round every need up to the decimals of its item (0 when not given)."""
    return tuple(
        Rounded(need.item, need.level, rounded_up(need.quantity, decimals.get(need.item, 0))) for need in needs
    )
