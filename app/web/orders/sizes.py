"""Another quantity or due date of an order, or a part of it as its own: what would change is shown first."""

from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Conflict, Refused
from app.i18n import gettext as _
from app.models import ProductionOrder
from app.queries.order_sizes import task_changes
from app.services.orders import of_site
from app.services.resizing import Wish, resize, split
from app.states.order import OPEN, WORKABLE
from app.web.entry import Entry, local_text
from app.web.orders.blueprint import pages
from app.words import sentence

DEEDS = ("resize", "split")


@pages.get("/orders/<int:order_id>/sizes")
@allow("orders.edit")
def sizes(order_id: int) -> ResponseReturnValue:
    """The form, and under it what the wish would change."""
    entry = Entry(request.args, identity().zone)
    return _page(order_id, entry, "")


@pages.post("/orders/<int:order_id>/sizes")
@allow("orders.edit")
def resized(order_id: int) -> ResponseReturnValue:
    """Do what was shown, if the order is still as it was shown."""
    entry = Entry(request.form, identity().zone)
    quantity, due, version = entry.number("quantity", Decimal(0)), entry.moment("due_at"), entry.text("version")
    if not version.isdecimal() or len(version) > 9:
        raise Conflict("order.changed")
    wish = Wish(identity().site_id, order_id, int(version), actor(), now_utc())
    try:
        if entry.wrong:
            return _page(order_id, entry, ""), 422
        if entry.text("deed") == "split":
            made = split(wish, quantity, due)
            flash(_("The part is an order of its own, with the same revision."), "done")
            return redirect(url_for("orders.show", order_id=made))
        resize(wish, quantity, due)
    except Refused as error:
        return _page(order_id, entry, sentence(error)), error.status
    flash(_("Quantity and due date are changed."), "done")
    return redirect(url_for("orders.show", order_id=order_id))


def _page(order_id: int, entry: Entry, refusal: str) -> str:
    who = identity()
    order = of_site(db.session(), who.site_id, order_id)
    if not isinstance(order, ProductionOrder) or order.status not in OPEN:
        raise Conflict("order.not_sizable", order=order.code)
    deed = entry.text("deed") if entry.text("deed") in DEEDS else "resize"
    shown = _changes(order, entry, deed) if entry.form.get("quantity") else None
    first: Any = MultiDict({"quantity": str(order.quantity), "due_at": local_text(order.due_at, who.zone)})
    return render_template(
        "orders/sizes.html", order=order, entry=entry if entry.form else Entry(first, who.zone), deed=deed, shown=shown,
        refusal=refusal, is_released=order.status in WORKABLE,
    )  # fmt: skip


def _changes(order: ProductionOrder, entry: Entry, deed: str) -> list[Any] | None:
    quantity = entry.number("quantity", Decimal(0))
    left = order.quantity - quantity if deed == "split" else quantity
    if entry.wrong or left <= 0 or quantity > 10**9:
        return None
    if order.status not in WORKABLE:
        return []
    return task_changes(db.session, order.site_id, order.id, left)
