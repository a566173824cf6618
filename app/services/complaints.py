"""Market complaints: which units customers complain about, with which symptom, received when."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Complaint, Reason, Unit
from app.services.numbers import take

IN_HOUSE = ("planned", "in_process", "in_rework")
MOST = 5000


def register(
    site_id: int, serials: Iterable[str], symptom_id: int | None, received_at: datetime, customer_ref: str, note: str,
    user_id: int | None, actor: str, now: datetime,
) -> list[int]:  # fmt: skip
    """Write a complaint for each serial, all or none; gives their ids. The same one again is kept once.

    Refused: no serial or symptom, a time that has not come, a serial that nobody knows or several items have, and a
    unit that is still being made.
    """
    wanted = list(dict.fromkeys(filter(None, (serial.strip() for serial in serials))))
    if not wanted:
        raise Invalid("value.missing", field="serials")
    if len(wanted) > MOST:
        raise Invalid("quality.too_many", count=len(wanted), most=MOST)
    if received_at > now:
        raise Invalid("complaint.future")
    with transaction() as session:
        check_symptom(session, site_id, symptom_id)
        units = _units(session, site_id, wanted)
        known = _known(session, [unit.id for unit in units], symptom_id, received_at)
        told = (symptom_id or 0, received_at, customer_ref, note, user_id, actor, now)
        return [known.get(unit.id) or _write(session, unit, *told) for unit in units]


def check_symptom(session: Session, site_id: int, symptom_id: int | None) -> None:
    """NotFound unless it is a symptom of this site."""
    row = session.get(Reason, symptom_id) if symptom_id is not None else None
    if row is None or row.site_id != site_id or row.kind != "symptom":
        raise NotFound("reason.unknown", reason=symptom_id or "–")


def _units(session: Session, site_id: int, serials: Sequence[str]) -> list[Unit]:
    found: dict[str, list[Unit]] = {}
    for at in range(0, len(serials), 400):
        part = serials[at : at + 400]
        for unit in session.scalars(select(Unit).where(Unit.site_id == site_id, Unit.serial.in_(part))):
            found.setdefault(unit.serial, []).append(unit)
    unknown = [serial for serial in serials if serial not in found]
    if unknown:
        raise NotFound("complaint.serials_unknown", serials=", ".join(unknown[:5]), count=len(unknown))
    for serial, units in found.items():
        if len(units) > 1:
            raise Conflict("complaint.serial_twice", serial=serial)
        if units[0].status in IN_HOUSE:
            raise Conflict("complaint.in_house", serial=serial)
    return [found[serial][0] for serial in serials]


def _known(session: Session, unit_ids: list[int], symptom_id: int | None, received_at: datetime) -> dict[int, int]:
    rows = session.execute(
        select(Complaint.unit_id, Complaint.id).where(
            Complaint.unit_id.in_(unit_ids), Complaint.symptom_id == symptom_id, Complaint.received_at == received_at
        )
    )
    return {row.unit_id: row.id for row in rows}


def _write(
    session: Session, unit: Unit, symptom_id: int, received_at: datetime, customer_ref: str, note: str,
    user_id: int | None, actor: str, now: datetime,
) -> int:  # fmt: skip
    row = Complaint(
        site_id=unit.site_id, code=f"MC-{take(session, unit.site_id, 'complaint'):05d}", unit_id=unit.id,
        symptom_id=symptom_id, received_at=received_at, customer_ref=customer_ref.strip()[:64] or None,
        note=note.strip()[:2000] or None, opened_by=user_id, opened_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    events.record(session, unit.site_id, "complaint.opened", ("complaint", row.id), actor, now,
                  {"unit": unit.id, "symptom": symptom_id})  # fmt: skip
    return row.id


__all__ = ["IN_HOUSE", "MOST", "check_symptom", "register"]
