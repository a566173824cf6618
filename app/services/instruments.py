"""Measuring instruments (量具): taken into use, calibrated (校准), taken out of use; and whether one may measure."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Calibration, Instrument

RESULTS = ("good", "adjusted", "failed")


def add(
    site_id: int, code: str, name: str, unit: str, span: tuple[Decimal | None, Decimal | None], due_on: date,
    actor: str, now: datetime,
) -> int:  # fmt: skip
    """Take an instrument into use and give its id; Conflict when its number is taken, Invalid for a turned range."""
    code, name, unit = code.strip(), name.strip(), unit.strip()
    for field, value, longest in (("code", code, 64), ("name", name, 200)):
        if not value or len(value) > longest:
            raise Invalid("value.missing" if not value else "value.wrong", field=field, value=value[:40])
    if None not in span and span[0] >= span[1]:  # type: ignore[operator]
        raise Invalid("instrument.range", low=str(span[0]), high=str(span[1]))
    with transaction() as session:
        if session.scalar(select(Instrument.id).where(Instrument.site_id == site_id, Instrument.code == code)):
            raise Conflict("instrument.known", instrument=code)
        row = Instrument(site_id=site_id, code=code, name=name, unit=unit[:32] or None, range_from=span[0],
                         range_to=span[1], due_on=due_on)  # fmt: skip
        session.add(row)
        session.flush()
        _tell(session, row, "added", actor, now, {"due": due_on.isoformat()})
        return row.id


def calibrate(
    site_id: int, instrument_id: int, done_on: date, due_on: date, result: str, certificate: str, note: str,
    today: date, user_id: int | None, actor: str, now: datetime,
) -> int:  # fmt: skip
    """Write a calibration down and give its id: a good one moves the due date, a failed one ends the use.

    Invalid for a day that has not come, or a next one that is not later; Conflict for a retired instrument.
    """
    with transaction() as session:
        row = of_site(session, site_id, instrument_id)
        if row.retired:
            raise Conflict("instrument.retired", instrument=row.code, day=_day(row.retired_on))
        if result not in RESULTS:
            raise Invalid("value.wrong", field="result", value=result[:20])
        if done_on > today:
            raise Invalid("instrument.future", day=done_on.isoformat())
        if due_on <= done_on:
            raise Invalid("instrument.order", day=due_on.isoformat())
        found = Calibration(site_id=site_id, instrument_id=row.id, done_on=done_on, due_on=due_on, result=result,
                            certificate=certificate.strip()[:200] or None, note=note.strip()[:2000] or None,
                            user_id=user_id, at=now)  # fmt: skip
        session.add(found)
        session.flush()
        was = row.due_on.isoformat()
        if result == "failed":
            row.retired, row.retired_on = True, done_on
        elif row.calibrated_on is None or done_on >= row.calibrated_on:
            row.calibrated_on, row.due_on = done_on, due_on  # one written down late does not turn time back
        _tell(session, row, "calibrated", actor, now, {"result": result, "was": was, "now": row.due_on.isoformat()})
        return found.id


def retire(site_id: int, instrument_id: int, today: date, actor: str, now: datetime) -> None:
    """Take an instrument out of use; doing it twice changes nothing."""
    with transaction() as session:
        row = of_site(session, site_id, instrument_id)
        if not row.retired:
            row.retired, row.retired_on = True, today
            _tell(session, row, "retired", actor, now, {})


def of_site(session: Session, site_id: int, instrument_id: int) -> Instrument:
    """An instrument of a site; NotFound otherwise."""
    row = session.get(Instrument, instrument_id, with_for_update=True)
    if row is None or row.site_id != site_id:
        raise NotFound("instrument.unknown", instrument=instrument_id)
    return row


def usable(session: Session, site_id: int, code: str, unit: str | None, day: date) -> Instrument:
    """The instrument that may measure on a day in a unit; refused when overdue, retired or of another unit."""
    row = session.scalar(select(Instrument).where(Instrument.site_id == site_id, Instrument.code == code))
    if row is None:
        raise NotFound("instrument.unknown", instrument=code[:64])
    if row.retired:
        raise Conflict("instrument.retired", instrument=row.code, day=_day(row.retired_on))
    if row.due_on < day:
        raise Conflict("instrument.overdue", instrument=row.code, day=row.due_on.isoformat())
    if row.unit and unit and row.unit != unit:
        raise Invalid("instrument.unit", instrument=row.code, shows=row.unit, unit=unit)
    return row


def check_range(row: Instrument, value: Decimal) -> None:
    """Refuse a value that the instrument cannot show."""
    below = row.range_from is not None and value < row.range_from
    if below or (row.range_to is not None and value > row.range_to):
        raise Invalid("instrument.beyond", instrument=row.code, value=str(value), low=_end(row.range_from),
                      high=_end(row.range_to), unit=row.unit or "")  # fmt: skip


def _end(value: Decimal | None) -> str:
    return "–" if value is None else str(value)


def _day(value: date | None) -> str:
    return value.isoformat() if value else "–"


def _tell(session: Session, row: Instrument, what: str, actor: str, now: datetime, data: dict[str, str]) -> None:
    events.record(session, row.site_id, f"instrument.{what}", ("instrument", row.id), actor, now, data)


__all__ = ["RESULTS", "add", "calibrate", "check_range", "of_site", "retire", "usable"]
