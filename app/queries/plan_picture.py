"""What the plan board draws: rows of stations with their open time and load, bars, links, and where bars stood before.

Bars come as columns and rows: two thousand of them stay small enough to be sent and read in a moment.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Line, Plan, Station, Task, TaskLink
from app.queries.plan_board import Filters, all_tasks, code_of
from app.queries.plan_drafts import Places
from app.queries.shifts import calendar

COLUMNS = ("id", "code", "order", "resource", "start", "end", "state", "late", "locked", "kept", "fixed", "title",
           "url", "kind", "done", "due")  # fmt: skip
LOAD_DAYS = 7
_S, _L = Station.__table__, TaskLink.__table__
_PRED, _SUCC = Task.__table__.alias("pred"), Task.__table__.alias("succ")
Span = tuple[datetime, datetime]


def picture(
    store: Store, site_id: int, plan: Plan | None, now: datetime, name_of: Any, url_of: Any,
    before: Places | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What ``board.js`` draws of a plan; times in ms since 1970. ``before`` are the places ghosts are drawn at."""
    rows = all_tasks(store, site_id, plan.id, Filters(sort="start")) if plan else []
    stations = _stations(store, site_id)
    lanes, places = _lanes(rows)
    open_times = _open_times(store, site_id, stations, rows, plan, now)
    loads = _loads(stations, rows, open_times, now)
    patterns = _distinct(open_times.values())
    words = _Words(name_of, url_of)
    return {
        "resources": [
            {"id": _lane_id(row.id, lane), "name": name_of(row) + (f" ({lane + 1})" if lane else ""),
             "load": loads[row.id] if lane == 0 else None, "open": patterns.index(open_times[row.id])}
            for row in stations for lane in range(lanes.get(row.id, 1))
        ],
        "opens": [[[_ms(begins), _ms(ends)] for begins, ends in spans] for spans in patterns],
        "columns": COLUMNS,
        "tasks": [_bar(row, places[row.task_id], words) for row in rows],
        "links": _links(store, {row.order_id for row in rows}, {row.task_id for row in rows}),
        "ghosts": list(_ghosts(rows, before or {})),
        "now": _ms(now),
        "draft": plan.id if plan and plan.status == "draft" else None,
        "revision": plan.revision if plan else 0,
    }  # fmt: skip


def _stations(store: Store, site_id: int) -> list[Any]:
    query = (
        select(_S.c.id, _S.c.code, _S.c.name, _S.c.name_zh, _S.c.shifts, _S.c.capacity)
        .join(Line.__table__, Line.id == _S.c.line_id)
        .where(_S.c.site_id == site_id, _S.c.retired.is_(False))
        .order_by(Line.code, _S.c.position, _S.c.code)
    )
    return list(store.execute(query).all())


def _lanes(rows: list[Any]) -> tuple[dict[int, int], dict[int, int]]:
    """Where several tasks are done at once each gets a row of its own: rows by station, row by task."""
    ends: dict[int, list[datetime]] = {}
    places = {}
    for row in rows:
        busy = ends.setdefault(row.station_id, [])
        lane = next((n for n, end in enumerate(busy) if end <= row.start_at), len(busy))
        busy[lane:] = [row.end_at, *busy[lane + 1 :]]
        places[row.task_id] = lane
    return {station: len(busy) for station, busy in ends.items()}, places


def _lane_id(station_id: int, lane: int) -> str:
    return f"{station_id}#{lane}" if lane else str(station_id)


def _open_times(
    store: Store, site_id: int, stations: list[Any], rows: list[Any], plan: Plan | None, now: datetime
) -> dict[int, list[Span]]:  # fmt: skip
    """Open times of every station over the plan and a week more, without the breakdowns it was made with."""
    shifts, known = calendar(store, site_id), dict[tuple[str, ...], list[Span]]()
    first = min([now, *(row.start_at for row in rows)]) - timedelta(days=1)
    last = max([now, *(row.end_at for row in rows)]) + timedelta(days=8)
    days = min(120, (last - first).days + 1)
    down = {one["station"]: one["until"] for one in (plan.objective.get("down", []) if plan else [])}
    found = {}
    for row in stations:
        key = tuple(sorted(row.shifts))
        if key not in known:
            known[key] = shifts.windows(key, first, days)
        found[row.id] = list(_cut(known[key], plan, down.get(row.id)))
    return found


def _distinct(found: Iterable[list[Span]]) -> list[list[Span]]:
    """Open times that many stations share are sent once."""
    known: list[list[Span]] = []
    for spans in found:
        if spans not in known:
            known.append(spans)
    return known


