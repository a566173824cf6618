"""The needs of many demands at once: one walk over the structure, not one for each (MRP, gross requirements)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm

from bom.explode import Need, scaled, spread
from bom.lines import exact
from bom.structure import Choices, Structure


def aggregated(
    structure: Structure,
    demands: Mapping[str, Fraction | Decimal | int],
    on: date,
    stop_at_supply: bool = False,
    *,
    phantoms: bool = False,
    choices: Choices | None = None,
) -> tuple[Need, ...]:
    """Return the total need for every item below the demanded ones, upper levels first.

    It is the sum of `requirements` of each demand: what is demanded of an item for itself is not among its
    needs, what others need of it is; a level is the deepest below any of them.
    Raises UnknownItem, BadQuantity, UnknownChoice.
    """
    view = structure.on(on, choices)
    wanted = {view.at(item): exact(quantity, "quantity", item) for item, quantity in demands.items()}
    if not wanted:
        return ()
    over = lcm(*(amount.denominator for amount in wanted.values()))
    own = [0] * len(view.items)
    for at, amount in wanted.items():
        own[at] = view.scale[at] * amount.numerator * (over // amount.denominator)
    return scaled(spread(view, own, min(wanted), stop_at_supply, phantoms), Fraction(1, over))
