"""Work sessions that nobody ended: closed at the end of their shift and marked, and the person is signed out.

Who works on after the shift (scans came later) is not forgotten until an hour without a scan.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from app import events
from app.db import transaction
from app.events import Store
from app.models import StationState, WorkSession
from app.queries.known import calendar_of

GRACE = timedelta(minutes=30)
OVERTIME = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
MARK = "forgotten"
_W, _ST = WorkSession.__table__, StationState.__table__


def close_forgotten(now: datetime) -> int:
    """Close what was forgotten at every site; gives how many sessions there were. Call it each minute."""
    with transaction() as session:
        query = (
            select(_W.c.id, _W.c.site_id, _W.c.person_id, _W.c.station_id, _W.c.started_at, _ST.c.updated_at)
            .outerjoin(_ST, _ST.c.station_id == _W.c.station_id)
            .where(_W.c.ended_at.is_(None), _W.c.started_at < now - GRACE)
            .order_by(_W.c.id)
        )
        rows = [(row, _over(session, row, now)) for row in session.execute(query)]
        over = [(row, ended_at) for row, ended_at in rows if ended_at is not None]
        for row, ended_at in over:
            session.execute(update(_W).where(_W.c.id == row.id).values(ended_at=ended_at, mark=MARK))
            _sign_out(session, row, now)
        return len(over)


def _over(store: Store, row: Any, now: datetime) -> datetime | None:
    """When a session that is over ended; None while it may go on."""
    ends = calendar_of(store, row.site_id).ends_at(row.started_at) or row.started_at + LONGEST
    seen = row.updated_at or row.started_at
    if seen <= ends:
        return ends if now >= ends + GRACE else None
    return seen if now >= seen + OVERTIME else None


def _sign_out(store: Store, row: Any, now: datetime) -> None:
    state = store.execute(select(_ST).where(_ST.c.station_id == row.station_id).with_for_update()).one_or_none()
    if state is None:
        return
    pending = dict(state.pending or {})
    crew = [one for one in pending.get("crew", ()) if one.get("session") != row.id]
    person_id = state.person_id
    if pending.get("session") == row.id:
        following = crew.pop(0) if crew else {}
        person_id = following.get("person")
        pending["session"] = following.get("session")
    kept = pending | {"crew": crew or None}
    pending = {name: value for name, value in kept.items() if value is not None}
    store.execute(update(_ST).where(_ST.c.station_id == row.station_id).values(person_id=person_id, pending=pending))
    data = {"person": row.person_id, "session": row.id, "mark": MARK}
    events.record(store, row.site_id, "person.signed_out", ("station", row.station_id), "worker", now, data)
