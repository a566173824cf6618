"""Sessions in a signed cookie, for people; a request with a personal token has none.

A program proves who it is with each request, so nothing of its session is read, checked, written or sent back.
"""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

BEARER = "Bearer "


class Passing(SecureCookieSession):
    """What somebody puts in goes with the request."""


class Sessions(SecureCookieSessionInterface):
    """Flask's own, but for tokens."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie; an empty one that nobody keeps for a token."""
        return Passing() if carries_token(request) else super().open_session(app, request)

    def is_null_session(self, obj: object) -> bool:
        """Whether there is nothing to save at the end."""
        return isinstance(obj, Passing) or super().is_null_session(obj)


def carries_token(request: Request) -> bool:
    """Whether the request comes with a personal token, right or wrong."""
    return request.headers.get("Authorization", "").startswith(BEARER)
