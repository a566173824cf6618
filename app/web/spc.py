"""Control charts: which characteristic drifts, with the broken rule named, and the plan that watches it."""

import csv
import io
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, format_decimal

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid
from app.formula import safe
from app.i18n import gettext as _
from app.i18n import lazy_gettext
from app.queries import charts
from app.queries.charts import Drawn, Setting
from app.services import control_plans
from app.web.shell import moment
from app.words import sentence

pages = Blueprint("spc", __name__)
CHARTS: dict[str, LazyString] = {
    "i-mr": lazy_gettext("I-MR: single values"), "xbar-r": lazy_gettext("X̄-R: means and ranges"),
    "xbar-s": lazy_gettext("X̄-s: means and deviations"), "p": lazy_gettext("p: share out of limits"),
    "np": lazy_gettext("np: number out of limits"), "c": lazy_gettext("c: count out of limits"),
    "u": lazy_gettext("u: count out of limits per piece"),
}  # fmt: skip
RULES: dict[int, LazyString] = {
    1: lazy_gettext("one point beyond a limit"), 2: lazy_gettext("nine points on one side of the centre"),
    3: lazy_gettext("six points rising or falling"), 4: lazy_gettext("fourteen points up and down by turns"),
    5: lazy_gettext("two of three points beyond two sigma on one side"),
    6: lazy_gettext("four of five points beyond one sigma on one side"),
    7: lazy_gettext("fifteen points within one sigma"),
    8: lazy_gettext("eight points beyond one sigma on both sides"),
    9: lazy_gettext("eight points on one side of the centre"),
}  # fmt: skip
NAMES = {"x": "X̄", "r": "R", "s": "s", "i": "I", "mr": "MR"}


@pages.get("/quality/charts")
@allow("quality.view")
def overview() -> ResponseReturnValue:
    """The characteristics that are measured."""
    return render_template("spc/overview.html", rows=charts.listed(db.session, identity().site_id))


def _setting(source: Any, usual: Setting) -> Setting:
    """A chart as the address or form asks for it; what it does not say is the plan's."""
    if "chart" not in source:
        return usual
    return Setting(source.get("chart", ""), _whole(source.get("size"), 1) or 1, source.get("rules", "nelson"),
                   _whole(source.get("phase"), None), _whole(source.get("count"), 200) or 200)  # fmt: skip


def _whole(value: str | None, usual: int | None) -> int | None:
    if not value:
        return usual
    if not value.isdecimal() or len(value) > 6:
        raise Invalid("value.wrong", field="size", value=value[:20])
    return int(value)


@pages.get("/quality/charts/<int:characteristic_id>")
@allow("quality.view")
def show(characteristic_id: int) -> ResponseReturnValue:
    """The chart of one characteristic."""
    check = charts.one(db.session, identity().site_id, characteristic_id)
    usual, opens_case = charts.setting_of(db.session, characteristic_id)
    setting = _setting(request.args, usual)
    points = charts.values(db.session, characteristic_id, setting.count)
    chart, refusal = None, None
    try:
        chart = charts.drawn(points, setting, check.lower, check.upper)
    except Invalid as error:
        refusal = sentence(error)
    return render_template(
        "spc/show.html", check=check, setting=setting, opens_case=opens_case, chart=chart, refusal=refusal,
        kinds=CHARTS, drawing=_drawing(chart) if chart else None, broken=_broken(chart) if chart else [],
        indices=_indices(chart) if chart else [], count=len(points),
    ), 200 if chart else 422 if "chart" in request.args else 200  # fmt: skip


def _drawing(chart: Drawn) -> list[dict[str, Any]]:
    """Both halves for the script: points, limits, and the places where a rule is broken."""
    labels = [moment(group[-1].at) for group in chart.groups]
    return [
        {"name": NAMES.get(line.name, line.name), "points": line.points, "centre": line.centre, "lower": line.lower,
         "upper": line.upper, "labels": labels[len(labels) - len(line.points):],
         "hits": sorted({hit.last for hit in line.hits})}
        for line in chart.lines
    ]  # fmt: skip


def _broken(chart: Drawn) -> list[dict[str, Any]]:
    found = []
    for line in chart.lines:
        for hit in line.hits:
            group = charts.behind(chart, line, hit)
            found.append({
                "line": NAMES.get(line.name, line.name), "point": hit.last + 1, "rule": hit.rule,
                "words": RULES[hit.rule], "at": group[-1].at, "value": format_decimal(line.points[hit.last], "0.####"),
                "units": [(point.unit_id, point.serial) for point in group if point.unit_id][:5],
            })  # fmt: skip
    return found[::-1]


def _indices(chart: Drawn) -> list[tuple[str, str]]:
    pairs = [("Cp", chart.able and chart.able.cp), ("Cpk", chart.able and chart.able.cpk),
             ("Pp", chart.shown and chart.shown.cp), ("Ppk", chart.shown and chart.shown.cpk)]  # fmt: skip
    rows = [(name, "–" if value is None else format_decimal(value, "0.00")) for name, value in pairs if chart.able]
    if chart.able:
        word = _("too few values") if chart.fit is None else (
            _("nothing speaks against it (p %(p)s)", p=format_decimal(chart.fit.p, "0.00")) if chart.fit.is_normal
            else _("not normal (p %(p)s): the indices mislead", p=format_decimal(chart.fit.p, "0.000"))
        )  # fmt: skip
        rows.append((_("Normal values"), word))
    return rows


@pages.post("/quality/charts/<int:characteristic_id>")
@allow("quality.edit")
def save(characteristic_id: int) -> ResponseReturnValue:
    """Keep the chart as the control plan of the characteristic."""
    setting = _setting(request.form, Setting())
    control_plans.save(identity().site_id, characteristic_id, setting, bool(request.form.get("opens_case")), actor(),
                       now_utc())  # fmt: skip
    flash(_("The control plan is saved."), "done")
    return redirect(url_for("spc.show", characteristic_id=characteristic_id))


@pages.get("/quality/charts/<int:characteristic_id>.csv")
@allow("export")
def export(characteristic_id: int) -> Response:
    """The values of a chart as a file that ``python -m quality spc`` reads."""
    check = charts.one(db.session, identity().site_id, characteristic_id)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("time", "value"))
    for point in charts.values(db.session, characteristic_id, charts.MOST):
        writer.writerow((point.at.isoformat(), safe(str(point.value))))
    answer = Response(out.getvalue(), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{check.item}-{check.code}.csv")
    return answer


__all__ = ["pages"]
