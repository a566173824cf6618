"""What happened to a unit, lot, task or order: reports, values, what was used, batch runs, holds.

Rows are plain dataclasses in the order in which things happened. What was taken back stays, marked as undone.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from app.events import Store
from app.models import (
    BatchRun,
    BatchRunItem,
    Consumption,
    Hold,
    Item,
    Lot,
    Machine,
    Measurement,
    Person,
    Reason,
    Report,
    ShiftPattern,
    Station,
    Task,
    Unit,
    User,
    WorkOrder,
    WorkSession,
)
from app.queries.trace_links import Node, chunks
from app.queries.trace_rows import Count, History, Named, Run, Step, Stop, Used, Value
from app.queries.trace_things import Thing

MOST = 1000
PARTS = ("steps", "values", "used", "holds", "runs")
_R, _T, _C, _M = Report.__table__, Task.__table__, Consumption.__table__, Measurement.__table__
_O, _U, _W, _H = WorkOrder.__table__, Unit.__table__, WorkSession.__table__, Hold.__table__


def history(store: Store, site_id: int, thing: Thing, parts: Collection[str] = PARTS) -> History:
    """What happened to a thing of this site; only the ``parts`` that are asked for are read."""
    if thing.node.kind not in ("unit", "lot", "task", "order"):
        return History()
    steps = _steps(store, site_id, thing) if "steps" in parts else []
    values = measured(store, and_(_M.c.site_id == site_id, _scope(thing, _M))) if "values" in parts else []
    used = _used(store, site_id, thing) if "used" in parts else []
    stopped = holds(store, site_id, thing) if "holds" in parts else []
    runs = _runs(store, site_id, [step.id for step in steps]) if "runs" in parts else []
    return History(steps, values, used, stopped, runs, max(len(steps), len(values), len(used)) >= MOST)


def _steps(store: Store, site_id: int, thing: Thing) -> list[Step]:
    found = reports(store, and_(_R.c.site_id == site_id, _scope(thing, _R)))
    return _with_dwell([_told(step, thing) for step in found])


def _scope(thing: Thing, table: Any) -> ColumnElement[bool]:
    """The rows of a table (report, measurement, consumption) that belong to a thing."""
    key = int(thing.node.id)
    if thing.node.kind == "task":
        return table.c.task_id == key
    if thing.node.kind == "order":
        return table.c.task_id.in_(select(_T.c.id).where(_T.c.order_id == key))
    if thing.node.kind == "unit":
        return or_(table.c.unit_id == key, _of_order(thing, table)) if thing.order_id else table.c.unit_id == key
    if table is _C:
        return _C.c.lot_id == key
    users = select(_C.c.report_id if table is _R else _C.c.task_id).where(_C.c.lot_id == key)
    if table is _R:
        return _R.c.id.in_(users)
    reports = select(_C.c.report_id).where(_C.c.lot_id == key)
    return and_(_M.c.task_id.in_(users), _M.c.report_id.in_(reports))


def _of_order(thing: Thing, table: Any) -> ColumnElement[bool]:
    """What was done in the unit's order without naming a single unit."""
    tasks = select(_T.c.id).where(_T.c.order_id == thing.order_id, _T.c.is_serialised.is_(False))
    return and_(table.c.task_id.in_(tasks), table.c.unit_id.is_(None))


def _named(table: Any, prefix: str) -> tuple[Any, ...]:
    code = table.c.code if "code" in table.c else table.c.op_key
    return (table.c.id.label(f"{prefix}_id"), code.label(f"{prefix}_code"), table.c.name.label(f"{prefix}_name"),
            table.c.name_zh.label(f"{prefix}_name_zh"))  # fmt: skip


def _name(row: Any, prefix: str) -> Named | None:
    parts = [getattr(row, f"{prefix}_{name}") for name in ("id", "code", "name", "name_zh")]
    return Named(*parts) if parts[0] is not None else None


def _sure(row: Any, prefix: str) -> Named:
    return Named(*(getattr(row, f"{prefix}_{name}") for name in ("id", "code", "name", "name_zh")))


