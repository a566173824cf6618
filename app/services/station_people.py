"""Who works at a station: badges in and out, several people at one task, and the clock of each of them.

The first who signed in is the one whose name stands on reports; whoever joins works on the same task. Everybody's
time is a row of its own, so that output can be shared out fairly (app.queries.output).
"""

from typing import Any

from sqlalchemy import select

from app.errors import Conflict, NotFound
from app.models import Station, WorkSession
from app.services import sessions
from app.services.station_here import Here, Outcome, person_exists

_W = WorkSession.__table__


def sign(here: Here, person_id: int) -> Outcome:
    """Sign a person in; the same badge again signs out. Another badge joins where there is room, else takes over."""
    if person_id in everybody(here):
        return sign_out(here, person_id)
    if not person_exists(here.connection, here.site_id, person_id):
        raise NotFound("person.unknown", person=person_id)
    if here.person_id is not None and here.people > 1:
        return _join(here, person_id)
    end_clock(here)
    before = here.person_id
    here.move(person_id=person_id)
    here.keep(kind=None, reason=None, confirm=None, crew=None)
    here.tell("person.signed_in", person=person_id, replaces=before)
    if here.task_id is not None and here.stopped is None:
        run_clock(here, _kind(here))
    return Outcome("person", "person.in", {"person": person_id})


def unlock(here: Here, person_id: int) -> Outcome:
    """The badge that was asked for after nobody did anything: who was here goes on, somebody else signs in."""
    here.seen_at = here.at
    if person_id in everybody(here):
        here.tell("person.back", person=person_id)
        return Outcome("person", "person.back", {"person": person_id})
    return sign(here, person_id)


def sign_out(here: Here, person_id: int | None = None) -> Outcome:
    """Sign a person out, the first one when nobody is named; the open task stays open for whoever comes next."""
    leaving = here.person() if person_id is None else person_id
    here.tell("person.signed_out", person=leaving)
    crew = list(here.pending.get("crew", ()))
    if leaving != here.person_id or crew:
        return _one_leaves(here, leaving, crew)
    end_clock(here)
    here.move(person_id=None)
    here.keep(kind=None, reason=None, quantity=None, confirm=None)
    return Outcome("person", "person.out", {"person": leaving})


def everybody(here: Here) -> list[int]:
    """Who is signed in, the first one first."""
    first = [] if here.person_id is None else [here.person_id]
    return first + [one["person"] for one in here.pending.get("crew", ())]


def run_clock(here: Here, kind: str, reason_id: int | None = None) -> None:
    """End what runs and begin a slice of time for everybody: run, setup or pause."""
    end_clock(here)
    task = here.facts(here.task_id or 0).row
    ids = [_open(here, task, person, kind, reason_id) for person in everybody(here)]
    here.keep(session=ids[0])
    crew = [one | {"session": session} for one, session in zip(here.pending.get("crew", ()), ids[1:], strict=True)]
    here.keep(crew=crew or None, paused=True if kind == "pause" else None, setup=True if kind == "setup" else None)


def end_clock(here: Here) -> None:
    """End everybody's slice of time."""
    for session in [here.pending.get("session"), *(one.get("session") for one in here.pending.get("crew", ()))]:
        sessions.close_session(here.connection, session, here.at)
    crew = [{"person": one["person"]} for one in here.pending.get("crew", ())]
    here.keep(session=None, crew=crew or None)


def _join(here: Here, person_id: int) -> Outcome:
    crew = list(here.pending.get("crew", ()))
    if 1 + len(crew) >= here.people:
        raise Conflict("station.full", people=here.people)
    one: dict[str, Any] = {"person": person_id}
    if here.task_id is not None and "session" in here.pending:
        one["session"] = _open(here, here.facts(here.task_id).row, person_id, _kind(here), None)
    here.keep(crew=[*crew, one])
    here.tell("person.signed_in", person=person_id, joins=here.person_id)
    return Outcome("person", "person.joined", {"person": person_id, "people": 2 + len(crew)})


def _one_leaves(here: Here, leaving: int, crew: list[dict[str, Any]]) -> Outcome:
    mine = here.pending.get("session")
    if leaving == here.person_id:
        following, *crew = crew
        here.move(person_id=following["person"])
        here.keep(session=following.get("session"))
    else:
        one = next(one for one in crew if one["person"] == leaving)
        crew = [other for other in crew if other is not one]
        mine = one.get("session")
    sessions.close_session(here.connection, mine, here.at)
    here.keep(crew=crew or None)
    return Outcome("person", "person.left", {"person": leaving, "people": 1 + len(crew)})


def _kind(here: Here) -> str:
    if here.pending.get("paused"):
        return "pause"
    return "setup" if here.pending.get("setup") else "run"


def _open(here: Here, task: Any, person_id: int, kind: str, reason_id: int | None) -> int:
    if kind == "run" and _elsewhere(here, person_id):
        here.notices.append("overlap")
    return sessions.open_session(here.connection, task, here.station_id, person_id, kind, here.at, reason_id)


def _elsewhere(here: Here, person_id: int) -> str | None:
    """Another station where the clock of this person runs: allowed, but told (the policy is a warning)."""
    query = (
        select(Station.code)
        .join(_W, _W.c.station_id == Station.id)
        .where(_W.c.person_id == person_id, _W.c.ended_at.is_(None), _W.c.kind == "run",
               _W.c.station_id != here.station_id)
        .limit(1)
    )  # fmt: skip
    return here.connection.execute(query).scalar()
