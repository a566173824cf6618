"""Pairs tablets and wall displays: the screen shows a code, somebody with the right types it at a desk.

A code is worth ten minutes and one use. The screen's browser keeps a random secret, the store only its hash. A
paired screen acts as a login of its own, so that rights, sessions and the log need nothing new; ending the pairing
switches that login off at once.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import events
from app.auth.identity import forget, token_hash
from app.db import db, transaction
from app.errors import Conflict, NotFound, Unavailable
from app.models import Line, Screen, Site, Station
from app.services import users

ROLES = {"wall": "wall", "station": "operator"}
CODE_LASTS = timedelta(minutes=10)
_MOST_WAITING = 200
_SEEN_STEP = timedelta(minutes=1)


class Asked(NamedTuple):
    """What a screen keeps (``secret``) and what it shows (``code``)."""

    secret: str
    code: str


def ask(now: datetime) -> Asked:
    """Begin a pairing. Raises Unavailable when too many screens wait."""
    secret = "sc_" + secrets.token_urlsafe(32)
    with transaction() as session:
        session.execute(delete(Screen).where(Screen.paired_at.is_(None), Screen.asked_at < now - CODE_LASTS))
        waiting = select(Screen.code).where(Screen.code.is_not(None))
        taken = set(session.scalars(waiting))
        if len(taken) >= _MOST_WAITING:
            raise Unavailable("screen.too_many")
        code = next(c for c in iter(lambda: f"{secrets.randbelow(10**6):06d}", None) if c not in taken)
        session.add(Screen(hash=token_hash(secret), code=code, asked_at=now))
    return Asked(secret, code)


def pair(site_id: int, code: str, kind: str, place: str, query: str, actor: str, now: datetime) -> int:
    """Confirm a code for a line's wall or a station; gives the screen's id.

    Raises NotFound for a code that no screen shows or a place that is not there, Conflict for an unknown kind.
    """
    if kind not in ROLES:
        raise Conflict("value.wrong", field="kind", value=kind[:40])
    with transaction() as session:
        _place(session, site_id, kind, place)
        site = session.scalars(select(Site.code).where(Site.id == site_id)).one()
        screen = session.scalars(
            select(Screen).where(Screen.code == code, Screen.asked_at >= now - CODE_LASTS)
        ).one_or_none()
        if screen is None:
            raise NotFound("screen.code_unknown", value=code[:12])
        name = f"{kind}-{place}-{screen.id}"
        screen.user_id = users.create(site, name, secrets.token_urlsafe(24), [ROLES[kind]], actor, now)
        screen.site_id, screen.name, screen.kind, screen.paired_at, screen.code = site_id, name, kind, now, None
        screen.path = _path(kind, place, query)
        session.flush()
        told = {"kind": kind, "place": place, "user": screen.user_id}
        events.record(session, site_id, "screen.paired", ("screen", screen.id), actor, now, told)
        screen_id = screen.id
    forget()
    return screen_id


def _place(session: Session, site_id: int, kind: str, place: str) -> None:
    model: Any = Line if kind == "wall" else Station
    found = select(model.id).where(model.site_id == site_id, model.code == place)
    if session.scalar(found) is None:
        raise NotFound("place.unknown", value=place[:64])


def _path(kind: str, place: str, query: str) -> str:
    return f"/wall/{place}" + (f"?{query}" if query else "") if kind == "wall" else f"/s/{place}"


def revoke(site_id: int, screen_id: int, actor: str, now: datetime) -> None:
    """End a pairing: the screen is signed out at once. Raises NotFound."""
    with transaction() as session:
        screen = session.get(Screen, screen_id)
        if screen is None or screen.site_id != site_id:
            raise NotFound("screen.unknown", screen=screen_id)
        if screen.revoked_at is None:
            screen.revoked_at = now
            if screen.user_id:
                users.set_active(screen.user_id, False, actor, now)
            events.record(session, site_id, "screen.revoked", ("screen", screen_id), actor, now)
    forget()


def state(secret: str, now: datetime) -> Screen | None:
    """The screen of a secret; None when it was revoked, never asked, or its code ran out."""
    query = select(Screen).where(Screen.hash == token_hash(secret), Screen.revoked_at.is_(None))
    screen = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    expired = screen is not None and screen.paired_at is None and screen.asked_at < now - CODE_LASTS
    return None if expired else screen


def seen(screen_id: int, now: datetime) -> None:
    """Note that a screen is there, at most once a minute."""
    with transaction() as session:
        old = func.coalesce(Screen.seen_at, now - 2 * _SEEN_STEP)
        session.execute(update(Screen).where(Screen.id == screen_id, old < now - _SEEN_STEP).values(seen_at=now))
