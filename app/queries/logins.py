"""Where a user is signed in."""

from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import LoginSession

_L = LoginSession.__table__


def open_sessions(store: Store, user_id: int) -> list[Any]:
    """The browsers of a user that are signed in, the one seen last first."""
    columns = (_L.c.id, _L.c.device, _L.c.address, _L.c.started_at, _L.c.seen_at)
    mine = select(*columns).where(_L.c.user_id == user_id, _L.c.ended_at.is_(None))
    return list(store.execute(mine.order_by(_L.c.seen_at.desc(), _L.c.id.desc())))
