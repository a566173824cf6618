"""A file of the importer as a list: which columns a page shows, how cells are written, how an address names a row."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from app.queries.sheets import Field, Look
from app.services.importing import kinds as k
from app.services.importing.cells import row_texts
from app.services.importing.description import Column, Sheet
from app.services.importing.sheets import SHEETS

EDITED = (
    "areas", "lines", "stations", "machines", "locations", "shifts", "calendar", "people", "skills", "person_skills",
    "roster", "reasons", "items", "units", "lots", "limit_rules",
)  # fmt: skip
_LISTED: dict[str, tuple[str, ...]] = {
    "items": ("code", "name", "name_zh", "supply", "unit", "decimals", "serialised", "lot_tracked", "retired"),
    "people": ("code", "name", "name_zh", "badge", "line", "lead", "retired"),
}


def columns_of(sheet: Sheet) -> list[Column]:
    """The columns that a row of the table itself holds."""
    return [column for column in sheet.columns if column.attribute is not None]


def look(name: str) -> Look:
    """What a list looks at."""
    sheet = SHEETS[name]
    fields = tuple(
        Field(c.name, str(c.attribute), SHEETS[c.ref].model if is_reference(c) else None) for c in columns_of(sheet)
    )
    return Look(sheet.model, sheet.key, fields)


def is_reference(column: Column) -> bool:
    """Whether a cell holds one code of another list (a list of codes is kept as it is)."""
    return bool(column.ref) and str(column.attribute).endswith("_id")


def listed(sheet: Sheet) -> list[Column]:
    """The columns that fit on a page of the list."""
    names = _LISTED.get(sheet.name)
    found = columns_of(sheet)
    return [c for c in found if c.name in names] if names else found


def texts(sheet: Sheet, row: Mapping[str, Any], zone: str) -> dict[str, str]:
    """The texts of a stored row by column."""
    return row_texts(sheet, dict(row), ZoneInfo(zone))


def words_of(column: Column) -> tuple[str, ...]:
    """The few words a cell may hold; yes and no for a flag."""
    return ("yes", "no") if column.kind is k.flag else k.words_of(column.kind)


def key_args(sheet: Sheet, found: Mapping[str, str]) -> dict[str, str]:
    """The key of a row as arguments of an address."""
    return {"k_" + name: found[name] for name in sheet.key}


def key_values(sheet: Sheet, args: Mapping[str, str]) -> dict[str, Any] | None:
    """The key that an address names, as values; None when it is not whole."""
    found: dict[str, Any] = {}
    for name in sheet.key:
        text = args.get("k_" + name, "")
        if not text:
            return None
        try:
            found[name] = date.fromisoformat(text) if sheet.by_name[name].kind is k.day else text
        except ValueError:
            return None
    return found
