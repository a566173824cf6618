"""Load against capacity: hours a plan asks of every station by week, against the hours it is open."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.events import Store
from app.models import Line, Plan, PlannedTask, Station
from app.queries.shifts import calendar

_P, _S = PlannedTask.__table__, Station.__table__
WEEKS = 8


@dataclass(frozen=True)
class Cell:
    """One week of a station, in hours."""

    planned_h: float
    open_h: float

    @property
    def percent(self) -> int:
        """How full it is; 100 and more where work is planned and nothing open."""
        return round(100 * self.planned_h / self.open_h) if self.open_h else (999 if self.planned_h else 0)


@dataclass(frozen=True)
class Row:
    """A station with its weeks."""

    station: Any
    cells: tuple[Cell, ...]


def load(store: Store, site_id: int, plan: Plan, now: datetime) -> tuple[list[datetime], list[Row]]:
    """The Mondays (site's zone) from this week on, and every station's load; the past part of this week is left out.

    A task that pauses over closed time asks for its open time only.
    """
    shifts = calendar(store, site_id)
    edges = _mondays(now, shifts.zone)
    tasks = store.execute(
        select(_P.c.station_id, _P.c.start_at, _P.c.end_at).where(_P.c.plan_id == plan.id, _P.c.end_at > now)
    ).all()
    last = max((row.end_at for row in tasks), default=now)
    weeks = max(1, min(WEEKS, next((n for n, edge in enumerate(edges) if edge >= last), WEEKS)))
    spans = [(max(now, a), b) for a, b in itertools.pairwise(edges[: weeks + 1])]
    query = (
        select(_S.c.id, _S.c.code, _S.c.name, _S.c.name_zh, _S.c.shifts, _S.c.capacity)
        .join(Line.__table__, Line.id == _S.c.line_id)
        .where(_S.c.site_id == site_id, _S.c.retired.is_(False))
        .order_by(Line.code, _S.c.position, _S.c.code)
    )
    rows = []
    for station in store.execute(query).all():
        windows = shifts.windows(tuple(sorted(station.shifts)), now, 7 * weeks + 1)
        mine = [row for row in tasks if row.station_id == station.id]
        rows.append(Row(station, tuple(_cell(windows, mine, max(1, station.capacity), *span) for span in spans)))
    return edges[:weeks], rows


def _mondays(now: datetime, zone_name: str) -> list[datetime]:
    zone = ZoneInfo(zone_name)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=today.weekday())
    return [(first + timedelta(days=7 * n)).astimezone(ZoneInfo("UTC")) for n in range(WEEKS + 1)]


def _cell(windows: list[Any], tasks: list[Any], capacity: int, since: datetime, until: datetime) -> Cell:
    room = _within(windows, since, until) * capacity
    busy = sum(_within(windows, max(since, row.start_at), min(until, row.end_at)) for row in tasks)
    return Cell(round(busy, 1), round(room, 1))


def _within(windows: list[Any], since: datetime, until: datetime) -> float:
    pieces = ((max(a, since), min(b, until)) for a, b in windows)
    return sum((b - a).total_seconds() for a, b in pieces if b > a) / 3600
