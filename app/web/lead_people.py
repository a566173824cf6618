"""The lead's people: who is missing, who works where, and who looks after what."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.i18n import gettext as _
from app.queries.attendance import attendance, people, stations
from app.queries.boards import line_by_code, lines
from app.services import leading

pages = Blueprint("lead_people", __name__)


@pages.get("/lead/<code>/people")
@allow("lead.act")
def listing(code: str) -> ResponseReturnValue:
    """Who should be at the stations of a line now, and who is."""
    site_id, now = identity().site_id, now_utc()
    line = line_by_code(db.session, site_id, code)
    template = "lead/_people.html" if request.headers.get("HX-Request") else "lead/people.html"
    return render_template(
        template, line=line, rows=attendance(db.session, site_id, line.id, now),
        everybody=people(db.session, site_id), stations=stations(db.session, site_id),
    )  # fmt: skip


@pages.post("/lead/<code>/people")
@allow("lead.act")
def move(code: str) -> ResponseReturnValue:
    """Let somebody work at another station for the rest of the shift."""
    line_by_code(db.session, identity().site_id, code)
    leading.move_person(identity().site_id, _number("person"), _number("station"), actor(), now_utc())
    flash(_("Moved for the rest of the shift. The badge signs in at the new station."), "done")
    return redirect(url_for("lead_people.listing", code=code))


@pages.post("/lead/notices/<int:notice_id>/assign")
@allow("notices.act")
def assign(notice_id: int) -> ResponseReturnValue:
    """Give a notice to somebody; to nobody takes it back."""
    wanted = _number("person") if request.form.get("person") else None
    leading.assign(identity().site_id, notice_id, wanted, identity().user_id, actor(), now_utc())
    flash(_("Given away.") if wanted else _("Taken back, nobody has it now."), "done")
    wished = request.form.get("line", "")
    codes = {one.code for one in lines(db.session, identity().site_id)}
    return redirect(url_for("lead.line", code=wished) if wished in codes else url_for("lead.overview"))


def _number(name: str) -> int:
    """A number of the form; what is none names nothing that exists."""
    given = request.form.get(name, "")
    if not given.isdecimal() or len(given) > 18:
        raise NotFound("person.unknown" if name == "person" else "station.unknown", **{name: given})
    return int(given)
