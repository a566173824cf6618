"""Orders through the API: made, released, held, changed, ended and looked at."""

from typing import Any

from app.auth import actor, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.models import Line, Machine, Reason, Skill, Station, WorkOrder
from app.queries import by_code
from app.queries.resources import orders as rows
from app.services import alternates, orders, release, skipping
from app.web.api.operation import N_, operation
from app.web.api.shapes import (
    HoldEnd,
    HoldNew,
    HoldOut,
    MaintenanceNew,
    OrderChange,
    OrderNew,
    Orders,
    OrdersWanted,
    OrderWhole,
    ProductionNew,
    ReworkNew,
    ServiceNew,
    SkipNew,
)


@operation("GET", "/orders", "orders", "orders.view", N_("List orders"), query=OrdersWanted, answer=Orders)
def list_orders(query: OrdersWanted) -> dict[str, Any]:
    """A page of orders, oldest first."""
    found = rows.listed(db.session, identity().site_id, query.after, query.limit, query.kind, query.status,
                        query.item, query.due_before, query.system, query.number)  # fmt: skip
    return page(found, query.limit)


@operation("POST", "/orders", "orders", "orders.edit", N_("Make an order"), body=OrderNew, answer=OrderWhole,
           status=201, refusals=(404,))  # fmt: skip
def create_order(body: Any) -> tuple[int, dict[str, Any]]:
    """A draft order of any kind; 200 with the known order when its external number was sent before."""
    now = now_utc()
    order_id = _MAKERS[type(body)](body, {"actor": actor(), "now": now, "due_at": body.due_at,
                                          "priority": body.priority, "site_id": identity().site_id})  # fmt: skip
    made = _whole(order_id)
    return (201 if made["created_at"] == now else 200), made


@operation("GET", "/orders/<code>", "orders", "orders.view", N_("Get an order with its tasks and progress"),
           answer=OrderWhole, refusals=(404,))  # fmt: skip
def get_order(code: str) -> dict[str, Any]:
    """An order with its holds and tasks."""
    return _whole(_order(code))


@operation("PATCH", "/orders/<code>", "orders", "orders.edit", N_("Change due date or priority"), body=OrderChange,
           answer=OrderWhole, repeat="version", refusals=(404, 409))  # fmt: skip
def change_order(code: str, body: OrderChange) -> dict[str, Any]:
    """Change an order that is still at the version that was read."""
    order_id = _order(code)
    orders.change(identity().site_id, order_id, body.version, actor(), now_utc(), body.due_at, body.priority)
    return _whole(order_id)


@operation("POST", "/orders/<code>/release", "orders", "orders.release", N_("Release an order to the floor"),
           answer=OrderWhole, refusals=(404, 409))  # fmt: skip
def release_order(code: str) -> dict[str, Any]:
    """Break the order down into its tasks and freeze it."""
    order_id = _order(code)
    release.release(identity().site_id, order_id, actor(), now_utc())
    return _whole(order_id)


@operation("POST", "/orders/<code>/hold", "orders", "orders.hold", N_("Put an order on hold"), body=HoldNew,
           answer=HoldOut, status=201, refusals=(404,))  # fmt: skip
def hold_order(code: str, body: HoldNew) -> dict[str, Any]:
    """Lay a hold over an order: nothing can be reported on it until the hold ends."""
    site_id, order_id = identity().site_id, _order(code)
    reason_id = by_code.id_of(db.session, Reason, site_id, body.reason, "reason")
    hold_id = orders.hold(site_id, "order", order_id, reason_id, body.note, identity().user_id, actor(), now_utc())
    return next(row for row in rows.holds(db.session, "order", order_id) if row["id"] == hold_id)


@operation("POST", "/orders/<code>/resume", "orders", "orders.hold", N_("End the holds of an order"), body=HoldEnd,
           answer=OrderWhole, refusals=(404,))  # fmt: skip
def resume_order(code: str, body: HoldEnd) -> dict[str, Any]:
    """End one hold of the order, or all of them."""
    order_id = _order(code)
    open_ones = [row["id"] for row in rows.holds(db.session, "order", order_id)]
    if body.hold is not None and body.hold not in open_ones:
        raise NotFound("hold.unknown", hold=body.hold)
    for hold_id in open_ones if body.hold is None else [body.hold]:
        orders.resume(identity().site_id, hold_id, identity().user_id, actor(), now_utc())
    return _whole(order_id)


@operation("POST", "/orders/<code>/cancel", "orders", "orders.edit", N_("Cancel an order"), answer=OrderWhole,
           refusals=(404, 409))  # fmt: skip
