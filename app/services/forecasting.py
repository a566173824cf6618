"""Keep what is expected of the floor, tell when something new is expected, and compare it later with what came.

The newest forecast is shown; one an hour is kept for two weeks and judged two hours after it was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction
from app.events import Store
from app.models import Forecast, ForecastRow
from app.queries.forecasts import LOOK, came, newest, outlook

ACTOR = "worker"
_EACH, _KEEP = timedelta(hours=1), timedelta(days=14)
_F, _R = Forecast.__table__, ForecastRow.__table__


@dataclass(frozen=True)
class Made:
    """A forecast as it is kept: rows by (kind, id) with their moments, how far it looked, and what it took."""

    rows: Mapping[tuple[str, int], Mapping[str, Any]]
    horizon: timedelta
    runs: int
    took_ms: int


def keep(site_id: int, made: Made, now: datetime) -> int:
    """Put a new forecast in the place of the last one; gives its id."""
    with transaction() as session:
        before = _expected(session, site_id, now)
        since = now - _EACH
        newest_kept = select(_F.c.id).where(_F.c.site_id == site_id, _F.c.is_kept.is_(True), _F.c.made_at > since)
        row = {"site_id": site_id, "made_at": now, "horizon_min": round(made.horizon.total_seconds() / 60),
               "runs": made.runs, "took_ms": made.took_ms,
               "is_kept": session.execute(newest_kept.limit(1)).first() is None}  # fmt: skip
        forecast_id = int(session.execute(insert(_F).values(row).returning(_F.c.id)).scalar_one())
        if made.rows:
            session.execute(insert(_R), [
                {"forecast_id": forecast_id, "kind": kind, "subject_id": subject, **values}
                for (kind, subject), values in made.rows.items()
            ])  # fmt: skip
        _forget(session, site_id, forecast_id, now)
        after = _expected(session, site_id, now)
        if after != before:
            data = {"stations": sorted(after[0]), "orders": sorted(after[1])}
            events.record(session, site_id, "forecast.changed", ("site", site_id), ACTOR, now, data)
        return forecast_id


def check(site_id: int, now: datetime) -> int:
    """Write what came beside what was told, two hours after; gives how many forecasts were checked."""
    due = (_F.c.site_id == site_id, _F.c.is_kept.is_(True), _F.c.checked_at.is_(None), _F.c.made_at <= now - LOOK)
    rows = db.session.execute(select(_F.c.id, _F.c.made_at).where(*due).order_by(_F.c.id)).all()
    for row in rows:
        with transaction() as session:
            _judge(session, site_id, row.id, row.made_at)
            session.execute(update(_F).where(_F.c.id == row.id).values(checked_at=now))
    return len(rows)


def _judge(session: Session, site_id: int, forecast_id: int, made_at: datetime) -> None:
    rows = session.execute(select(_R.c.kind, _R.c.subject_id).where(_R.c.forecast_id == forecast_id))
    told = {(row.kind, row.subject_id) for row in rows}
    for (kind, subject), at in came(session, site_id, made_at, made_at + LOOK).items():
        mine = (_R.c.forecast_id == forecast_id, _R.c.kind == kind, _R.c.subject_id == subject)
        if (kind, subject) in told:
            session.execute(update(_R).where(*mine).values(came_at=at))
        elif kind == "station":  # congested and never told: a miss
            missed = {"forecast_id": forecast_id, "kind": kind, "subject_id": subject, "permille": 0, "came_at": at}
            session.execute(insert(_R).values(missed))


def _expected(store: Store, site_id: int, now: datetime) -> tuple[set[int], set[int]]:
    """What people are told of: stations likely to congest, orders expected late."""
    seen = outlook(store, site_id, now)
    if seen is None or seen.is_old:
        return set(), set()
    stations = {one.station.id for one in seen.likely}
    return stations, {one.order.order_id for one in seen.late}


def _forget(session: Session, site_id: int, newest_id: int, now: datetime) -> None:
    """Take away what is neither the newest nor kept, and what was kept long enough."""
    gone = (_F.c.site_id == site_id) & (_F.c.id != newest_id)
    gone &= _F.c.is_kept.is_(False) | (_F.c.made_at < now - _KEEP)
    ids = session.execute(select(_F.c.id).where(gone)).scalars().all()
    if ids:
        session.execute(delete(_R).where(_R.c.forecast_id.in_(ids)))
        session.execute(delete(_F).where(_F.c.id.in_(ids)))


__all__ = ["Made", "check", "keep", "newest"]
