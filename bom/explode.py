"""Explosion: what, and how much of it, an amount of one item needs on a date. Exact to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from bom.effective import Effective
from bom.lines import exact
from bom.structure import Choices, Structure


class Need(NamedTuple):  # a tuple: five thousand of them are made in one explosion
    """The total need of one item; `level` is its deepest level below the root (low-level code)."""

    item: str
    level: int
    quantity: Fraction


Parts = list[tuple[str, int, int, int]]
KEPT_PIECES = 16  # models a plant releases day by day
_need = tuple.__new__
_fraction = object.__new__


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
    return scaled(_one_piece(view, view.at(item), stop_at_supply, phantoms), exact(quantity, "quantity", item))


def _one_piece(view: Effective, root: int, stop: bool, phantoms: bool) -> Parts:
    """What one piece of the root needs; kept, because the next order differs in its quantity only."""
    key = (root, stop, phantoms)
    parts = view.pieces.get(key)
    if parts is None:
        own = [0] * len(view.items)
        own[root] = view.scale[root]
        parts = spread(view, own, root, stop, phantoms)
        if len(view.pieces) >= KEPT_PIECES:
            view.pieces.clear()
        view.pieces[key] = parts
    return parts


def spread(view: Effective, own: list[int], first: int, stop: bool, phantoms: bool) -> Parts:
    """Push what is wanted for itself (`own`, in units of 1/scale) down; nothing is wanted before `first`.

    Returns (item, level, units, scale) of every item below, upper levels first.
    """
    size = len(view.items)
    flow, levels, hidden = [0] * size, [0] * size, dict[int, int]()
    edges, through, stops = view.edges, view.through, view.stops if stop else ()
    for at in range(first, size):
        # Of what is supplied only that part goes on which a phantom line brought in.
        units = own[at] + (hidden.get(at, 0) if at in stops else flow[at])
        if not units:
            continue
        deeper = levels[at] + 1
        for child, factor in edges[at]:
            flow[child] += units * factor
            if levels[child] < deeper:  # noqa: PLR1730  # max() costs a call on each of 50 000 edges
                levels[child] = deeper
        for child, factor in through.get(at, ()):
            hidden[child] = hidden.get(child, 0) + units * factor
    if not phantoms:
        for at, units in hidden.items():
            flow[at] -= units
    kept = [at for at, units in enumerate(flow) if units]
    kept.sort(key=levels.__getitem__)
    items, scale = view.items, view.scale
    return [(items[at], levels[at], flow[at], scale[at]) for at in kept]


def scaled(parts: Parts, amount: Fraction) -> tuple[Need, ...]:
    """The needs of so many pieces."""
    times, over = amount.numerator, amount.denominator
    return tuple([
        _need(Need, (item, level, ratio(units * times, scale * over))) for item, level, units, scale in parts
    ])  # fmt: skip


def ratio(over: int, under: int) -> Fraction:
    """Return over/under in lowest terms; `under` is positive.

    What `Fraction(over, under)` does, without asking what kind of numbers they are: half of the time of a large
    explosion was spent there.
    """
    common = gcd(over, under) if under != 1 else 1
    made = _fraction(Fraction)
    made._numerator = over // common  # type: ignore[attr-defined]
    made._denominator = under // common  # type: ignore[attr-defined]
    return made


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
