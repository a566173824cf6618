"""Where-used: everything above an item on a date."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from bom.structure import Structure


class Use(NamedTuple):
    """An item that contains the one asked for; `level` is the fewest steps up (1 = its direct parent)."""

    item: str
    level: int


def where_used(structure: Structure, item: str, on: date) -> tuple[Use, ...]:
    """Return all items above, nearest first; every valid alternate counts. Raises UnknownItem."""
    view = structure.on(on)
    start = view.at(item)
    above, items = view.above, view.items
    seen, level, found = {start}, 1, list[Use]()
    row = above[start]
    while row:
        fresh = [at for at in dict.fromkeys(row) if at not in seen]
        seen.update(fresh)
        found.extend(Use(items[at], level) for at in fresh)
        row = [parent for at in fresh for parent in above[at]]
        level += 1
    return tuple(found)
