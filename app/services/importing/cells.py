"""Stored values as the text of cells: what a list shows, a file holds and an importer would read back the same."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.services.importing import kinds as k
from app.services.importing.description import Column, Sheet

_DAY_MIN = 1440


def written(column: Column, value: Any, zone: ZoneInfo) -> str:
    """The text of a value; of a reference the value is the code it refers to."""
    if value is None:
        return ""
    special = _BY_KIND.get(column.kind)
    if special:
        return special(value)
    return _plain(value, zone)


def _plain(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _weekdays(days: list[int]) -> str:
    return ";".join(str(day + 1) for day in sorted(days))


def _breaks(pauses: list[list[int]]) -> str:
    return ";".join(f"{_clock(start % _DAY_MIN)}-{_clock(end % _DAY_MIN)}" for start, end in pauses)


def _pairs(values: dict[str, Any]) -> str:
    return ";".join(f"{name}={value}" for name, value in values.items())


_BY_KIND: dict[k.Kind, Callable[[Any], str]] = {
    k.minutes: _clock, k.weekdays: _weekdays, k.breaks: _breaks, k.pairs: _pairs,
}  # fmt: skip


def row_texts(sheet: Sheet, values: dict[str, Any], zone: ZoneInfo) -> dict[str, str]:
    """The texts of a row by column, of values by column."""
    return {column.name: written(column, values.get(column.name), zone) for column in sheet.columns}
