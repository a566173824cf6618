"""Who is told when nobody acts: 3 minutes to the supervisor, 10 to the production manager, 30 to the planner.

Acknowledged means that somebody looks after it, so nobody further up is called; a limit that still stands after the
last step asks for another plan all the same. Shelving silences a notice for a shift at most, with a reason.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.events import Store
from app.models import Notice, Setting
from app.queries.walls import today

STEPS_MIN = (3, 10, 30)
KINDS = ("help", "limit", "stop")
NO_SHIFT = timedelta(hours=8)
SETTING = "escalation_min"
_N = Notice.__table__
Guard = Callable[[Session], None]


def steps_of(store: Store, site_id: int) -> tuple[int, ...]:
    """Minutes until each step of a site; three rising numbers."""
    value = store.execute(
        select(Setting.value).where(Setting.site_id == site_id, Setting.name == SETTING)
    ).scalar()  # fmt: skip
    return tuple(value) if value else STEPS_MIN


def escalate(now: datetime, guard: Guard | None = None) -> int:
    """Take every open notice as far as its age asks; gives how many went up. Call it each few seconds."""
    query = select(_N).where(_N.c.cleared_at.is_(None), _N.c.escalated < len(STEPS_MIN), _N.c.kind.in_(KINDS))
    steps: dict[int, tuple[int, ...]] = {}
    due = []
    for row in db.session.execute(query).all():
        level = _level(row, now, steps.setdefault(row.site_id, steps_of(db.session, row.site_id)))
        if level > row.escalated:
            due.append((row, level))
    if not due:
        return 0
    with transaction() as session:
        if guard:
            guard(session)
        return sum(_raise(session, row, level, now) for row, level in due)


def shelve(site_id: int, notice_id: int, until: datetime, note: str, actor: str, now: datetime) -> None:
    """Silence a notice until a moment of this shift; raises NotFound, Conflict (cleared) and Invalid."""
    note = note.strip()
    if not note:
        raise Invalid("notice.shelve_reason")
    with transaction() as session:
        row = session.execute(select(_N).where(_N.c.id == notice_id, _N.c.site_id == site_id)).first()
        if row is None:
            raise NotFound("notice.unknown", notice=notice_id)
        if row.cleared_at is not None:
            raise Conflict("notice.cleared")
        if not now < until <= longest(session, site_id, now):
            raise Invalid("notice.shelve_long")
        values = {"shelved_until": until, "shelved_by": actor, "shelved_note": note[:2000]}
        session.execute(update(_N).where(_N.c.id == notice_id).values(values))
        _tell(session, row, "notice.shelved", actor, now, {"until": until.isoformat()})


def unshelve(site_id: int, notice_id: int, actor: str, now: datetime) -> None:
    """Take a notice off the shelf; nothing happens when it is not there."""
    with transaction() as session:
        row = session.execute(select(_N).where(_N.c.id == notice_id, _N.c.site_id == site_id)).first()
        if row is None:
            raise NotFound("notice.unknown", notice=notice_id)
        if row.shelved_until is not None:
            session.execute(update(_N).where(_N.c.id == notice_id).values(shelved_until=None))
            _tell(session, row, "notice.unshelved", actor, now, {})


def longest(store: Store, site_id: int, now: datetime) -> datetime:
    """Until when something may be silenced or paused at the most: the end of this shift, or eight hours without one."""
    ends = today(store, site_id, now).ends_at
    return ends if ends and ends > now else now + NO_SHIFT


def _level(row: Any, now: datetime, steps: tuple[int, ...]) -> int:
    """How far a notice should be; time on the shelf does not count."""
    if row.shelved_until is not None and row.shelved_until > now:
        return 0
    since = max(row.opened_at, row.shelved_until or row.opened_at)
    level = sum(now - since >= timedelta(minutes=minutes) for minutes in steps)
    if row.acknowledged_at is not None:
        return level if level == len(steps) and row.kind == "limit" else 0
    return level


def _raise(session: Session, row: Any, level: int, now: datetime) -> bool:
    mine = (_N.c.id == row.id) & _N.c.cleared_at.is_(None) & (_N.c.escalated == row.escalated)
    values = {"escalated": level, "escalated_at": now, "severity": "crit"}
    if not session.execute(update(_N).where(mine).values(values)).rowcount:  # type: ignore[attr-defined]
        return False
    _tell(session, row, "notice.escalated", "poller", now, {"level": level})
    return True


def _tell(store: Store, row: Any, topic: str, actor: str, now: datetime, data: dict[str, Any]) -> None:
    places = {"kind": row.kind, "line": row.line_id, "station": row.station_id,
              "subject": [row.subject_type, row.subject_id]}  # fmt: skip
    events.record(store, row.site_id, topic, ("notice", row.id), actor, now, places | data)
