"""A table as an Excel workbook: figures and times as such, text that is never taken for a formula."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.formula import safe


def workbook(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], zone: str) -> bytes:
    """A workbook of one sheet; times are those of the site's zone, as Excel knows no other."""
    return workbook_of([(title, columns, rows)], zone)


def workbook_of(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]], zone: str) -> bytes:
    """A workbook of several sheets: title, columns and rows of each."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = openpyxl.Workbook(write_only=True)
    for title, columns, rows in sheets:
        # Excel takes 31 characters and none of these.
        sheet = book.create_sheet("".join("-" if sign in "[]:*?/\\" else sign for sign in title)[:31])
        sheet.freeze_panes = "A2"
        head = [WriteOnlyCell(sheet, value=safe(name)) for name in columns]
        for cell in head:
            cell.font = Font(bold=True)
        sheet.append(head)
        for row in rows:
            sheet.append([_cell(value, ZoneInfo(zone)) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return safe(value) if isinstance(value, str) else value
