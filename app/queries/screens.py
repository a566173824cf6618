"""Paired screens, and the places one can be given."""

from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Line, Screen, Station


def screens_of(store: Store, site_id: int) -> list[Any]:
    """The paired screens of a site, those still in use first."""
    table = Screen.__table__
    query = select(table).where(table.c.site_id == site_id)
    return list(store.execute(query.order_by(table.c.revoked_at.is_not(None), table.c.name)))


def places(store: Store, site_id: int) -> list[tuple[str, Any]]:
    """Walls of lines and stations as (kind:code, row with names)."""
    lines = select(Line.code, Line.name, Line.name_zh).where(Line.site_id == site_id).order_by(Line.code)
    stations = select(Station.code, Station.name, Station.name_zh).where(
        Station.site_id == site_id, Station.retired.is_(False)
    )
    return [
        *((f"wall:{row.code}", row) for row in store.execute(lines)),
        *((f"station:{row.code}", row) for row in store.execute(stations.order_by(Station.code))),
    ]
