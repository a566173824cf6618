"""People's own passwords: the old one is asked, and where else it signed somebody in, it no longer does."""

from datetime import datetime

from sqlalchemy import select, update

from app import events
from app.auth.identity import forget
from app.db import db, transaction
from app.errors import Forbidden, Invalid
from app.models import User
from app.services import logins, users


def change(user_id: int, session_id: int, old: str, new: str, actor: str, now: datetime) -> None:
    """Give yourself a new password; you stay signed in with this session and with no other.

    A wrong old one is refused and counts like a failed sign-in. Programs and screens have no session and no password.
    """
    if not session_id:
        raise Forbidden("sign.nobody")
    users.check_new(new)
    seen = db.session.scalar(select(User.password_hash).where(User.id == user_id))
    logins.confirm(user_id, session_id, old, now)
    if new == old:
        raise Invalid("users.password_same")
    _store(user_id, session_id, str(seen), users.hashed(new), actor, now)
    forget()


def _store(user_id: int, session_id: int, seen: str, digest: str, actor: str, now: datetime) -> None:
    # Of two that change it at once the second one's old password is by now a wrong one.
    mine = (User.id == user_id) & (User.password_hash == seen)
    with transaction() as session:
        site_id = session.scalar(update(User).where(mine).values(password_hash=digest).returning(User.site_id))
        if site_id is None:
            raise users.SignInRefused("auth.wrong")
        events.record(session, site_id, "user.password_changed", ("user", user_id), actor, now)
        logins.end_others(user_id, session_id, actor, now)


__all__ = ["change"]
