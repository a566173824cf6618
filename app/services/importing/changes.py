"""Tells what changed in master data: to whoever tries an import, and to the log, one event a row.

Names and telephone numbers of people are told as changed, never with their text: the log cannot be erased.
"""

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app import events
from app.services.importing.cells import written
from app.services.importing.description import Column, Record, Sheet
from app.services.importing.known import Known
from app.services.importing.result import Change, ImportResult

CREATED, CHANGED, REMOVED = "master.created", "master.changed", "master.removed"
_PRIVATE = {("people", "name"), ("people", "name_zh"), ("people", "phone")}
_UTC = ZoneInfo("UTC")
HIDDEN = "…"


class Written(NamedTuple):
    """A row that was written; ``before`` holds what stood there by column, None for a new row."""

    record: Record
    row: Any
    before: dict[str, Any] | None


def tell(
    session: Session, sheet: Sheet, found: list[Written], known: Known, result: ImportResult, actor: str | None,
    now: datetime,
) -> None:  # fmt: skip
    """Note each written row in the result and in the log."""
    for one in found:
        change = _change(sheet, one, known)
        result.tell(change)
        topic = CREATED if change.before is None else CHANGED
        site_id = known.site_ids()[one.record.site]
        subject = subject_of(sheet, one.row)
        events.record(session, site_id, topic, subject, actor, now, _told(sheet, change))


def subject_of(sheet: Sheet, row: Any) -> tuple[str, int]:
    """What the log names: the row, or what it belongs to when it has no number of its own."""
    if getattr(row, "id", None) is not None:
        return sheet.name, row.id
    if sheet.name == "calendar":
        return sheet.name, row.day.toordinal()
    owner = sheet.by_name[sheet.key[0]]
    return str(owner.ref), getattr(row, str(owner.attribute))


def _change(sheet: Sheet, one: Written, known: Known) -> Change:
    zone = _UTC
    names = [c for c in sheet.columns if c.attribute is not None]
    if one.before is not None:
        names = [column for column in names if column.name in one.before]
    after = {c.name: written(c, _coded(c, getattr(one.row, str(c.attribute)), known), zone) for c in names}
    before = None
    if one.before is not None:
        before = {c.name: written(c, _coded(c, one.before[c.name], known), zone) for c in names}
    else:
        after = {name: text for name, text in after.items() if text}
    key = tuple(str(one.record.values.get(name) or "") for name in sheet.key)
    return Change(sheet.name, one.record.row, key, before, after)


def _coded(column: Column, value: Any, known: Known) -> Any:
    return known.code_of(column.ref, value) if column.ref and isinstance(value, int) else value


def _told(sheet: Sheet, change: Change) -> dict[str, Any]:
    """What the log keeps: for a change the old and the new text of each column."""
    key = " / ".join(part for part in change.key if part)
    if change.before is None:
        return {"table": sheet.name, "key": key}
    return {
        "table": sheet.name, "key": key,
        "changed": {name: _pair(sheet, name, change) for name in change.after},
    }  # fmt: skip


def _pair(sheet: Sheet, name: str, change: Change) -> list[str]:
    if (sheet.name, name) in _PRIVATE:
        return [HIDDEN, HIDDEN]
    return [(change.before or {}).get(name, ""), change.after[name]]
