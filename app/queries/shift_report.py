"""What a shift leader prints: output by order, station, person and shift, scrap, downtime, plan against actual.

Figures are sums of reports by their business date; a report that was taken back counts nothing, because its
reversing row stands against it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from app.events import Store
from app.models import Machine, MachineState, Person, Reason, Report, ShiftPattern, Station, Task, WorkOrder
from app.queries.feed import CUTOVER
from app.queries.progress import PlannedEnd, Progress, planned_ends, progress

_R, _T, _O, _S, _M, _MS = (
    model.__table__ for model in (Report, Task, WorkOrder, Station, Machine, MachineState)
)  # fmt: skip
KINDS = ("good", "scrap", "rework")
MOST = 500


@dataclass(frozen=True)
class Period:
    """The days (both included), and one shift or one line of them when given."""

    site_id: int
    since: date
    until: date
    shift_id: int | None = None
    line_id: int | None = None

    def where(self) -> list[ColumnElement[bool]]:
        """The reports that are meant."""
        found = [_R.c.site_id == self.site_id, _R.c.business_date >= self.since, _R.c.business_date <= self.until,
                 _R.c.kind.in_(KINDS), _R.c.channel != CUTOVER]  # fmt: skip
        if self.shift_id is not None:
            found.append(_R.c.shift_id == self.shift_id)
        if self.line_id is not None:
            found.append(_R.c.station_id.in_(select(_S.c.id).where(_S.c.line_id == self.line_id)))
        return found


_GROUPS: dict[str, tuple[Any, Any]] = {
    "order": (_O, _T.c.order_id), "station": (_S, _R.c.station_id), "person": (Person.__table__, _R.c.person_id),
    "shift": (ShiftPattern.__table__, _R.c.shift_id), "reason": (Reason.__table__, _R.c.reason_id),
}  # fmt: skip
GROUPS = tuple(_GROUPS)


def output(store: Store, period: Period, by: str) -> list[Any]:
    """Rows of id, code, name, name_zh, good, scrap, rework and reports, most pieces first; id None: nobody named."""
    table, key = _GROUPS[by]
    name = table.c.title if by == "order" else table.c.name
    name_zh = (func.min(None) if by == "order" else func.min(table.c.name_zh)).label("name_zh")
    sums = [func.sum(case((_R.c.kind == kind, _R.c.quantity), else_=Decimal(0))).label(kind) for kind in KINDS]
    query = (
        select(table.c.id, func.min(table.c.code).label("code"), func.min(name).label("name"), name_zh, *sums,
               func.count().label("reports"))
        .select_from(_R.join(_T, _T.c.id == _R.c.task_id).join(_O, _O.c.id == _T.c.order_id)
                     if by == "order" else _R.outerjoin(table, table.c.id == key))
        .where(*period.where()).group_by(table.c.id)
    )  # fmt: skip
    if by == "reason":
        query = query.where(_R.c.kind == "scrap")
    rows = store.execute(query).all()
    return sorted((row for row in rows if any((row.good, row.scrap, row.rework))),
                  key=lambda row: (-(row.good + row.scrap + row.rework), row.code or ""))  # fmt: skip


def behind(period: Period, by: str, key: int | None, kind: str | None) -> list[ColumnElement[bool]]:
    """The reports behind a figure, as conditions."""
    _table, column = _GROUPS[by]
    found = period.where()
    if by == "order":
        found.append(_R.c.task_id.in_(select(_T.c.id).where(_T.c.order_id == key)))
    else:
        found.append(column.is_(None) if key is None else column == key)
    if by == "reason":
        kind = "scrap"
    return [*found, _R.c.kind == kind] if kind else found


def downtime(store: Store, period: Period, begins: datetime, ends: datetime, now: datetime) -> list[Any]:
    """Stops of machines inside the days: machine, station, reason, from, to (None: still), minutes inside."""
    query = (
        select(_MS.c.id, _M.c.id.label("machine_id"), _M.c.code.label("machine"), _S.c.code.label("station"),
               _MS.c.reason, _MS.c.started_at, _MS.c.ended_at)
        .join(_M, _M.c.id == _MS.c.machine_id).outerjoin(_S, _S.c.id == _M.c.station_id)
        .where(_MS.c.site_id == period.site_id, _MS.c.state == "stopped", _MS.c.started_at < ends,
               (_MS.c.ended_at > begins) | _MS.c.ended_at.is_(None))
        .order_by(_MS.c.started_at).limit(MOST)
    )  # fmt: skip
    if period.line_id is not None:
        query = query.where(_S.c.line_id == period.line_id)
    return [(row, minutes(max(row.started_at, begins), min(row.ended_at or now, ends))) for row in store.execute(query)]


def minutes(begins: datetime, ends: datetime) -> Decimal:
    """Minutes between two moments, to a tenth."""
    return round(Decimal(max(0.0, (ends - begins).total_seconds())) / 60, 1)


@dataclass(frozen=True)
class Against:
    """An order that was worked on: what is planned and how far it is."""

    order: Any
    progress: Progress | None
    planned: PlannedEnd | None


def against(store: Store, period: Period) -> list[Against]:
    """Plan against actual: every order with reports in the period, the most urgent first."""
    worked = select(_T.c.order_id).join(_R, _R.c.task_id == _T.c.id).where(*period.where()).distinct()
    columns = (_O.c.id, _O.c.code, _O.c.title, _O.c.status, _O.c.due_at, _O.c.completed_at)
    query = select(*columns).where(_O.c.id.in_(worked))
    orders = list(store.execute(query.order_by(_O.c.due_at, _O.c.id).limit(MOST)))
    ids = [row.id for row in orders]
    done, ends = progress(store, ids), planned_ends(store, period.site_id, ids)
    return [Against(row, done.get(row.id), ends.get(row.id)) for row in orders]


__all__ = ["GROUPS", "KINDS", "Against", "Period", "against", "behind", "downtime", "minutes", "output"]
