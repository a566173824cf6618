"""Master data as lists to read: bills, routings and stock have pages of their own to change them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from markupsafe import Markup

from app.auth import allow, identity
from app.db import db
from app.errors import NotFound
from app.i18n import lazy_gettext as _
from app.i18n import named
from app.queries.master_data import TABLES, listed
from app.web.admin import sheet_list, sheet_words
from app.web.admin.blueprint import pages
from app.web.admin.sheet_looks import EDITED
from app.web.shell import quantity

Cell = Callable[[Any], Any]


class Column(NamedTuple):
    """A column: its head and what stands in a row."""

    label: LazyString
    cell: Cell
    numeric: bool = False


SUPPLY = {"make_to_order": _("made to order"), "stock": _("made to stock"), "buy": _("bought"), "phantom": _("phantom")}
REASON_KINDS = {"scrap": _("scrap"), "rework": _("rework"), "stop": _("stop"), "hold": _("hold"), "help": _("help"),
                "correction": _("correction"), "skip": _("skip"), "pause": _("pause"),
                "symptom": _("symptom")}  # fmt: skip
STATES = {"approved": _("approved"), "draft": _("draft"), "retired": _("out of use"), "available": _("available"),
          "quarantine": _("in quarantine"), "expected": _("expected"), "consumed": _("used up"),
          "rejected": _("rejected"), "expired": _("expired"), "holiday": _("holiday"),
          "workday": _("make-up workday"), "hold": _("hold back"), "rate": _("slow down")}  # fmt: skip
WEEK = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
LABELS = {"boms": _("Bills of material"), "routings": _("Routings"), "stock": _("Stock")}


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
    "boms": (Column(_("Item"), lambda row: _link("admin.bom", "bom_id", row)), _NAME,
             Column(_("Revision"), lambda row: row.revision),
             Column(_("Status"), lambda row: _word(STATES, row.status)),
             Column(_("Rows"), lambda row: row.lines, True)),
    "routings": (Column(_("Item"), lambda row: _link("admin.routing", "routing_id", row)), _NAME,
                 Column(_("Revision"), lambda row: row.revision),
                 Column(_("Status"), lambda row: _word(STATES, row.status)),
                 Column(_("Process steps"), lambda row: row.operations, True)),
    "stock": (_CODE, _NAME, Column(_("Lot"), lambda row: row.lot or "–"),
              Column(_("Place"), lambda row: row.location),
              Column(_("Quantity"), lambda row: quantity(row.quantity), True),
              Column(_("Stock unit"), lambda row: row.unit)),
}  # fmt: skip


PASTED: dict[str, tuple[tuple[str, LazyString], ...]] = {
    "boms": (("bom", _("Paste lines")),),
    "routings": (
        ("routings", _("Paste operations")), ("operation_stations", _("Paste their stations")),
        ("operation_links", _("Paste their links")),
    ),
}  # fmt: skip
GROUPS: tuple[tuple[LazyString, tuple[str, ...]], ...] = (
    (_("Plant"), ("areas", "lines", "stations", "machines", "locations", "limit_rules")),
    (_("People and time"), ("people", "skills", "person_skills", "shifts", "calendar", "roster")),
    (_("Products"), ("items", "units", "boms", "routings", "reasons")),
    (_("Material"), ("lots", "stock")),
)


@pages.get("/admin/data")
@allow("admin")
def tables() -> ResponseReturnValue:
    """The lists there are."""
    return render_template("admin/tables.html", groups=[_group(label, names) for label, names in GROUPS])


def _group(label: LazyString, names: tuple[str, ...]) -> tuple[LazyString, list[dict[str, Any]]]:
    words = sheet_words.LABELS | LABELS
    return label, [{"label": words[name], "url": url_for("admin.table", name=name)} for name in names]


@pages.get("/admin/data/<name>")
@allow("admin")
def table(name: str) -> ResponseReturnValue:
    """One list, searched and paged; most can be changed where they stand."""
    if name in EDITED:
        return sheet_list.show(name)
    if name not in TABLES:
        raise NotFound("table.unknown", name=name)
    text, page = request.args.get("q", "").strip()[:64], request.args.get("page", "")
    found = listed(db.session, identity().site_id, name, text, int(page) if page.isdecimal() and len(page) < 7 else 1)
    cells = [[column.cell(row) for column in COLUMNS[name]] for row in found.rows]
    columns = [{"label": column.label, "numeric": column.numeric} for column in COLUMNS[name]]
    return render_template(
        "admin/table.html", name=name, label=LABELS[name], columns=columns, cells=cells, found=found, text=text,
        labels=LABELS, pasted=PASTED.get(name, ()), path=url_for("admin.table", name=name),
    )  # fmt: skip
