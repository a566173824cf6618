"""The requester as a small frozen thing, kept for two seconds: a scan must not pay for reading it each time."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from flask import current_app
from sqlalchemy import select

from app.auth.policy import permissions
from app.db import db, now_utc
from app.models import ApiToken, LoginSession, Screen, Site, User, UserRole

_KEEP_S = 2.0


@dataclass(frozen=True)
class Identity:
    """A signed-in user (or NOBODY with user_id 0), as flask-login wants to see one."""

    user_id: int = 0
    name: str = ""
    site_id: int = 0
    person_id: int | None = None
    roles: frozenset[str] = frozenset()
    epoch: int = 0
    zone: str = "UTC"
    allowed: frozenset[str] = field(default=frozenset(), repr=False)
    session_id: int = 0

    is_active = True
    is_anonymous = False

    @property
    def is_authenticated(self) -> bool:
        """Whether this is somebody."""
        return bool(self.user_id)

    def get_id(self) -> str:
        """The id that the session keeps."""
        return str(self.user_id)

    def may(self, permission: str) -> bool:
        """Whether a role of this user includes the permission."""
        return permission in self.allowed


NOBODY = Identity()


def by_session(user_id: int, epoch: int, key: str) -> Identity | None:
    """The user of a session, unless it was ended or the user switched off."""
    digest = token_hash(key)
    found = _kept(f"session:{user_id}:{digest}", lambda: _session_user(user_id, digest))
    if not found.user_id or found.epoch != epoch:
        return None
    current_app.extensions.setdefault("session_use", {})[found.session_id] = now_utc()
    return found


def by_token(token: str) -> Identity:
    """The user of a personal token; NOBODY when it is unknown or revoked."""
    digest = token_hash(token)
    return _kept(f"token:{digest}", lambda: _token_user(digest))


def by_screen(secret: str) -> Identity:
    """The login of a paired screen; NOBODY when it was never paired or is no longer."""
    digest = token_hash(secret)
    return _kept(f"screen:{digest}", lambda: _screen_user(digest))


def token_hash(token: str) -> str:
    """What is stored of a token: it is random, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def forget() -> None:
    """Read everybody anew, after users, roles or tokens changed."""
    current_app.extensions.pop("identities", None)


def _kept(key: str, read: Callable[[], Identity]) -> Identity:
    cache: dict[str, tuple[float, Identity]] = current_app.extensions.setdefault("identities", {})
    found = cache.get(key)
    if found and time.monotonic() - found[0] < _KEEP_S:
        return found[1]
    fresh = read()
    if len(cache) > 5000:
        cache.clear()
    cache[key] = (time.monotonic(), fresh)
    return fresh


def _user(user_id: int) -> Identity:
    user = db.session.get(User, user_id, populate_existing=True)
    if user is None or not user.active:
        return NOBODY
    roles = frozenset(db.session.scalars(select(UserRole.role).where(UserRole.user_id == user.id)))
    zone = db.session.scalar(select(Site.zone).where(Site.id == user.site_id)) or "UTC"
    return Identity(
        user.id, user.name, user.site_id, user.person_id, roles, user.session_epoch, zone, permissions(roles)
    )  # fmt: skip


def _session_user(user_id: int, digest: str) -> Identity:
    table = LoginSession.__table__
    mine = (table.c.hash == digest) & (table.c.user_id == user_id) & table.c.ended_at.is_(None)
    session_id = db.session.scalar(select(table.c.id).where(mine))
    return replace(_user(user_id), session_id=session_id) if session_id else NOBODY


def _token_user(digest: str) -> Identity:
    query = select(ApiToken.user_id).where(ApiToken.hash == digest, ApiToken.revoked_at.is_(None))
    user_id = db.session.scalar(query)
    if user_id is None:
        return NOBODY
    current_app.extensions.setdefault("token_use", {})[digest] = now_utc()
    return _user(user_id)


def _screen_user(digest: str) -> Identity:
    user_id = db.session.scalar(select(Screen.user_id).where(Screen.hash == digest, Screen.revoked_at.is_(None)))
    return _user(user_id) if user_id else NOBODY
