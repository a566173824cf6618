"""One order in full: what blocks it, how it flows, what it needs, what was reported and what happened."""

from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import uuid4

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.auth import allow, identity
from app.db import db, now_utc
from app.i18n import gettext as _
from app.i18n import named
from app.models import Item, Machine, Skill, Station, Unit, WorkOrder
from app.queries import order_detail as look
from app.queries import outside
from app.queries.forecasts import ending
from app.queries.orders import lateness
from app.queries.progress import planned_ends, progress
from app.queries.release_check import ReleaseCheck, release_check
from app.queries.turns import turns
from app.services.orders import of_site
from app.services.skipping import REASONS
from app.states.order import ORDER, WORKABLE
from app.web.entry import Entry, local_text
from app.web.orders.blueprint import pages
from app.web.orders.create import priority_options
from app.web.orders.drawing import drawn
from app.web.shell import moment, quantity
from app.web.telling import SHAPES, actor_word, kind_word, told
from app.words import sentence

VIEWS = ("process", "materials", "reports", "history", "revision")
DRAFT = ("draft", "planned")


@pages.get("/orders/<int:order_id>")
@allow("orders.view")
def show(order_id: int) -> ResponseReturnValue:
    """The page of an order; ``view`` chooses what stands under its head."""
    order = of_site(db.session, identity().site_id, order_id)
    return render_template("orders/show.html", **_head(order), **_view(order))


@pages.get("/orders/<int:order_id>/live")
@allow("orders.view")
def live(order_id: int) -> ResponseReturnValue:
    """The part of the page that changes by itself."""
    order = of_site(db.session, identity().site_id, order_id)
    return render_template("orders/_live.html", **_head(order), **_view(order))


def _head(order: WorkOrder) -> dict[str, Any]:
    site_id = identity().site_id
    planned = planned_ends(db.session, site_id, [order.id]).get(order.id)
    usual = MultiDict({"due_at": local_text(order.due_at, identity().zone), "priority": str(order.priority)})
    check = _check(order)
    return {
        "refusal": sentence(check.refusal) if check and check.refusal else "",
        "order": order, "kind_word": kind_word(order.kind), "progress": progress(db.session, [order.id]).get(order.id),
        "planned": planned, "expected": ending(db.session, site_id, order.id, now_utc()),
        "lateness": lateness(order, planned, now_utc()), "facts": facts(order),
        "holds": look.open_holds(db.session, site_id, order.id), "check": check,
        "hold_reasons": look.reasons_of(db.session, site_id, "hold"), "entry": Entry(usual, identity().zone),
        "priorities": priority_options(), "blocked": blocked(order), "is_draft": order.status in DRAFT,
        "turns": turns(db.session, order.id) if order.status in WORKABLE else [],
        "skip_reasons": [row for kind in REASONS for row in look.reasons_of(db.session, site_id, kind)],
        "is_open": order.status in (*DRAFT, "released", "running"),
    }  # fmt: skip


def _check(order: Any) -> ReleaseCheck | None:
    if order.status not in DRAFT:
        return None
    if order.kind != "production":
        return ReleaseCheck()
    return release_check(db.session, order.site_id, order.item_id, order.quantity, now_utc().date())


def blocked(order: WorkOrder) -> dict[str, str]:
    """Why an action is not possible now, by action; what is not in it is possible."""
    may, found = identity().may, {}
    role = _("Your role does not allow this. Ask a planner.")
    desk = order.kind != "production" and may("service.edit")
    wanted = {"release": "service.edit" if desk else "orders.release",
              "hold": "orders.hold", "change": "orders.edit", "cancel": "orders.edit",
              "close": "orders.edit"}  # fmt: skip
    for action, permission in wanted.items():
        if not may(permission):
            found[action] = role
    if "closed" not in ORDER[order.status]:
        found.setdefault("close", _("Only a completed order can be closed. Finish its tasks first."))
    if "cancelled" not in ORDER[order.status]:
        found.setdefault("cancel", _("It is too late to cancel this order."))
    return found


def facts(order: Any) -> list[tuple[str, Any]]:
    """What is known about an order, by its kind."""
    common = [(_("Due"), moment(order.due_at)), (_("Priority"), order.priority)]
    if order.earliest_at:
        common.append((_("Not before"), moment(order.earliest_at)))
    common += [(_("Created"), moment(order.created_at)), (_("Released"), moment(order.released_at))]
    return _KIND_FACTS[order.kind](order) + common


def _item_name(item_id: int | None) -> str:
    item = db.session.get(Item, item_id) if item_id else None
    return f"{item.code} {named(item)}" if item else "–"


