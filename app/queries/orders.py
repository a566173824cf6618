"""Lists of orders: base columns only, all kinds mixed, filtered, sorted and paged."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from app.events import Store
from app.models import ExternalRef, Line, PlannedTask, ProductionOrder, Station, Task, TaskStation, WorkOrder
from app.queries.progress import PlannedEnd, Progress, current_plan, held, planned_ends, progress
from app.states.order import OPEN

PAGE = 50
COUNT_CAP = 1000
_O = WorkOrder.__table__
SORTS = {
    "code": _O.c.code, "due": _O.c.due_at, "priority": _O.c.priority, "status": _O.c.status, "title": _O.c.title,
    "created": _O.c.created_at,
}  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What a list of orders is narrowed to; ``status`` is a state, "open" (the default) or "any"."""

    status: str = "open"
    kinds: tuple[str, ...] = ()
    late: bool = False
    line_id: int | None = None
    text: str = ""
    sort: str = "due"
    page: int = 1


@dataclass(frozen=True)
class Row:
    """An order as a list shows it."""

    order: Any
    progress: Progress | None
    planned: PlannedEnd | None
    is_held: bool
    lateness: str


@dataclass(frozen=True)
class Page:
    """Some rows; ``total`` is exact up to COUNT_CAP and ``more`` says that there are more than it tells."""

    rows: list[Row]
    page: int
    total: int
    more: bool
    has_next: bool


def order_page(store: Store, site_id: int, wish: Filters, now: datetime) -> Page:
    """One page of the orders of a site. The count stops at COUNT_CAP: nobody reads page 2000."""
    query = _where(select(_O.c.id), store, site_id, wish, now)
    page = max(1, wish.page)
    found = _found(store, _sorted(query, wish.sort).limit(PAGE + 1).offset((page - 1) * PAGE))
    narrow = _where(select(_O.c.id), store, site_id, wish, now).limit(COUNT_CAP + 1).subquery()
    total = store.execute(select(func.count()).select_from(narrow)).scalar_one()
    return Page(_rows(store, site_id, found[:PAGE], now), page, min(total, COUNT_CAP), total > COUNT_CAP,
                len(found) > PAGE)  # fmt: skip


def _found(store: Store, query: Select[Any]) -> list[Any]:
    """The orders behind a query of ids, in its order: ids alone are sorted within an index, whole rows are not."""
    ids = list(store.execute(query).scalars())
    rows = {row.id: row for row in store.execute(select(_O).where(_O.c.id.in_(ids)))}
    return [rows[order_id] for order_id in ids if order_id in rows]


def all_orders(store: Store, site_id: int, wish: Filters, now: datetime) -> Iterator[Row]:
    """Every order of a filter, read a thousand at a time (for an export)."""
    after = 0
    wish = replace(wish, page=1)
    while True:
        query = _where(select(_O), store, site_id, wish, now).where(_O.c.id > after).order_by(_O.c.id).limit(1000)
        found = list(store.execute(query))
        if not found:
            return
        yield from _rows(store, site_id, found, now)
        after = found[-1].id


def lateness(order: Any, planned: PlannedEnd | None, now: datetime) -> str:
    """late (its time is over), at_risk (the plan ends it too late), on_time, or "" when it does not matter."""
    if order.status in ("cancelled", "aborted", "closed"):
        return ""
    if order.status == "completed":
        return "late" if order.completed_at and order.completed_at > order.due_at else ""
    if order.due_at < now:
        return "late"
    if planned and (planned.is_late or planned.end_at > order.due_at):
        return "at_risk"
    return "on_time" if planned else ""


def _rows(store: Store, site_id: int, orders: list[Any], now: datetime) -> list[Row]:
    ids = [row.id for row in orders]
    done, ends, stopped = progress(store, ids), planned_ends(store, site_id, ids), held(store, site_id, ids)
    return [
        Row(row, done.get(row.id), ends.get(row.id), row.id in stopped, lateness(row, ends.get(row.id), now))
        for row in orders
    ]


def _where(query: Select[Any], store: Store, site_id: int, wish: Filters, now: datetime) -> Select[Any]:
    query = query.where(_O.c.site_id == site_id)
    if wish.status != "any":
        query = query.where(_O.c.status.in_(sorted(OPEN) if wish.status == "open" else [wish.status]))
    if wish.kinds:
        query = query.where(_O.c.kind.in_(wish.kinds))
    if wish.late:
        query = query.where(_late(current_plan(store, site_id), now))
    if wish.line_id is not None:
        query = query.where(or_(_O.c.line_id == wish.line_id, _on_line(wish.line_id)))
    if wish.text:
        query = query.where(_matches(site_id, wish.text))
    return query


def _sorted(query: Select[Any], sort: str) -> Select[Any]:
    column = SORTS.get(sort.removeprefix("-"), _O.c.due_at)
    return query.order_by(column.desc() if sort.startswith("-") else column, _O.c.id)


def _late(plan_id: int | None, now: datetime) -> ColumnElement[bool]:
    over = and_(_O.c.due_at < now, _O.c.status.in_(sorted(OPEN)))
    if plan_id is None:
        return over
    planned = exists().where(
        Task.order_id == _O.c.id, PlannedTask.task_id == Task.id, PlannedTask.plan_id == plan_id, PlannedTask.is_late
    )
    return or_(over, and_(_O.c.status.in_(sorted(OPEN)), planned))


def _on_line(line_id: int) -> ColumnElement[bool]:
    return exists().where(
        Task.order_id == _O.c.id, TaskStation.task_id == Task.id, Station.id == TaskStation.station_id,
        Station.line_id == line_id,
    )  # fmt: skip


def _matches(site_id: int, text: str) -> ColumnElement[bool]:
    ref = select(ExternalRef.target_id).where(
        ExternalRef.site_id == site_id, ExternalRef.type == "order", ExternalRef.ref == text
    )
    customer = select(ProductionOrder.__table__.c.id).where(ProductionOrder.__table__.c.customer_order == text)
    return or_(
        _O.c.code.icontains(text, autoescape=True), _O.c.title.icontains(text, autoescape=True), _O.c.id.in_(ref),
        _O.c.id.in_(customer),
    )  # fmt: skip


def lines_of(store: Store, site_id: int) -> list[Any]:
    """The lines of a site, for filters."""
    table = Line.__table__
    return list(store.execute(select(table).where(table.c.site_id == site_id).order_by(table.c.code)))


__all__ = ["COUNT_CAP", "PAGE", "SORTS", "Filters", "Page", "Row", "all_orders", "lateness", "lines_of", "order_page"]
