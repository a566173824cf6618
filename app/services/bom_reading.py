"""Rows of a bill of material as they are typed: read cell by cell with the importer's own rules, all faults named."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.services.importing.cells import row_texts
from app.services.importing.dates import Clock
from app.services.importing.description import Column
from app.services.importing.problems import BadCell
from app.services.importing.sheets import SHEETS

SHEET = SHEETS["bom"]
COLUMNS: dict[str, Column] = {
    column.name: column for column in SHEET.columns if column.name not in ("item", "position", "site")
}
# The order in which cells stand in the grid, and in which they are pasted without a header.
ORDER = ("component", "quantity", "per", "operation", "valid_from", "valid_to", "scrap_percent", "alternate_group",
         "priority", "backflush")  # fmt: skip
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Typed:
    """A row of a draft: its key, and its texts by column."""

    key: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Wrong:
    """A fault of a row; without a column it is about the row, without a key about the whole."""

    key: str
    column: str
    code: str
    values: Mapping[str, Any]


def values_of(row: Typed, clock: Clock) -> tuple[dict[str, Any], list[Wrong]]:
    """What the cells of a row mean, and what is wrong with them; what cannot be read is None."""
    found: dict[str, Any] = {}
    wrong: list[Wrong] = []
    for name, column in COLUMNS.items():
        text = row.cells.get(name, "").strip()
        found[name] = column.default
        try:
            if text:
                found[name] = column.kind(text, clock)
            elif column.required:
                raise BadCell("empty")
        except BadCell as error:
            found[name] = None
            wrong.append(Wrong(row.key, name, error.code, error.values))
    if not wrong:
        wrong = [Wrong(row.key, at or "", code, more) for rule in SHEET.rules for at, code, more in rule(found)]
    return found, wrong


def texts_of(line: Any, component: str) -> dict[str, str]:
    """A stored line as texts; what is as usual stays empty, so that a grid is easy to read."""
    values = {name: getattr(line, column.attribute or "", None) for name, column in COLUMNS.items()}
    texts = row_texts(SHEET, values | {"component": component}, ZoneInfo("UTC"))
    usual = {"per": "1", "scrap_percent": "0", "priority": "1", "backflush": "yes"}
    return {name: "" if usual.get(name) == texts[name] else texts[name] for name in ORDER}


def cells_of(given: Mapping[str, Any]) -> dict[str, str]:
    """Texts of known columns out of what a browser sent."""
    return {name: str(given.get(name) or "").strip()[:200] for name in ORDER}


def pasted(text: str, heads: Mapping[str, str]) -> list[tuple[int, dict[str, str]]]:
    """Rows of a sheet with their numbers there; ``heads`` gives the column by each name a header may have.

    A first row that names the component is the header; without one the cells stand in the order of the grid.
    """
    rows = list(csv.reader(io.StringIO(text.strip("\n\r")), delimiter="\t"))
    names: list[str] = list(ORDER)
    first = [heads.get(cell.strip().lower(), "") for cell in rows[0]] if rows else []
    begin = 0
    if "component" in first:
        names, begin = first, 1
    found = []
    for number, row in enumerate(rows[begin:], begin + 1):
        cells = {name: cell.strip() for name, cell in zip(names, row, strict=False) if name}
        if any(cells.values()):
            found.append((number, cells_of(cells)))
    return found


def site_clock(now: Any, zone: str) -> Clock:
    """The clock that relative dates are read by."""
    return Clock(now, ZoneInfo(zone))


__all__ = ["COLUMNS", "MOST_ROWS", "ORDER", "SHEET", "Typed", "Wrong", "cells_of", "pasted", "site_clock", "texts_of",
           "values_of"]  # fmt: skip