def _undone(report_id: Any) -> Any:
    back = _R.alias("back")
    return select(back.c.id).where(back.c.reverses_id == report_id).exists()


def reports(store: Store, where: ColumnElement[bool], limit: int = MOST) -> list[Step]:
    """Reports by a condition, in the order in which they were made."""
    station, machine, shift, reason = (model.__table__ for model in (Station, Machine, ShiftPattern, Reason))
    person, behalf = Person.__table__, Person.__table__.alias("behalf")
    query = (
        select(_R, *_named(_T, "task_"), _T.c.loop_no, _T.c.piece_min, _T.c.fixed_min, _T.c.batch_size,
               _O.c.code.label("order_code"), _U.c.serial, _W.c.started_at,
               *_named(station, "station_"), *_named(machine, "machine_"), *_named(shift, "shift_"),
               *_named(reason, "reason_"), *_named(person, "person_"), *_named(behalf, "behalf_"),
               _undone(_R.c.id).label("was_undone"))
        .join(_T, _T.c.id == _R.c.task_id).join(_O, _O.c.id == _T.c.order_id)
        .outerjoin(_U, _U.c.id == _R.c.unit_id).outerjoin(_W, _W.c.id == _R.c.work_session_id)
        .outerjoin(station, station.c.id == _R.c.station_id).outerjoin(machine, machine.c.id == _R.c.machine_id)
        .outerjoin(shift, shift.c.id == _R.c.shift_id).outerjoin(reason, reason.c.id == _R.c.reason_id)
        .outerjoin(person, person.c.id == _R.c.person_id).outerjoin(behalf, behalf.c.id == _R.c.on_behalf_of)
        .where(where).order_by(_R.c.id).limit(limit)
    )  # fmt: skip
    return [_step(row) for row in store.execute(query)]


def _told(step: Step, thing: Thing) -> Step:
    return replace(step, shared=thing.node.kind == "unit" and step.unit_id is None)


def _step(row: Any) -> Step:
    return Step(
        row.id, row.kind, row.quantity, row.task_id, _sure(row, "task_"), row.order_code, row.loop_no, row.unit_id,
        row.serial, _name(row, "station_"), _name(row, "machine_"), _name(row, "person_"), _name(row, "behalf_"),
        _name(row, "shift_"), row.business_date, _name(row, "reason_"), row.channel, row.started_at, row.server_at,
        row.device_at, bool(row.was_undone) or row.reverses_id is not None, row.reverses_id,
        standard_min=row.fixed_min + row.piece_min * (row.batch_size or 1),
    )  # fmt: skip


def _with_dwell(steps: list[Step]) -> list[Step]:
    before: dict[int, datetime] = {}
    told = []
    for step in steps:
        since = before.get(step.unit_id) if step.unit_id else None
        if step.unit_id and not step.undone:
            before[step.unit_id] = step.at
        told.append(
            replace(step, dwell_min=_minutes(step.at - since))
            if since and not step.undone
            else replace(step, standard_min=None)
        )
    return told


