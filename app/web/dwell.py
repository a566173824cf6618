"""Dwell: what stays too long where, before it jams."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.queries import dwell
from app.web.trace_tables import address

pages = Blueprint("dwell", __name__)
MOST = 300


@pages.get("/quality/dwell")
@allow("quality.view")
def overview() -> ResponseReturnValue:
    """Every operation with what stands there, and the stays themselves, the longest first."""
    found = dwell.stays(db.session, identity().site_id, now_utc())
    places = dwell.places(found)
    asked = request.args.get("at", "")
    late = request.args.get("late") == "1"
    chosen = next((place for place in places if place.key == asked), None)
    rows = [stay for stay in found if (chosen is None or stay.key == chosen.key) and (stay.tone or not late)]
    return render_template("dwell/overview.html", places=places, chosen=chosen, late=late, rows=rows[:MOST],
                           total=len(rows), most=MOST, address=address)  # fmt: skip


__all__ = ["pages"]
