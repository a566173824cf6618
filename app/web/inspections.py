"""Inspections: what is due for the inspectors, the form of one with its sample, and its result."""

from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid, Refused
from app.i18n import gettext as _
from app.i18n import lazy_gettext
from app.queries import inspections as looked
from app.queries.inspections import Due
from app.queries.trace import Node
from app.services import inspection_results
from app.services.inspection_results import Found
from app.web.actions import today
from app.web.trace_tables import address
from app.web.when import local_moment
from app.words import sentence

pages = Blueprint("inspections", __name__)
KINDS: dict[str, LazyString] = {
    "first_article": lazy_gettext("First article"), "in_process": lazy_gettext("In process"),
    "final": lazy_gettext("Final inspection"), "incoming": lazy_gettext("Incoming inspection"),
}  # fmt: skip
CAUSES: dict[str, LazyString] = {
    "order_start": lazy_gettext("start of the order"), "setup": lazy_gettext("after a set-up"),
    "shift": lazy_gettext("start of the shift"), "pieces": lazy_gettext("so many pieces"),
    "minutes": lazy_gettext("so many minutes"), "last_operation": lazy_gettext("last operation"),
    "receipt": lazy_gettext("goods received"),
}  # fmt: skip
VIEWS: dict[str, LazyString] = {
    "due": lazy_gettext("Due"),
    "done": lazy_gettext("Done"),
    "fail": lazy_gettext("Failed"),
}


@pages.get("/quality/inspections")
@allow("quality.view")
def overview() -> ResponseReturnValue:
    """What has to be inspected, or what was."""
    site_id, view = identity().site_id, request.args.get("view", "due")
    view = view if view in VIEWS else "due"
    rows = (
        looked.due(db.session, site_id) if view == "due"
        else looked.done(db.session, site_id, "fail" if view == "fail" else "")
    )  # fmt: skip
    found = looked.counts(db.session, site_id)
    counts = {"due": found.get("open", 0), "done": found.get("pass", 0) + found.get("fail", 0),
              "fail": found.get("fail", 0)}  # fmt: skip
    gauges = [row for row in looked.instruments(db.session, site_id) if not row.retired]
    return render_template(
        "inspections/overview.html", rows=rows, view=view, views=VIEWS, counts=counts, kinds=KINDS, causes=CAUSES,
        address=address, Node=Node, overdue=sum(row.due_on < today() for row in gauges), most=looked.MOST,
        has_plans=bool(rows) or bool(looked.plans(db.session, site_id)),
    )  # fmt: skip


@pages.get("/quality/inspections/<int:inspection_id>")
@allow("quality.view")
def show(inspection_id: int) -> ResponseReturnValue:
    """One inspection: the form while it is due, its values when it is done."""
    return _page(looked.one(db.session, identity().site_id, inspection_id), {}, None)


def _page(row: Due, typed: Any, refusal: str | None) -> str:
    site_id = identity().site_id
    checks = looked.checks(db.session, row.plan_id)
    gauges = looked.instruments(db.session, site_id) if row.verdict == "open" else []
    return render_template(
        "inspections/show.html", row=row, checks=checks, typed=typed, refusal=refusal, kinds=KINDS, causes=CAUSES,
        gauges=gauges, today=today(), address=address, Node=Node, results=looked.results(db.session, row.id),
        plan=looked.plan(db.session, site_id, row.plan_id or 0),
    )  # fmt: skip


@pages.post("/quality/inspections/<int:inspection_id>")
@allow("quality.edit")
def record(inspection_id: int) -> ResponseReturnValue:
    """Write the result; what is refused stays in the form as it was typed."""
    site_id, form = identity().site_id, request.form
    row = looked.one(db.session, site_id, inspection_id)
    codes = [check.code for check in looked.checks(db.session, row.plan_id)]
    try:
        measured = local_moment(form["measured_at"], "measured_at") if form.get("measured_at") else None
        found = Found({code: form.get(f"value-{code}", "") for code in codes},
                      {code: form.get(f"with-{code}", "") for code in codes}, form.get("units", ""), measured,
                      form.get("note", ""))  # fmt: skip
        verdict = inspection_results.record(site_id, inspection_id, found, identity().user_id, actor(), now_utc())
    except Refused as error:
        if error.status == 404:
            raise
        db.session.rollback()
        return _page(looked.one(db.session, site_id, inspection_id), form, sentence(error)), error.status
    if verdict == "pass":
        flash(_("Passed."), "done")
    else:
        flash(_("Failed: a nonconformance is open, and what it reaches is held."), "warning")
    return redirect(url_for("inspections.show", inspection_id=inspection_id))


def decimal(source: Any, name: str) -> Decimal | None:
    """A number from a form, None when the field is empty; Invalid when it is none."""
    value = source.get(name, "").strip()
    if not value:
        return None
    try:
        number = Decimal(value.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= 10**12 or round(number, 6) != number:
        raise Invalid("value.wrong", field=name, value=value[:40])
    return number


def whole(source: Any, name: str) -> int | None:
    """A whole number from a form, None when the field is empty; Invalid when it is none."""
    value = source.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdecimal()) or len(value) > 9:
        raise Invalid("value.wrong", field=name, value=value[:40])
    return int(value)


__all__ = ["CAUSES", "KINDS", "decimal", "pages", "whole"]
