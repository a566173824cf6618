"""The report of a shift or some days: looked at, printed as PDF, taken as Excel; every figure opens its rows."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, select

from app.auth import allow, identity
from app.db import db, now_utc
from app.errors import Invalid, NotFound
from app.i18n import gettext as _
from app.i18n import named
from app.models import Line, ShiftPattern
from app.queries import shift_report as look
from app.queries.known import calendar_of
from app.queries.trace_history import reports
from app.reports.workbook import workbook_of
from app.web.shell import moment, quantity
from app.web.trace_tables import Cell, Table, number, on_paper, steps, text
from app.web.trace_tables import Line as Row

pages = Blueprint("reports", __name__)
MOST_DAYS = 92


@pages.get("/reports")
@allow("reports.view")
def overview() -> ResponseReturnValue:
    """All tables of the report on one page."""
    period = _period()
    shifts = db.session.scalars(select(ShiftPattern).where(ShiftPattern.site_id == period.site_id)).all()
    lines = db.session.scalars(select(Line).where(Line.site_id == period.site_id).order_by(Line.code)).all()
    return render_template("reports/overview.html", tables=_tables(period), period=period, args=_args(period),
                           shifts=shifts, lines=lines)  # fmt: skip


@pages.get("/reports/rows")
@allow("reports.view")
def rows() -> ResponseReturnValue:
    """The reports behind a figure."""
    period, by = _period(), request.args.get("by", "")
    if by not in look.GROUPS:
        raise NotFound("results.unknown", kind=by[:40])
    key, kind = request.args.get("key", ""), request.args.get("kind")
    where = look.behind(period, by, int(key) if key.isdecimal() else None, kind if kind in look.KINDS else None)
    table = steps(reports(db.session(), and_(*where)))
    return render_template("reports/rows.html", table=table, args=_args(period))


@pages.get("/reports/report.pdf")
@allow("reports.view")
def as_pdf() -> ResponseReturnValue:
    """The report on paper."""
    from app.reports.trace_sheet import Part, Sheet, pdf

    period = _period()
    parts = [Part(table.title, table.columns, on_paper(table), table.nothing) for table in _tables(period)]
    facts = [(_("Days"), f"{period.since} – {period.until}"), (_("Made"), moment(now_utc()))]
    sheet = Sheet(_("Shift report"), facts, parts, _("Shift report"),
                  _("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"))  # fmt: skip
    return _file(pdf(sheet), "application/pdf", f"report-{period.since}.pdf")


@pages.get("/reports/report.xlsx")
@allow("reports.view")
def as_excel() -> ResponseReturnValue:
    """The report as a workbook, a sheet for each table."""
    period = _period()
    sheets = [(table.title, table.columns, [[_plain(cell) for cell in line.cells] for line in table.lines])
              for table in _tables(period)]  # fmt: skip
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(workbook_of(sheets, identity().zone), media, f"report-{period.since}.xlsx")


def _period() -> look.Period:
    today = calendar_of(db.session, identity().site_id).shift_at(now_utc().replace(second=0, microsecond=0))[1]
    since, until = _day("since", today), _day("until", today)
    if until < since or (until - since).days > MOST_DAYS:
        raise Invalid("value.wrong", field=_("Until"), value=until.isoformat())
    return look.Period(identity().site_id, since, until, _id("shift"), _id("line"))


def _day(name: str, otherwise: date) -> date:
    given = request.args.get(name, "")
    try:
        return date.fromisoformat(given) if given else otherwise
    except ValueError:
        raise Invalid("value.wrong", field=_("Date"), value=given[:40]) from None


def _id(name: str) -> int | None:
    given = request.args.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 16 else None


def _args(period: look.Period) -> dict[str, Any]:
    found = {"since": period.since.isoformat(), "until": period.until.isoformat(), "shift": period.shift_id,
             "line": period.line_id}  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def _tables(period: look.Period) -> list[Table]:
    titles = {"order": _("Output by order"), "station": _("Output by station"), "person": _("Output by person"),
              "shift": _("Output by shift"), "reason": _("Scrap by reason")}  # fmt: skip
    made = [_output(period, by, title) for by, title in titles.items()]
    return [*made, _downtime(period), _against(period)]


def _output(period: look.Period, by: str, title: str) -> Table:
    def figure(row: Any, kind: str) -> Cell:
        url = url_for("reports.rows", by=by, key=row.id, kind=kind, **_args(period))
        return Cell(quantity(getattr(row, kind)), url if getattr(row, kind) else None, numeric=True)

    kinds = ("scrap",) if by == "reason" else look.KINDS
    words = {"good": _("Good"), "scrap": _("Scrap"), "rework": _("Rework")}
    lines = [
        Row((text(row.code or _("not named")), text(named(row) if row.code else None),
             *(figure(row, kind) for kind in kinds)))
        for row in look.output(db.session(), period, by)
    ]  # fmt: skip
    columns = (_("Code"), _("Name"), *(words[kind] for kind in kinds))
    return Table(by, title, columns, lines, _("Nothing was reported in this time."))


def _downtime(period: look.Period) -> Table:
    zone = ZoneInfo(identity().zone)
    begins = datetime.combine(period.since, time(), zone)
    ends = datetime.combine(period.until + timedelta(days=1), time(), zone)
    lines = [
        Row((Cell(row.machine, url_for("devices.listing")), text(row.station), text(row.reason),
             text(moment(row.started_at)), text(moment(row.ended_at)), number(minutes)))
        for row, minutes in look.downtime(db.session(), period, begins, ends, now_utc())
    ]  # fmt: skip
    columns = (_("Machine"), _("Station"), _("Reason"), _("From"), _("Until"), _("Minutes"))
    return Table("downtime", _("Downtime"), columns, lines, _("No machine stood in this time."))


def _against(period: look.Period) -> Table:
    lines = []
    for one in look.against(db.session(), period):
        order, done, planned = one.order, one.progress, one.planned
        ends = order.completed_at or (planned.end_at if planned else None)
        late = ends is not None and ends > order.due_at
        lines.append(Row((
            Cell(order.code, url_for("orders.show", order_id=order.id)), text(order.title),
            Cell("", state=order.status), number(done.quantity if done else None), number(done.good if done else None),
            text(moment(order.due_at)), text(moment(planned.end_at if planned else None)),
            text(moment(order.completed_at)), text(_("late") if late else None),
        ), "crit" if late else ""))  # fmt: skip
    columns = (_("Order"), _("Title"), _("Status"), _("Planned"), _("Good"), _("Due"), _("Planned end"),
               _("Completed"), _("Late"))  # fmt: skip
    return Table("against", _("Plan against actual"), columns, lines, _("No order was worked on in this time."))


def _plain(cell: Cell) -> Any:
    """Figures as figures; what is written with signs for thousands is read back."""
    if cell.numeric:
        try:
            return Decimal(cell.text.replace(",", ""))
        except InvalidOperation:
            return None
    return cell.text or cell.state or ""


def _file(body: bytes, media: str, name: str) -> Response:
    answer = Response(body, mimetype=media)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
