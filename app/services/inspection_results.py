"""What an inspection found: values piece by piece, instruments checked, the verdict and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import events
from app.db import QUANTITY_SCALE, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Inspection, InspectionCheck, InspectionPlan, Item, Lot, Measurement, Site, Unit
from app.queries.containment import Affected, sorted_out
from app.services import containment, instruments
from app.services.inspecting import suspects
from quality.errors import BadMeasurement, BadSample, WrongUnit
from quality.inspection import Characteristic, Scale, judge
from quality.sampled import failed, piece_numbers, readings

_LARGEST = Decimal(10) ** 12


@dataclass(frozen=True)
class Found:
    """What was typed: by check the values (or the numbers of pieces that do not conform), and the instrument."""

    texts: Mapping[str, str]
    instruments: Mapping[str, str] = field(default_factory=dict)
    units: str = ""
    measured_at: datetime | None = None
    note: str = ""


def record(site_id: int, inspection_id: int, found: Found, user_id: int | None, actor: str, now: datetime) -> str:
    """Write the result of an inspection and give its verdict; a failed one opens a nonconformance and holds.

    Nothing is written when anything is wrong: a value that is none, in another unit, or beyond the instrument; an
    overdue or retired instrument; a time that has not come; an inspection that somebody else has done.
    """
    with transaction() as session:
        row = _open(session, site_id, inspection_id)
        at = found.measured_at or now
        if at > now:
            raise Invalid("inspection.future")
        checks = _checks(session, row)
        units = _units(session, row, found.units)
        values, marked = _read(row, checks, found)
        used = _instruments(session, site_id, checks, values, found, at)
        bad = failed(values, marked, row.size)
        _store(session, row, checks, values, marked, used, units, user_id, at)
        row.verdict = "pass" if len(bad) <= row.accept else "fail"
        row.nonconforming, row.user_id, row.measured_at, row.done_at = len(bad), user_id, at, now
        row.details = {"bad": sorted(bad), "note": found.note.strip()[:1000], "instruments": used}
        session.flush()
        _follow(session, row, [units[at - 1] for at in sorted(bad) if units], user_id, actor, now)
        data = {"verdict": row.verdict, "nonconforming": len(bad), "size": row.size, "task": row.task_id,
                "unit": row.unit_id, "lot": row.lot_id, "station": row.station_id}  # fmt: skip
        events.record(session, site_id, f"inspection.{row.verdict}", ("inspection", row.id), actor, now, data)
        return row.verdict


def _open(session: Session, site_id: int, inspection_id: int) -> Inspection:
    row = session.get(Inspection, inspection_id, with_for_update=True, populate_existing=True)
    if row is None or row.site_id != site_id:
        raise NotFound("inspection.unknown", inspection=inspection_id)
    if row.verdict != "open":
        raise Conflict("inspection.void" if row.verdict == "void" else "inspection.done")
    return row


def _checks(session: Session, row: Inspection) -> list[InspectionCheck]:
    query = select(InspectionCheck).where(InspectionCheck.plan_id == row.plan_id, InspectionCheck.retired.is_(False))
    found = list(session.scalars(query.order_by(InspectionCheck.position)))
    if not found:
        raise Conflict("inspection.no_checks")
    return found


def _units(session: Session, row: Inspection, text: str) -> list[int]:
    """The units of the sample in its order: the one it fell due for, or those that were typed; none is allowed."""
    serials = text.replace(",", " ").replace(";", " ").split()
    if not serials:
        return [row.unit_id] if row.unit_id is not None and row.size == 1 else []
    plan = session.get_one(InspectionPlan, row.plan_id)
    query = select(Unit.serial, Unit.id).where(
        Unit.site_id == row.site_id, Unit.item_id == plan.item_id, Unit.serial.in_(serials[:2000])
    )
    known = {found.serial: found.id for found in session.execute(query)}
    missing = [serial for serial in serials if serial not in known]
    if missing:
        item = session.get_one(Item, plan.item_id)
        raise NotFound("inspection.unit_unknown", unit=missing[0][:64], item=item.code)
    if len(serials) != row.size or len(set(serials)) != row.size:
        raise Invalid("inspection.units", given=len(set(serials)), wanted=row.size)
    return [known[serial] for serial in serials]


def _characteristic(check: InspectionCheck) -> Characteristic:
    return Characteristic(check.code, check.lower, check.upper, check.target, check.unit, Scale(check.kind))


def _read(
    row: Inspection, checks: list[InspectionCheck], found: Found
) -> tuple[dict[Characteristic, list[Decimal]], dict[str, frozenset[int]]]:
    values, marked = {}, {}
    for check in checks:
        text = found.texts.get(check.code, "")
        named = {"check": check.name, "check_zh": check.name_zh or check.name}
        try:
            if check.kind == "attribute":
                marked[check.code] = piece_numbers(text, check.code, row.size)
            else:
                values[_characteristic(check)] = [_bounded(value, named) for value in
                                                  readings(text, _characteristic(check), row.size)]  # fmt: skip
        except BadSample as error:
            raise Invalid("inspection.count", **named, given=error.values["given"], wanted=row.size) from None
        except WrongUnit as error:
            raise Invalid("inspection.unit", **named, unit=error.values["unit"], wanted=check.unit or "–") from None
        except BadMeasurement as error:
            code = "inspection.piece" if check.kind == "attribute" else "inspection.value"
            raise Invalid(code, **named, value=str(error.values["value"]), wanted=row.size) from None
    return values, marked


def _bounded(value: Decimal, named: dict[str, str]) -> Decimal:
    if abs(value) >= _LARGEST:
        raise Invalid("inspection.value", **named, value=str(value)[:40], wanted=0)
    return round(value, QUANTITY_SCALE)


def _instruments(
    session: Session, site_id: int, checks: list[InspectionCheck], values: Mapping[Characteristic, list[Decimal]],
    found: Found, at: datetime,
) -> dict[str, str]:  # fmt: skip
    """The instrument of each check that wants one; it must have been calibrated on the day it measured."""
    zone = ZoneInfo(session.get_one(Site, site_id).zone)
    by_code = {characteristic.key: numbers for characteristic, numbers in values.items()}
    used = {}
    for check in checks:
        code = found.instruments.get(check.code, "").strip()
        if check.kind == "attribute" or not (code or check.by_instrument):
            continue
        if not code:
            raise Invalid("inspection.instrument", check=check.name, check_zh=check.name_zh or check.name)
        row = instruments.usable(session, site_id, code, check.unit, at.astimezone(zone).date())
        for value in by_code.get(check.code, ()):
            instruments.check_range(row, value)
        used[check.code] = row.code
    return used


def _store(
    session: Session, row: Inspection, checks: list[InspectionCheck], values: Mapping[Characteristic, list[Decimal]],
    marked: Mapping[str, frozenset[int]], used: Mapping[str, str], units: list[int], user_id: int | None, at: datetime,
) -> None:  # fmt: skip
    by_code = {characteristic.key: (characteristic, numbers) for characteristic, numbers in values.items()}
    rows: list[dict[str, Any]] = []
    for check in checks:
        kept = {"site_id": row.site_id, "code": check.code, "task_id": row.task_id, "unit": check.unit,
                "lower": check.lower, "upper": check.upper, "instrument": used.get(check.code),
                "source": "inspection", "inspection_id": row.id, "at": at}  # fmt: skip
        for piece in range(1, row.size + 1):
            unit_id = units[piece - 1] if units else None
            if check.kind == "attribute":
                ok = piece not in marked[check.code]
                told = {"value": Decimal(int(ok)), "verdict": "pass" if ok else "fail"}
            else:
                characteristic, numbers = by_code[check.code]
                told = {"value": numbers[piece - 1], "verdict": str(judge(characteristic, numbers[piece - 1]).result)}
            rows.append(kept | told | {"unit_id": unit_id, "piece": piece})
    session.execute(insert(Measurement), rows)


def _follow(session: Session, row: Inspection, bad: list[int], user_id: int | None, actor: str, now: datetime) -> None:
    """A lot that passed may be used; what failed is contained: the pieces it speaks for, and the operation."""
    lot = session.get(Lot, row.lot_id) if row.lot_id is not None else None
    if row.verdict == "pass":
        if lot is not None and lot.status == "quarantine" and not _waits(session, row):
            lot.status = "available"
        return
    units = set(bad) | ({row.unit_id} if row.unit_id is not None else set())
    if row.kind == "in_process" or (row.kind == "final" and row.report_id is None):
        units |= set(suspects(session, row))
    tasks = [row.task_id] if row.task_id is not None else []
    reached = sorted_out(session, row.site_id, units, [lot.id] if lot else [], tasks)
    if not reached.count:  # nothing is left here to hold: the operation is closed and names no pieces
        reached = Affected(tasks=tuple(tasks))
    title = f"{row.kind.replace('_', ' ')}: {row.nonconforming} / {row.size}"
    row.nonconformance_id = containment.contain(row.site_id, reached, _title(session, row, title), None, user_id, actor,
                                                now)  # fmt: skip


def _waits(session: Session, row: Inspection) -> bool:
    query = select(Inspection.id).where(
        Inspection.lot_id == row.lot_id, Inspection.id != row.id, Inspection.verdict.in_(("open", "fail"))
    )
    return session.scalar(query.limit(1)) is not None


def _title(session: Session, row: Inspection, text: str) -> str:
    item = session.get_one(Item, session.get_one(InspectionPlan, row.plan_id).item_id)
    return f"{item.code} {text}"


__all__ = ["Found", "record"]
