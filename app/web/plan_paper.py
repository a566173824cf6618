"""The plan on paper and as a file, by station and shift."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.i18n import gettext as _
from app.i18n import named
from app.models import Plan
from app.queries import plan_board
from app.queries.plan_board import Filters, code_of
from app.queries.shifts import Calendar, calendar
from app.web.plan import shown
from app.web.plan_words import draft_name
from app.web.shell import moment, quantity

pages = Blueprint("plan_paper", __name__)
DAYS = 2  # what hangs at a station is for today and tomorrow; the file has all


@pages.get("/plan/sheet.pdf")
@allow("export")
def sheet() -> ResponseReturnValue:
    """The coming days of the plan, a table for every station and shift; ``days`` says how many."""
    from app.reports.plan_sheet import Block, PlanSheet, pdf

    plan = shown()
    if plan is None:
        raise NotFound("plan.none")
    wanted = request.args.get("days", "")
    days = min(31, int(wanted)) if wanted.isdecimal() and len(wanted) < 4 and int(wanted) else DAYS
    now = now_utc()
    rows = coming(plan, now, now + timedelta(days=days))
    blocks = [
        Block(f"{station} · {when}", [_cells(row) for row in mine]) for (station, when), mine in _by_shift(rows)
    ]  # fmt: skip
    title = _("Plan") if plan.status != "draft" else _("Draft: %(name)s", name=draft_name(plan))
    facts = _("Made %(made)s · next %(days)s days from %(now)s", made=moment(plan.published_at), days=days,
              now=moment(now))  # fmt: skip
    columns = (_("Start"), _("End"), _("Task"), _("Operation"), _("Quantity"), _("Due"))
    made = pdf(PlanSheet(title, facts, columns, blocks, _("Nothing is planned in these days."),
                         _("Printed %(time)s", time=moment(now)),
                         _("Page %(page)s of %(pages)s", page="{page}", pages="{pages}")))  # fmt: skip
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = "inline; filename=plan.pdf"
    return answer


def coming(plan: Plan, since: datetime, until: datetime) -> list[Any]:
    """Planned tasks that touch a stretch of time, by station and start."""
    rows = plan_board.all_tasks(db.session, identity().site_id, plan.id, Filters(sort="station"))
    return [row for row in rows if row.end_at > since and row.start_at < until]


def shift_word(found: Calendar, names: dict[int, Any], at: datetime) -> str:
    """The business date and shift a start lies in; a night shift's date is the day it began."""
    shift_id, day = found.shift_at(at)
    return f"{day.isoformat()} {named(names.get(shift_id)) if shift_id in names else ''}".strip()


def _by_shift(rows: list[Any]) -> list[tuple[tuple[str, str], list[Any]]]:
    found, names = shifts()
    keyed = [
        ((f"{row.station_code} {named(_Station(row))}", shift_word(found, names, row.start_at)), row) for row in rows
    ]
    return [(key, [row for _key, row in mine]) for key, mine in groupby(keyed, key=lambda pair: pair[0])]


def shifts() -> tuple[Calendar, dict[int, Any]]:
    """The calendar of the site and its shifts by id."""
    site_id = identity().site_id
    return calendar(db.session, site_id), plan_board.shift_names(db.session, site_id)


def _cells(row: Any) -> tuple[str, ...]:
    late = f" · {_('late')}" if row.is_late else ""
    return (moment(row.start_at, "MM-dd HH:mm"), moment(row.end_at, "MM-dd HH:mm"), code_of(row), named(row),
            quantity(row.quantity), moment(row.due_at, "MM-dd HH:mm") + late)  # fmt: skip


class _Station:
    """A station's names out of a joined row."""

    def __init__(self, row: Any) -> None:
        self.code, self.name, self.name_zh = row.station_code, row.station_name, row.station_name_zh
