"""Inspections as they are shown: what is due, what was found, the plans behind it, the instruments."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from app.errors import NotFound
from app.events import Store
from app.models import (
    Calibration,
    Inspection,
    InspectionCheck,
    InspectionPlan,
    Instrument,
    Item,
    Lot,
    Measurement,
    Nonconformance,
    Operation,
    Routing,
    Station,
    Task,
    Unit,
    User,
    WorkOrder,
)
from app.queries.trace_rows import Named

_I, _P, _T, _O = Inspection.__table__, InspectionPlan.__table__, Task.__table__, WorkOrder.__table__
_M, _C, _K = Measurement.__table__, InspectionCheck.__table__, Calibration.__table__
MOST = 200
MOST_HERE = 5  # beside the work of a station


@dataclass(frozen=True)
class Due:
    """An inspection with the names of what it is about."""

    id: int
    plan_id: int | None
    kind: str
    cause: str
    item: Named
    item_id: int
    task_id: int | None
    operation: Named | None
    order: str | None
    station: Named | None
    unit_id: int | None
    serial: str | None
    lot_id: int | None
    lot: str | None
    supplier_lot: str | None
    lot_size: Decimal
    size: int
    accept: int
    reject: int
    severity: str
    verdict: str
    nonconforming: int | None
    case_id: int | None
    case: str | None
    inspector: str | None
    details: dict[str, Any]
    at: datetime
    measured_at: datetime | None
    done_at: datetime | None


def due(store: Store, site_id: int) -> list[Due]:
    """What has to be inspected, the oldest first."""
    return _list(store, and_(_I.c.site_id == site_id, _I.c.verdict == "open"), (_I.c.at, _I.c.id))


def done(store: Store, site_id: int, verdict: str = "") -> list[Due]:
    """What was inspected, the newest first."""
    wanted = (verdict,) if verdict in ("pass", "fail") else ("pass", "fail")
    where = and_(_I.c.site_id == site_id, _I.c.verdict.in_(wanted))
    return _list(store, where, (_I.c.done_at.desc(), _I.c.id.desc()))


def counts(store: Store, site_id: int) -> dict[str, int]:
    """How many inspections stand at each verdict."""
    query = select(_I.c.verdict, func.count()).where(_I.c.site_id == site_id).group_by(_I.c.verdict)
    return {row[0]: row[1] for row in store.execute(query)}


def one(store: Store, site_id: int, inspection_id: int) -> Due:
    """One inspection of a site; NotFound otherwise."""
    found = _list(store, and_(_I.c.site_id == site_id, _I.c.id == inspection_id), (_I.c.id,))
    if not found:
        raise NotFound("inspection.unknown", inspection=inspection_id)
    return found[0]


def open_at(store: Store, site_id: int, task_id: int) -> list[Due]:
    """What is due at a task, the oldest first."""
    return _list(store, and_(_I.c.site_id == site_id, _I.c.task_id == task_id, _I.c.verdict == "open"), (_I.c.id,))


def due_at(store: Store, site_id: int, station_id: int, most: int = MOST_HERE) -> list[Due]:
    """What is due at a station, the oldest first."""
    here = and_(_I.c.site_id == site_id, _I.c.verdict == "open", _I.c.station_id == station_id)
    return _list(store, here, (_I.c.at, _I.c.id), most)


def _list(store: Store, where: ColumnElement[bool], order: tuple[Any, ...], most: int = MOST) -> list[Due]:
    station = Station.__table__
    query = (
        select(_I, Item.id.label("item_id"), Item.code.label("item_code"), Item.name.label("item_name"),
               Item.name_zh.label("item_zh"), _T.c.op_key, _T.c.name.label("task_name"),
               _T.c.name_zh.label("task_zh"), _O.c.code.label("order_code"), station.c.code.label("station_code"),
               station.c.name.label("station_name"), station.c.name_zh.label("station_zh"), Unit.serial,
               Lot.code.label("lot_code"), Lot.supplier_lot, Nonconformance.code.label("case_code"),
               User.name.label("inspector"))
        .join(_P, _P.c.id == _I.c.plan_id).join(Item, Item.id == _P.c.item_id)
        .outerjoin(_T, _T.c.id == _I.c.task_id).outerjoin(_O, _O.c.id == _T.c.order_id)
        .outerjoin(station, station.c.id == _I.c.station_id).outerjoin(Unit, Unit.id == _I.c.unit_id)
        .outerjoin(Lot, Lot.id == _I.c.lot_id).outerjoin(User, User.id == _I.c.user_id)
        .outerjoin(Nonconformance, Nonconformance.id == _I.c.nonconformance_id)
        .where(where).order_by(*order).limit(most)
    )  # fmt: skip
    return [_due(row) for row in store.execute(query)]


def _due(row: Any) -> Due:
    operation = Named(row.task_id, row.op_key, row.task_name, row.task_zh) if row.task_id else None
    station = Named(row.station_id, row.station_code, row.station_name, row.station_zh) if row.station_id else None
    return Due(
        row.id, row.plan_id, row.kind, row.cause, Named(row.item_id, row.item_code, row.item_name, row.item_zh),
        row.item_id, row.task_id, operation, row.order_code, station, row.unit_id, row.serial, row.lot_id,
        row.lot_code, row.supplier_lot, row.lot_size, row.size, row.accept, row.reject, row.severity, row.verdict,
        row.nonconforming, row.nonconformance_id, row.case_code, row.inspector, row.details or {}, row.at,
        row.measured_at, row.done_at,
    )  # fmt: skip


def checks(store: Store, plan_id: int | None) -> list[Any]:
    """What a plan looks at, in its order."""
    query = select(_C).where(_C.c.plan_id == plan_id, _C.c.retired.is_(False)).order_by(_C.c.position)
    return list(store.execute(query))


def results(store: Store, inspection_id: int) -> list[Any]:
    """The values of an inspection, check by check, piece by piece."""
    query = (
        select(_M.c.code, _M.c.piece, _M.c.value, _M.c.unit, _M.c.lower, _M.c.upper, _M.c.verdict, _M.c.instrument,
               _M.c.unit_id, Unit.serial, InspectionCheck.kind, InspectionCheck.name, InspectionCheck.name_zh)
        .join(_I, _I.c.id == _M.c.inspection_id)
        .outerjoin(_C, and_(_C.c.plan_id == _I.c.plan_id, _C.c.code == _M.c.code))
        .outerjoin(Unit, Unit.id == _M.c.unit_id)
        .where(_M.c.inspection_id == inspection_id).order_by(_M.c.piece, _C.c.position, _M.c.id)
    )  # fmt: skip
    return list(store.execute(query))


def plans(store: Store, site_id: int) -> list[Any]:
    """All plans of a site, with how many characteristics each looks at and how many inspections it made."""
    looks = select(func.count()).select_from(_C).where(_C.c.plan_id == _P.c.id, _C.c.retired.is_(False))
    made = select(func.count()).select_from(_I).where(_I.c.plan_id == _P.c.id)
    query = (
        select(_P, Item.code.label("item"), Item.name, Item.name_zh, looks.scalar_subquery().label("checks"),
               made.scalar_subquery().label("made"))
        .join(Item, Item.id == _P.c.item_id).where(_P.c.site_id == site_id)
        .order_by(_P.c.active.desc(), Item.code, _P.c.kind, _P.c.operation, _P.c.id)
    )  # fmt: skip
    return list(store.execute(query))


def plan(store: Store, site_id: int, plan_id: int) -> Any:
    """One plan with its item; NotFound otherwise."""
    query = select(_P, Item.code.label("item"), Item.name, Item.name_zh).join(Item, Item.id == _P.c.item_id)
    row = store.execute(query.where(_P.c.site_id == site_id, _P.c.id == plan_id)).one_or_none()
    if row is None:
        raise NotFound("inspection.plan_unknown", plan=plan_id)
    return row


def operations(store: Store, site_id: int) -> list[tuple[str, str]]:
    """Keys of operations that a plan can name, with what they are called."""
    query = (
        select(Operation.key, func.min(Operation.name)).join(Routing, Routing.id == Operation.routing_id)
        .where(Routing.site_id == site_id, Routing.status == "approved").group_by(Operation.key)
    )  # fmt: skip
    return [(row[0], f"{row[0]} {row[1]}") for row in store.execute(query.order_by(Operation.key))]


def instruments(store: Store, site_id: int) -> list[Instrument]:
    """All instruments: those in use by when they are due, then the retired ones."""
    query = select(Instrument).where(Instrument.site_id == site_id)
    return list(store.scalars(query.order_by(Instrument.retired, Instrument.due_on, Instrument.code)))  # type: ignore[union-attr]


def instrument(store: Store, site_id: int, instrument_id: int) -> Instrument:
    """One instrument of a site; NotFound otherwise."""
    query = select(Instrument).where(Instrument.site_id == site_id, Instrument.id == instrument_id)
    row = store.scalar(query)  # type: ignore[union-attr]
    if row is None:
        raise NotFound("instrument.unknown", instrument=instrument_id)
    return row  # type: ignore[no-any-return]


def calibrations(store: Store, instrument_id: int) -> list[Any]:
    """The calibrations of an instrument, the newest first, with who wrote them down."""
    query = select(_K, User.name.label("by")).outerjoin(User, User.id == _K.c.user_id)
    query = query.where(_K.c.instrument_id == instrument_id)
    return list(store.execute(query.order_by(_K.c.done_on.desc(), _K.c.id.desc())))


def measured_with(store: Store, site_id: int, code: str, since: date | None) -> list[Any]:
    """The inspections an instrument measured since a day, the newest first: suspect when its calibration fails."""
    where = [_M.c.site_id == site_id, _M.c.instrument == code, _M.c.inspection_id.is_not(None)]
    if since is not None:
        where.append(_M.c.at >= datetime.combine(since, time(), UTC))
    query = (
        select(_I.c.id, _I.c.kind, _I.c.verdict, _I.c.measured_at, Item.code.label("item"), Unit.serial,
               Lot.code.label("lot"), func.count().label("values"))
        .select_from(_M).join(_I, _I.c.id == _M.c.inspection_id).join(_P, _P.c.id == _I.c.plan_id)
        .join(Item, Item.id == _P.c.item_id).outerjoin(Unit, Unit.id == _I.c.unit_id)
        .outerjoin(Lot, Lot.id == _I.c.lot_id).where(*where)
        .group_by(_I.c.id, _I.c.kind, _I.c.verdict, _I.c.measured_at, Item.code, Unit.serial, Lot.code)
        .order_by(_I.c.id.desc()).limit(MOST)
    )  # fmt: skip
    return list(store.execute(query))


__all__ = ["Due", "calibrations", "checks", "counts", "done", "due", "due_at", "instrument", "instruments",
           "measured_with", "one", "open_at", "operations", "plan", "plans", "results"]  # fmt: skip