def cancel_order(code: str) -> dict[str, Any]:
    """Give the order up; what was made stays counted."""
    order_id = _order(code)
    orders.cancel(identity().site_id, order_id, actor(), now_utc())
    return _whole(order_id)


@operation("POST", "/orders/<code>/close", "orders", "orders.edit", N_("Close a completed order"), answer=OrderWhole,
           refusals=(404, 409))  # fmt: skip
def close_order(code: str) -> dict[str, Any]:
    """Nothing can be reported or undone on the order any more."""
    order_id = _order(code)
    orders.close(identity().site_id, order_id, actor(), now_utc())
    return _whole(order_id)


@operation("POST", "/tasks/<int:task>/choose", "orders", "orders.route", N_("Choose an alternate"), answer=OrderWhole,
           refusals=(404, 409))  # fmt: skip
def choose_task(task: int) -> dict[str, Any]:
    """Take this task instead of the alternate that is chosen, while nothing was begun on either."""
    return _whole(alternates.choose(identity().site_id, task, actor(), now_utc()))


@operation("POST", "/tasks/<int:task>/skip", "orders", "orders.route", N_("Skip an optional operation"), body=SkipNew,
           answer=OrderWhole, refusals=(404, 409))  # fmt: skip
def skip_task(task: int, body: SkipNew) -> dict[str, Any]:
    """Leave an optional operation out; its pieces go on to the next one."""
    reason_id = by_code.id_of(db.session, Reason, identity().site_id, body.reason, "reason")
    return _whole(skipping.skip(identity().site_id, task, reason_id, actor(), now_utc()))


@operation("POST", "/tasks/<int:task>/unskip", "orders", "orders.route", N_("Take a skip back"), answer=OrderWhole,
           refusals=(404, 409))  # fmt: skip
def unskip_task(task: int) -> dict[str, Any]:
    """Put a skipped operation back, while nothing that flowed past it was used."""
    return _whole(skipping.take_back(identity().site_id, task, actor(), now_utc()))


def page(found: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    """A page of rows and where the next one begins."""
    return {"rows": found, "next": found[-1]["id"] if len(found) == limit else None}


def _order(code: str) -> int:
    return by_code.one(db.session, WorkOrder, identity().site_id, code, "order").id


def _whole(order_id: int) -> dict[str, Any]:
    db.session.flush()
    return rows.whole(db.session, identity().site_id, order_id)


def _production(body: ProductionNew, common: dict[str, Any]) -> int:
    external = (body.external.system, body.external.number) if body.external else None
    line_id = by_code.id_of(db.session, Line, common["site_id"], body.line, "line")
    return orders.create_production(
        **common, item=body.item, quantity=body.quantity, earliest_at=body.earliest_at, line_id=line_id,
        customer_order=body.customer_order, customer_ref=body.customer_ref, external=external,
    )  # fmt: skip


def _rework(body: ReworkNew, common: dict[str, Any]) -> int:
    site_id = common["site_id"]
    item = by_code.item(db.session, site_id, body.item)
    by_code.one(db.session, Station, site_id, body.station, "station")
    unit = by_code.unit(db.session, site_id, body.unit, item.id) if body.unit else None
    return orders.create_rework(
        **common, item=body.item, quantity=body.quantity, minutes=body.minutes, station=body.station,
        unit_id=unit.id if unit else None,
        rework_of=by_code.id_of(db.session, WorkOrder, site_id, body.rework_of, "order"),
    )  # fmt: skip


def _service(body: ServiceNew, common: dict[str, Any]) -> int:
    site_id = common["site_id"]
    item = by_code.item(db.session, site_id, body.item) if body.item else None
    unit = by_code.unit(db.session, site_id, body.unit, item.id if item else None) if body.unit else None
    by_code.id_of(db.session, Skill, site_id, body.skill, "skill")
    return orders.create_service(
        **common, title=body.title, minutes=body.minutes, station=body.station, description=body.description,
        customer_ref=body.customer_ref, unit_id=unit.id if unit else None, skill=body.skill,
    )  # fmt: skip


def _maintenance(body: MaintenanceNew, common: dict[str, Any]) -> int:
    by_code.one(db.session, Machine, common["site_id"], body.machine, "machine")
    return orders.create_maintenance(
        **common, machine=body.machine, title=body.title, minutes=body.minutes, description=body.description,
        state=body.state, earliest_at=body.earliest_at, skill=body.skill,
    )  # fmt: skip


_MAKERS: dict[type, Any] = {
    ProductionNew: _production, ReworkNew: _rework, ServiceNew: _service, MaintenanceNew: _maintenance,
}  # fmt: skip
