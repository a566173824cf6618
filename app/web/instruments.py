"""Measuring instruments: which are due for calibration, and the history of each."""

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid
from app.i18n import gettext as _
from app.i18n import lazy_gettext
from app.models import Instrument
from app.queries import inspections as looked
from app.services import instruments
from app.web.actions import today
from app.web.inspections import KINDS, decimal

pages = Blueprint("instruments", __name__)
SOON = timedelta(days=30)
RESULTS: dict[str, LazyString] = {
    "good": lazy_gettext("Good as found"), "adjusted": lazy_gettext("Adjusted, then good"),
    "failed": lazy_gettext("Failed: out of use"),
}  # fmt: skip


def standing(row: Instrument, day: date) -> tuple[str, str]:
    """The tone and the words of where an instrument stands."""
    if row.retired:
        return "quiet", _("out of use since %(day)s", day=row.retired_on.isoformat() if row.retired_on else "–")
    left = (row.due_on - day).days
    if left < 0:
        return "crit", _("overdue for %(count)s days", count=-left)
    return ("warn", _("due in %(count)s days", count=left)) if row.due_on <= day + SOON else ("", _("calibrated"))


@pages.get("/quality/instruments")
@allow("quality.view")
def overview() -> ResponseReturnValue:
    """All instruments, those due first."""
    rows = looked.instruments(db.session, identity().site_id)
    tones = [standing(row, today())[0] for row in rows]
    return render_template("inspections/instruments.html", rows=rows, standing=standing, today=today(),
                           overdue=tones.count("crit"), soon=tones.count("warn"))  # fmt: skip


@pages.post("/quality/instruments")
@allow("quality.edit")
def add() -> ResponseReturnValue:
    """Take an instrument into use."""
    form = request.form
    key = instruments.add(
        identity().site_id, form.get("code", ""), form.get("name", ""), form.get("unit", ""),
        (decimal(form, "range_from"), decimal(form, "range_to")), _day("due_on"), actor(), now_utc(),
    )  # fmt: skip
    flash(_("The instrument is in use."), "done")
    return redirect(url_for("instruments.show", instrument_id=key))


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Invalid("value.wrong", field=name, value=request.form.get(name, "")[:40]) from None


@pages.get("/quality/instruments/<int:instrument_id>")
@allow("quality.view")
def show(instrument_id: int) -> ResponseReturnValue:
    """One instrument: its calibrations, and what it measured since the last good one."""
    site_id = identity().site_id
    row = looked.instrument(db.session, site_id, instrument_id)
    return render_template(
        "inspections/instrument.html", row=row, state=standing(row, today()), today=today(), results=RESULTS,
        history=looked.calibrations(db.session, row.id), kinds=KINDS, next_due=today() + timedelta(days=365),
        used=looked.measured_with(db.session, site_id, row.code, row.calibrated_on),
    )  # fmt: skip


@pages.post("/quality/instruments/<int:instrument_id>/calibrations")
@allow("quality.edit")
def calibrate(instrument_id: int) -> ResponseReturnValue:
    """Write a calibration down."""
    form, site_id = request.form, identity().site_id
    looked.instrument(db.session, site_id, instrument_id)
    instruments.calibrate(
        site_id, instrument_id, _day("done_on"), _day("due_on"), form.get("result", ""), form.get("certificate", ""),
        form.get("note", ""), today(), identity().user_id, actor(), now_utc(),
    )  # fmt: skip
    flash(_("The calibration is written down."), "done")
    return redirect(url_for("instruments.show", instrument_id=instrument_id))


@pages.post("/quality/instruments/<int:instrument_id>/retire")
@allow("quality.edit")
def retire(instrument_id: int) -> ResponseReturnValue:
    """Take it out of use."""
    instruments.retire(identity().site_id, instrument_id, today(), actor(), now_utc())
    flash(_("The instrument is out of use."), "done")
    return redirect(url_for("instruments.show", instrument_id=instrument_id))


__all__ = ["pages", "standing"]
