"""Values that belong to a report: typed by a person or taken from the machine at this moment, with their verdict."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from app.db import QUANTITY_SCALE
from app.errors import Conflict, Invalid, names
from app.models import Device, Disposition, LatestValue, Measurement, Nonconformance
from app.queries.known import characteristics_of, machine_of

_INSERT = insert(Measurement.__table__)
_FRESH = timedelta(seconds=60)


@dataclass(frozen=True)
class Value:
    """A value somebody gave for a characteristic."""

    code: str
    value: Decimal
    instrument: str | None = None


def measure(
    connection: Connection, task: Any, report_id: int, unit_id: int | None, entry: Any, now: datetime
) -> list[dict[str, Any]]:
    """Store the values of this report and judge them; a good report with a failed required check is refused.

    A scrap or rework report keeps the failed value: it is the reason.
    """
    wanted = characteristics_of(connection, task.operation_id)
    if not wanted:
        return []
    given = {value.code: value for value in entry.values}
    machine_id = entry.machine_id or machine_of(connection, entry.station_id)
    read = machine_values(connection, machine_id, now) if any(row.source == "device" for row in wanted) else {}
    verdicts = []
    for row in wanted:
        value, source = _value(row, given, read)
        if value is None:
            if row.is_required and entry.kind == "good" and row.source == "person":
                raise Conflict("check.missing", **names(check=row))
            continue
        judged = verdict(row, value)
        if judged == "fail" and row.is_required and entry.kind == "good" and not _conceded(connection, unit_id, task):
            raise Conflict("check.failed", **names(check=row), **limits(row), value=str(value))
        _store(connection, task, report_id, unit_id, entry, row, value, judged, source, machine_id, now)
        verdicts.append({"code": row.code, "value": str(value), "verdict": judged})
    return verdicts


def _conceded(connection: Connection, unit_id: int | None, task: Any) -> bool:
    """Whether quality lets this unit pass this task although a check failed (让步接收)."""
    query = (
        select(Disposition.id).join(Nonconformance, Nonconformance.id == Disposition.nonconformance_id)
        .where(Disposition.unit_id == unit_id, Disposition.decision == "concession", Nonconformance.task_id == task.id)
    )  # fmt: skip
    return unit_id is not None and connection.execute(query.limit(1)).scalar() is not None


def limits(row: Any) -> dict[str, str]:
    """The limits of a characteristic for a sentence; an open end is a dash."""
    return {"lower": "\u2013" if row.lower is None else str(row.lower),
            "upper": "\u2013" if row.upper is None else str(row.upper)}  # fmt: skip


def _value(row: Any, given: dict[str, Value], read: dict[str, Decimal]) -> tuple[Decimal | None, str]:
    if row.code in given:
        value = given[row.code].value
        if not value.is_finite():
            raise Invalid("value.wrong", field=row.name, value=str(value))
        return round(value, QUANTITY_SCALE), "person"
    return read.get(row.meaning or ""), "device"


def verdict(row: Any, value: Decimal) -> str:
    """What the limits of a characteristic say of a value: pass, fail or no_limits."""
    if row.lower is None and row.upper is None:
        return "no_limits"
    below = row.lower is not None and value < row.lower
    above = row.upper is not None and value > row.upper
    return "fail" if below or above else "pass"


def machine_values(connection: Connection, machine_id: int | None, now: datetime) -> dict[str, Decimal]:
    """What a machine reads now, by meaning."""
    # Only good and fresh values belong to a unit: an old one would be somebody else's.
    query = (
        select(LatestValue.meaning, LatestValue.value)
        .join(Device, Device.id == LatestValue.device_id)
        .where(Device.machine_id == machine_id, LatestValue.quality == "good", LatestValue.received_at > now - _FRESH)
    )
    rows = connection.execute(query).all() if machine_id else []
    return {
        row.meaning: round(Decimal(str(row.value)), QUANTITY_SCALE)
        for row in rows
        if isinstance(row.value, int | float) and not isinstance(row.value, bool)
    }


def _store(
    connection: Connection, task: Any, report_id: int, unit_id: int | None, entry: Any, row: Any, value: Decimal,
    verdict: str, source: str, machine_id: int | None, now: datetime,
) -> None:  # fmt: skip
    connection.execute(
        _INSERT,
        {
            "site_id": entry.site_id, "characteristic_id": row.id, "code": row.code, "task_id": task.id,
            "unit_id": unit_id, "report_id": report_id, "machine_id": machine_id, "person_id": entry.person_id,
            "value": value, "unit": row.unit, "lower": row.lower, "upper": row.upper, "verdict": verdict,
            "instrument": None, "source": source, "at": now,
        },
    )  # fmt: skip
