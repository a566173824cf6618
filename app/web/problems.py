"""Refusals and failures as answers: a page for people, problem details (RFC 9457) for programs."""

from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, flash, g, json, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from app import metrics
from app.auth import NotSignedIn
from app.errors import Refused, Unavailable
from app.i18n import gettext as _
from app.words import sentence

CAME_FROM = "came_from"
log = structlog.get_logger("web")


def init_problems(app: Flask) -> None:
    """Answer every error in one place."""
    app.register_error_handler(Refused, refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _failed)


def wants_problem() -> bool:
    """Whether the caller is a program (the API, a script of a page) and not a person's navigation."""
    if request.path.startswith("/api/") or request.headers.get("HX-Request"):
        return True
    accepted = request.accept_mimetypes
    return request.is_json or accepted.best_match(["text/html", "application/json"]) == "application/json"


def problem(
    status: int, code: str, detail: str, values: dict[str, Any] | None = None, **more: Any
) -> Response:  # fmt: skip
    """Problem details: type, title, status, detail, and our code, values and what ``more`` there is beside them."""
    body = {"type": f"/problems/{code}", "title": code, "status": status, "detail": detail, "code": code,
            "values": values or {}, "request": g.get("request_id", "")} | more  # fmt: skip
    return Response(json.dumps(body, default=str), status, content_type="application/problem+json")


def refused(error: Refused) -> ResponseReturnValue:
    """A refusal in words."""
    if isinstance(error, NotSignedIn) and not wants_problem():
        return redirect(url_for("account.login", next=request.full_path.rstrip("?")))
    words = sentence(error)
    log.info("refused", code=error.code, status=error.status, path=request.path)
    metrics.REFUSED.labels(error.code).inc()
    if wants_problem():
        return problem(error.status, error.code, words, error.values)
    back = came_from()
    if request.method == "POST" and back and error.status in (409, 422):
        flash(words, "refused")
        return redirect(back)
    return _page(error.status, words)


def came_from() -> str:
    """The page of ours a form was sent from; one that was asked for the secret in between says it itself."""
    told = urlsplit(request.form.get(CAME_FROM) or request.referrer or "")
    fits = told.path.startswith("/") and not told.path.startswith(("//", "/\\"))
    return told.path + (f"?{told.query}" if told.query else "") if fits else ""


def _csrf(_error: CSRFError) -> ResponseReturnValue:
    words = _("This form is too old. Load the page again and repeat.")
    return problem(400, "csrf", words) if wants_problem() else _page(400, words)


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    known = {404: _("There is no such page."), 405: _("This address does not take that."),
             413: _("The file is too large."), 429: _("Too many tries. Wait a moment and try again.")}  # fmt: skip
    words = known.get(status, error.description or "")
    return problem(status, f"http.{status}", words) if wants_problem() else _page(status, words)


def _database(error: OperationalError) -> ResponseReturnValue:
    if "full" in str(error.orig):
        return refused(Unavailable("database.full"))
    return _failed(error)


def _failed(error: Exception) -> ResponseReturnValue:
    log.error("failed", path=request.path, exc_info=error)
    words = _("Something went wrong on our side. Nothing was changed. Try again; the number helps us to find it.")
    return problem(500, "failed", words) if wants_problem() else _page(500, words)


def _page(status: int, words: str) -> ResponseReturnValue:
    return render_template("error.html", status=status, words=words, request_id=g.get("request_id", "")), status
