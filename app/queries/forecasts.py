"""What is expected of the floor, as pages show it: congestion by station, completion by order, and how far off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Forecast, ForecastRow, LimitRule, LimitSignal, Station, WorkOrder
from devices.verdict import Completed, Errors, Found, Watched, errors, found

LOOK = timedelta(hours=2)
_OLD = timedelta(minutes=20)
_DAYS = timedelta(days=7)
_F, _R, _O = Forecast.__table__, ForecastRow.__table__, WorkOrder.__table__


@dataclass(frozen=True)
class Congestion:
    """A station that is likely to have more before it than its rule allows; ``row.at`` is when."""

    station: Station
    row: Any

    @property
    def percent(self) -> int:
        """In how many of a hundred runs."""
        return round(self.row.permille / 10)


@dataclass(frozen=True)
class Ending:
    """An open order and when it is expected to be done; ``is_late`` when that is after its due date."""

    order: Any
    row: Any
    is_late: bool


@dataclass(frozen=True)
class Outlook:
    """The newest forecast of a site; None where none was made. ``is_old``: nobody makes them any more."""

    made: Any
    is_old: bool
    stations: list[Congestion]
    orders: list[Ending]

    @property
    def late(self) -> list[Ending]:
        """Orders expected late that are not late yet."""
        return [one for one in self.orders if one.is_late]

    @property
    def likely(self) -> list[Congestion]:
        """Stations that congest in at least half of the runs, the next one first."""
        return [one for one in self.stations if one.row.at is not None]

    def soon(self, at: datetime) -> dict[int, Congestion]:
        """Stations likely to congest until a moment, by id; nothing where the forecast is old."""
        return {} if self.is_old else {one.station.id: one for one in self.likely if one.row.at <= at}


@dataclass(frozen=True)
class Verdict:
    """How far off the forecasts of the last days were."""

    errors: Errors
    found: Found
    days: int


def newest(store: Store, site_id: int) -> Any:
    """The row of the newest forecast; None where there is none."""
    return store.execute(select(_F).where(_F.c.site_id == site_id).order_by(_F.c.id.desc()).limit(1)).first()


def outlook(store: Store, site_id: int, now: datetime, line_id: int | None = None) -> Outlook | None:
    """What is expected of a site, or of a line's stations; None before the first forecast, and when it is too old."""
    made = newest(store, site_id)
    if made is None:
        return None
    is_old = now - made.made_at > _OLD
    return Outlook(made, is_old, _stations(store, made.id, line_id), _orders(store, made.id))


def ending(store: Store, site_id: int, order_id: int, now: datetime) -> Any:
    """When an order is expected to be done, by a forecast that is not old; None where nothing is known."""
    made = newest(store, site_id)
    if made is None or now - made.made_at > _OLD:
        return None
    mine = (_R.c.forecast_id == made.id, _R.c.kind == "order", _R.c.subject_id == order_id)
    return store.execute(select(_R).where(*mine)).first()


def verdict(store: Store, site_id: int, now: datetime) -> Verdict:
    """Told against come, over the checked forecasts of the last days, two hours ahead."""
    query = (
        select(_R, _F.c.made_at, _F.c.horizon_min)
        .join(_F, _F.c.id == _R.c.forecast_id)
        .where(_F.c.site_id == site_id, _F.c.checked_at.is_not(None), _F.c.made_at > now - _DAYS)
        .order_by(_R.c.forecast_id, _R.c.kind, _R.c.subject_id)
    )
    rows = store.execute(query).all()
    done = [_completed(row) for row in rows if row.kind == "order" and row.came_at is not None]
    return Verdict(errors(done), found(_watched(row) for row in rows if row.kind == "station"), _DAYS.days)


def _completed(row: Any) -> Completed:
    def after(at: datetime | None) -> float:
        return (at - row.made_at).total_seconds() if at else row.horizon_min * 60.0

    return Completed(after(row.at), after(row.came_at), after(row.plain_at) if row.plain_at else None)


def _watched(row: Any) -> Watched:
    return Watched(row.at is not None and row.at <= row.made_at + LOOK, row.came_at is not None)


def _stations(store: Store, forecast_id: int, line_id: int | None) -> list[Congestion]:
    query = (
        select(_R, Station)
        .join(Station, Station.id == _R.c.subject_id)
        .where(_R.c.forecast_id == forecast_id, _R.c.kind == "station", _R.c.permille > 0)
        .order_by(_R.c.at.is_(None), _R.c.at, _R.c.permille.desc(), Station.code)
    )
    query = query if line_id is None else query.where(Station.line_id == line_id)
    return [Congestion(row.Station, row) for row in store.execute(query)]


def _orders(store: Store, forecast_id: int) -> list[Ending]:
    query = (
        select(_R, _O.c.id.label("order_id"), _O.c.code, _O.c.title, _O.c.due_at)
        .join(_O, _O.c.id == _R.c.subject_id)
        .where(_R.c.forecast_id == forecast_id, _R.c.kind == "order", _O.c.completed_at.is_(None))
        .order_by(_R.c.at.is_(None), _R.c.at, _O.c.code)
    )
    return [Ending(row, row, row.at is not None and row.at > row.due_at) for row in store.execute(query)]


def came(store: Store, site_id: int, since: datetime, until: datetime) -> dict[tuple[str, int], datetime]:
    """What came between two moments: orders done, and stations that went over the limit of a rule."""
    done = select(_O.c.id, _O.c.completed_at).where(
        _O.c.site_id == site_id, _O.c.completed_at > since, _O.c.completed_at <= until
    )
    full = (
        select(LimitRule.station_id, LimitSignal.requested_at)
        .join(LimitRule, LimitRule.id == LimitSignal.rule_id)
        .where(LimitSignal.site_id == site_id, LimitSignal.requested_at > since, LimitSignal.requested_at <= until)
        .order_by(LimitSignal.requested_at.desc())
    )
    orders = {("order", row.id): row.completed_at for row in store.execute(done)}
    return orders | {("station", row.station_id): row.requested_at for row in store.execute(full)}
