"""Work sessions: who works on what from when to when. Time only; quantities are reports.

A task begins with its first session or its first report, whichever comes first: at that moment its start-start
links pass, and its order runs.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, insert, update
from sqlalchemy.engine import Connection

from app import events
from app.db import UTCDateTime
from app.models import Task, WorkSession
from app.services import flow as flows
from app.services.orders_progress import after_report

_S, _T = WorkSession.__table__, Task.__table__
_OPEN = insert(_S).returning(_S.c.id)
# What waited in a device may end a slice that the server began later: no slice ends before it began.
_CLOSE = (
    update(_S)
    .where(_S.c.id == bindparam("session_id"), _S.c.ended_at.is_(None))
    .values(ended_at=case((_S.c.started_at > bindparam("at", type_=UTCDateTime), _S.c.started_at),
                          else_=bindparam("at", type_=UTCDateTime)))
    .returning(_S.c.site_id, _S.c.task_id, _S.c.person_id, _S.c.station_id)
)  # fmt: skip


def open_session(
    connection: Connection, task: Any, station_id: int, person_id: int, kind: str, now: datetime,
    reason_id: int | None = None,
) -> int:  # fmt: skip
    """Begin a slice of time (run, setup or pause) and give its id."""
    row = {"site_id": task.site_id, "task_id": task.id, "station_id": station_id, "person_id": person_id,
           "kind": kind, "reason_id": reason_id, "started_at": now}  # fmt: skip
    return int(connection.execute(_OPEN, row).scalar_one())


def close_session(connection: Connection, session_id: int | None, now: datetime) -> None:
    """End a slice of time and tell it, so that labour can be followed; ending it twice changes nothing."""
    if session_id is None:
        return
    row = connection.execute(_CLOSE, {"session_id": session_id, "at": now}).one_or_none()
    if row is not None:
        actor = f"person:{row.person_id}" if row.person_id else None
        data = {"session": session_id, "station": row.station_id}
        events.record(connection, row.site_id, "labour.booked", ("task", row.task_id), actor, now, data)


def begin(connection: Connection, task_id: int, station_id: int, actor: str, now: datetime) -> None:
    """Set a task running: the first time its start-start successors hear of it and its order begins."""
    flow = flows.read(connection, task_id)
    task = flow.task if flow else None
    if flow is None or task is None or task.status == "running":
        return
    if task.started_at is None:
        starters = [link for link in flow.out() if link.type == "start_start"]
        flows.pass_on(connection, flow, task.quantity, starters)
    flows.count(connection, task, 0, 0, 0, "running", station_id, now)
    flows.push(connection, flow)
    after_report(connection, task, [], now)
    stations = sorted({station_id, *(row.station_id for row in flow.tasks.values())} - {None})
    data = {"order": task.order_id, "stations": stations, "next": sorted(set(flow.tasks) - {task_id})}
    events.record(connection, task.site_id, "task.started", ("task", task_id), actor, now, data)


def pause(connection: Connection, task: Any, station_id: int, actor: str, now: datetime) -> None:
    """Put a running task aside; what was reported stays and it can be taken up again by anybody."""
    mine = (_T.c.id == task.id) & (_T.c.status == "running")
    if connection.execute(update(_T).where(mine).values(status="paused", version=_T.c.version + 1)).rowcount:
        data = {"order": task.order_id, "stations": [station_id]}
        events.record(connection, task.site_id, "task.paused", ("task", task.id), actor, now, data)
