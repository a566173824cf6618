"""Where somebody is signed in: each browser begins a session of its own, which is seen, confirmed and ended.

What releases, undoes for others or overrides wants the secret entered lately (``is_fresh``): a desk that was left
alone decides nothing.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from app import events
from app.auth.identity import forget, token_hash
from app.db import db, transaction
from app.errors import NotFound
from app.models import ApiToken, LoginSession, User
from app.services.signing import check_secret

_L = LoginSession.__table__
_OPEN = _L.c.ended_at.is_(None)


def begin(user_id: int, address: str, device: str, now: datetime) -> str:
    """Note that a user signed in with the secret, and give the key that this browser keeps."""
    key = secrets.token_urlsafe(24)
    with transaction() as session:
        session.add(LoginSession(user_id=user_id, hash=token_hash(key), address=address[:64], device=device[:200],
                                 started_at=now, seen_at=now, confirmed_at=now))  # fmt: skip
    return key


def end(user_id: int, session_id: int, actor: str, now: datetime) -> None:
    """Sign a user out in one browser; ending it twice changes nothing."""
    with transaction() as session:
        row = session.get(LoginSession, session_id)
        if row is None or row.user_id != user_id:
            raise NotFound("session.unknown", session=session_id)
        if row.ended_at is None:
            row.ended_at = now
            _tell(session, user_id, [session_id], actor, now)
    forget()


def end_others(user_id: int, kept_id: int, actor: str, now: datetime) -> int:
    """Sign a user out in all browsers but this one; gives how many there were."""
    with transaction() as session:
        mine = (_L.c.user_id == user_id) & _OPEN & (_L.c.id != kept_id)
        ended = sorted(session.scalars(update(_L).where(mine).values(ended_at=now).returning(_L.c.id)))
        if ended:
            _tell(session, user_id, ended, actor, now)
    forget()
    return len(ended)


def _tell(session: Session, user_id: int, ended: list[int], actor: str, now: datetime) -> None:
    site_id = session.scalars(select(User.site_id).where(User.id == user_id)).one()
    events.record(session, site_id, "user.session_ended", ("user", user_id), actor, now, {"sessions": ended})


def is_fresh(session_id: int, now: datetime, within: timedelta) -> bool:
    """Whether the secret was entered in this session not longer ago than that."""
    confirmed = db.session.scalar(select(_L.c.confirmed_at).where(_L.c.id == session_id, _OPEN))
    return confirmed is not None and confirmed > now - within


def confirm(user_id: int, session_id: int, secret: str, now: datetime) -> None:
    """Take the secret once more; a wrong one is refused and counts like a failed sign-in."""
    check_secret(user_id, secret, now)
    with transaction() as session:
        mine = (_L.c.id == session_id) & (_L.c.user_id == user_id) & _OPEN
        session.execute(update(_L).where(mine).values(confirmed_at=now))


def note_use(sessions: Mapping[int, datetime], tokens: Mapping[str, datetime]) -> None:
    """Write down when sessions (by id) and tokens (by hash) were last used; nobody waits for this."""
    seen = [{"key": key, "at": at} for key, at in sorted(sessions.items())]
    used = [{"key": key, "at": at} for key, at in sorted(tokens.items())]
    with transaction() as session:
        connection = session.connection()
        if seen:
            connection.execute(update(_L).where(_L.c.id == bindparam("key")).values(seen_at=bindparam("at")), seen)
        if used:
            table = ApiToken.__table__
            told = update(table).where(table.c.hash == bindparam("key")).values(last_used_at=bindparam("at"))
            connection.execute(told, used)


def expire(before: datetime) -> int:
    """Forget sessions that were ended or not seen since; whoever comes back signs in again."""
    with transaction() as session:
        return session.execute(delete(_L).where(or_(_L.c.ended_at < before, _L.c.seen_at < before))).rowcount


__all__ = ["begin", "confirm", "end", "end_others", "expire", "is_fresh", "note_use"]
