"""Quality: holds, values outside their limits, defects, first-pass yield, and nonconformances piece by piece."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, format_percent

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.queries import quality as looked
from app.queries.containment import recalls
from app.queries.trace import Node, find, genealogy, thing
from app.services import quality
from app.services.containment import MOVES
from app.services.signing import check_secret
from app.web.actions import improvement_of
from app.web.containment import RECALLS
from app.web.trace_tables import Table, address, steps, values, why
from app.web.trace_view import KINDS, label

pages = Blueprint("quality", __name__)
PERIODS = {"1": lazy_gettext("Last 24 hours"), "7": lazy_gettext("Last 7 days"), "30": lazy_gettext("Last 30 days"),
           "365": lazy_gettext("Last year")}  # fmt: skip
DECISIONS: dict[str, LazyString] = {
    "rework": lazy_gettext("Rework"), "scrap": lazy_gettext("Scrap"),
    "concession": lazy_gettext("Use as is (concession)"), "return": lazy_gettext("Return to the supplier"),
}  # fmt: skip
STATES: dict[str, LazyString] = {
    "open": lazy_gettext("Open"), "contained": lazy_gettext("Contained"),
    "dispositioned": lazy_gettext("Decided"), "closed": lazy_gettext("Closed"),
}  # fmt: skip
PILLS = {"open": "new", "contained": "held", "dispositioned": "ready", "closed": "closed"}


def _days() -> str:
    asked = request.args.get("days", "7")
    return asked if asked in PERIODS else "7"


def _period() -> tuple[datetime, datetime]:
    now = now_utc()
    return now - timedelta(days=int(_days())), now + timedelta(minutes=1)


@pages.get("/quality")
@allow("quality.view")
def overview() -> ResponseReturnValue:
    """What is held, what is out of limits, what goes wrong most, what passes at once."""
    site_id = identity().site_id
    since, until = _period()
    held = looked.open_holds(db.session, site_id)
    found = looked.defects(db.session, site_id, since, until)
    out = looked.out_of_limits(db.session, site_id)
    return render_template(
        "quality/overview.html", holds=held, targets=looked.targets(db.session, site_id, held), label=label, why=why,
        kinds=KINDS, address=address, out=values(out), bars=_bars(found),
        yields=looked.first_pass(db.session, site_id, since, until), percent=percent,
        cases=looked.cases(db.session, site_id), days=_days(), periods=PERIODS, states=STATES, pills=PILLS,
    )  # fmt: skip


def _bars(found: list[looked.Defect]) -> list[dict[str, Any]]:
    total, sum_so_far, bars = sum((row.quantity for row in found), Decimal()), Decimal(), []
    for row in found:
        sum_so_far += row.quantity
        bars.append({
            "name": named(row.reason) if row.reason else _("without a reason"), "kind": row.kind,
            "quantity": row.quantity, "share": percent(sum_so_far / total if total else None),
            "most": found[0].quantity,
            "url": url_for("quality.rows", days=_days(), kind=row.kind, reason=row.reason.id if row.reason else 0),
        })  # fmt: skip
    return bars


def percent(share: Decimal | None) -> str:
    """A share as people write it; a dash when there is nothing to say."""
    return "–" if share is None else format_percent(share, "#,##0.0%")


@pages.get("/quality/rows")
@allow("quality.view")
def rows() -> ResponseReturnValue:
    """The reports behind a figure."""
    site_id = identity().site_id
    since, until = _period()
    kind = request.args.get("kind", "")
    found = looked.rows(db.session, site_id, since, until, kind if kind in ("good", "scrap", "rework") else None,
                        _number(request.args.get("reason")), _number(request.args.get("operation")))  # fmt: skip
    made = steps(found)
    table = Table(made.key, _("Reports behind the figure"), made.columns, made.lines, made.nothing)
    return render_template("quality/rows.html", table=table, period=PERIODS[_days()])


def signed_by_form() -> bool:
    """Whether the form brings the user's secret again; a wrong one is refused."""
    secret = request.form.get("secret", "")
    if secret:
        check_secret(identity().user_id, secret, now_utc())
    return bool(secret)


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and len(value) < 19 else None


@pages.post("/quality/holds/<int:hold_id>/release")
@allow("quality.hold", again=True)
def release(hold_id: int) -> ResponseReturnValue:
    """Release a hold, with the reason."""
    signed = signed_by_form()
    quality.resume(identity().site_id, hold_id, request.form.get("note", ""), identity().user_id, actor(), now_utc(),
                   signed)  # fmt: skip
    flash(_("The hold was released."), "done")
    return redirect(url_for("quality.overview"))


