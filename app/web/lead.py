"""The team lead: what needs a decision now, and each station of the line at a glance."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.i18n import gettext as _
from app.models import Line
from app.queries.attendance import missing, people
from app.queries.boards import inbox, is_shelved, line_by_code, lines, station_rows, stations_of_line
from app.queries.boards import queue as queue_of
from app.queries.forecasts import outlook
from app.services import notices
from app.web.machine_words import KINDS, SEVERITIES, STEPS, look, text, title, why

pages = Blueprint("lead", __name__)


@pages.get("/lead")
@allow("lead.act")
def overview() -> ResponseReturnValue:
    """Every line: what needs a decision, and how the stations are."""
    now, site_id = now_utc(), identity().site_id
    found = lines(db.session, site_id)
    strips = [(line, station_rows(db.session, site_id, line.id, now)) for line in found]
    return _page(
        "lead/_overview.html",
        "lead/overview.html",
        strips=strips,
        calls=inbox(db.session, site_id),
        expected=outlook(db.session, site_id, now),
        everybody=people(db.session, site_id),
    )


@pages.get("/lead/<code>")
@allow("lead.act")
def line(code: str) -> ResponseReturnValue:
    """One line."""
    found = line_by_code(db.session, identity().site_id, code)
    return _page("lead/_line.html", "lead/line.html", **_line(found, now_utc()))


@pages.get("/lead/<code>/<station>")
@allow("lead.act")
def queue(code: str, station: str) -> ResponseReturnValue:
    """The rows behind a station's numbers: its open tasks."""
    found = line_by_code(db.session, identity().site_id, code)
    place = next((one for one in stations_of_line(db.session, found.id) if one.code == station), None)
    if place is None:
        raise NotFound("station.unknown", station=station)
    rows = queue_of(db.session, [place.id], now_utc())
    only = request.args.get("only", "")
    if only == "late":
        rows = [row for row in rows if row.is_late]
    elif only == "ready":
        rows = [row for row in rows if row.waiting]
    return _page("lead/_queue.html", "lead/queue.html", line=found, station=place, rows=rows, only=only)


@pages.post("/lead/notices/<int:notice_id>/acknowledge")
@allow("notices.act")
def acknowledge(notice_id: int) -> ResponseReturnValue:
    """Say that somebody looks after it."""
    notices.acknowledge(identity().site_id, notice_id, identity().user_id, actor(), now_utc())
    flash(_("Seen: you look after it."), "done")
    return redirect(_back())


@pages.post("/lead/notices/<int:notice_id>/clear")
@allow("notices.act")
def clear(notice_id: int) -> ResponseReturnValue:
    """It is done with."""
    notices.clear(identity().site_id, notice_id, actor(), now_utc())
    flash(_("Cleared."), "done")
    return redirect(_back())


def _line(found: Line, now: datetime) -> dict[str, Any]:
    site_id = identity().site_id
    return {"line": found, "rows": station_rows(db.session, site_id, found.id, now),
            "expected": outlook(db.session, site_id, now, found.id),
            "everybody": people(db.session, site_id), "absent": missing(db.session, site_id, found.id, now),
            "calls": inbox(db.session, site_id, found.id), "all_lines": lines(db.session, site_id)}  # fmt: skip


def _page(fragment: str, whole: str, **context: Any) -> str:
    template = fragment if request.headers.get("HX-Request") else whole
    words = {"look": look, "why": why, "title": title, "text": text, "kinds": KINDS, "severities": SEVERITIES,
             "steps": STEPS, "is_shelved": is_shelved}  # fmt: skip
    return render_template(template, **words, **context)


def _back() -> str:
    """The line whose page the form was on; only codes of this site lead anywhere."""
    wished = request.form.get("line", "")
    codes = {one.code for one in lines(db.session, identity().site_id)}
    return url_for("lead.line", code=wished) if wished in codes else url_for("lead.overview")
