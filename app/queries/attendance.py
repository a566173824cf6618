"""Who should be where in the running shift, and who is: by station, with whoever is missing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Line, Person, Roster, Skill, Station, StationState, Task, WorkOrder
from app.queries.known import shift_of
from app.queries.machines import placed
from app.states.order import WORKABLE
from app.states.task import OPEN

_T = Task.__table__


@dataclass(frozen=True)
class Rostered:
    """Somebody of the running shift: where to be, where moved from, and where signed in (None: nowhere)."""

    person: Any
    station: Any
    moved_from: Any
    here: Any

    @property
    def is_missing(self) -> bool:
        """Whether nobody saw this person yet."""
        return self.here is None


def attendance(store: Store, site_id: int, line_id: int, now: datetime) -> list[Rostered]:
    """Who is rostered at the stations of a line now, those who are missing first; nobody outside of shifts."""
    shift_id, day = shift_of(store, site_id, now)
    query = (
        select(Roster, Person, Station)
        .join(Person, Person.id == Roster.person_id)
        .join(Station, Station.id == Roster.station_id)
        .where(Roster.site_id == site_id, Roster.day == day, Roster.shift_id == shift_id, Roster.absent.is_(False),
               Station.line_id == line_id, Person.retired.is_(False))
        .order_by(Station.position, Station.code, Person.code)
    )  # fmt: skip
    rows = store.execute(query).all() if shift_id is not None else []
    names = {one.id: one for one in store.execute(select(Station).where(Station.site_id == site_id)).scalars()}
    seen = {person: names.get(station) for person, station in _signed_in(store).items()}
    found = [
        Rostered(person, station, names.get(row.moved_from_id or 0), seen.get(person.id))
        for row, person, station in rows
    ]
    return sorted(found, key=lambda one: not one.is_missing)


def missing(store: Store, site_id: int, line_id: int, now: datetime) -> list[Rostered]:
    """Rostered now and signed in nowhere."""
    return [one for one in attendance(store, site_id, line_id, now) if one.is_missing]


def people(store: Store, site_id: int) -> list[Person]:
    """Everybody who may be given something, by code."""
    query = select(Person).where(Person.site_id == site_id, Person.retired.is_(False))
    return list(store.execute(query.order_by(Person.code)).scalars())


def stations(store: Store, site_id: int) -> list[Station]:
    """Every station somebody may be moved to, by line and place."""
    query = select(Station).join(Line, Line.id == Station.line_id)
    query = query.where(Station.site_id == site_id, Station.retired.is_(False))
    return list(store.execute(query.order_by(Line.code, Station.position, Station.code)).scalars())


def needed_skills(store: Store, site_id: int, station_id: int) -> list[Skill]:
    """Skills that the work which can be done now at a station asks for."""
    order = WorkOrder.__table__
    used = _T.c.quantity_good + _T.c.quantity_scrap + _T.c.quantity_rework
    ready = (
        select(_T.c.skill_id)
        .join(order, order.c.id == _T.c.order_id)
        .where(_T.c.site_id == site_id, order.c.status.in_(sorted(WORKABLE)), _T.c.status.in_(sorted(OPEN)),
               _T.c.skill_id.is_not(None), _T.c.quantity_input > used, placed(_T) == station_id)
    )  # fmt: skip
    return list(store.execute(select(Skill).where(Skill.id.in_(ready)).order_by(Skill.code)).scalars())


def _signed_in(store: Store) -> dict[int, int]:
    """Where each person is signed in: the first one at a station, and whoever joined."""
    rows = store.execute(
        select(StationState.station_id, StationState.person_id, StationState.pending).where(
            StationState.person_id.is_not(None)
        )
    )
    found = {}
    for station_id, person_id, pending in rows:
        for one in [person_id, *(member["person"] for member in (pending or {}).get("crew", ()))]:
            found[one] = station_id
    return found
