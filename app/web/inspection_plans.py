"""Inspection plans: what is inspected when, and within which limits."""

from decimal import Decimal

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.i18n import gettext as _
from app.queries import inspections as looked
from app.services import inspection_plans
from app.services.inspection_plans import Check, Plan
from app.web.inspections import KINDS, decimal, whole
from quality.sampled import sample
from quality.sampling import AQLS, LEVELS

pages = Blueprint("inspection_plans", __name__)
_CHOICES = [(f"{value:g}", f"{value:g}") for value in AQLS if value <= 10]
_LEVELS = [(name, name) for name in LEVELS]
_SHOWN = (50, 500, 5000)


@pages.get("/quality/inspection-plans")
@allow("quality.view")
def overview() -> ResponseReturnValue:
    """All plans."""
    site_id = identity().site_id
    return render_template(
        "inspections/plans.html", rows=looked.plans(db.session, site_id), kinds=KINDS, aqls=_CHOICES, levels=_LEVELS,
        operations=looked.operations(db.session, site_id),
    )  # fmt: skip


def _wish(item: str = "", kind: str = "", operation: str = "") -> Plan:
    form = request.form
    return Plan(item, kind, operation, form.get("by", "pieces"), whole(form, "every"), whole(form, "pieces") or 1,
                form.get("level", "II"), decimal(form, "aql"), form.get("instruction", ""))  # fmt: skip


@pages.post("/quality/inspection-plans")
@allow("quality.edit")
def create() -> ResponseReturnValue:
    """Make a plan."""
    form = request.form
    wish = _wish(form.get("item", ""), form.get("kind", ""), form.get("operation", ""))
    plan_id = inspection_plans.create(identity().site_id, wish, actor(), now_utc())
    flash(_("The plan is made. Add what is looked at."), "done")
    return redirect(url_for("inspection_plans.show", plan_id=plan_id))


@pages.get("/quality/inspection-plans/<int:plan_id>")
@allow("quality.view")
def show(plan_id: int) -> ResponseReturnValue:
    """One plan with its characteristics, and the samples it asks for."""
    row = looked.plan(db.session, identity().site_id, plan_id)
    samples = [(size, sample(Decimal(size), row.level, row.aql)) for size in _SHOWN] if row.aql is not None else []
    return render_template("inspections/plan.html", row=row, checks=looked.checks(db.session, plan_id), kinds=KINDS,
                           aqls=_CHOICES, levels=_LEVELS, samples=samples)  # fmt: skip


@pages.post("/quality/inspection-plans/<int:plan_id>")
@allow("quality.edit")
def change(plan_id: int) -> ResponseReturnValue:
    """Change how often and how many, or switch it off."""
    looked.plan(db.session, identity().site_id, plan_id)
    active = bool(request.form.get("active"))
    inspection_plans.change(identity().site_id, plan_id, _wish(), active, actor(), now_utc())
    flash(_("The plan is saved. What is due already keeps its sample."), "done")
    return redirect(url_for("inspection_plans.show", plan_id=plan_id))


@pages.post("/quality/inspection-plans/<int:plan_id>/checks")
@allow("quality.edit")
def add_check(plan_id: int) -> ResponseReturnValue:
    """Add a characteristic, or write one of the same code anew."""
    looked.plan(db.session, identity().site_id, plan_id)
    form = request.form
    wish = Check(form.get("code", ""), form.get("name", ""), form.get("kind", "variable"), form.get("unit", ""),
                 decimal(form, "lower"), decimal(form, "target"), decimal(form, "upper"),
                 bool(form.get("by_instrument")))  # fmt: skip
    inspection_plans.add_check(identity().site_id, plan_id, wish, actor(), now_utc())
    return redirect(url_for("inspection_plans.show", plan_id=plan_id) + "#checks")


@pages.post("/quality/inspection-plans/<int:plan_id>/checks/<int:check_id>/retire")
@allow("quality.edit")
def retire_check(plan_id: int, check_id: int) -> ResponseReturnValue:
    """Look at a characteristic no more."""
    inspection_plans.retire_check(identity().site_id, plan_id, check_id, actor(), now_utc())
    return redirect(url_for("inspection_plans.show", plan_id=plan_id) + "#checks")


__all__ = ["pages"]
