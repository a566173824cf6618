"""Master data as lists to read: they are changed by import, so that files and store stay one."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, format_date
from markupsafe import Markup, escape

from app.auth import allow, identity
from app.db import db
from app.errors import NotFound
from app.i18n import lazy_gettext as _
from app.i18n import named
from app.queries.master_data import TABLES, listed, skills_of
from app.web.admin.blueprint import pages
from app.web.shell import moment, quantity

Cell = Callable[[Any], Any]


class Column(NamedTuple):
    """A column: its head and what stands in a row."""

    label: LazyString
    cell: Cell
    numeric: bool = False


SUPPLY = {"make_to_order": _("made to order"), "stock": _("made to stock"), "buy": _("bought"), "phantom": _("phantom")}
REASON_KINDS = {"scrap": _("scrap"), "rework": _("rework"), "stop": _("stop"), "hold": _("hold"), "help": _("help"),
                "correction": _("correction")}  # fmt: skip
STATES = {"approved": _("approved"), "draft": _("draft"), "retired": _("out of use"), "available": _("available"),
          "quarantine": _("in quarantine"), "expected": _("expected"), "consumed": _("used up"),
          "rejected": _("rejected"), "expired": _("expired"), "holiday": _("holiday"),
          "workday": _("make-up workday"), "hold": _("hold back"), "rate": _("slow down")}  # fmt: skip
WEEK = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
LABELS = {
    "lines": _("Lines"), "stations": _("Stations"), "machines": _("Machines"), "people": _("People"),
    "items": _("Items"), "boms": _("Bills of material"), "routings": _("Routings"), "lots": _("Lots"),
    "stock": _("Stock"), "reasons": _("Reasons"), "shifts": _("Shifts"), "calendar": _("Calendar"),
    "limit_rules": _("Limit rules"),
}  # fmt: skip


def _yes(value: bool) -> str:
    return str(_("yes")) if value else "–"


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}" + (" +1" if minutes >= 1440 else "")


def _word(words: dict[str, LazyString], value: str) -> str:
    return str(words.get(value, value))


def _link(endpoint: str, key: str, row: Any) -> Markup:
    return Markup('<a href="{}">{}</a>').format(url_for(endpoint, **{key: row.id}), row.code)


def _days(days: list[int]) -> str:
    return " ".join(str(WEEK[day]) for day in sorted(days) if 0 <= day < 7)


def _breaks(row: Any) -> str:
    return ", ".join(f"{_clock(a)}–{_clock(b)}" for a, b in row.breaks) or "–"


_CODE = Column(_("Code"), lambda row: row.code)
_NAME = Column(_("Name"), named)
_USED = Column(_("In use"), lambda row: "–" if row.retired else str(_("yes")))
COLUMNS: dict[str, tuple[Column, ...]] = {
    "lines": (_CODE, _NAME),
    "stations": (_CODE, _NAME, Column(_("Line"), lambda row: row.line),
                 Column(_("Tasks at once"), lambda row: row.capacity, True),
                 Column(_("Shifts"), lambda row: ", ".join(row.shifts or []) or str(_("all"))), _USED),
    "machines": (_CODE, _NAME, Column(_("Station"), lambda row: row.station or "–"),
                 Column(_("Connection"), lambda row: row.device or "–"), _USED),
    "people": (_CODE, _NAME, Column(_("Badge"), lambda row: row.badge or "–"),
               Column(_("Line"), lambda row: row.line or "–"),
               Column(_("Team lead"), lambda row: _yes(row.is_lead)), Column(_("Skills"), lambda row: row.id), _USED),
    "items": (_CODE, _NAME, Column(_("Supply"), lambda row: _word(SUPPLY, row.supply)),
              Column(_("Stock unit"), lambda row: row.unit), Column(_("Decimals"), lambda row: row.decimals, True),
              Column(_("Serial numbers"), lambda row: _yes(row.is_serialised)),
              Column(_("Lots"), lambda row: _yes(row.is_lot_tracked)),
              Column(_("Tolerance in percent"), lambda row: quantity(row.tolerance_percent), True), _USED),
    "boms": (Column(_("Item"), lambda row: _link("admin.bom", "bom_id", row)), _NAME,
             Column(_("Revision"), lambda row: row.revision),
             Column(_("Status"), lambda row: _word(STATES, row.status)),
             Column(_("Rows"), lambda row: row.lines, True)),
    "routings": (Column(_("Item"), lambda row: _link("admin.routing", "routing_id", row)), _NAME,
                 Column(_("Revision"), lambda row: row.revision),
                 Column(_("Status"), lambda row: _word(STATES, row.status)),
                 Column(_("Process steps"), lambda row: row.operations, True)),
    "lots": (_CODE, Column(_("Item"), lambda row: row.item), _NAME,
             Column(_("Status"), lambda row: _word(STATES, row.status)),
             Column(_("Supplier"), lambda row: row.supplier or "–"),
             Column(_("Supplier's lot"), lambda row: row.supplier_lot or "–"),
             Column(_("Received"), lambda row: moment(row.received_at)),
             Column(_("Expires"), lambda row: format_date(row.expires_on) if row.expires_on else "–")),
    "stock": (_CODE, _NAME, Column(_("Lot"), lambda row: row.lot or "–"),
              Column(_("Place"), lambda row: row.location),
              Column(_("Quantity"), lambda row: quantity(row.quantity), True),
              Column(_("Stock unit"), lambda row: row.unit)),
    "reasons": (_CODE, _NAME, Column(_("Kind"), lambda row: _word(REASON_KINDS, row.kind)), _USED),
    "shifts": (_CODE, _NAME, Column(_("Days"), lambda row: _days(row.weekdays)),
               Column(_("From"), lambda row: _clock(row.start_min)), Column(_("To"), lambda row: _clock(row.end_min)),
               Column(_("Breaks"), _breaks)),
    "calendar": (Column(_("Day"), lambda row: format_date(row.day, "full")),
                 Column(_("What"), lambda row: _word(STATES, row.kind)),
                 Column(_("Name"), lambda row: row.name or "–")),
    "limit_rules": (_CODE, Column(_("Before station"), lambda row: row.station),
                    Column(_("Limits"), lambda row: row.upstream), Column(_("Machine"), lambda row: row.machine or "–"),
                    Column(_("From backlog"), lambda row: row.high, True),
                    Column(_("Until backlog"), lambda row: row.low, True),
                    Column(_("How"), lambda row: _word(STATES, row.mode)),
                    Column(_("In use"), lambda row: _yes(row.enabled))),
}  # fmt: skip


@pages.get("/admin/data")
@allow("admin")
def tables() -> ResponseReturnValue:
    """The lists there are."""
    lists = [{"label": label, "url": url_for("admin.table", name=name)} for name, label in LABELS.items()]
    return render_template("admin/tables.html", lists=lists)


@pages.get("/admin/data/<name>")
@allow("admin")
def table(name: str) -> ResponseReturnValue:
    """One list, searched and paged."""
    if name not in TABLES:
        raise NotFound("table.unknown", name=name)
    text, page = request.args.get("q", "").strip()[:64], request.args.get("page", "")
    found = listed(db.session, identity().site_id, name, text, int(page) if page.isdecimal() and len(page) < 7 else 1)
    cells = [[column.cell(row) for column in COLUMNS[name]] for row in found.rows]
    if name == "people":
        _fill_skills(cells)
    columns = [{"label": column.label, "numeric": column.numeric} for column in COLUMNS[name]]
    return render_template(
        "admin/table.html", name=name, label=LABELS[name], columns=columns, cells=cells, found=found, text=text,
        labels=LABELS, path=url_for("admin.table", name=name),
    )  # fmt: skip


def _fill_skills(cells: list[list[Any]]) -> None:
    """The skill column holds the person's id until the skills of the page are read in one go."""
    at = next(n for n, column in enumerate(COLUMNS["people"]) if str(column.label) == str(_("Skills")))
    skills = skills_of(db.session, [row[at] for row in cells])
    for row in cells:
        row[at] = escape(", ".join(named(skill) for skill in skills.get(row[at], [])) or "–")
