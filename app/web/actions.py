"""Corrective actions with their check of effect, and the 8D report: beside a nonconformance and as a list."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, to_user_timezone

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid
from app.i18n import gettext as _
from app.i18n import lazy_gettext
from app.queries import improvement as looked
from app.queries.quality import case, pieces
from app.services import capa
from app.services.signing import check_secret

pages = Blueprint("actions", __name__)
KINDS: dict[str, LazyString] = {
    "containment": lazy_gettext("Immediate"), "corrective": lazy_gettext("Corrective"),
    "preventive": lazy_gettext("Preventive"),
}  # fmt: skip
EFFECTS: dict[str, LazyString] = {
    "open": lazy_gettext("Not checked yet"), "effective": lazy_gettext("Effective"),
    "not_effective": lazy_gettext("Not effective"),
}  # fmt: skip
STEPS: dict[int, LazyString] = {
    1: lazy_gettext("D1 Team"), 2: lazy_gettext("D2 Problem"), 3: lazy_gettext("D3 Containment"),
    4: lazy_gettext("D4 Root cause"), 5: lazy_gettext("D5 Chosen actions"), 6: lazy_gettext("D6 Actions carried out"),
    7: lazy_gettext("D7 Prevention"), 8: lazy_gettext("D8 Close and thank"),
}  # fmt: skip
MEANINGS: dict[str, LazyString] = {
    "concession": lazy_gettext("Concession granted"), "release": lazy_gettext("Released"),
    "effectiveness": lazy_gettext("Effect checked"), "report": lazy_gettext("Report approved"),
}  # fmt: skip


def today() -> date:
    """The day at the site."""
    return to_user_timezone(now_utc()).date()


def improvement_of(site_id: int, case_id: int) -> dict[str, Any]:
    """What the page of a nonconformance shows of actions, 8D and signatures."""
    rows = looked.actions(db.session, site_id, case_id)
    signed = looked.signatures(db.session, site_id, "corrective_action", [row.id for row in rows])
    signed += looked.signatures(db.session, site_id, "disposition", [
        piece.id for piece in pieces(db.session, site_id, case_id)
    ])  # fmt: skip
    return {"actions": rows, "eight_d": looked.eight_d(db.session, site_id, case_id), "steps": STEPS,
            "action_kinds": KINDS, "effects": EFFECTS, "signatures": signed, "meanings": MEANINGS, "today": today(),
            "owners": looked.owners(db.session, site_id)}  # fmt: skip


@pages.get("/quality/actions")
@allow("quality.view")
def overview() -> ResponseReturnValue:
    """All actions of the site: what is late or open first."""
    rows = looked.actions(db.session, identity().site_id)
    return render_template("actions/overview.html", actions=rows, action_kinds=KINDS, effects=EFFECTS, today=today())


@pages.post("/quality/nonconformances/<int:row_id>/actions")
@allow("quality.edit")
def plan(row_id: int) -> ResponseReturnValue:
    """Plan an action."""
    owner = request.form.get("owner", "")
    capa.plan_action(identity().site_id, row_id, request.form.get("kind", ""), request.form.get("what", ""),
                     int(owner) if owner.isdecimal() and len(owner) < 19 else None, _day("due_on"), _day("check_on"),
                     actor(), now_utc())  # fmt: skip
    flash(_("The action is planned."), "done")
    return redirect(url_for("quality.case", row_id=row_id) + "#actions")


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Invalid("value.wrong", field=name, value=request.form.get(name, "")[:40]) from None


@pages.post("/quality/nonconformances/<int:row_id>/actions/<int:action_id>/done")
@allow("quality.edit")
def done(row_id: int, action_id: int) -> ResponseReturnValue:
    """Say that an action is carried out."""
    capa.finish_action(identity().site_id, action_id, identity().user_id, actor(), now_utc())
    return redirect(url_for("quality.case", row_id=row_id) + "#actions")


@pages.post("/quality/nonconformances/<int:row_id>/actions/<int:action_id>/check")
@allow("quality.edit")
def check(row_id: int, action_id: int) -> ResponseReturnValue:
    """Say whether it helped, signed with the secret entered again."""
    now = now_utc()
    check_secret(identity().user_id, request.form.get("secret", ""), now)
    capa.check_effect(identity().site_id, action_id, request.form.get("effect") == "effective",
                      request.form.get("note", ""), identity().user_id, actor(), now)  # fmt: skip
    return redirect(url_for("quality.case", row_id=row_id) + "#actions")


@pages.post("/quality/nonconformances/<int:row_id>/eight-d")
@allow("quality.edit")
def write(row_id: int) -> ResponseReturnValue:
    """Write the steps of the 8D report; only what changed is told."""
    case(db.session, identity().site_id, row_id)
    for step in capa.STEPS:
        if f"d{step}" in request.form:
            capa.write_step(identity().site_id, row_id, step, request.form[f"d{step}"], identity().user_id, actor(),
                            now_utc())  # fmt: skip
    flash(_("The 8D report is saved."), "done")
    return redirect(url_for("quality.case", row_id=row_id) + "#eight-d")


__all__ = ["MEANINGS", "STEPS", "improvement_of", "pages"]
