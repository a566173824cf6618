"""Service, maintenance and rework orders: the same store, queue and plan as production, with plain forms."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Conflict, NotFound, Refused
from app.i18n import gettext as _
from app.i18n import named
from app.models import Item, Machine, Skill, Station, Unit
from app.queries.orders import Filters, order_page
from app.services import orders
from app.services.release import release as release_order
from app.web.entry import Entry, local_text
from app.web.orders.create import priority_options
from app.web.telling import ORDER_KINDS, kind_word

pages = Blueprint("service", __name__)
KINDS = ("service", "maintenance", "rework")


@pages.get("/service")
@allow("orders.view")
def listing() -> ResponseReturnValue:
    """Open orders of the kinds that are not production."""
    kind, page = request.args.get("kind", ""), request.args.get("page", "")
    wish = Filters(
        status="any" if request.args.get("all") == "1" else "open", kinds=(kind,) if kind in KINDS else KINDS,
        page=int(page) if page.isdecimal() and 0 < len(page) < 6 else 1,
    )  # fmt: skip
    args = {name: value for name, value in request.args.items() if name in ("kind", "all") and value}
    return render_template(
        "service/_rows.html" if request.headers.get("HX-Request") else "service/list.html",
        found=order_page(db.session, identity().site_id, wish, now_utc()), views=_views(kind), args=args, wish=wish,
        kind_word=kind_word, path=url_for("service.listing"), live=url_for("service.listing", **args, page=wish.page),
    )  # fmt: skip


def _views(kind: str) -> list[dict[str, Any]]:
    everything = {"label": _("All"), "url": url_for("service.listing"), "active": kind not in KINDS}
    return [everything] + [
        {"label": str(ORDER_KINDS[name]), "url": url_for("service.listing", kind=name), "active": name == kind}
        for name in KINDS
    ]


@pages.get("/service/new")
@allow("service.edit")
def new() -> ResponseReturnValue:
    """The empty form of a kind."""
    due = local_text(now_utc() + timedelta(days=2), identity().zone)
    usual = MultiDict({"due_at": due, "priority": "3", "minutes": "30"} | dict(request.args))
    return _form(_kind(request.args), Entry(usual, identity().zone))


@pages.post("/service/new")
@allow("service.edit", again={"then": "release"})
def create() -> ResponseReturnValue:
    """Make the order, and release it when that button was pressed."""
    kind, entry = _kind(request.form), Entry(request.form, identity().zone)
    wish = _common(entry) | _READ[kind](entry)
    if not entry.wrong:
        try:
            order_id = _MAKE[kind](identity().site_id, **wish, actor=actor(), now=now_utc())
        except Refused as error:
            entry.refuse(error)
        else:
            if request.form.get("then") == "release":
                release_order(identity().site_id, order_id, actor(), now_utc())
                flash(_("The order stands in the queue of its station."), "done")
            else:
                flash(_("The order was created as a draft."), "done")
            return redirect(url_for("orders.show", order_id=order_id))
    return _form(kind, entry), 422


@pages.post("/service/<int:order_id>/release")
@allow("service.edit", again=True)
def release(order_id: int) -> ResponseReturnValue:
    """Release an order of these kinds; production stays with the planner."""
    if orders.of_site(db.session, identity().site_id, order_id).kind not in KINDS:
        raise Conflict("order.not_service")
    release_order(identity().site_id, order_id, actor(), now_utc())
    flash(_("The order stands in the queue of its station."), "done")
    return redirect(url_for("orders.show", order_id=order_id))


def _kind(args: MultiDict[str, str]) -> str:
    kind = args.get("kind", "service")
    return kind if kind in KINDS else "service"


def _common(entry: Entry) -> dict[str, Any]:
    return {
        "minutes": entry.number("minutes", above=Decimal(0)), "due_at": entry.moment("due_at", required=True),
        "priority": entry.whole("priority", 1, 5, 3),
    }  # fmt: skip


def _service(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.text("title", required=True), "station": entry.text("station", required=True),
        "description": entry.text("description", longest=2000) or None, "skill": entry.text("skill") or None,
        "customer_ref": entry.text("customer_ref", longest=64) or None, "unit_id": _unit(entry),
    }  # fmt: skip


def _maintenance(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.text("title", required=True), "machine": entry.text("machine", required=True),
        "description": entry.text("description", longest=2000) or None, "skill": entry.text("skill") or None,
        "earliest_at": entry.moment("earliest_at"),
    }  # fmt: skip


def _rework(entry: Entry) -> dict[str, Any]:
    return {
        "item": entry.text("item", required=True), "station": entry.text("station", required=True),
        "quantity": entry.number("quantity", above=Decimal(0)), "unit_id": _unit(entry),
    }  # fmt: skip


def _unit(entry: Entry) -> int | None:
    serial = entry.text("unit", longest=64)
    if not serial:
        return None
    query = select(Unit.id).where(Unit.site_id == identity().site_id, Unit.serial == serial).limit(2)
    found = db.session.scalars(query).all()
    if len(found) != 1:
        entry.refuse(NotFound("unit.unknown", unit=serial))
        return None
    return found[0]


_READ: dict[str, Callable[[Entry], dict[str, Any]]] = {
    "service": _service, "maintenance": _maintenance, "rework": _rework,
}  # fmt: skip
_MAKE: dict[str, Callable[..., int]] = {
    "service": orders.create_service, "maintenance": orders.create_maintenance, "rework": orders.create_rework,
}  # fmt: skip


def _form(kind: str, entry: Entry) -> str:
    return render_template(
        "service/new.html", kind=kind, kind_word=kind_word, entry=entry, priorities=priority_options(),
        stations=_choices(Station), machines=_choices(Machine), skills=_choices(Skill), items=_choices(Item),
        kinds=[{"label": kind_word(name), "url": url_for("service.new", kind=name), "active": name == kind}
               for name in KINDS],
    )  # fmt: skip


def _choices(model: Any) -> list[tuple[str, str]]:
    query = select(model).where(model.site_id == identity().site_id).order_by(model.code).limit(1000)
    if hasattr(model, "retired"):
        query = query.where(model.retired.is_(False))
    return [(row.code, f"{row.code} {named(row)}") for row in db.session.scalars(query)]
