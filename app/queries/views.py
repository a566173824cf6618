"""Views that people kept of a list."""

from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import SavedView


def views_of(store: Store, user_id: int | None, place: str) -> list[Any]:
    """What a user kept of a list, by name."""
    table = SavedView.__table__
    query = select(table.c.id, table.c.name, table.c.query)
    return list(store.execute(query.where(table.c.user_id == user_id, table.c.place == place).order_by(table.c.name)))
