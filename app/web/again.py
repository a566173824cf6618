"""The secret once more, before something is released, undone for others or overridden.

Whoever entered it within the last minutes (``CONFIRM_MIN``) is not asked. Otherwise the form comes back with all that
was filled in and a field for the secret; sending it does what was wanted. Programs are refused with ``auth.again``;
one with a personal token is never asked, because its token can do nothing but what it was made for.
"""

from datetime import timedelta

from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue

from app.auth import asks_again, carries_token, identity
from app.db import now_utc
from app.errors import Forbidden, Refused
from app.services import logins
from app.web.problems import CAME_FROM, came_from, wants_problem
from app.words import sentence

FIELD = "secret_again"
_HIDDEN = ("csrf_token", FIELD, CAME_FROM)


def init_again(app: Flask) -> None:
    """Stand behind the guard, in front of the pages."""
    app.before_request(_gate)


def is_fresh() -> bool:
    """Whether this request may release, undo for others and override without being asked."""
    if carries_token(request):
        return True
    within = timedelta(minutes=current_app.config["CONFIRM_MIN"])
    return bool(identity().session_id) and logins.is_fresh(identity().session_id, now_utc(), within)


def _gate() -> ResponseReturnValue | None:
    view = current_app.view_functions.get(request.endpoint) if request.endpoint else None
    if request.method in ("GET", "HEAD", "OPTIONS") or not asks_again(view, lambda: request.form) or is_fresh():
        return None
    if not identity().session_id:
        raise Forbidden("sign.nobody")
    if wants_problem():
        raise Forbidden("auth.again")
    if not request.form.get(FIELD):
        return _page("")
    try:
        logins.confirm(identity().user_id, identity().session_id, request.form[FIELD], now_utc())
    except Refused as error:
        return _page("" if error.code == "auth.wait" else "wrong", sentence(error))
    return None


def _page(wrong: str, words: str = "") -> ResponseReturnValue:
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in _HIDDEN]
    return render_template("account/again.html", kept=kept, came_from=CAME_FROM, back=came_from(), field_name=FIELD,
                           wrong=wrong, words=words, address=request.full_path.rstrip("?"),
                           minutes=round(current_app.config["CONFIRM_MIN"])), 403  # fmt: skip
