"""What can be done with an order. Each action is one service call; a refusal comes back in words on the page."""

from collections import defaultdict

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Conflict, Invalid, NotFound
from app.group_commit import commit_together
from app.i18n import gettext as _
from app.queries.order_detail import order_of_hold, order_of_report, reasons_of
from app.queries.stations import order_of_task
from app.services import alternates, orders, skipping, undoing
from app.services.release import release as release_order
from app.web.entry import Entry
from app.web.orders.blueprint import pages


@pages.post("/orders/<int:order_id>/release")
@allow("orders.release")
def release(order_id: int) -> ResponseReturnValue:
    """Break the order down into tasks; ``skip`` names optional operations to leave out as item/operation."""
    skip: dict[str, set[str]] = defaultdict(set)
    for text in request.form.getlist("skip"):
        item, _slash, key = text.partition("/")
        skip[item].add(key)
    chosen = {item: frozenset(keys) for item, keys in skip.items()}
    made = release_order(identity().site_id, order_id, actor(), now_utc(), chosen)
    flash(_("Released: %(tasks)s tasks stand in the queues of their stations.", tasks=made), "done")
    return _back(order_id)


@pages.post("/orders/<int:order_id>/hold")
@allow("orders.hold")
def hold(order_id: int) -> ResponseReturnValue:
    """Lay a hold over the order: nothing can be reported on it until it is resumed."""
    reason_id = _reason("hold")
    note = request.form.get("note", "").strip()[:2000] or None
    if reason_id is None and note is None:
        raise Invalid("report.reason")
    orders.hold(identity().site_id, "order", order_id, reason_id, note, identity().user_id, actor(), now_utc())
    flash(_("The order is on hold."), "done")
    return _back(order_id)


@pages.post("/orders/<int:order_id>/holds/<int:hold_id>/resume")
@allow("orders.hold", again=True)
def resume(order_id: int, hold_id: int) -> ResponseReturnValue:
    """Release one hold of the order or of one of its tasks."""
    if order_of_hold(db.session, identity().site_id, hold_id) != order_id:
        raise NotFound("hold.unknown", hold=hold_id)
    orders.resume(identity().site_id, hold_id, identity().user_id, actor(), now_utc())
    flash(_("The hold was released."), "done")
    return _back(order_id)


@pages.post("/orders/<int:order_id>/cancel")
@allow("orders.edit")
def cancel(order_id: int) -> ResponseReturnValue:
    """Give the order up."""
    orders.cancel(identity().site_id, order_id, actor(), now_utc())
    flash(_("The order was cancelled. What was made stays counted."), "done")
    return _back(order_id)


@pages.post("/orders/<int:order_id>/close")
@allow("orders.edit")
def close(order_id: int) -> ResponseReturnValue:
    """Close a completed order."""
    orders.close(identity().site_id, order_id, actor(), now_utc())
    flash(_("The order is closed."), "done")
    return _back(order_id)


@pages.post("/orders/<int:order_id>/change")
@allow("orders.edit")
def change(order_id: int) -> ResponseReturnValue:
    """Change due date and priority, if nobody changed the order since the page was loaded."""
    entry = Entry(request.form, identity().zone)
    due, priority = entry.moment("due_at", required=True), entry.whole("priority", 1, 5, 3)
    if entry.wrong:
        name, _words = next(iter(entry.wrong.items()))
        raise Invalid("value.wrong", field=_field_words()[name], value=request.form.get(name, ""))
    version = request.form.get("version", "")
    if not version.isdecimal():
        raise Conflict("order.changed")
    orders.change(identity().site_id, order_id, int(version), actor(), now_utc(), due, priority)
    flash(_("Due date and priority are changed."), "done")
    return _back(order_id)


@pages.post("/orders/<int:order_id>/reports/<int:report_id>/undo")
@allow("reports.correct")
def undo(order_id: int, report_id: int) -> ResponseReturnValue:
    """Correct a report: a reversing row with a reason, whoever reported it and however long ago."""
    if order_of_report(db.session, identity().site_id, report_id) != order_id:
        raise NotFound("report.unknown", report=report_id)
    reason_id = _reason("correction")
    if reason_id is None:
        raise Invalid("report.reason")
    wish = undoing.Undo(request.form.get("uuid", "")[:64] or f"undo-{report_id}", identity().site_id, report_id,
                        identity().person_id, "desk", True, reason_id, actor())  # fmt: skip
    now = now_utc()
    db.session.rollback()
    commit_together(lambda connection: undoing.undo(connection, wish, now))
    flash(_("The report was undone."), "done")
    return redirect(url_for("orders.show", order_id=order_id, view="reports"))


@pages.post("/orders/<int:order_id>/tasks/<int:task_id>/choose")
@allow("orders.route")
def choose(order_id: int, task_id: int) -> ResponseReturnValue:
    """Take this task instead of the alternate that was chosen."""
    _mine(order_id, task_id)
    alternates.choose(identity().site_id, task_id, actor(), now_utc())
    flash(_("The other way is taken. The plan follows."), "done")
    return _back(order_id)


@pages.post("/orders/<int:order_id>/tasks/<int:task_id>/skip")
@allow("orders.route")
def skip(order_id: int, task_id: int) -> ResponseReturnValue:
    """Leave an optional task out."""
    _mine(order_id, task_id)
    reason_id = next((found for kind in skipping.REASONS if (found := _reason(kind))), None)
    skipping.skip(identity().site_id, task_id, reason_id, actor(), now_utc())
    flash(_("The operation is skipped. Its pieces go on to the next one."), "done")
    return _back(order_id)


@pages.post("/orders/<int:order_id>/tasks/<int:task_id>/unskip")
@allow("orders.route")
def unskip(order_id: int, task_id: int) -> ResponseReturnValue:
    """Put a skipped task back."""
    _mine(order_id, task_id)
    skipping.take_back(identity().site_id, task_id, actor(), now_utc())
    flash(_("The operation is done again."), "done")
    return _back(order_id)


def _mine(order_id: int, task_id: int) -> None:
    if order_of_task(db.session, identity().site_id, task_id) != order_id:
        raise NotFound("task.unknown", task=task_id)


def _field_words() -> dict[str, str]:
    return {"due_at": _("Due"), "priority": _("Priority")}


def _reason(kind: str) -> int | None:
    """The chosen reason, if it is one of this site and kind."""
    chosen = request.form.get("reason_id", "")
    known = {str(row.id): row.id for row in reasons_of(db.session, identity().site_id, kind)}
    return known.get(chosen)


def _back(order_id: int) -> ResponseReturnValue:
    return redirect(url_for("orders.show", order_id=order_id))
