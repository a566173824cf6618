"""Writes the history that another system kept: closed orders, units, reports, consumption, values, shipments."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.models import (
    Characteristic,
    Complaint,
    Consumption,
    Lot,
    Machine,
    Measurement,
    Operation,
    ProductionOrder,
    Report,
    Routing,
    ShiftPattern,
    Shipment,
    Site,
    Task,
    Unit,
)
from app.services.complaints import register
from app.services.importing.description import Record
from app.services.importing.known import Known
from app.services.importing.past import chunked
from app.services.importing.result import Counts
from app.services.orders import create_production

_STEP_MIN = 8
_DAY_MIN = 1440
ONE = Decimal(1)


@dataclass
class _Book:
    """The rows to come, and what they refer to."""

    site_id: int
    zone: ZoneInfo
    known: Known
    operations: dict[tuple[int, str], Any]
    characteristics: dict[tuple[int, str], Any]
    lots: dict[tuple[int, str], int]
    shifts: dict[int, Any]
    stations: dict[int, int | None]
    reports: list[dict[str, Any]] = field(default_factory=list)
    used: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    measured: list[tuple[int, dict[str, Any]]] = field(default_factory=list)


def write(session: Session, records: Iterable[Record], known: Known, counts: Counts, actor: str | None,
          now: datetime) -> set[str]:  # fmt: skip
    """Write the units that are not there yet; gives the codes of the sites where something was written."""
    fresh: dict[tuple[str, str], list[Record]] = {}
    for record in _fresh(session, records, known, counts):
        fresh.setdefault((record.site, record.values["item"]), []).append(record)
    books: dict[str, _Book] = {}
    for (site, item), rows in fresh.items():
        book = books.setdefault(site, _book(session, known, known.site_ids()[site]))
        _write_item(session, book, known.stored["items"][site, item], rows, actor, now)
        counts.created += len(rows)
    return {site for site, _item in fresh}


def _fresh(session: Session, records: Iterable[Record], known: Known, counts: Counts) -> Iterable[Record]:
    for part in chunked(records):
        serials = [record.values["serial"] for record in part]
        rows = session.execute(select(Unit.item_id, Unit.serial).where(Unit.serial.in_(serials)))
        there = {(row.item_id, row.serial) for row in rows}
        for record in part:
            item_id = known.stored["items"][record.site, record.values["item"]]
            if (item_id, record.values["serial"]) in there:
                counts.unchanged += 1
            else:
                yield record


def _book(session: Session, known: Known, site_id: int) -> _Book:
    operations = session.execute(
        select(Routing.item_id, Operation).join(Routing, Routing.id == Operation.routing_id)
        .where(Routing.site_id == site_id).order_by(Operation.id)
    )  # fmt: skip
    by_key = {(row.item_id, row.Operation.key): row.Operation for row in operations}
    ids = [operation.id for operation in by_key.values()]
    checks = session.scalars(select(Characteristic).where(Characteristic.operation_id.in_(ids)))
    return _Book(
        site_id, ZoneInfo(session.get_one(Site, site_id).zone), known, by_key,
        {(check.operation_id, check.code): check for check in checks},
        {(lot.item_id, lot.code): lot.id for lot in session.scalars(select(Lot).where(Lot.site_id == site_id))},
        {shift.id: shift for shift in session.scalars(select(ShiftPattern).where(ShiftPattern.site_id == site_id))},
        {one.id: one.station_id for one in session.scalars(select(Machine).where(Machine.site_id == site_id))},
    )  # fmt: skip


def _write_item(
    session: Session, book: _Book, item_id: int, rows: list[Record], actor: str | None, now: datetime
) -> None:
    begun, ended = min(row.values["made_at"] for row in rows), max(row.values["made_at"] for row in rows)
    order_id = create_production(
        book.site_id, item_id, Decimal(len(rows)), ended, 3, actor, now,
        external=("history", f"{item_id}-{rows[0].values['serial']}"[:64]),
    )  # fmt: skip
    order = session.get_one(ProductionOrder, order_id)
    order.status, order.released_at, order.started_at, order.completed_at = "closed", begun, begun, ended
    tasks = _tasks(session, book, order, item_id, rows, begun, ended)
    for record, unit_id in zip(rows, _units(session, book, order, tasks, rows), strict=True):
        _collect(book, tasks, item_id, unit_id, record)
    _reports(session, book)


def _tasks(
    session: Session, book: _Book, order: ProductionOrder, item_id: int, rows: list[Record], begun: datetime,
    ended: datetime,
) -> dict[str, int]:  # fmt: skip
    """A completed task for each operation that any unit went through, its counter the number of those units."""
    counted = Counter(key for row in rows for key in dict.fromkeys(step.operation for step in row.values["steps"]))
    found = {key: book.operations[item_id, key] for key in counted}
    order_of = sorted(counted, key=lambda key: found[key].position)
    made = [
        Task(site_id=book.site_id, order_id=order.id, op_key=f"0/{key}", node="0", sequence=at, name=found[key].name,
             name_zh=found[key].name_zh, item_id=item_id, operation_id=found[key].id, status="completed",
             quantity=Decimal(counted[key]), quantity_input=Decimal(counted[key]), quantity_good=Decimal(counted[key]),
             piece_min=found[key].piece_min, is_final=key == order_of[-1], is_serialised=True, started_at=begun,
             finished_at=ended)
        for at, key in enumerate(order_of, 1)
    ]  # fmt: skip
    session.add_all(made)
    session.flush()
    return {task.op_key.partition("/")[2]: task.id for task in made}


def _units(
    session: Session, book: _Book, order: ProductionOrder, tasks: dict[str, int], rows: list[Record]
) -> list[int]:
    units = [
        Unit(site_id=book.site_id, item_id=order.item_id, serial=row.values["serial"], order_id=order.id,
             task_id=tasks[row.values["steps"][-1].operation], created_at=row.values["made_at"],
             status="shipped" if row.values["shipped_at"] else "good")
        for row in rows
    ]  # fmt: skip
    session.add_all(units)
    session.flush()
    sent = [
        {"site_id": book.site_id, "unit_id": unit.id, "customer_ref": row.values["customer"],
         "customer_order": row.values["customer_order"], "at": row.values["shipped_at"]}
        for unit, row in zip(units, rows, strict=True) if row.values["shipped_at"]
    ]  # fmt: skip
    if sent:
        session.execute(insert(Shipment), sent)
    return [unit.id for unit in units]


def _collect(book: _Book, tasks: dict[str, int], item_id: int, unit_id: int, record: Record) -> None:
    made_at, shift = record.values["made_at"], record.values["shift"]
    shift_id = book.known.stored["shifts"][record.site, shift] if shift else None
    day = _business_date(made_at.astimezone(book.zone), book.shifts.get(shift_id or 0))
    places: dict[str, int] = {}
    for number, step in enumerate(record.values["steps"]):
        at = made_at + timedelta(minutes=_STEP_MIN * number)
        machine_id = book.known.stored["machines"].get((record.site, step.place))
        station_id = book.stations.get(machine_id or 0) or book.known.stored["stations"].get((record.site, step.place))
        person_id = book.known.stored["people"][record.site, step.person] if step.person else None
        places[step.operation] = len(book.reports)
        # The name is made of what it is, so that the same file again could not write it twice.
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"history/{book.site_id}/{item_id}/{record.values['serial']}/{number}")
        book.reports.append({
            "site_id": book.site_id, "uuid": str(name), "kind": "good", "quantity": ONE,
            "task_id": tasks[step.operation], "unit_id": unit_id, "station_id": station_id, "machine_id": machine_id,
            "person_id": person_id, "shift_id": shift_id, "business_date": day, "channel": "history", "server_at": at,
        })  # fmt: skip
    _collect_parts(book, tasks, item_id, unit_id, record, places)


def _business_date(local: datetime, shift: Any) -> date:
    """A night shift belongs to the day on which it began."""
    minutes = local.hour * 60 + local.minute
    over = shift is not None and shift.end_min > _DAY_MIN and minutes < shift.end_min - _DAY_MIN
    return local.date() - timedelta(days=1) if over else local.date()


def _collect_parts(
    book: _Book, tasks: dict[str, int], item_id: int, unit_id: int, record: Record, places: dict[str, int]
) -> None:
    for use in record.values["lots"]:
        at = places.get(use.operation, 0)
        used_id = book.known.stored["items"][record.site, use.item]
        book.used.append((at, {
            "site_id": book.site_id, "task_id": tasks[use.operation], "unit_id": unit_id, "item_id": used_id,
            "lot_id": book.lots[used_id, use.lot], "quantity": ONE, "at": book.reports[at]["server_at"],
        }))  # fmt: skip
    for read in record.values["values"]:
        at = places.get(read.operation, 0)
        row = book.characteristics[book.operations[item_id, read.operation].id, read.code]
        bad = (row.lower is not None and read.value < row.lower) or (row.upper is not None and read.value > row.upper)
        limits = row.lower is not None or row.upper is not None
        book.measured.append((at, {
            "site_id": book.site_id, "characteristic_id": row.id, "code": row.code, "task_id": tasks[read.operation],
            "unit_id": unit_id, "machine_id": book.reports[at]["machine_id"],
            "person_id": book.reports[at]["person_id"], "value": read.value, "unit": row.unit, "lower": row.lower,
            "upper": row.upper, "verdict": ("fail" if bad else "pass") if limits else "no_limits",
            "instrument": None, "source": "history", "at": book.reports[at]["server_at"],
        }))  # fmt: skip


def _reports(session: Session, book: _Book) -> None:
    if not book.reports:
        return
    made = session.execute(insert(Report).returning(Report.id, sort_by_parameter_order=True), book.reports)
    ids = list(made.scalars())
    for model, rows in ((Consumption, book.used), (Measurement, book.measured)):
        if rows:
            session.execute(insert(model), [row | {"report_id": ids[at]} for at, row in rows])
    book.reports, book.used, book.measured = [], [], []


def write_complaints(
    session: Session, records: Iterable[Record], known: Known, counts: Counts, actor: str | None, now: datetime
) -> set[str]:
    """Write complaints; of one unit and symptom there is one, however often the file comes."""
    rows = list(records)
    there = {
        (row.serial, row.symptom_id)
        for row in session.execute(select(Unit.serial, Complaint.symptom_id).join(Unit, Unit.id == Complaint.unit_id))
    }
    touched = set()
    for record in rows:
        symptom = known.stored["reasons"][record.site, record.values["symptom"]]
        if (record.values["serial"], symptom) in there:
            counts.unchanged += 1
            continue
        told = (record.values["customer"] or "", record.values["note"] or "", None, actor or "import", now)
        register(known.site_ids()[record.site], [record.values["serial"]], symptom, record.values["received"], *told)
        counts.created += 1
        touched.add(record.site)
    return touched


__all__ = ["write", "write_complaints"]
