"""What a station expects next: one instruction, the same in the answer to a scan and on the page."""

from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from app.queries.stations import View
from app.services import station_parts as parts
from app.services.station_here import Here, Wish


def next_step(here: Here) -> dict[str, Any]:
    """A code of app.services.station_words with its values."""
    if here.person_id is None:
        return step("next.badge")
    if here.task_id is None:
        return step("next.task")
    pending = here.pending
    facts = here.facts(here.task_id)
    if here.stopped is not None or pending.get("paused"):
        return step("next.start")
    if pending.get("confirm"):
        return step("next.confirm")
    if pending.get("kind"):
        return step("next.unit_bad") if pending.get("reason") is not None else step("next.reason")
    part = parts.missing(here)
    if part is not None:
        return step("next.part", item=part[0], quantity=part[1])
    if facts.needs_unit:
        return step("next.unit", item=facts.row.item_code)
    if facts.row.is_serialised:
        return step("next.born", item=facts.row.item_code)
    if pending.get("quantity"):
        return step("next.good_many", quantity=pending["quantity"])
    return step("next.good" if facts.row.order_kind == "production" else "next.finish")


def next_of_view(connection: Connection, site_id: int, view: View, now: datetime) -> dict[str, Any]:
    """The same for a page that only looks."""
    here = Here(
        connection, site_id, view.station.id, view.station.code, view.station.line_id, Wish("", "page", ""), now,
        view.person.id if view.person else None, view.open.id if view.open else None, view.pending,
        view.stopped.code if view.stopped else None,
    )  # fmt: skip
    return next_step(here)


def step(code: str, **values: Any) -> dict[str, Any]:
    """An instruction as it is stored and sent."""
    return {"code": code, "values": values}
