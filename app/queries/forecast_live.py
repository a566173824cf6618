"""The live state a forecast starts from: what is left of each task, where it is done, and how each station is.

Places are named ``s`` and the station's id, jobs by the task's id, orders by the order's.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Station, StationState
from app.queries.forecast_left import ONE, Left, came, factors, open_work
from app.queries.forecast_pace import paces, stops
from app.queries.forecast_ropes import ropes
from app.queries.shifts import calendar
from devices.flow import Job, Live, Place

_ANYWHERE = "anywhere"
_LONG_STOP_S = 900.0
Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Floor:
    """A live state with what is needed to tell of it: working hours of each station, stations by the place's name."""

    live: Live
    hours: dict[str, list[Window]]


@dataclass(frozen=True)
class Pace:
    """Minutes for a standard minute: of each place lately, and of a task at another than its usual station."""

    places: dict[str, float]
    factors: dict[tuple[int, int], float]

    def of(self, place: str, row: Any) -> float:
        """Of a task at a place."""
        return self.places.get(place, 1.0) * self.factors.get((row.id, row.place), 1.0)


def floor(store: Store, site_id: int, now: datetime, horizon: timedelta) -> Floor:
    """The state of a site at this moment, for a look so far ahead."""
    stations = list(store.execute(select(Station).where(Station.site_id == site_id)).scalars())
    hours = _hours(store, site_id, stations, now, horizon)
    left = open_work(store, site_id)
    places = _places(store, site_id, stations, hours, now, horizon)
    pace = Pace(paces(store, site_id, now), factors(store, site_id))
    jobs = _jobs(left, {place.key for place in places}, pace, _ranks(left))
    known = {job.key for job in jobs}
    outside = [_outside(job) for job in jobs if job.place.startswith("o")]
    anywhere = [Place(_ANYWHERE, 999)] if any(job.place == _ANYWHERE for job in jobs) else []
    made = ropes(store, site_id, {key: one for key, one in left.items() if str(key) in known})
    return Floor(Live((*places, *outside, *anywhere), tuple(jobs), ropes=tuple(made)), hours)


def _ranks(left: dict[int, Left]) -> dict[int, int]:
    """Who goes first: the order of the plan, then priority and due date."""

    def key(one: Left) -> tuple[Any, ...]:
        row = one.row
        start = row.start_at.timestamp() if row.start_at else math.inf
        return row.status != "running", start, row.priority, row.due_at, row.sequence, row.id

    return {one.row.id: rank for rank, one in enumerate(sorted(left.values(), key=key))}


def _jobs(left: dict[int, Left], places: set[str], pace: Pace, ranks: dict[int, int]) -> list[Job]:
    return [_job(one, left, places, pace, ranks[key]) for key, one in left.items()]


def _job(one: Left, left: dict[int, Left], places: set[str], pace: Pace, rank: int) -> Job:
    row, place = one.row, f"s{one.row.place}"
    if row.outside_min is not None and row.place is None:
        place, each = f"o{row.id}", row.outside_min * 60 / one.todo
    else:
        place = place if place in places else _ANYWHERE
        fixed = float(row.fixed_min) / one.todo if row.status != "running" else 0.0
        each = (float(row.piece_min) / (row.batch_size or 1) + fixed) * 60
    least = int(row.input // ONE)
    inputs = {f"{row.id}/{name}": links for name, links in one.inputs.items()}
    feeds = [(name, links, link) for name, links in inputs.items() for link in links if link.pred_id in left]
    return Job(
        str(row.id), str(row.order_id), place, one.todo, max(each * pace.of(place, row), 0.001),
        min(one.ready, one.todo), rank,
        tuple((str(link.pred_id), max(came(links) - least, 0.0)) for _name, links, link in feeds),
        {str(link.pred_id): link.ratio_num / link.ratio_den for _name, _links, link in feeds},
        {str(link.pred_id): name for name, _links, link in feeds},
    )  # fmt: skip


def _outside(job: Job) -> Place:
    return Place(job.place)


def _places(
    store: Store,
    site_id: int,
    stations: list[Station],
    hours: dict[str, list[Window]],
    now: datetime,
    horizon: timedelta,
) -> list[Place]:
    """Each station with its stops of the last 30 days, whether it stands now, and when nobody works there."""
    fate = stops(store, site_id, now)
    said = select(StationState.station_id).where(StationState.stopped_reason.is_not(None))
    standing = set(store.execute(said).scalars())
    found = []
    for one in stations:
        between, repair, is_down = fate.get(one.id, (0.0, 0.0, False))
        down = (repair or _LONG_STOP_S) if is_down or one.id in standing else None
        key = f"s{one.id}"
        found.append(Place(key, max(one.capacity, 1), between, repair, down, closed=_closed(hours[key], now, horizon)))
    return found


def _hours(
    store: Store, site_id: int, stations: list[Station], now: datetime, horizon: timedelta
) -> dict[str, list[Window]]:
    """When each station works from now on; always where the site has no shifts."""
    known = calendar(store, site_id)
    days = math.ceil(horizon / timedelta(days=1)) + 1
    always = [(now, now + timedelta(days=days))]
    by_shifts = {
        codes: known.windows(codes, now, days) if known.shifts else always
        for codes in {tuple(one.shifts or ()) for one in stations}
    }
    return {f"s{one.id}": by_shifts[tuple(one.shifts or ())] for one in stations}


def _closed(windows: list[Window], now: datetime, horizon: timedelta) -> tuple[tuple[float, float], ...]:
    """The stretches between the working hours, in s from now."""
    edges = [now, *(edge for window in windows for edge in window), now + horizon + timedelta(days=1)]
    spans = [
        ((a - now).total_seconds(), (b - now).total_seconds()) for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
    return tuple((a, b) for a, b in spans if b > a and a < horizon.total_seconds())
