"""What is due for inspection at a station: listed beside the work, and shown with what has to be looked at."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db
from app.errors import NotFound
from app.i18n import named
from app.queries import inspections as looked
from app.queries.stations import station_by_code
from app.web.inspections import CAUSES, KINDS

pages = Blueprint("station_due", __name__)


def due_here(site_id: int, station_id: int) -> list[dict[str, Any]]:
    """The oldest of what is due at a station: its name, what for and since when."""
    return [
        {"id": row.id, "name": KINDS[row.kind], "cause": CAUSES[row.cause], "at": row.at,
         "about": " · ".join(filter(None, (row.item.code, row.serial or row.lot or row.order)))}
        for row in looked.due_at(db.session, site_id, station_id)
    ]  # fmt: skip


@pages.get("/s/<code>/inspections/<int:inspection_id>")
@allow("station.use")
def show(code: str, inspection_id: int) -> ResponseReturnValue:
    """What has to be looked at; whoever may see quality gets its page, with the form for those who write results."""
    site_id = identity().site_id
    place, row = station_by_code(db.session, site_id, code), looked.one(db.session, site_id, inspection_id)
    if row.station is None or row.station.id != place.id:
        raise NotFound("inspection.unknown", inspection=inspection_id)
    if identity().may("quality.view"):
        return redirect(url_for("inspections.show", inspection_id=inspection_id))
    return render_template(
        "station/due.html", station={"code": place.code, "name": named(place), "state": None}, person=None, row=row,
        name=KINDS[row.kind], cause=CAUSES[row.cause], checks=looked.checks(db.session, row.plan_id),
        plan=looked.plan(db.session, site_id, row.plan_id or 0),
    )  # fmt: skip


__all__ = ["due_here", "pages"]
