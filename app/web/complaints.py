"""Complaints: what customers complain about, and what the units that they complain about share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, format_decimal, format_percent
from werkzeug.datastructures import MultiDict

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid
from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.queries import complaints as asked
from app.queries import quality as looked
from app.queries.complaint_names import Names
from app.queries.complaints import Wish
from app.queries.containment import sorted_out
from app.queries.trace import Node
from app.queries.trace_things import things
from app.services import complaints, containment
from app.web.chart_svg import interval
from app.web.trace_tables import Cell, Line, Table, address, as_csv, linked, text, things_table
from app.web.when import local_moment

pages = Blueprint("complaints", __name__)
PERIODS = {"30": lazy_gettext("Last 30 days"), "90": lazy_gettext("Last 90 days"), "365": lazy_gettext("Last year"),
           "1825": lazy_gettext("Last five years")}  # fmt: skip
KINDS: dict[str, LazyString] = {
    "station": lazy_gettext("Station"), "machine": lazy_gettext("Machine"), "person": lazy_gettext("Person"),
    "shift": lazy_gettext("Shift"), "day": lazy_gettext("Day"), "item": lazy_gettext("Item"),
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A candidate as it is shown: its words, its figures as text, the picture of its interval, where it leads."""

    words: list[str]
    same: list[str]
    units: int
    complaints: int
    rate: str
    rest: str
    ratio: str
    between: str
    picture: dict[str, float]
    chance: str
    apart: str
    claimed: bool
    url: str


def _wish(source: Any = None) -> Wish:
    now = now_utc()
    source = request.args if source is None else source
    return Wish(identity().site_id, now - timedelta(days=int(_days(source))), now + timedelta(minutes=1),
                _number(source.get("symptom")), _number(source.get("item")))  # fmt: skip


def _days(source: Any) -> str:
    return source.get("days") if source.get("days") in PERIODS else "90"


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and len(value) < 19 else None


def _kept(source: Any) -> dict[str, str]:
    return {name: source[name] for name in ("days", "symptom", "item") if source.get(name)}


@pages.get("/quality/complaints")
@allow("quality.view")
def overview() -> ResponseReturnValue:
    """The complaints of a period, and the causes that their units share."""
    site_id, wish = identity().site_id, _wish()
    answer = asked.analysis(db.session, wish)
    names = Names(db.session, site_id, answer.made)
    rows = [_shown(one, names) for one in answer.finding.candidates]
    found = answer.finding
    rate = percent(found.complaints / found.units) if found.units else "–"
    return render_template(
        "complaints/overview.html", rows=asked.listing(db.session, wish, 200), candidates=rows[:10], finding=found,
        rate=rate, days=_days(request.args), periods=PERIODS, symptoms=looked.reasons(db.session, site_id, "symptom"),
        items=asked.items(db.session, site_id), wish=wish, address=address, node=Node, kept=_kept(request.args),
    )  # fmt: skip


def percent(share: float) -> str:
    """A share as people write it, with two figures below ten in a hundred."""
    return format_percent(share, "#,##0.00%" if share < 0.1 else "#,##0.0%")


def _shown(one: asked.Candidate, names: Names) -> Shown:
    parts = {str(key): str(level) for key, level in one.parts}
    where = MultiDict([("part", f"{key}={level}") for key, level in parts.items()])
    return Shown(
        [_part(names, *part) for part in parts.items()],
        [" + ".join(_part(names, str(key), str(level)) for key, level in same) for same in one.same], one.units,
        one.complaints, percent(one.rate), percent(one.rest_rate), figure(one.ratio),
        _("%(low)s to %(high)s", low=figure(one.low), high=figure(one.high)), interval(one.ratio, one.low, one.high),
        _("below 0.0001") if one.adjusted < 0.0001 else format_decimal(one.adjusted, "0.0000"),
        "–" if one.apart is None else figure(one.apart), one.claimed,
        url_for("complaints.units", **_kept(request.args), part=where.getlist("part")),
    )  # fmt: skip


def figure(ratio: float) -> str:
    """A ratio with as many figures as it deserves."""
    return "∞" if ratio > 9999 else format_decimal(ratio, "#,##0" if ratio >= 100 else "0.0" if ratio >= 10 else "0.00")


