"""Results for other systems and for people with a spreadsheet: looked at and taken as CSV or Excel."""

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.errors import Invalid, NotFound
from app.i18n import gettext as _
from app.queries import results as look
from app.reports.workbook import workbook

pages = Blueprint("results", __name__)
SHOWN, MOST_DAYS = 100, 366


@pages.get("/results")
@allow("export")
def overview() -> ResponseReturnValue:
    """The results of some days, one kind at a time."""
    kind, since, until = _wish()
    rows = _rows(kind, since, until)
    labels = {"completions": _("Completions"), "scrap": _("Scrap"), "consumption": _("Consumption"),
              "labour": _("Labour"), "downtime": _("Downtime")}  # fmt: skip
    days = {"since": since.date().isoformat(), "until": (until - timedelta(days=1)).date().isoformat()}
    tabs = [{"label": labels[name], "url": url_for("results.overview", kind=name, **days), "active": name == kind}
            for name in look.KINDS]  # fmt: skip
    words = _words()
    shown = [[_shown(value) for value in row] for row in rows[:SHOWN]]
    return render_template("results/overview.html", kind=kind, days=days, tabs=tabs, rows=shown, total=len(rows),
                           columns_shown=[{"label": words[name]} for name in look.COLUMNS[kind]])  # fmt: skip


def _words() -> dict[str, str]:
    """What a person calls the columns; the files keep the names that programs know from the feeds."""
    return {
        "report": _("Report"), "reverses": _("Takes back"), "at": _("When"), "business_date": _("Business day"),
        "erp_number": _("ERP number"), "order": _("Order"), "operation": _("Operation"),
        "is_final": _("Last operation"),
        "item": _("Item"), "unit": _("Unit"), "quantity": _("Quantity"), "station": _("Station"),
        "machine": _("Machine"), "person": _("Person"), "reason": _("Reason"), "id": _("Number"),
        "stock_unit": _("Stock unit"), "lot": _("Lot"), "supplier_lot": _("Supplier lot"),
        "component": _("Component"), "into": _("Into"), "started_at": _("From"), "ended_at": _("Until"),
        "minutes": _("Minutes"), "kind": _("Kind"),
    }  # fmt: skip


@pages.get("/results/<kind>.csv")
@allow("export")
def as_csv(kind: str) -> ResponseReturnValue:
    """The results as a file that Excel reads, too."""
    kind, since, until = _wish(kind)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(look.COLUMNS[kind])
    writer.writerows([look.text(value) for value in row] for row in _rows(kind, since, until))
    return _file("\ufeff" + out.getvalue(), "text/csv", f"{kind}-{since.date()}.csv")


@pages.get("/results/<kind>.xlsx")
@allow("export")
def as_excel(kind: str) -> ResponseReturnValue:
    """The results as a workbook; figures stay figures."""
    kind, since, until = _wish(kind)
    made = workbook(kind, look.COLUMNS[kind], _rows(kind, since, until), identity().zone)
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(made, media, f"{kind}-{since.date()}.xlsx")


def _wish(kind: str | None = None) -> tuple[str, datetime, datetime]:
    kind = kind or request.args.get("kind", look.KINDS[0])
    if kind not in look.KINDS:
        raise NotFound("results.unknown", kind=kind[:40])
    zone = ZoneInfo(identity().zone)
    today = now_utc().astimezone(zone).date()
    since, until = _day("since", today), _day("until", today)
    if until < since or (until - since).days > MOST_DAYS:
        raise Invalid("value.wrong", field=_("Until"), value=until.isoformat())
    return kind, datetime.combine(since, time(), zone), datetime.combine(until + timedelta(days=1), time(), zone)


def _day(name: str, otherwise: date) -> date:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        raise Invalid("value.wrong", field=_("Date"), value=text[:40]) from None


def _rows(kind: str, since: datetime, until: datetime) -> list[tuple[Any, ...]]:
    return look.between(db.session(), identity().site_id, kind, since, until)


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(identity().zone)).strftime("%Y-%m-%d %H:%M:%S")
    return look.text(value) or "–"


def _file(body: str | bytes, media: str, name: str) -> Response:
    answer = Response(body, mimetype=media)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
