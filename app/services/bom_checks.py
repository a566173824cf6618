"""What is wrong with a bill of material before it is approved: cells, unknown components, circles, operations."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from app.events import Store
from app.queries.bom_drafts import above, components, operations
from app.services.bom_reading import Typed, Wrong, values_of
from app.services.importing.dates import Clock
from bom.lines import BomLine
from bom.structure import Structure

Read = list[tuple[Typed, dict[str, Any]]]


def checked(store: Store, item: Any, rows: Iterable[Typed], clock: Clock) -> tuple[Read, list[Wrong], dict[str, Any]]:
    """The rows with their values, every fault of them, and the components by code."""
    read: Read = []
    wrong: list[Wrong] = []
    for row in rows:
        values, faults = values_of(row, clock)
        read.append((row, values))
        wrong += faults
    known = components(store, item.site_id, (values["component"] for _, values in read if values["component"]))
    wrong += _unknown(read, known)
    wrong += _circles(store, item, read)
    wrong += _operations(store, item, read)
    return read, wrong, known


def _unknown(read: Read, known: Mapping[str, Any]) -> Iterable[Wrong]:
    for row, values in read:
        code = values["component"]
        if code and (code not in known or known[code].retired):
            how = "retired_reference" if code in known else "unknown_reference"
            yield Wrong(row.key, "component", how, {"value": code, "file": "items"})


def _circles(store: Store, item: Any, read: Read) -> Iterable[Wrong]:
    """A component that stands above the item closes a circle, if there is a day on which all its lines count."""
    lines = above(store, item.id)
    over = {line.parent for line in lines}
    structure = Structure(lines)
    for row, values in read:
        code, start, end = values["component"], values["valid_from"], values["valid_to"]
        if code == item.code:
            yield Wrong(row.key, "component", "bom_cycle", {"path": f"{code} → {code}"})
        elif code in over and not (start and end and start >= end):
            line = BomLine("new", item.code, code, Fraction(1), valid_from=start, valid_to=end)
            if path := structure.loop_with(line):
                yield Wrong(row.key, "component", "bom_cycle", {"path": " → ".join(path)})


def _operations(store: Store, item: Any, read: Read) -> Iterable[Wrong]:
    """The operation that uses a component is one of the item's own; a phantom has none."""
    keys = [row.key for row in operations(store, item.id)]
    if item.supply == "phantom" or not keys:
        return
    for row, values in read:
        named = values["operation"]
        if named and named not in keys:
            yield Wrong(row.key, "operation", "no_such_operation",
                        {"value": named, "item": item.code, "known": ", ".join(keys)})  # fmt: skip


__all__ = ["Read", "checked"]
