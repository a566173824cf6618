"""Packing and shipping: containers by scan, into the store, and out to a customer's order."""

from decimal import Decimal, InvalidOperation

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid
from app.i18n import gettext as _
from app.queries import packing as look
from app.queries.codes import printed
from app.services import packing, shipping
from devices.codes import Kind, group

pages = Blueprint("packing", __name__)


@pages.get("/packing")
@allow("pack")
def listing() -> ResponseReturnValue:
    """Containers that are here, or all of them."""
    show_all = request.args.get("all") == "1"
    rows = look.containers(db.session, identity().site_id, only_open=not show_all)
    return render_template("packing/list.html", rows=rows, show_all=show_all, kinds=kinds())


@pages.post("/packing")
@allow("pack")
def create() -> ResponseReturnValue:
    """A new container."""
    made = packing.create(identity().site_id, request.form.get("kind", ""), actor(), now_utc())
    return redirect(url_for("packing.show", container_id=made))


@pages.get("/packing/<int:container_id>")
@allow("pack")
def show(container_id: int) -> ResponseReturnValue:
    """A container: scan into it, take out, put into the store, ship."""
    row = look.container(db.session, identity().site_id, container_id)
    return render_template(
        "packing/show.html", row=row, entries=look.entries(db.session, container_id), kinds=kinds(),
        label=group(printed(Kind.CONTAINER, container_id)), locations=look.locations(db.session, identity().site_id),
    )  # fmt: skip


@pages.post("/packing/<int:container_id>/pack")
@allow("pack")
def pack(container_id: int) -> ResponseReturnValue:
    """Put in what was scanned."""
    text = request.form.get("code", "").strip()
    if not text:
        raise Invalid("value.missing", field=_("Code"))
    told = packing.pack(identity().site_id, container_id, text, _quantity(), actor(), now_utc())
    flash(_("%(code)s is in %(container)s.", code=told["packed"], container=told["container"]), "done")
    return _back(container_id)


@pages.post("/packing/<int:container_id>/unpack/<int:entry_id>")
@allow("pack")
def unpack(container_id: int, entry_id: int) -> ResponseReturnValue:
    """Take one entry out."""
    packing.unpack(identity().site_id, container_id, entry_id, actor(), now_utc())
    flash(_("Taken out."), "done")
    return _back(container_id)


@pages.post("/packing/<int:container_id>/put-away")
@allow("stock.move")
def put_away(container_id: int) -> ResponseReturnValue:
    """Finished goods receipt."""
    location = request.form.get("location", "")
    moved = packing.put_away(identity().site_id, container_id, location, actor(), now_utc())
    flash(_("%(count)s entries are received into %(location)s.", count=moved, location=location), "done")
    return _back(container_id)


@pages.post("/packing/<int:container_id>/ship")
@allow("stock.move")
def ship(container_id: int) -> ResponseReturnValue:
    """Send it to a customer's order."""
    number, customer = request.form.get("customer_order", ""), request.form.get("customer", "")
    left = shipping.ship(identity().site_id, container_id, number, customer, actor(), now_utc())
    flash(_("Shipped: %(count)s units and lots for %(order)s.", count=left, order=number), "done")
    return _back(container_id)


def kinds() -> dict[str, str]:
    """The words for kinds of containers."""
    return {"box": _("Box"), "pallet": _("Pallet"), "rack": _("Rack")}


def _quantity() -> Decimal | None:
    text = request.form.get("quantity", "").strip().replace(",", ".")
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise Invalid("quantity.wrong", quantity=text[:40]) from None


def _back(container_id: int) -> ResponseReturnValue:
    return redirect(url_for("packing.show", container_id=container_id))
