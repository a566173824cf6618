"""Work done outside (委外): sent by scan, received by scan, late ones first."""

from decimal import Decimal, InvalidOperation

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Conflict, Invalid, NotFound
from app.i18n import gettext as _
from app.queries import outside as look
from app.queries.codes import resolve
from app.queries.order_detail import reasons_of
from app.services import outside

pages = Blueprint("outside", __name__)


@pages.get("/outside")
@allow("pack")
def listing() -> ResponseReturnValue:
    """What is out and what may be sent."""
    site_id, show_all = identity().site_id, request.args.get("all") == "1"
    rows = look.dispatches(db.session, site_id, only_open=not show_all)
    return render_template("outside/list.html", rows=rows, ready=look.sendable(db.session, site_id), now=now_utc(),
                           show_all=show_all, is_late=look.is_late)  # fmt: skip


@pages.get("/outside/find")
@allow("pack")
def find() -> ResponseReturnValue:
    """A scan on the list: a dispatch is opened, a task card or an order chooses what is sent."""
    text = request.args.get("code", "").strip()
    try:
        return redirect(url_for("outside.show", dispatch_id=look.dispatch(db.session, identity().site_id, text).id))
    except NotFound:
        found = resolve(db.session, identity().site_id, text)
    ready = look.sendable(db.session, identity().site_id)
    key = {"task": "id", "order": "order_id"}.get(found.kind)
    task = next((row for row, _left in ready if key and getattr(row, key) == found.id), None)
    if task is None:
        raise Conflict("outside.nothing", text=found.text[:60])
    return redirect(url_for("outside.listing", _anchor=f"task-{task.id}"))


@pages.post("/outside")
@allow("pack")
def send() -> ResponseReturnValue:
    """Send pieces of a task."""
    task = request.form.get("task", "")
    units = tuple(request.form.get("units", "").split())
    made = outside.send(identity().site_id, int(task) if task.isdecimal() else 0, request.form.get("supplier", ""),
                        None if units else _number("quantity"), units, actor(), now_utc())  # fmt: skip
    flash(_("Sent. Print or write the number on the papers."), "done")
    return redirect(url_for("outside.show", dispatch_id=made))


@pages.get("/outside/<int:dispatch_id>")
@allow("pack")
def show(dispatch_id: int) -> ResponseReturnValue:
    """One dispatch: receive, or take back."""
    row = look.dispatch(db.session, identity().site_id, dispatch_id)
    units, reasons = look.units_out(db.session, dispatch_id), reasons_of(db.session, identity().site_id, "scrap")
    return render_template("outside/show.html", row=row, units=units, reasons=reasons, now=now_utc(),
                           is_late=look.is_late)  # fmt: skip


@pages.post("/outside/<int:dispatch_id>/receive")
@allow("pack")
def receive(dispatch_id: int) -> ResponseReturnValue:
    """What came back good, or was lost with a reason."""
    units = tuple(request.form.get("units", "").split())
    good, lost = _number("good"), _number("lost")
    if units:
        is_lost = request.form.get("what") == "lost"
        good, lost = (Decimal(0), Decimal(len(units))) if is_lost else (Decimal(len(units)), Decimal(0))
    reason = request.form.get("reason_id", "")
    outside.receive(identity().site_id, dispatch_id, good, lost, int(reason) if reason.isdecimal() else None, units,
                    actor(), now_utc(), identity().person_id)  # fmt: skip
    flash(_("Booked: %(good)s good, %(lost)s lost.", good=good, lost=lost), "done")
    return redirect(url_for("outside.show", dispatch_id=dispatch_id))


@pages.post("/outside/<int:dispatch_id>/take-back")
@allow("pack")
def take_back(dispatch_id: int) -> ResponseReturnValue:
    """What is still out comes back undone."""
    outside.take_back(identity().site_id, dispatch_id, actor(), now_utc())
    flash(_("Taken back. It can be sent again."), "done")
    return redirect(url_for("outside.show", dispatch_id=dispatch_id))


def _number(name: str) -> Decimal:
    text = request.form.get(name, "").strip().replace(",", ".")
    try:
        number = Decimal(text) if text else Decimal(0)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Invalid("quantity.wrong", quantity=text[:40])
    return number
