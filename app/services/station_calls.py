"""Calls for the team lead: help, and a station that stands."""

from typing import Any

from app.errors import Conflict, Invalid
from app.services import sessions
from app.services.notices import Matter, open_notice
from app.services.station_here import Here, Outcome
from app.services.station_reports import reason_row

SEVERITY = {"help": "warn", "stop": "crit"}


def help_me(here: Here, reason: int | str | None = None) -> Outcome:
    """Call the team lead; calling again while the call is open changes nothing."""
    row = reason_row(here, reason) if reason is not None else None
    if row is not None and row.kind != "help":
        raise Conflict("reason.other_use", reason=row.code)
    notice = _call(here, "help", row)
    return Outcome("call", "call.help", {}, {"notice": notice})


def stop(here: Here, reason: int | str | None) -> Outcome:
    """The station stands, and why; the time of the open task is a pause until the next START or report."""
    if reason is None:
        raise Invalid("report.reason")
    row = reason_row(here, reason)
    if row.kind != "stop":
        raise Conflict("reason.other_use", reason=row.code)
    here.person()
    if here.task_id is not None:
        task = here.facts(here.task_id).row
        sessions.close_session(here.connection, here.pending.get("session"), here.now)
        session = sessions.open_session(
            here.connection, task, here.station_id, here.person(), "pause", here.now, row.id
        )
        here.keep(session=session)
        sessions.pause(here.connection, task, here.station_id, here.who, here.now)
    here.move(stopped=row.code)
    here.tell("station.stopped", reason=row.id)
    notice = _call(here, "stop", row)
    return Outcome("call", "call.stop", {"reason": row.id}, {"notice": notice})


def _call(here: Here, kind: str, reason: Any) -> int:
    data = {"reason": reason.id if reason else None, "person": here.person_id, "task": here.task_id}
    return open_notice(
        here.connection, Matter(here.site_id, kind, ("station", here.station_id)), SEVERITY[kind], here.now, here.who,
        station_id=here.station_id, line_id=here.line_id, data=data,
    )  # fmt: skip
