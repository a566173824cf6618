"""What is expected of the floor: which stations will congest, when orders will be done, and how far off it was."""

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_time

from app.auth import allow, identity
from app.db import db, now_utc
from app.i18n import gettext as _
from app.queries.forecasts import outlook, verdict
from app.web.shell import moment

pages = Blueprint("outlook", __name__)


@pages.get("/outlook")
@allow("board.view")
def overview() -> ResponseReturnValue:
    """The newest forecast of the site, and how the last ones did."""
    now, site_id = now_utc(), identity().site_id
    template = "outlook/_overview.html" if request.headers.get("HX-Request") else "outlook/overview.html"
    return render_template(
        template, seen=outlook(db.session, site_id, now), verdict=verdict(db.session, site_id, now), span=span
    )


def span(row: Any, since: datetime) -> str:
    """A moment with its range in words; what lies beyond the horizon is said so."""
    if row.at is None:
        return _("beyond the horizon")
    late = moment(row.late_at) if row.late_at else "…"
    return _("%(at)s (%(early)s to %(late)s)", at=moment(row.at), early=format_time(row.early_at, "HH:mm"), late=late)
