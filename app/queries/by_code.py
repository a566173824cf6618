"""Finding one thing of a site by the code people know it by. What belongs to another site does not exist here."""

from typing import Any

from sqlalchemy import or_, select

from app.errors import Invalid, NotFound
from app.events import Store
from app.models import Hold, Item, Lot, Person, Unit
from app.queries.known import kept

# What a report names by code hardly ever changes; a revoked badge may still work this long.
_SECONDS = 5.0


def one(store: Store, model: Any, site_id: int, code: str, what: str) -> Any:
    """The row of a table with columns ``site_id`` and ``code``; NotFound with the code ``<what>.unknown``."""
    table = model.__table__
    row = store.execute(select(table).where(table.c.site_id == site_id, table.c.code == code)).one_or_none()
    if row is None:
        raise NotFound(f"{what}.unknown", **{what: code})
    return row


def id_of(store: Store, model: Any, site_id: int, code: str | None, what: str) -> int | None:
    """The id behind a code, at most a few seconds old; None stays None."""
    if code is None:
        return None
    key = ("id", model.__tablename__, site_id, code)
    return kept(key, lambda: one(store, model, site_id, code, what).id, _SECONDS)


def person_id(store: Store, site_id: int, code: str) -> int:
    """The id behind a badge or code of a person, at most a few seconds old."""
    return kept(("person", site_id, code), lambda: person(store, site_id, code).id, _SECONDS)


def person(store: Store, site_id: int, code: str) -> Any:
    """Who works here by badge or, failing that, by code."""
    table = Person.__table__
    mine = select(table).where(table.c.site_id == site_id, table.c.retired.is_(False))
    rows = store.execute(mine.where(or_(table.c.badge == code, table.c.code == code))).all()
    if not rows:
        raise NotFound("person.unknown")
    return next((row for row in rows if row.badge == code), rows[0])


def unit(store: Store, site_id: int, serial: str, item_id: int | None = None) -> Any:
    """A unit by its serial number; Invalid when several items have it and none is named."""
    table = Unit.__table__
    query = select(table).where(table.c.site_id == site_id, table.c.serial == serial)
    rows = store.execute(query if item_id is None else query.where(table.c.item_id == item_id)).all()
    if not rows:
        raise NotFound("unit.unknown", unit=serial)
    if len(rows) > 1:
        raise Invalid("value.missing", field="item")
    return rows[0]


def lot(store: Store, site_id: int, code: str, item_id: int) -> Any:
    """A lot of an item by its number."""
    table = Lot.__table__
    mine = (table.c.site_id == site_id) & (table.c.item_id == item_id) & (table.c.code == code)
    row = store.execute(select(table).where(mine)).one_or_none()
    if row is None:
        raise NotFound("lot.unknown", lot=code)
    return row


def is_held(store: Store, target_type: str, target_id: int) -> bool:
    """Whether a hold lies over a thing at this moment."""
    hold = Hold.__table__
    mine = (hold.c.target_type == target_type) & (hold.c.target_id == target_id) & hold.c.released_at.is_(None)
    return store.execute(select(hold.c.id).where(mine).limit(1)).scalar() is not None


def item(store: Store, site_id: int, code: str) -> Any:
    """An item by its code."""
    return one(store, Item, site_id, code, "item")
