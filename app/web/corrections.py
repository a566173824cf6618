"""Putting reports right: a lead reverses a report with a reason and says what would have been right."""

import uuid
from datetime import date
from decimal import Decimal, InvalidOperation

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid
from app.i18n import gettext as _
from app.queries.corrections import reports_of_day
from app.queries.known import shift_of
from app.queries.stations import reasons_of, stations_of_site
from app.services import correcting
from app.services.station_words import KINDS
from app.web.late_scans import told

pages = Blueprint("corrections", __name__)


@pages.get("/corrections")
@allow("reports.correct")
def listing() -> ResponseReturnValue:
    """The reports of a day, each with what can be put right."""
    site_id = identity().site_id
    day = day_of(request.args.get("day"), shift_of(db.session, site_id, now_utc())[1])
    station, person = request.args.get("station", "")[:64], request.args.get("person", "")[:64]
    rows = reports_of_day(db.session, site_id, day, station, person)
    places = stations_of_site(db.session, site_id)
    return render_template("lead/corrections.html", rows=rows, day=day, station=station, person=person, kinds=KINDS,
                           stations=places, reasons=reasons_of(db.session, site_id, "correction"),
                           bad=reasons_of(db.session, site_id, "scrap", "rework"), late=told(site_id, station),
                           number=lambda: uuid.uuid4().hex)  # fmt: skip


@pages.post("/corrections/<int:report_id>")
@allow("reports.correct")
def correct(report_id: int) -> ResponseReturnValue:
    """Reverse a report; with a quantity the right one is written, too."""
    quantity = _quantity(request.form.get("quantity", ""))
    wish = correcting.Wish(
        request.form.get("uuid", "")[:60] or uuid.uuid4().hex, identity().site_id, report_id,
        request.form.get("reason", ""), quantity, identity().person_id, actor(),
    )  # fmt: skip
    db.session.rollback()
    correcting.correct(wish, now_utc())
    flash(_("Corrected: the wrong report was reversed."), "done")
    return redirect(url_for("corrections.listing", day=request.form.get("day"), station=request.form.get("station")))


@pages.post("/lead/notices/<int:notice_id>/replace")
@allow("reports.correct")
def replace(notice_id: int) -> ResponseReturnValue:
    """Have scrapped pieces made again."""
    correcting.make_again(identity().site_id, notice_id, actor(), now_utc())
    flash(_("They are made again, from the first operation on."), "done")
    return redirect(url_for("lead.overview"))


def day_of(text: str | None, otherwise: date) -> date:
    """A day of an address; another text means today."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return otherwise


def _quantity(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise Invalid("quantity.wrong", quantity=text[:40]) from None
