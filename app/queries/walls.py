"""The figures of a wall: done today against planned until now, late orders, first pass yield of a line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app.events import Store
from app.models import Plan, PlannedTask, Report, Task, TaskLink
from app.queries.boards import StationRow
from app.queries.known import calendar_of
from app.queries.machines import placed
from quality.errors import QualityError
from quality.kpi import FPY

_R, _T, _L, _P = Report.__table__, Task.__table__, TaskLink.__table__, PlannedTask.__table__


@dataclass(frozen=True)
class Today:
    """The running shift, its business day in UTC, and when the shift ends."""

    shift: str | None
    day: date
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class Figures:
    """What the head of a wall says; ``planned`` is None before the first plan, ``fpy`` before the first report."""

    done: Decimal
    planned: Decimal | None
    late_orders: int
    fpy: Decimal | None

    @property
    def behind(self) -> Decimal | None:
        """Pieces behind plan; negative when ahead."""
        return None if self.planned is None else self.planned - self.done


def today(store: Store, site_id: int, now: datetime) -> Today:
    """The shift of a site at a moment; a night shift belongs to the day it began."""
    calendar = calendar_of(store, site_id)
    shift_id, day = calendar.shift_at(now)
    midnight = datetime.combine(day, time(), ZoneInfo(calendar.zone))
    shift = next((one for one in calendar.shifts if one.id == shift_id), None)
    ends = (midnight + timedelta(minutes=shift.end_min)).astimezone(UTC) if shift else None
    return Today(shift.code if shift else None, day, midnight.astimezone(UTC), ends)


def figures(store: Store, site_id: int, rows: Iterable[StationRow], now: datetime) -> Figures:
    """The figures of a line, whose stations are ``rows``."""
    rows = list(rows)
    stations = [row.station.id for row in rows]
    late = {task.order_id for row in rows for task in row.queue if task.is_late}
    day = today(store, site_id, now)
    reports = _reports(store, site_id, stations, day)
    leaving = _leaving(store, {row.task_id for row in reports}, stations)
    done = sum((row.quantity for row in reports if row.kind == "good" and row.task_id in leaving), Decimal())
    return Figures(done, _planned(store, site_id, stations, reports, day, now), len(late), _first_pass(reports))


def _reports(store: Store, site_id: int, stations: list[int], day: Today) -> list[Any]:
    query = (
        select(_R.c.task_id, _R.c.kind, _R.c.quantity, _R.c.server_at, _T.c.loop_no)
        .join(_T, _T.c.id == _R.c.task_id)
        .where(_R.c.site_id == site_id, _R.c.business_date == day.day, _R.c.station_id.in_(stations),
               _R.c.server_at >= day.starts_at, _R.c.kind.in_(("good", "scrap", "rework")))
    )  # fmt: skip
    return list(store.execute(query))


def _leaving(store: Store, tasks: set[int], stations: list[int]) -> set[int]:
    """Tasks whose pieces leave the line: counted once, not at each of its stations."""
    after = _T.alias("after")
    query = (
        select(_L.c.pred_id).distinct()
        .join(after, after.c.id == _L.c.succ_id)
        .where(_L.c.pred_id.in_(sorted(tasks)), _L.c.kind == "normal", placed(after).in_(stations))
    )  # fmt: skip
    return tasks - set(store.execute(query).scalars()) if tasks else set()


def _planned(
    store: Store, site_id: int, stations: list[int], reports: list[Any], day: Today, now: datetime
) -> Decimal | None:
    """Pieces that should have left the line by now, by the plan the day began with.

    Later plans of the day start from what was done, so that against them nobody would ever be behind.
    """
    plan = _first_plan(store, site_id, day)
    if plan is None:
        return None
    since = max(day.starts_at, plan.published_at)
    query = (
        select(_P.c.task_id, _P.c.start_at, _P.c.end_at, _T.c.quantity)
        .join(_T, _T.c.id == _P.c.task_id)
        .where(_P.c.plan_id == plan.id, _P.c.station_id.in_(stations), _P.c.start_at < now, _P.c.end_at > since)
    )
    rows = list(store.execute(query))
    leaving = _leaving(store, {row.task_id for row in rows} | {row.task_id for row in reports}, stations)
    before = _done_before(store, {row.task_id for row in rows}, plan.published_at)
    shares = (_share(row, before.get(row.task_id, Decimal()), since, now) for row in rows if row.task_id in leaving)
    earlier = (row for row in reports if row.kind == "good" and row.server_at < since and row.task_id in leaving)
    return sum(shares, sum((row.quantity for row in earlier), Decimal())).quantize(Decimal(1))


def _first_plan(store: Store, site_id: int, day: Today) -> Plan | None:
    mine = select(Plan).where(Plan.site_id == site_id)
    before = mine.where(Plan.published_at <= day.starts_at).order_by(Plan.id.desc()).limit(1)
    after = mine.where(Plan.published_at > day.starts_at).order_by(Plan.id).limit(1)
    return store.execute(before).scalars().first() or store.execute(after).scalars().first()


def _done_before(store: Store, tasks: set[int], at: datetime) -> dict[int, Decimal]:
    query = (
        select(_R.c.task_id, func.sum(_R.c.quantity, type_=_R.c.quantity.type))
        .where(_R.c.task_id.in_(sorted(tasks)), _R.c.kind == "good", _R.c.server_at < at)
        .group_by(_R.c.task_id)
    )
    return dict(store.execute(query).all()) if tasks else {}  # type: ignore[arg-type]


def _share(row: Any, done: Decimal, since: datetime, now: datetime) -> Decimal:
    """The part of a planned task that falls between two moments, its pieces spread evenly."""
    length = (row.end_at - row.start_at).total_seconds()
    inside = (min(row.end_at, now) - max(row.start_at, since)).total_seconds()
    part = Decimal(1) if length <= 0 else Decimal(max(inside, 0.0) / length)
    return max(row.quantity - done, Decimal()) * part


def _first_pass(reports: list[Any]) -> Decimal | None:
    """FPY over the operations of the line: what was good at the first try, of all that was tried a first time."""
    first = [row for row in reports if row.loop_no == 0]
    good = sum((row.quantity for row in first if row.kind == "good"), Decimal())
    tried = sum((row.quantity for row in first), Decimal())
    try:
        return FPY(good, tried)
    except QualityError:  # more was undone today than reported
        return None
