"""Output of people, for piece work and hourly work: a day or a period, on a page and as CSV."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.i18n import gettext as _
from app.i18n import named
from app.queries.known import shift_of
from app.queries.output import Output, output
from app.queries.stations import station_view
from app.web.corrections import day_of
from app.web.download import as_csv

pages = Blueprint("output", __name__)


@pages.get("/output")
@allow("lead.act")
def listing() -> ResponseReturnValue:
    """Everybody's output of a period, today unless it says another."""
    first, last = _period()
    rows = output(db.session, identity().site_id, first, last, now_utc())
    return render_template("lead/output.html", rows=rows, first=first, last=last)


@pages.get("/output.csv")
@allow("lead.act")
def sheet() -> ResponseReturnValue:
    """The same by person and operation, for the wages office; the formula stands in its last column."""
    first, last = _period()
    header = [_("From"), _("To"), _("Code"), _("Name"), _("Item"), _("Operation"), _("Good"), _("Scrap"), _("Rework"),
              _("Minutes each"), _("Standard minutes"), _("Run minutes"), _("Setup minutes"), _("Pause minutes"),
              _("Forgotten"), _("Formula")]  # fmt: skip
    rows = output(db.session, identity().site_id, first, last, now_utc())
    return as_csv(f"output-{first}-{last}", header, _lines(rows, first, last))


@pages.get("/s/<code>/output")
@allow("station.use")
def mine(code: str) -> ResponseReturnValue:
    """The output of today of whoever is signed in at a station."""
    now, site_id = now_utc(), identity().site_id
    view = station_view(db.session, site_id, code, now)
    today = shift_of(db.session, site_id, now)[1]
    here = [one for one in (view.person, *view.crew) if one is not None]
    rows = [row for one in here for row in output(db.session, site_id, today, today, now, one.id)]
    return render_template("station/output.html", rows=rows, day=today, here=here,
                           station={"code": view.station.code, "name": named(view.station)})  # fmt: skip


def _period() -> tuple[date, date]:
    today = shift_of(db.session, identity().site_id, now_utc())[1]
    first = day_of(request.args.get("from"), today)
    return first, max(first, day_of(request.args.get("to"), today))


def _lines(rows: list[Output], first: date, last: date) -> Iterator[list[str]]:
    for one in rows:
        times = [_number(one.minutes[kind]) for kind in ("run", "setup", "pause")]
        who = [str(first), str(last), one.person.code, named(one.person)]
        for work in one.work.values() or ():
            pieces = [_number(value) for value in (work.good, work.scrap, work.rework, work.piece_min, work.earned_min)]
            yield [*who, work.item, named(work), *pieces, "", "", "", "", _("good × minutes each")]
        sums = [_number(one.total(name)) for name in ("good", "scrap", "rework")]
        yield [*who, "", _("all"), *sums, "", _number(one.total("earned_min")), *times, str(one.forgotten),
               _("standard minutes ÷ run minutes = %(share)s", share=_number(one.performance))]  # fmt: skip


def _number(value: Decimal | None) -> str:
    return "" if value is None else format(round(value, 2).normalize(), "f")
