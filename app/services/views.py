"""Views that people keep of a list: a name for how it is narrowed and sorted."""

from datetime import datetime

from sqlalchemy import delete, select

from app.db import transaction
from app.errors import Invalid
from app.models import SavedView

_LONGEST_NAME, _LONGEST_QUERY = 64, 1000


def keep(site_id: int, user_id: int | None, place: str, name: str, query: str, now: datetime) -> None:
    """Keep a view under a name; the same name again replaces it. Raises Invalid without a name or with a long one."""
    name = name.strip()
    if user_id is None or not name or len(name) > _LONGEST_NAME or len(query) > _LONGEST_QUERY:
        raise Invalid("value.missing", field="view")
    with transaction() as session:
        wanted = select(SavedView).where(SavedView.user_id == user_id, SavedView.place == place, SavedView.name == name)
        row = session.scalars(wanted).one_or_none()
        if row is None:
            row = SavedView(site_id=site_id, user_id=user_id, place=place, name=name, created_at=now)
            session.add(row)
        row.query = query


def drop(user_id: int | None, view_id: int) -> None:
    """Forget a view of one's own."""
    with transaction() as session:
        session.execute(delete(SavedView).where(SavedView.id == view_id, SavedView.user_id == user_id))
