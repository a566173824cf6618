"""Writes described rows: a row that is there is compared and changed, another one is made. Nothing is deleted."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.importing.description import Record, Sheet
from app.services.importing.known import Known
from app.services.importing.result import Counts

Key = tuple[Any, ...]


def write(session: Session, sheet: Sheet, records: Iterable[Record], known: Known, counts: Counts) -> set[str]:
    """Create or change the rows of one sheet; gives the codes of the sites where something was written."""
    existing = _existing(session, sheet)
    touched = set()
    fresh: list[tuple[Record, Any]] = []
    for record in records:
        fields = resolved(record, known)
        row = existing.get(_key(sheet, fields))
        if row is None:
            row = sheet.model(**fields)
            session.add(row)
            fresh.append((record, row))
            counts.created += 1
            touched.add(record.site)
        elif _change(row, record, fields):
            counts.updated += 1
            touched.add(record.site)
        else:
            counts.unchanged += 1
    session.flush()
    _learn(sheet, fresh, known)
    return touched


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


def _existing(session: Session, sheet: Sheet) -> dict[Key, Any]:
    return {_key(sheet, vars(row)): row for row in session.scalars(select(sheet.model))}


def _key(sheet: Sheet, fields: dict[str, Any]) -> Key:
    columns = sheet.by_name
    return (fields.get("site_id"), *(fields[str(columns[name].attribute)] for name in sheet.key))


def _change(row: Any, record: Record, fields: dict[str, Any]) -> bool:
    """Set what differs; columns the file does not have, and relative dates, stay as they are."""
    changed = False
    for column in record.sheet.columns:
        name = column.attribute
        if name is None or column.name not in record.given or column.name in record.relative:
            continue
        if getattr(row, name) != fields[name]:
            setattr(row, name, fields[name])
            changed = True
    return changed


def _learn(sheet: Sheet, fresh: Iterable[tuple[Record, Any]], known: Known) -> None:
    if sheet.name in known.stored:
        for record, row in fresh:
            known.stored[sheet.name][record.site, row.code] = row.id
