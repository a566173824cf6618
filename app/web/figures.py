"""Key figures of machines (ISO 22400-2), each opening its rows, and the question why a machine stands."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, format_percent
from sqlalchemy import select

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.i18n import gettext as _
from app.i18n import lazy_gettext
from app.models import Machine, MachineState, Reason
from app.queries.oee import LEAST_SEEN, UNSAID, Only, figures, reports, states
from app.services import stops
from app.web.machine_words import look, why

pages = Blueprint("figures", __name__)
DAYS = (1, 7, 30)
BY: dict[str, LazyString] = {
    "machine": lazy_gettext("Machine"), "line": lazy_gettext("Line"), "shift": lazy_gettext("Shift"),
}  # fmt: skip
LOSSES: dict[str, LazyString] = {
    "no_data": lazy_gettext("No data"), "stopped": lazy_gettext("Stops"), "idle": lazy_gettext("Waiting"),
    "speed": lazy_gettext("Slower than standard"), "quality": lazy_gettext("Scrap and rework"),
    "good": lazy_gettext("Good work"),
}  # fmt: skip


@pages.get("/figures")
@allow("devices.view")
def overview() -> ResponseReturnValue:
    """OEE with its losses, MTBF and MTTR by machine, line or shift."""
    since, until, days = _period()
    by = request.args.get("by", "machine")
    by = by if by in BY else "machine"
    only = Only(request.args.get("line") or None, request.args.get("shift") or None)
    rows = figures(db.session, identity().site_id, since, until, by, only)
    said = {row.code: row for row in db.session.execute(
        select(Reason).where(Reason.site_id == identity().site_id)).scalars()}  # fmt: skip
    return render_template("figures/overview.html", rows=rows[:-1], total=rows[-1], by=by, kinds=BY, days=days,
                           spans=DAYS, losses=LOSSES, share=share, said=said, why=why, unsaid=UNSAID,
                           only=only, least=LEAST_SEEN)  # fmt: skip


@pages.get("/figures/<code>")
@allow("devices.view")
def rows(code: str) -> ResponseReturnValue:
    """The states and the reports behind a machine's figures."""
    machine = db.session.execute(
        select(Machine).where(Machine.site_id == identity().site_id, Machine.code == code)
    ).scalar()  # fmt: skip
    if machine is None:
        raise NotFound("machine.unknown", machine=code)
    since, until, days = _period()
    state = request.args.get("state", "")
    found = states(db.session, machine.id, since, until, state if look(state).word != state else None)
    return render_template("figures/rows.html", machine=machine, slices=list(found)[::-1], state=state, days=days,
                           reports=list(reports(db.session, machine, since, until))[::-1], look=look,
                           why=why)  # fmt: skip


@pages.get("/figures/stops/<int:stop_id>")
@allow("station.use")
def ask(stop_id: int) -> ResponseReturnValue:
    """Why does it stand?"""
    row = db.session.get(MachineState, stop_id)
    if row is None or row.site_id != identity().site_id or row.state != "stopped":
        raise NotFound("stop.unknown", stop=stop_id)
    reasons = db.session.execute(
        select(Reason).where(Reason.site_id == row.site_id, Reason.kind == "stop", Reason.retired.is_(False))
        .order_by(Reason.code)
    ).scalars()  # fmt: skip
    return render_template("figures/ask.html", stop=row, machine=db.session.get(Machine, row.machine_id),
                           reasons=list(reasons), station=request.args.get("station", ""), why=why)  # fmt: skip


@pages.post("/figures/stops/<int:stop_id>")
@allow("station.use")
def say(stop_id: int) -> ResponseReturnValue:
    """This is why."""
    stops.say_why(identity().site_id, stop_id, request.form.get("reason", ""), actor(), now_utc())
    flash(_("Thank you: the stop has its reason."), "done")
    station = request.form.get("station", "")
    return redirect(url_for("station.station", code=station) if station else url_for("station.stations"))


def share(value: Decimal | None) -> str:
    """A share as people write it; a dash when there is nothing to say."""
    return "–" if value is None else format_percent(value, "#,##0.0%")


def _period() -> tuple[datetime, datetime, int]:
    asked: Any = request.args.get("days", "1")
    days = int(asked) if asked.isdecimal() and int(asked) in DAYS else 1
    now = now_utc()
    return now - timedelta(days=days), now, days