def _production(order: Any) -> list[tuple[str, Any]]:
    found = [(_("Item"), _item_name(order.item_id)), (_("Quantity"), quantity(order.quantity))]
    if order.customer_order:
        found.append((_("Customer order"), order.customer_order))
    return found + ([(_("Customer"), order.customer_ref)] if order.customer_ref else [])


def _rework(order: Any) -> list[tuple[str, Any]]:
    unit = _unit(order.unit_id)
    return [*_production_like(order), (_("Station"), _named(Station, order.station_id)),
            (_("Minutes a piece"), quantity(order.minutes)), *unit]  # fmt: skip


def _production_like(order: Any) -> list[tuple[str, Any]]:
    return [(_("Item"), _item_name(order.item_id)), (_("Quantity"), quantity(order.quantity))]


def _service(order: Any) -> list[tuple[str, Any]]:
    found = [(_("Station"), _named(Station, order.station_id)), (_("Minutes"), quantity(order.minutes))]
    if order.skill_id:
        found.append((_("Skill"), _named(Skill, order.skill_id)))
    if order.customer_ref:
        found.append((_("Customer"), order.customer_ref))
    return [*found, *_unit(order.unit_id), *_description(order)]


def _maintenance(order: Any) -> list[tuple[str, Any]]:
    found = [(_("Machine"), _named(Machine, order.machine_id)), (_("Minutes"), quantity(order.minutes))]
    if order.skill_id:
        found.append((_("Skill"), _named(Skill, order.skill_id)))
    return [*found, *_description(order)]


def _description(order: Any) -> list[tuple[str, Any]]:
    return [(_("Description"), order.description)] if order.description else []


def _unit(unit_id: int | None) -> list[tuple[str, Any]]:
    serial = db.session.scalar(select(Unit.serial).where(Unit.id == unit_id)) if unit_id else None
    return [(_("Unit"), serial)] if serial else []


def _named(model: Any, key: int | None) -> str:
    row = db.session.get(model, key) if key else None
    return f"{row.code} {named(row)}" if row else "–"


_KIND_FACTS = {"production": _production, "rework": _rework, "service": _service, "maintenance": _maintenance}


def _view(order: WorkOrder) -> dict[str, Any]:
    view = request.args.get("view", "process")
    view = view if view in VIEWS else "process"
    labels = {"process": _("Process"), "materials": _("Materials"), "reports": _("Reports"), "history": _("History"),
              "revision": _("Released with")}  # fmt: skip
    tabs = [{"label": labels[name], "url": url_for("orders.show", order_id=order.id, view=name), "active": name == view}
            for name in VIEWS]  # fmt: skip
    return {"view": view, "views": tabs} | _SHOWN[view](order)


def _process(order: WorkOrder) -> dict[str, Any]:
    lines, links = look.task_lines(db.session, order.site_id, order.id)
    out = outside.dispatches(db.session, order.site_id, order_id=order.id)
    return {
        "out": {task.task_id: task for task in reversed(out)},
        "lines": lines,
        "drawing": drawn(lines, links, named) if len(lines) > 1 else None,
    }


def _materials(order: WorkOrder) -> dict[str, Any]:
    check = _check(order)
    return {"needs": check.needs if check else look.needs(db.session, order.site_id, order.id)}


def _reports(order: WorkOrder) -> dict[str, Any]:
    return {
        "reports": look.reports_of(db.session, order.id),
        "reasons": look.reasons_of(db.session, order.site_id, "correction"),
        "undo_uuid": uuid4().hex, "is_over": order.status in ("closed", "cancelled", "aborted"),
    }  # fmt: skip


def _history(order: WorkOrder) -> dict[str, Any]:
    rows = look.history(db.session, order.site_id, order.id)
    names = look.actor_names(db.session, {row.event.actor for row in rows})
    items = [
        {"at": row.event.occurred_at.isoformat(), "time": moment(row.event.occurred_at),
         "title": told(row.event.topic, row.data), "text": actor_word(row.event.actor, names),
         "state": SHAPES.get(row.event.topic, "idle")}
        for row in rows
    ]  # fmt: skip
    return {"items": items}


def _revision(order: WorkOrder) -> dict[str, Any]:
    return {"revisions": look.revisions(db.session, order.id), "exact": exact}


def exact(text: str) -> str:
    """A quantity of a snapshot as people write it; a fraction that no decimal says exactly stays a fraction."""
    value = Fraction(text)
    places = next((n for n in range(7) if 10**n % value.denominator == 0), None)
    return text if places is None else quantity(Decimal(value.numerator) / Decimal(value.denominator))


_SHOWN = {"process": _process, "materials": _materials, "reports": _reports, "history": _history,
          "revision": _revision}  # fmt: skip
