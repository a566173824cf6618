"""Logins: made, checked with back-off, ended."""

import secrets
from datetime import datetime, timedelta
from functools import cache

from flask import current_app
from sqlalchemy import delete, select, update
from werkzeug.security import check_password_hash, generate_password_hash

from app import events
from app.auth.identity import forget, token_hash
from app.auth.policy import ROLES
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound, Refused
from app.models import ApiToken, LoginSession, Site, User, UserRole

_FREE_TRIES = 4
_LONGEST_WAIT_S = 900
_SHORTEST_PASSWORD = 10


class SignInRefused(Refused):
    """Name and secret do not match, or too many tries."""

    status = 401


def create(
    site_code: str, name: str, password: str, roles: list[str], actor: str | None, now: datetime,
    person_id: int | None = None, weak: bool = False,
) -> int:  # fmt: skip
    """Make a login and give its id. ``weak`` lets the demo print short passwords."""
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise Invalid("users.role_unknown", roles=", ".join(unknown))
    if not weak:
        check_new(password)
    with transaction() as session:
        site_id = session.scalar(select(Site.id).where(Site.code == site_code))
        if site_id is None:
            raise NotFound("site.unknown", site=site_code)
        if session.scalar(select(User.id).where(User.name == name)):
            raise Conflict("users.name_taken", name=name)
        user = User(site_id=site_id, name=name, password_hash=hashed(password),
                    person_id=person_id, created_at=now)  # fmt: skip
        session.add(user)
        session.flush()
        session.add_all(UserRole(user_id=user.id, role=role) for role in roles)
        events.record(session, site_id, "user.created", ("user", user.id), actor, now, {"roles": sorted(roles)})
        user_id = user.id
    forget()
    return user_id


def _nobody() -> str:
    """Checked when the name is unknown, so that the answer takes as long as for a known one."""
    return _of_nobody(current_app.config["PASSWORD_METHOD"])


@cache
def _of_nobody(method: str) -> str:
    return generate_password_hash(secrets.token_urlsafe(), method)


def check_new(password: str) -> None:
    """Refuse a password that is too short to be kept."""
    if len(password) < _SHORTEST_PASSWORD:
        raise Invalid("users.password_short", shortest=_SHORTEST_PASSWORD)


def hashed(password: str) -> str:
    """What is stored of a password; making it is slow on purpose, so do it outside transactions."""
    return generate_password_hash(password, current_app.config["PASSWORD_METHOD"])


def sign_in(name: str, password: str, now: datetime) -> User:
    """The user behind a name and password; each failure beyond four doubles the wait."""
    user = db.session.scalar(select(User).where(User.name == name))
    if user and user.locked_until and user.locked_until > now:
        raise SignInRefused("auth.wait", seconds=int((user.locked_until - now).total_seconds()) + 1)
    right = check_password_hash(user.password_hash if user else _nobody(), password)
    if user is None or not user.active or not right:
        if user:
            _count_failure(user.id, user.failed_count + 1, now)
        raise SignInRefused("auth.wrong")
    if user.failed_count:
        _count_failure(user.id, 0, now)
    return user


def _count_failure(user_id: int, count: int, now: datetime) -> None:
    wait_s = min(_LONGEST_WAIT_S, 2 ** (count - _FREE_TRIES)) if count > _FREE_TRIES else 0
    locked = now + timedelta(seconds=wait_s) if wait_s else None
    with transaction() as session:
        session.execute(update(User).where(User.id == user_id).values(failed_count=count, locked_until=locked))


def set_password(user_id: int, password: str, actor: str, now: datetime) -> None:
    """Give a login a new password and end its sessions."""
    check_new(password)
    _change(user_id, "user.password_set", actor, now, password_hash=hashed(password), failed_count=0,
            locked_until=None)  # fmt: skip


def end_sessions(user_id: int, actor: str, now: datetime) -> None:
    """Sign a user out everywhere."""
    _change(user_id, "user.sessions_ended", actor, now)


def set_active(user_id: int, active: bool, actor: str, now: datetime) -> None:
    """Switch a login off or on; off ends its sessions."""
    _change(user_id, "user.switched", actor, now, active=active)


def set_roles(user_id: int, roles: list[str], actor: str, now: datetime) -> None:
    """Replace a user's roles."""
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise Invalid("users.role_unknown", roles=", ".join(unknown))
    with transaction() as session:
        session.execute(delete(UserRole).where(UserRole.user_id == user_id))
        session.add_all(UserRole(user_id=user_id, role=role) for role in roles)
        _change(user_id, "user.roles_set", actor, now)


def create_token(user_id: int, name: str, actor: str, now: datetime) -> str:
    """Make a personal token; it is shown once and only its hash is kept."""
    token = "gx_" + secrets.token_urlsafe(32)
    with transaction() as session:
        row = ApiToken(user_id=user_id, name=name, hash=token_hash(token), created_at=now)
        session.add(row)
        session.flush()
        site_id = session.scalar(select(User.site_id).where(User.id == user_id))
        events.record(session, site_id, "token.created", ("user", user_id), actor, now, {"token": row.id})
    return token


def revoke_token(user_id: int, token_id: int, actor: str, now: datetime) -> None:
    """End a token of this user."""
    with transaction() as session:
        token = session.get(ApiToken, token_id)
        if token is None or token.user_id != user_id:
            raise NotFound("token.unknown", token=token_id)
        token.revoked_at = token.revoked_at or now
        site_id = session.scalar(select(User.site_id).where(User.id == user_id))
        events.record(session, site_id, "token.revoked", ("user", user_id), actor, now, {"token": token_id})
    forget()


def _change(user_id: int, topic: str, actor: str, now: datetime, **values: object) -> None:
    with transaction() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound("user.unknown", user=user_id)
        for name, value in values.items():
            setattr(user, name, value)
        user.session_epoch += 1
        mine = (LoginSession.user_id == user_id) & LoginSession.ended_at.is_(None)
        session.execute(update(LoginSession).where(mine).values(ended_at=now))
        events.record(session, user.site_id, topic, ("user", user_id), actor, now)
    forget()