def _cut(windows: list[Span], plan: Plan | None, until: str | None) -> Iterable[Span]:
    if plan is None or until is None:
        return windows
    since, end = plan.epoch_at, datetime.fromisoformat(until)
    parts = [part for a, b in windows for part in ((a, min(b, since)), (max(a, end), b))]
    return [(a, b) for a, b in parts if a < b]


def _loads(
    stations: list[Any], rows: list[Any], open_times: Mapping[int, list[Span]], now: datetime
) -> dict[int, float]:  # fmt: skip
    """Planned over open time of the coming days; a task that pauses over a break counts its open time only."""
    until = now + timedelta(days=LOAD_DAYS)
    busy: dict[int, list[Span]] = {}
    for row in rows:
        if row.end_at > now and row.start_at < until:
            busy.setdefault(row.station_id, []).append((max(row.start_at, now), min(row.end_at, until)))
    return {
        row.id: _load([(max(a, now), min(b, until)) for a, b in open_times[row.id] if a < until and b > now],
                      busy.get(row.id, []), max(1, row.capacity))
        for row in stations
    }  # fmt: skip


def _load(windows: list[Span], busy: list[Span], capacity: int) -> float:
    """``windows`` reach no further than what is looked at: they are walked for every task."""
    room = sum((b - a).total_seconds() for a, b in windows) * capacity
    taken = sum(
        (min(b, end) - max(a, start)).total_seconds()
        for start, end in busy for a, b in windows if a < end and b > start
    )  # fmt: skip
    return round(taken / room, 3) if room else 0.0


class _Words:
    """Names and addresses of bars: made once for tasks that share them."""

    def __init__(self, name_of: Any, url_of: Any) -> None:
        self._name_of, self._url_of = name_of, url_of
        self._names: dict[tuple[str, str | None], str] = {}
        self._urls: dict[int, str] = {}

    def name(self, row: Any) -> str:
        key = (row.name, row.name_zh)
        if key not in self._names:
            self._names[key] = self._name_of(row)
        return self._names[key]

    def url(self, row: Any) -> str:
        if row.order_id not in self._urls:
            self._urls[row.order_id] = self._url_of(row)
        return self._urls[row.order_id]


def _bar(row: Any, lane: int, words: _Words) -> list[Any]:
    handled = row.quantity_good + row.quantity_scrap + row.quantity_rework
    return [
        row.task_id, code_of(row), row.order_code, _lane_id(row.station_id, lane), _ms(row.start_at), _ms(row.end_at),
        row.status, bool(row.is_late), bool(row.is_locked), row.bound_by == "frozen" and not row.is_pinned,
        bool(row.is_pinned), words.name(row), words.url(row), row.kind,
        round(float(handled / row.quantity), 3) if row.quantity else 0, _ms(row.due_at),
    ]  # fmt: skip


def _ghosts(rows: list[Any], before: Mapping[int, Any]) -> Iterator[list[Any]]:
    """Where bars stood before, of those that stand elsewhere now: task, row, start, end."""
    for row in rows:
        old = before.get(row.task_id)
        if old is not None and (old.station, old.start_at) != (row.station_id, row.start_at):
            yield [row.task_id, str(old.station), _ms(old.start_at), _ms(old.end_at)]


def _links(store: Store, orders: set[int], shown: set[int]) -> list[list[Any]]:
    """(pred, succ, how): what the successor has to wait for, as the plan is made.

    0 the end; 1 the begin; 2 begin and end, as pieces flow on; 3 the end only, as pieces to work on are there already.
    """
    query = (
        select(_L.c.pred_id, _L.c.succ_id, _L.c.type, _PRED.c.outside_min, _SUCC.c.outside_min.label("away"),
               (_SUCC.c.quantity_input - _SUCC.c.quantity_good - _SUCC.c.quantity_scrap - _SUCC.c.quantity_rework
                ).label("there"))
        .join(_PRED, _PRED.c.id == _L.c.pred_id)
        .join(_SUCC, _SUCC.c.id == _L.c.succ_id)
        .where(_L.c.order_id.in_(sorted(orders)), _L.c.kind != "return", _L.c.is_chosen.is_(True))
        .order_by(_L.c.id)
    )  # fmt: skip
    found = store.execute(query).all() if orders else []
    return [[row.pred_id, row.succ_id, _waits(row)] for row in found if row.pred_id in shown and row.succ_id in shown]


def _waits(row: Any) -> int:
    if row.type == "start_start":
        return 1
    if row.outside_min or row.away:
        return 0
    return 3 if row.there > 0 else 2


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
