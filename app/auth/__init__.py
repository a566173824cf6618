"""Who is it, and may they: sign-in, personal tokens, roles and the policy of every route.

Deny by default: a route without a policy answers nobody, and a test walks the map of routes to prove it.
"""

from typing import Any

from flask import Flask, g, request, session
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect

from app.auth.identity import NOBODY, Identity, by_screen, by_session, by_token
from app.auth.policy import PUBLIC, ROLES, allow, asks_again, policy_of
from app.auth.sessions import BEARER, Sessions, carries_token
from app.errors import Forbidden, Refused

__all__ = ["PUBLIC", "ROLES", "SCREEN", "Identity", "NotSignedIn", "actor", "allow", "asks_again",
           "carries_token", "identity", "init_auth"]  # fmt: skip

csrf = CSRFProtect()
SCREEN = "screen"


class NotSignedIn(Refused):
    """Sign in first; pages send there, the API answers 401."""

    status = 401


def identity() -> Identity:
    """Who makes this request; NOBODY when not signed in."""
    return g.get("identity", NOBODY)


def actor() -> str:
    """The name of the requester in events: an id, never a person's name."""
    return f"user:{identity().user_id}"


def init_auth(app: Flask) -> None:
    """Set the guard in front of all routes."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    app.session_interface = Sessions()
    manager = LoginManager(app)
    manager.user_loader(_load)
    app.before_request(_guard)
    app.context_processor(lambda: {"identity": identity(), "may": lambda permission: identity().may(permission)})


def _load(user_id: str) -> Identity | None:
    return by_session(int(user_id), session.get("epoch", -1), session.get("key", ""))


def _guard() -> None:
    view = _view()
    if view is None:
        return
    _identify()
    wanted = policy_of(view)
    if wanted == PUBLIC:
        return
    if not identity().user_id:
        raise NotSignedIn("auth.sign_in_first")
    if wanted is None or not identity().may(wanted):
        raise Forbidden("auth.not_allowed", permission=wanted or "none")


def _screen() -> Identity:
    """A paired tablet or wall display is known by the secret in its cookie; a person who signs in comes first."""
    secret = request.cookies.get(SCREEN, "")
    return by_screen(secret) if secret else NOBODY


def _view() -> Any:
    from flask import current_app

    return current_app.view_functions.get(request.endpoint) if request.endpoint else None


def _identify() -> None:
    if carries_token(request):
        g.identity = by_token(request.headers["Authorization"].removeprefix(BEARER).strip())
        if not g.identity.user_id:
            raise NotSignedIn("auth.token_unknown")
        return
    g.identity = current_user._get_current_object() if current_user.is_authenticated else _screen()
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        # A token proves intent by itself; a cookie travels with any form, so it needs one.
        csrf.protect()
