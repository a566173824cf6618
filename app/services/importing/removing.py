"""Takes rows of master data out: a day of the calendar, a roster entry. What is referred to can only be retired."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import events
from app.db import transaction
from app.errors import Conflict, NotFound
from app.queries.known import forget
from app.services.importing.changes import REMOVED, subject_of
from app.services.importing.sheets import SHEETS


def remove(site_id: int, name: str, key: Mapping[str, Any], actor: str, now: datetime) -> None:
    """Remove one row by its key (values by column, codes for references).

    Raises NotFound when it is gone already, Conflict when something refers to it or it can be retired instead.
    """
    sheet = SHEETS[name]
    if "retired" in sheet.by_name:
        raise Conflict("master.retire", key=_shown(key))
    try:
        with transaction() as session:
            row = session.scalars(select(sheet.model).where(*_conditions(session, site_id, name, key))).one_or_none()
            if row is None:
                raise NotFound("master.unknown", key=_shown(key))
            subject = subject_of(sheet, row)
            session.delete(row)
            session.flush()
            events.record(session, site_id, REMOVED, subject, actor, now, {"table": name, "key": _shown(key)})
    except IntegrityError as error:
        raise Conflict("master.used", key=_shown(key)) from error
    forget()


def _shown(key: Mapping[str, Any]) -> str:
    return " / ".join(str(value) for value in key.values())


def _conditions(session: Any, site_id: int, name: str, key: Mapping[str, Any]) -> list[Any]:
    sheet = SHEETS[name]
    found: list[Any] = []
    if hasattr(sheet.model, "site_id"):
        found.append(sheet.model.site_id == site_id)
    for column in (sheet.by_name[part] for part in sheet.key):
        value = key[column.name]
        if column.ref:
            target = SHEETS[column.ref].model
            value = session.scalar(select(target.id).where(target.site_id == site_id, target.code == value))
        found.append(getattr(sheet.model, str(column.attribute)) == value)
    return found
