"""What a lead decides about people: who looks after a notice, and who works where for the rest of the shift."""

from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, NotFound
from app.models import Notice, Person, Roster, Station
from app.queries.attendance import needed_skills
from app.queries.known import shift_of, skill_known

_N, _P, _R = Notice.__table__, Person.__table__, Roster.__table__


def assign(site_id: int, notice_id: int, person_id: int | None, user_id: int, actor: str, now: datetime) -> int | None:
    """Give a notice to a person, or to nobody (None); gives who had it. Who gives it away has seen it.

    Raises NotFound (notice, person) and Conflict (cleared already).
    """
    with transaction() as session:
        row = session.execute(select(_N).where(_N.c.id == notice_id, _N.c.site_id == site_id)).first()
        if row is None:
            raise NotFound("notice.unknown", notice=notice_id)
        if row.cleared_at is not None:
            raise Conflict("notice.cleared")
        if person_id is not None:
            _person(session, site_id, person_id)
        if row.assigned_to == person_id:
            return row.assigned_to
        changed = {"assigned_to": person_id}
        if row.acknowledged_at is None:
            changed |= {"acknowledged_by": user_id, "acknowledged_at": now}
        session.execute(update(_N).where(_N.c.id == notice_id).values(changed))
        data = {"kind": row.kind, "line": row.line_id, "station": row.station_id, "person": person_id,
                "was": row.assigned_to}  # fmt: skip
        topic = "notice.assigned" if person_id is not None else "notice.unassigned"
        events.record(session, site_id, topic, ("notice", notice_id), actor, now, data)
        return row.assigned_to


def move_person(site_id: int, person_id: int, station_id: int, actor: str, now: datetime) -> int | None:
    """Let a person work at another station for the rest of the running shift; gives the station before.

    Back to the station before takes it back. Raises NotFound, and Conflict: no shift runs, or a skill is missing.
    """
    shift_id, day = shift_of_now(site_id, now)
    with transaction() as session:
        _person(session, site_id, person_id)
        place = session.execute(
            select(Station.line_id).where(Station.id == station_id, Station.site_id == site_id,
                                          Station.retired.is_(False))
        ).first()  # fmt: skip
        if place is None:
            raise NotFound("station.unknown", station=station_id)
        mine = (_R.c.person_id == person_id, _R.c.day == day, _R.c.shift_id == shift_id)
        row = session.execute(select(_R).where(*mine).with_for_update()).first()
        before = row.station_id if row else None
        if before == station_id and not row.absent:
            return before
        _check_skills(session, site_id, person_id, station_id, now)
        first = row.moved_from_id if row and row.moved_from_id else before
        changed = {"station_id": station_id, "absent": False,
                   "moved_from_id": None if first == station_id else first}  # fmt: skip
        if row:
            session.execute(update(_R).where(*mine).values(changed))
        else:
            keys = {"site_id": site_id, "person_id": person_id, "day": day, "shift_id": shift_id}
            session.execute(insert(_R).values(keys | changed))
        data = {"person": person_id, "was": before, "stations": [one for one in (before, station_id) if one],
                "shift": shift_id}  # fmt: skip
        events.record(session, site_id, "person.moved", ("station", station_id), actor, now, data)
        return before


def shift_of_now(site_id: int, now: datetime) -> tuple[int, date]:
    """The running shift and its day; Conflict when none runs."""
    with transaction() as session:
        shift_id, day = shift_of(session, site_id, now)
    if shift_id is None:
        raise Conflict("roster.no_shift")
    return shift_id, day


def _person(session: Session, site_id: int, person_id: int) -> None:
    mine = (_P.c.id == person_id, _P.c.site_id == site_id, _P.c.retired.is_(False))
    if session.execute(select(_P.c.id).where(*mine)).first() is None:
        raise NotFound("person.unknown", person=person_id)


def _check_skills(session: Session, site_id: int, person_id: int, station_id: int, now: datetime) -> None:
    """What waits at a station must be work this person may do."""
    missing = [one for one in needed_skills(session, site_id, station_id)
               if not skill_known(session, person_id, one.id, now)]  # fmt: skip
    if missing:
        raise Conflict("roster.skill", skill=", ".join(one.code for one in missing))