def _minutes(span: timedelta) -> Decimal:
    return round(Decimal(span // timedelta(seconds=1)) / 60, 1)


def measured(store: Store, where: ColumnElement[bool], limit: int = MOST, newest: bool = False) -> list[Value]:
    """Values by a condition, in the order in which they were taken, or the newest first."""
    machine, person = Machine.__table__, Person.__table__
    query = (
        select(_M, *_named(_T, "task_"), _U.c.serial, *_named(machine, "machine_"), *_named(person, "person_"),
               _undone(_M.c.report_id).label("undone"))
        .outerjoin(_T, _T.c.id == _M.c.task_id).outerjoin(_U, _U.c.id == _M.c.unit_id)
        .outerjoin(machine, machine.c.id == _M.c.machine_id).outerjoin(person, person.c.id == _M.c.person_id)
        .where(where).order_by(_M.c.id.desc() if newest else _M.c.id).limit(limit)
    )  # fmt: skip
    return [_value(row) for row in store.execute(query)]


def _value(row: Any) -> Value:
    return Value(row.code, row.value, row.unit, row.lower, row.upper, row.verdict, row.source, row.instrument, row.at,
                 _name(row, "task_"), row.serial, row.unit_id, _name(row, "machine_"), _name(row, "person_"),
                 bool(row.undone))  # fmt: skip


def _used(store: Store, site_id: int, thing: Thing) -> list[Used]:
    item, lot, part = Item.__table__, Lot.__table__, _U.alias("part")
    query = (
        select(_C.c.quantity, _C.c.lot_id, _C.c.component_unit_id, _C.c.unit_id, _C.c.at, item.c.unit.label("measure"),
               *_named(item, "item_"), *_named(_T, "task_"), _O.c.code.label("order_code"),
               lot.c.code.label("lot_code"), lot.c.supplier, lot.c.supplier_lot, _U.c.serial,
               part.c.serial.label("part_serial"))
        .join(_T, _T.c.id == _C.c.task_id).join(_O, _O.c.id == _T.c.order_id).join(item, item.c.id == _C.c.item_id)
        .outerjoin(lot, lot.c.id == _C.c.lot_id).outerjoin(_U, _U.c.id == _C.c.unit_id)
        .outerjoin(part, part.c.id == _C.c.component_unit_id)
        .where(_C.c.site_id == site_id, _scope(thing, _C), _C.c.quantity > 0, ~_undone(_C.c.report_id))
        .order_by(_C.c.id).limit(MOST)
    )  # fmt: skip
    return [
        Used(_sure(row, "item_"), row.quantity, row.measure, row.lot_id, row.lot_code, row.supplier, row.supplier_lot,
             row.component_unit_id, row.part_serial, row.unit_id, row.serial, _sure(row, "task_"), row.order_code,
             row.at, row.unit_id is None)
        for row in store.execute(query)
    ]  # fmt: skip


def holds(store: Store, site_id: int, thing: Thing) -> list[Stop]:
    """The holds over a thing and over the order it belongs to, open ones first."""
    targets = [(thing.node.kind, int(thing.node.id))]
    if thing.order_id and thing.node.kind != "order":
        targets.append(("order", thing.order_id))
    mine = or_(*(and_(_H.c.target_type == kind, _H.c.target_id == key) for kind, key in targets))
    return stops(store, and_(_H.c.site_id == site_id, mine))


def stops(store: Store, where: ColumnElement[bool], limit: int = MOST) -> list[Stop]:
    """Holds by a condition, open ones first, then newest first."""
    reason, opener, closer = Reason.__table__, User.__table__.alias("opener"), User.__table__.alias("closer")
    query = (
        select(_H, *_named(reason, "reason_"), opener.c.name.label("opener"), closer.c.name.label("closer"))
        .outerjoin(reason, reason.c.id == _H.c.reason_id).outerjoin(opener, opener.c.id == _H.c.opened_by)
        .outerjoin(closer, closer.c.id == _H.c.released_by)
        .where(where).order_by(_H.c.released_at.is_not(None), _H.c.id.desc()).limit(limit)
    )  # fmt: skip
    return [
        Stop(row.id, Node(row.target_type, row.target_id), _name(row, "reason_"), row.note, row.opener, row.opened_at,
             row.closer, row.released_at, row.needs_second)
        for row in store.execute(query)
    ]  # fmt: skip


def _runs(store: Store, site_id: int, report_ids: list[int]) -> list[Run]:
    run, part, machine = BatchRun.__table__, BatchRunItem.__table__, Machine.__table__
    found: dict[int, Run] = {}
    for chunk in chunks(report_ids):
        query = (
            select(run, *_named(machine, "machine_")).join(part, part.c.batch_run_id == run.c.id)
            .outerjoin(machine, machine.c.id == run.c.machine_id)
            .where(run.c.site_id == site_id, part.c.report_id.in_(chunk)).order_by(run.c.id)
        )  # fmt: skip
        for row in store.execute(query):
            found[row.id] = Run(row.id, _name(row, "machine_"), row.started_at, row.ended_at, row.values)
    return list(found.values())


__all__ = ["MOST", "Count", "History", "Named", "Run", "Step", "Stop", "Used", "Value", "history", "holds",
           "measured", "reports", "stops"]  # fmt: skip
