"""Checks over bills of material and routings: loops with their path, operations nobody has, steps without a place."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from app.services.importing.known import Known
from app.services.importing.problems import Problem
from app.services.importing.revisions import Content, Item
from app.services.importing.rows import Reading
from bom.errors import BomError, ProcessCycle, StructureCycle
from bom.lines import BomLine
from bom.operation import Link, LinkKind, LinkType, Operation
from bom.process import graph
from bom.structure import Structure

_MOST_LOOPS = 20
Contents = dict[Item, Content]


@dataclass(frozen=True)
class Plant:
    """What the checks look at: the folder, the store, and both kinds of contents as they would stand afterwards."""

    reading: Reading
    known: Known
    boms: Contents
    routings: Contents
    asked_boms: Contents
    asked_routings: Contents
    lots: frozenset[tuple[str, str, str]]  # codes of site, item and lot in the store
    moved: frozenset[Item]  # items that had stock moved

    def supply(self, item: Item) -> str | None:
        """How an item comes to be there."""
        found: str | None = self.known.value("items", *item, "supply") if self.known.has("items", *item) else None
        return found


def check(plant: Plant) -> None:
    """Find everything that is wrong between lines, operations and stations."""
    for site in sorted({site for site, _ in plant.asked_boms}):
        plant.reading.problems.extend(_loops(plant, site))
    for item, content in plant.asked_boms.items():
        plant.reading.problems.extend(_operations_of_lines(plant, item, content))
    for item, content in plant.asked_routings.items():
        plant.reading.problems.extend(_steps(content))
        plant.reading.problems.extend(_graph(item, content))


def _path(error: BomError) -> tuple[str, ...]:
    found = error.values["path"]
    return tuple(map(str, found)) if isinstance(found, tuple) else ()


def _shown(path: tuple[str, ...]) -> str:
    return " → ".join(path)


def _loops(plant: Plant, site: str) -> Iterator[Problem]:
    lines: dict[str, tuple[BomLine, Item, tuple[Any, ...]]] = {}
    for item, content in plant.boms.items():
        for key, values in content.of("bom").items() if item[0] == site else ():
            line = _line(item[1], key, values)
            if line:
                lines[line.key] = (line, item, key)
    for _ in range(_MOST_LOOPS):
        try:
            Structure([line for line, _, _ in lines.values()])
        except StructureCycle as error:
            path = _path(error)
            closing = _closing(lines, path, plant)
            _, item, key = lines.pop(closing)
            record = plant.boms[item].records.get(("bom", key))
            if record:
                yield record.problem("component", "bom_cycle", path=_shown(path))
        else:
            return


def _line(parent: str, key: tuple[Any, ...], values: dict[str, Any]) -> BomLine | None:
    if values["component"] is None or values["quantity"] is None:
        return None
    start, end = values["valid_from"], values["valid_to"]
    if start and end and start >= end:
        return None  # told already
    name = f"{parent}/{key[0]}"
    return BomLine(name, parent, values["component"], Fraction(values["quantity"]), valid_from=start, valid_to=end)


def _closing(lines: dict[str, Any], path: tuple[str, ...], plant: Plant) -> str:
    """The line of the loop that stands in the folder, the last one when there are several."""
    steps = set(itertools.pairwise(path))
    inside = [name for name, (line, _, _) in lines.items() if (line.parent, line.child) in steps]
    ours = [name for name in inside if ("bom", lines[name][2]) in plant.boms[lines[name][1]].records]
    return (ours or inside)[-1]


def _operations_of_lines(plant: Plant, item: Item, content: Content) -> Iterator[Problem]:
    makers = [(maker[1], _names(plant.routings.get(maker, Content()))) for maker in _makers(plant, item)]
    for key, values in content.of("bom").items():
        record, named = content.records.get(("bom", key)), values["operation"]
        if record is None or named is None:
            continue
        for maker, names in makers:
            if named not in names:
                known = ", ".join(sorted(names))
                yield record.problem("operation", "no_such_operation", value=named, item=maker, known=known)


def _names(routing: Content) -> set[str]:
    return {key[0] for key in routing.of("routings")}


def _makers(plant: Plant, item: Item) -> list[Item]:
    """The items whose operations use the lines: the item itself, or for a phantom the items above it."""
    if plant.supply(item) != "phantom":
        return [item]
    found: list[Item] = []
    seen, waiting = {item}, [item]
    while waiting:
        below = waiting.pop()
        for parent, content in plant.boms.items():
            inside = parent[0] == below[0] and any(v["component"] == below[1] for v in content.of("bom").values())
            if inside and parent not in seen:
                seen.add(parent)
                (waiting if plant.supply(parent) == "phantom" else found).append(parent)
    return found


def _steps(content: Content) -> Iterator[Problem]:
    """Every row about an operation names one that there is, and every operation has a station."""
    names = _names(content)
    known = ", ".join(sorted(names))
    for (sheet, key), record in content.records.items():
        for column in {"operation_links": ("pred", "succ"), "routings": ()}.get(sheet, ("operation",)):
            named = content.of(sheet)[key][column]
            if named not in names:
                yield record.problem(
                    column, "no_such_operation", value=named, item=record.values["item"], known=known
                )  # fmt: skip
    placed = {key[0] for key in content.of("operation_stations")}
    for name in sorted(names - placed):
        row = content.records.get(("routings", (name,)))
        if row:
            yield row.problem("operation", "no_station", value=name)


def _graph(item: Item, content: Content) -> Iterator[Problem]:
    operations = [_operation(values) for values in content.of("routings").values()]
    names = {operation.key for operation in operations}
    links = {
        key: _link(values)
        for key, values in content.of("operation_links").items()
        if {values["pred"], values["succ"]} <= names and _sound(values)
    }
    for _ in range(_MOST_LOOPS):
        try:
            graph(operations, links.values())
            return
        except ProcessCycle as error:
            path = _path(error)
            closing = [key for key in links if key[:2] in set(itertools.pairwise(path)) and key[2] != "rework"][-1]
            del links[closing]
            yield _at(item, content, "operation_links", closing, "process_cycle", {"path": _shown(path)})
        except BomError as error:
            values = {name: str(value) for name, value in error.values.items()}
            yield _at(item, content, *_place(error, content), error.code, values)
            return


def _sound(values: dict[str, Any]) -> bool:
    return bool(values["pred"] != values["succ"]) and (values["kind"] == "alternate") == bool(values["alternate_group"])


def _place(error: BomError, content: Content) -> tuple[str, tuple[Any, ...] | None]:
    """The row a refusal of the graph is about."""
    if error.code == "bad_rework":
        return "operation_links", (error.values["pred"], error.values["succ"], "rework")
    named = str(error.values.get("operation", "")).split(", ")[0]
    return "routings", (named,) if (named,) in content.of("routings") else None


def _at(
    item: Item, content: Content, sheet: str, key: tuple[Any, ...] | None, code: str, values: dict[str, Any]
) -> Problem:  # fmt: skip
    record = content.records.get((sheet, key)) if key else None
    record = record or next(iter(content.records.values()))
    return record.problem(None, code, **({"item": item[1]} | values))


def _operation(values: dict[str, Any]) -> Operation:
    return Operation(
        values["operation"], values["name"] or values["operation"], Fraction(values["piece_min"] or 0),
        optional=values["optional"] or False, alternate_group=values["alternate_group"],
    )  # fmt: skip


def _link(values: dict[str, Any]) -> Link:
    return Link(
        values["pred"], values["succ"], LinkType(values["type"] or "finish_start"),
        kind=LinkKind(values["kind"] or "normal"), alternate_group=values["alternate_group"],
    )  # fmt: skip
