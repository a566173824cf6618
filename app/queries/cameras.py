"""Fixed cameras: which station one stands at, and how it is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from app.errors import Conflict, NotFound, Refused
from app.events import Store
from app.models import Lease, Site, Station

_PREFIX = "camera:"


class Place(NamedTuple):
    """The station a camera stands at."""

    site_id: int
    station_id: int
    code: str

    @property
    def lease(self) -> str:
        """The lease of whoever watches there, so that two processes never count one piece."""
        return f"{_PREFIX}{self.station_id}"


def place_of(store: Store, named: str) -> Place:
    """The station named ``CODE`` or ``SITE/CODE``; raises NotFound, and Conflict where several sites have the code."""
    site, _, code = named.partition("/")
    query = select(Station.site_id, Station.id, Station.code).join(Site, Site.id == Station.site_id)
    rows = list(store.execute(query.where(Station.code == named, Station.retired.is_(False))))
    if not rows and code:
        rows = list(store.execute(query.where(Site.code == site, Station.code == code, Station.retired.is_(False))))
    if not rows:
        raise NotFound("station.unknown", station=named)
    if len(rows) > 1:
        raise Conflict("camera.which", station=named)
    return Place(*rows[0])


def camera_health(store: Store, now: datetime, named: Iterable[str]) -> dict[str, Any]:
    """How each camera is that is configured (``named``) or was started: watching, away or not running."""
    rows = {row.name: row for row in store.execute(_LEASES)}
    found = {name: _health(row.info.get("station", name), row, now) for name, row in rows.items() if row.holder}
    for station in named:
        try:
            place = place_of(store, station)
        except Refused as error:
            found[_PREFIX + station] = _health(station, None, now) | {"problem": error.code}
        else:
            found[place.lease] = _health(place.code, rows.get(place.lease), now)
    return dict(sorted(found.items()))


_L = Lease.__table__
_LEASES = select(_L.c.name, _L.c.holder, _L.c.until, _L.c.info).where(_L.c.name.startswith(_PREFIX))


def _health(station: str, row: Any, now: datetime) -> dict[str, Any]:
    info = row.info if row is not None else {}
    is_alive = row is not None and row.holder != "" and row.until > now
    state = "not_running" if not is_alive else "watching" if info.get("is_open") else "away"
    return {"ok": state == "watching", "station": station, "state": state, "frames": info.get("frames", 0),
            "losses": info.get("losses", 0), "counted": info.get("counted", 0), "refused": info.get("refused", 0),
            "unsent": len(info.get("unsent", ())), "problem": info.get("problem") if is_alive else None}  # fmt: skip
