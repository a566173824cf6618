"""Why a machine stood, in the words of the people there; the machine itself knows at most an alarm number."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.models import Machine, MachineState, Reason

ASK_AFTER_MIN = 5  # a shorter stop is told by nobody, and asking would only annoy
Guard = Callable[[Session], None]


def ask(now: datetime, guard: Guard | None = None) -> int:
    """Ask at the stations for the reason of each stop that has lasted some minutes; gives how many are new."""
    late = now - timedelta(minutes=ASK_AFTER_MIN)
    query = (
        select(MachineState.id, MachineState.site_id, MachineState.machine_id, Machine.station_id)
        .join(Machine, Machine.id == MachineState.machine_id)
        .where(MachineState.state == "stopped", MachineState.ended_at.is_(None), MachineState.started_at <= late,
               MachineState.asked_at.is_(None), MachineState.reason_id.is_(None), Machine.station_id.is_not(None))
    )  # fmt: skip
    rows = db.session.execute(query).all()
    if not rows:
        return 0
    with transaction() as session:
        if guard:
            guard(session)
        for row in rows:
            session.execute(update(MachineState).where(MachineState.id == row.id).values(asked_at=now))
            data = {"machine": row.machine_id, "station": row.station_id, "stop": row.id}
            events.record(session, row.site_id, "machine.asked", ("machine", row.machine_id), "poller", now, data)
    return len(rows)


def say_why(site_id: int, state_id: int, reason: str, actor: str, now: datetime) -> None:
    """Give a stop its reason, or another one; raises NotFound, and Conflict for a reason of another use."""
    with transaction() as session:
        slice_ = session.get(MachineState, state_id)
        if slice_ is None or slice_.site_id != site_id or slice_.state != "stopped":
            raise NotFound("stop.unknown", stop=state_id)
        row = session.execute(select(Reason).where(Reason.site_id == site_id, Reason.code == reason)).scalar()
        if row is None or row.retired:
            raise NotFound("reason.unknown", reason=reason)
        if row.kind != "stop":
            raise Conflict("reason.other_use", reason=reason)
        station = session.execute(select(Machine.station_id).where(Machine.id == slice_.machine_id)).scalar()
        mine = MachineState.id == state_id
        session.execute(update(MachineState).where(mine).values(reason_id=row.id, reason_by=actor))
        data = {"machine": slice_.machine_id, "station": station, "stop": state_id, "reason": row.id}
        events.record(session, site_id, "machine.reason", ("machine", slice_.machine_id), actor, now, data)
