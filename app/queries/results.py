"""What other systems want of the plant's results: completions, scrap, consumption, labour, downtime, as plain rows."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.events import Store
from app.formula import safe
from app.queries import feed, feed_time

KINDS = ("completions", "scrap", "consumption", "labour", "downtime")
COLUMNS: dict[str, tuple[str, ...]] = {
    "completions": ("report", "reverses", "at", "business_date", "erp_number", "order", "operation", "is_final", "item",
                    "unit", "quantity", "station", "machine", "person"),
    "scrap": ("report", "reverses", "at", "business_date", "erp_number", "order", "operation", "item", "unit",
              "quantity", "reason", "station", "machine", "person"),
    "consumption": ("id", "report", "at", "erp_number", "order", "item", "quantity", "stock_unit", "lot",
                    "supplier_lot", "component", "into"),
    "labour": ("id", "started_at", "ended_at", "minutes", "kind", "erp_number", "order", "operation", "station",
               "person", "reason"),
    "downtime": ("id", "started_at", "ended_at", "minutes", "machine", "station", "reason"),
}  # fmt: skip
_FEEDS: dict[str, Callable[[Store, int, int, int], feed.Part]] = {
    "completions": feed.completions, "scrap": feed.scrap, "consumption": feed.consumption,
    "labour": feed_time.labour, "downtime": feed_time.downtime,
}  # fmt: skip
_PAGE = 500
Cells = tuple[Any, ...]


def since(store: Store, site_id: int, kind: str, after: int) -> tuple[list[Cells], int]:
    """All rows of a kind beyond a position of the sealed events, and the position they reach."""
    rows: list[Cells] = []
    while True:
        part = _FEEDS[kind](store, site_id, after, _PAGE)
        rows += [cells(kind, row) for row in part.rows]
        after = part.next
        if not part.more:
            return rows, after


def between(store: Store, site_id: int, kind: str, begins: datetime, ends: datetime) -> list[Cells]:
    """The rows of a kind that happened between two moments."""
    if kind == "labour":
        found = feed_time.labour_between(store, site_id, begins, ends)
    elif kind == "downtime":
        found = feed_time.downtime_between(store, site_id, begins, ends)
    elif kind == "consumption":
        found = feed.consumption_between(store, site_id, begins, ends)
    else:
        found = feed.reports_between(store, site_id, kind, begins, ends)
    return [cells(kind, row) for row in found]


def cells(kind: str, row: dict[str, Any]) -> Cells:
    """A row in the order of its columns; the ERP's number stands beside ours."""
    numbers = ", ".join(one["number"] for one in row.get("external", ()))
    return tuple(numbers if name == "erp_number" else row[name] for name in COLUMNS[kind])


def text(value: Any) -> str:
    """A cell as text: UTC times in ISO 8601, plain decimals; what begins like a formula is kept text.

    A spreadsheet runs a cell that begins with = + - @ or a control sign; numbers are no text and stay as they are.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | int):
        return str(value)
    return safe(str(value))


__all__ = ["COLUMNS", "KINDS", "between", "since", "text"]
