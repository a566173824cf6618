"""Automatic re-planning: what happens in the shop becomes a wish for a plan.

The sealed events are followed with a cursor that is moved in the same transaction as the wish. A wish waits two
seconds for others to join it; after a crash the same events may ask again, which changes nothing but one run more.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select

from app import events
from app.db import db, transaction
from app.events import Sealed
from app.models import Plan, PlanRun, WorkOrder
from app.queries.plans import settings_of
from app.services.plan_runs import wish
from app.states.order import WORKABLE

CONSUMER = "planner"
_BATCH = 2000
_SAVE_AFTER = 500
_AT_ONCE = frozenset(
    {"order.released", "order.cancelled", "order.aborted", "order.changed", "order.resized", "order.split",
     "report.scrap", "report.rework",
     "task.chosen", "task.skipped", "task.skip_undone"}
)  # fmt: skip
LAST_STEP = 3  # nobody helped in time: the plan must go without
_FAMILIES = ("hold.", "limit.")


@dataclass
class Follower:
    """Where the planner stands in the events, kept between turns: the cursor is saved only now and then."""

    position: int | None = None
    saved: int = 0
    reported: set[int] = field(default_factory=set)


def follow(follower: Follower, now: datetime) -> list[int]:
    """Read what is new and ask for plans; gives the sites that got a wish."""
    if follower.position is None:
        _begin(follower)
    fresh = events.after(db.session(), follower.position or 0, _BATCH)
    causes: dict[int, list[dict[str, Any]]] = {}
    for event in fresh:
        if (cause := cause_of(event)) is not None:
            causes.setdefault(event.site_id, []).append(cause)
        elif event.topic.startswith("report."):
            follower.reported.add(event.site_id)
    late = {site: {"type": "progress"} for site in follower.reported if _overdue(site, now)}
    first = _without_plan()
    db.session.rollback()
    follower.position = fresh[-1].position if fresh else follower.position
    for site, cause in late.items():
        causes.setdefault(site, []).append(cause)
    for site in first:
        causes.setdefault(site, []).append({"type": "first"})
    _ask(follower, causes, now)
    return sorted(causes)


def cause_of(event: Sealed) -> dict[str, Any] | None:
    """Why an event asks for another plan; None when it does not."""
    cause = {"type": event.topic, "ref": event.subject_id}
    if event.topic in _AT_ONCE or event.topic.startswith(_FAMILIES):
        return cause
    if event.topic == "notice.escalated" and json.loads(event.data)["level"] == LAST_STEP:
        return cause
    if event.topic == "machine.state" and "stopped" in json.loads(event.data).values():
        return cause
    return None


def _begin(follower: Follower) -> None:
    """Go on at the cursor; a planner that never read begins with what happens from now on."""
    store = db.session()
    known = events.cursor(store, CONSUMER)
    follower.position = follower.saved = events.last_position(store) if known is None else known


def _ask(follower: Follower, causes: dict[int, list[dict[str, Any]]], now: datetime) -> None:
    position = follower.position or 0
    if not causes and position - follower.saved < _SAVE_AFTER:
        return
    with transaction() as session:
        for site in sorted(causes):
            for cause in causes[site]:
                wish(site, cause, "planner", now)
        events.move_cursor(session, CONSUMER, position)
    follower.saved = position
    follower.reported -= causes.keys()


def _overdue(site_id: int, now: datetime) -> bool:
    """Whether reports came and the last plan was asked for longer ago than the site wants."""
    store = db.session()
    last = store.scalar(
        select(func.max(PlanRun.requested_at)).where(PlanRun.site_id == site_id, PlanRun.scope == "site")
    )
    return last is None or last + timedelta(minutes=settings_of(store, site_id).every_min) <= now


def _without_plan() -> list[int]:
    """Sites with released work, no plan, and no wish for one yet."""
    work = select(WorkOrder.site_id).where(
        WorkOrder.status.in_(tuple(WORKABLE)),
        ~exists().where(PlanRun.site_id == WorkOrder.site_id),
        ~exists().where(Plan.site_id == WorkOrder.site_id),
    )
    return sorted(set(db.session.scalars(work.distinct()).all()))