def _part(names: Names, factor: str, level: str) -> str:
    scope, _slash, kind = factor.partition("/")
    what = names.level(factor, level)
    if scope == "lot":
        return _("Lot %(lot)s of %(item)s", lot=what, item=named(names.factor(factor)))
    if scope == "value":
        return _("%(value)s from %(low)s to %(high)s", value=named(names.factor(factor)) or kind,
                 low=level.partition("…")[0], high=level.partition("…")[2])  # fmt: skip
    word = KINDS.get(kind, kind)
    if not scope:
        return f"{word} {what}"
    return _("%(kind)s %(what)s at %(operation)s", kind=word, what=what, operation=named(names.factor(factor)) or scope)


def _parts(source: Any) -> dict[str, str]:
    parts = dict(part.partition("=")[::2] for part in source.getlist("part")[:2])
    if not parts:
        raise Invalid("value.missing", field="part")
    return parts


@pages.get("/quality/complaints/units")
@allow("quality.view")
def units() -> ResponseReturnValue:
    """The units that share a level, those with complaints first, and how to contain them."""
    site_id, parts = identity().site_id, _parts(request.args)
    found, bad = asked.sharing(db.session, _wish(), parts)
    known = things(db.session, site_id, [Node("unit", key) for key in found[:2000]])
    rows = sorted(known.values(), key=lambda one: (int(one.node.id) not in bad, one.code))
    table = things_table("units", _("Units that share it"), rows)
    names = Names(db.session, site_id, None)
    what = sorted_out(db.session, site_id, found)
    return render_template(
        "complaints/units.html", table=_marked(table, rows, bad), words=[_part(names, *part) for part in parts.items()],
        affected=len(found), complained=len(bad.intersection(found)), here=len(what.units), away=len(what.away),
        parts=request.args.getlist("part"), kept=_kept(request.args),
        reasons=looked.reasons(db.session, site_id, "hold"), more=len(found) > len(rows),
    )  # fmt: skip


def _marked(table: Table, rows: list[Any], bad: frozenset[int]) -> Table:
    lines = [
        Line((*line.cells, text(_("yes") if int(row.node.id) in bad else "")), line.tone)
        for line, row in zip(table.lines, rows, strict=True)
    ]
    return Table(table.key, table.title, (*table.columns, _("Complaint")), lines, _("No unit has it."))


@pages.post("/quality/complaints/contain")
@allow("quality.edit")
def contain() -> ResponseReturnValue:
    """Hold every unit that shares a level, and put on the recall list what is with customers."""
    parts, site_id = _parts(request.form), identity().site_id
    found, _bad = asked.sharing(db.session, _wish(request.form), parts)
    what = sorted_out(db.session, site_id, found, asked.lots_of(db.session, site_id, parts))
    row_id = containment.contain(site_id, what, request.form.get("title", ""), _number(request.form.get("reason")),
                                 identity().user_id, actor(), now_utc())  # fmt: skip
    flash(_("Everything affected is held now. Somebody else has to release it."), "done")
    return redirect(url_for("quality.case", row_id=row_id))


@pages.post("/quality/complaints")
@allow("quality.edit")
def register() -> ResponseReturnValue:
    """Write complaints: one symptom, one or many serials."""
    form: Mapping[str, str] = request.form
    at: datetime = local_moment(form.get("received_at"), "received_at") if form.get("received_at") else now_utc()
    serials = form.get("serials", "").replace(",", "\n").replace(";", "\n").split()
    made = complaints.register(identity().site_id, serials, _number(form.get("symptom")), at,
                               form.get("customer_ref", ""), form.get("note", ""), identity().user_id, actor(),
                               now_utc())  # fmt: skip
    flash(_("%(count)s complaints are written down.", count=len(made)), "done")
    return redirect(url_for("complaints.overview", **_kept(request.args)))


@pages.get("/quality/complaints.csv")
@allow("export")
def export() -> Response:
    """The complaints that are asked for, as CSV."""
    lines = [
        Line((text(row.code), linked(row.serial, "unit", row.unit_id), text(row.item.code), text(named(row.symptom)),
              Cell(row.received_at.isoformat()), text(row.customer_ref), text(row.note)))
        for row in asked.listing(db.session, _wish(), 100_000)
    ]  # fmt: skip
    columns = (_("Number"), _("Unit"), _("Item"), _("Symptom"), _("Received"), _("Customer"), _("Note"))
    return as_csv(Table("complaints", _("Complaints"), columns, lines), "gongxu")


__all__ = ["figure", "pages", "percent"]