@pages.get("/quality/nonconformances/<int:row_id>")
@allow("quality.view")
def case(row_id: int) -> ResponseReturnValue:
    """One nonconformance with its pieces."""
    site_id = identity().site_id
    row = looked.case(db.session, site_id, row_id)
    return render_template(
        "quality/case.html", case=row, pieces=looked.pieces(db.session, site_id, row_id), decisions=DECISIONS,
        states=STATES, pills=PILLS, address=address, label=label, kinds=KINDS,
        may_concede="quality" in identity().roles, recalls=recalls(db.session, site_id, row_id), recall_words=RECALLS,
        recall_moves=MOVES, **improvement_of(site_id, row_id),
    )  # fmt: skip


@pages.post("/quality/nonconformances")
@allow("quality.edit")
def open_case() -> ResponseReturnValue:
    """Open a nonconformance over a unit, a lot (with the units it went into), an order or an operation."""
    site_id, now = identity().site_id, now_utc()
    root = thing(db.session, site_id, _node())
    units, lots = _pieces(site_id, root)
    task_id = int(root.node.id) if root.node.kind == "task" else None
    row_id = quality.open_nonconformance(site_id, request.form.get("title", ""), _number(request.form.get("reason")),
                                         units, lots, task_id, identity().user_id, actor(), now)  # fmt: skip
    if request.form.get("contain"):
        quality.contain(site_id, row_id, identity().user_id, actor(), now)
    flash(_("The nonconformance is open."), "done")
    return redirect(url_for("quality.case", row_id=row_id))


def _node() -> Node:
    kind, key = request.form.get("kind", ""), _number(request.form.get("id"))
    if kind not in ("unit", "lot", "order", "task") or key is None:
        raise NotFound("code.unknown", text=f"{kind} {key}"[:80])
    return Node(kind, key)


def _pieces(site_id: int, root: Any) -> tuple[list[int], list[int]]:
    kind, key = root.node.kind, int(root.node.id)
    if kind == "unit":
        return [key], []
    if kind == "lot" and not request.form.get("affected"):
        return [], [key]
    found = genealogy(db.session, site_id, root)
    if kind == "lot":
        return [int(unit.node.id) for unit in found.units()], [key]
    return sorted(int(unit.node.id) for unit in found.units() if unit.order_id == root.order_id), []


@pages.post("/quality/nonconformances/<int:row_id>/contain")
@allow("quality.edit")
def contain(row_id: int) -> ResponseReturnValue:
    """Hold all its pieces."""
    quality.contain(identity().site_id, row_id, identity().user_id, actor(), now_utc())
    return redirect(url_for("quality.case", row_id=row_id))


@pages.post("/quality/nonconformances/<int:row_id>/extend")
@allow("quality.edit")
def extend(row_id: int) -> ResponseReturnValue:
    """Add one more thing by its number or printed code."""
    hits = [hit.node for hit in find(db.session, identity().site_id, request.form.get("text", ""))]
    units = [int(node.id) for node in hits if node.kind == "unit"]
    lots = [int(node.id) for node in hits if node.kind == "lot"]
    if len(units) + len(lots) != 1:
        raise NotFound("code.unknown", text=request.form.get("text", "")[:80])
    quality.extend(identity().site_id, row_id, units, lots, identity().user_id, actor(), now_utc())
    return redirect(url_for("quality.case", row_id=row_id))


@pages.post("/quality/nonconformances/<int:row_id>/pieces/<int:piece_id>")
@allow("quality.edit")
def decide(row_id: int, piece_id: int) -> ResponseReturnValue:
    """Decide about one piece."""
    decision, now = request.form.get("decision", ""), now_utc()
    if decision == "concession" and "quality" in identity().roles:
        check_secret(identity().user_id, request.form.get("secret", ""), now)
    quality.decide(identity().site_id, row_id, piece_id, decision, request.form.get("note", ""), identity().roles,
                   identity().user_id, actor(), now, signed=True)  # fmt: skip
    flash(_("Decided."), "done")
    return redirect(url_for("quality.case", row_id=row_id))


@pages.post("/quality/nonconformances/<int:row_id>/close")
@allow("quality.edit")
def close(row_id: int) -> ResponseReturnValue:
    """Close what is decided."""
    quality.close(identity().site_id, row_id, identity().user_id, actor(), now_utc())
    return redirect(url_for("quality.case", row_id=row_id))


@pages.post("/quality/nonconformances/<int:row_id>/reopen")
@allow("quality.edit")
def reopen(row_id: int) -> ResponseReturnValue:
    """Open it again."""
    quality.reopen(identity().site_id, row_id, actor(), now_utc())
    return redirect(url_for("quality.case", row_id=row_id))


__all__ = ["pages", "percent", "signed_by_form"]
