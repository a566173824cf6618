"""Writes described rows: a row that is there is compared and changed, another one is made. Nothing is deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.importing import changes
from app.services.importing.changes import Written
from app.services.importing.description import Record, Sheet
from app.services.importing.known import Known
from app.services.importing.result import ImportResult

Key = tuple[Any, ...]
FEW = 2000


def write(
    session: Session, sheet: Sheet, records: Sequence[Record], known: Known, result: ImportResult, actor: str | None,
    now: datetime,
) -> set[str]:  # fmt: skip
    """Create or change the rows of one sheet; gives the codes of the sites where something was written."""
    asked = [(record, resolved(record, known)) for record in records]
    existing = _existing(session, sheet, [fields for _, fields in asked])
    found: list[Written] = []
    for record, fields in asked:
        row = existing.get(_key(sheet, fields))
        if row is None:
            row = sheet.model(**fields)
            session.add(row)
            found.append(Written(record, row, None))
        else:
            before = _change(row, record, fields)
            found.extend([Written(record, row, before)] if before else [])
    session.flush()
    fresh = [(one.record, one.row) for one in found if one.before is None]
    _learn(sheet, fresh, known)
    counts = result.of(sheet.name)
    counts.created += len(fresh)
    counts.updated += len(found) - len(fresh)
    counts.unchanged += len(asked) - len(found)
    changes.tell(session, sheet, found, known, result, actor, now)
    return {one.record.site for one in found}


def resolved(record: Record, known: Known) -> dict[str, Any]:
    """The attributes of the row: codes of other rows as their ids."""
    fields: dict[str, Any] = {}
    for column in record.sheet.columns:
        if column.attribute is None:
            continue
        value = record.values.get(column.name)
        if column.ref and isinstance(value, str):
            value = known.stored[column.ref][record.site, value]
        fields[column.attribute] = value
    if hasattr(record.sheet.model, "site_id"):
        fields["site_id"] = known.site_ids()[record.site]
    return fields


def _existing(session: Session, sheet: Sheet, asked: list[dict[str, Any]]) -> dict[Key, Any]:
    """The stored rows by key: all of them for a large file, for a few rows only those that share the first key."""
    query = select(sheet.model)
    if len(asked) <= FEW:
        first = str(sheet.by_name[sheet.key[0]].attribute)
        query = query.where(getattr(sheet.model, first).in_({fields[first] for fields in asked}))
    return {_key(sheet, vars(row)): row for row in session.scalars(query)}


def _key(sheet: Sheet, fields: dict[str, Any]) -> Key:
    columns = sheet.by_name
    return (fields.get("site_id"), *(fields[str(columns[name].attribute)] for name in sheet.key))


def _change(row: Any, record: Record, fields: dict[str, Any]) -> dict[str, Any]:
    """Set what differs and give what was there before; columns the file lacks, and relative dates, stay as they are."""
    before: dict[str, Any] = {}
    for column in record.sheet.columns:
        name = column.attribute
        if name is None or column.name not in record.given or column.name in record.relative:
            continue
        if getattr(row, name) != fields[name]:
            before[column.name] = getattr(row, name)
            setattr(row, name, fields[name])
    return before


def _learn(sheet: Sheet, fresh: list[tuple[Record, Any]], known: Known) -> None:
    if sheet.name in known.stored:
        for record, row in fresh:
            known.stored[sheet.name][record.site, row.code] = row.id
            known.codes[sheet.name][row.id] = (record.site, row.code)
