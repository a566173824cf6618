"""A new production order: item, quantity, due date; errors stand under their fields and nothing typed is lost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Refused
from app.i18n import gettext as _
from app.queries.items import found_items
from app.services import orders
from app.web.entry import Entry, local_text
from app.web.orders.blueprint import pages

PRIORITIES = (1, 2, 3, 4, 5)


def priority_options() -> list[tuple[int, str]]:
    """Priorities as a select shows them."""
    words = {1: _("1 most urgent"), 3: _("3 normal"), 5: _("5 can wait")}
    return [(number, words.get(number, str(number))) for number in PRIORITIES]


@pages.get("/orders/new")
@allow("orders.edit")
def new() -> ResponseReturnValue:
    """The empty form; ``item`` and ``quantity`` may stand in the address."""
    due = local_text(now_utc() + timedelta(days=7), identity().zone)
    usual = MultiDict({"due_at": due, "priority": "3"} | {k: v for k, v in request.args.items() if k in _NAMES})
    return _form(Entry(usual, identity().zone))


@pages.post("/orders/new")
@allow("orders.edit")
def create() -> ResponseReturnValue:
    """Make the order and show it."""
    entry = Entry(request.form, identity().zone)
    wish = _read(entry)
    if not entry.wrong:
        try:
            order_id = orders.create_production(identity().site_id, **wish, actor=actor(), now=now_utc())
        except Refused as error:
            entry.refuse(error)
        else:
            flash(_("The order was created. Check it and release it."), "done")
            return redirect(url_for("orders.show", order_id=order_id))
    return _form(entry), 422


@pages.get("/orders/items")
@allow("orders.edit")
def items() -> ResponseReturnValue:
    """Items that match what is being typed, as options of the field's list."""
    found = found_items(db.session, identity().site_id, request.args.get("item", ""), made=True)
    return render_template("orders/_items.html", items=found)


_NAMES = ("item", "quantity", "due_at", "earliest_at", "priority", "customer_order", "customer_ref")


def _read(entry: Entry) -> dict[str, Any]:
    text = entry.text("item", required=True, longest=64)
    return {
        "item": text.partition(" ")[0] if text else "", "quantity": entry.number("quantity", above=Decimal(0)),
        "due_at": entry.moment("due_at", required=True), "earliest_at": entry.moment("earliest_at"),
        "priority": entry.whole("priority", 1, 5, 3),
        "customer_order": entry.text("customer_order", longest=64) or None,
        "customer_ref": entry.text("customer_ref", longest=64) or None,
    }  # fmt: skip


def _form(entry: Entry) -> str:
    found = found_items(db.session, identity().site_id, "", made=True)
    return render_template("orders/new.html", entry=entry, items=found, priorities=priority_options())
