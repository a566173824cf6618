"""What a station expects next: one instruction, the same in the answer to a scan and on the page."""

from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from app.errors import names
from app.queries.known import characteristics_of
from app.queries.stations import View
from app.services import station_parts as parts
from app.services.station_here import Here, Wish
from app.states.device_clock import Made
from app.states.station import State

_FIXED = {
    State.LOCKED: "next.unlock", State.IDLE: "next.badge", State.LEFT: "next.badge", State.SIGNED_IN: "next.task",
    State.SETUP: "next.setup", State.PAUSED: "next.start", State.STOPPED: "next.start",
    State.WHY_SCRAP: "next.reason", State.WHY_REWORK: "next.reason", State.WHICH: "next.unit_bad",
}  # fmt: skip


def next_step(here: Here) -> dict[str, Any]:
    """A code of app.services.station_words with its values."""
    state = here.state
    if state in _FIXED:
        return step(_FIXED[state])
    if state in (State.ASKED, State.OFFERED):
        return step("next.take_over" if here.pending.get("confirm") == "take_over" else "next.confirm")
    pending = here.pending
    if pending.get("batch"):
        return step("next.batch_end")
    if pending.get("load"):
        return step("next.batch_start")
    facts = here.facts(here.task_id or 0)
    part = parts.missing(here)
    if part is not None:
        return step("next.part", item=part[0], quantity=part[1])
    check = _check(here, facts.row.operation_id)
    if check is not None:
        return step("next.check", wanted=check.code, **names(check=check))
    if facts.needs_unit:
        return step("next.unit", item=facts.row.item_code)
    if facts.row.is_serialised:
        return step("next.born", item=facts.row.item_code)
    if pending.get("quantity"):
        return step("next.good_many", quantity=pending["quantity"])
    return step("next.good" if facts.row.order_kind == "production" else "next.finish")


def _check(here: Here, operation_id: int | None) -> Any:
    """The first required check that a person has to give a value for."""
    given = here.pending.get("values", {})
    rows = characteristics_of(here.connection, operation_id)
    wanted = (row for row in rows if row.is_required and row.source == "person" and row.code not in given)
    return next(wanted, None)


def next_of_view(connection: Connection, site_id: int, view: View, now: datetime) -> dict[str, Any]:
    """The same for a page that only looks."""
    here = Here(
        connection, site_id, view.station.id, view.station.code, view.station.line_id, Wish("", "page", ""), now,
        view.person.id if view.person else None, view.open.id if view.open else None, view.pending,
        view.stopped.code if view.stopped else None, Made(now, None, False), view.seen_at, view.station.people,
        view.station.idle_min,
    )  # fmt: skip
    return next_step(here)


def step(code: str, **values: Any) -> dict[str, Any]:
    """An instruction as it is stored and sent."""
    return {"code": code, "values": values}
