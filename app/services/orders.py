"""Orders of every kind: created, held, resumed, cancelled, closed. Releasing stands in ``release``."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import events
from app.db import to_micro, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import (
    ExternalRef,
    Hold,
    Item,
    Machine,
    MaintenanceOrder,
    ProductionOrder,
    ReworkOrder,
    ServiceOrder,
    Skill,
    Station,
    Task,
    Unit,
    WorkOrder,
)
from app.services.numbers import take
from app.states import check
from app.states.order import ORDER
from app.states.task import OPEN

_PREFIX = {"production": "WO", "rework": "RW", "service": "SV", "maintenance": "MT"}
_TARGETS = {"order": WorkOrder, "task": Task, "unit": Unit}


def create_production(
    site_id: int, item: str | int, quantity: Decimal, due_at: datetime, priority: int, actor: str | None, now: datetime,
    earliest_at: datetime | None = None, customer_order: str | None = None, customer_ref: str | None = None,
    line_id: int | None = None, external: tuple[str, str] | None = None,
) -> int:  # fmt: skip
    """Make a draft order for a quantity of an item and give its id.

    With ``external`` (system, number) the same call again gives the same order: an ERP may send twice.
    """
    with transaction() as session:
        known = _external(session, site_id, external)
        if known:
            return known
        row = _item(session, site_id, item)
        check_quantity(quantity, row)
        order = ProductionOrder(
            **common(session, site_id, "production", row.name, priority, due_at, actor, now, earliest_at, line_id),
            item_id=row.id, quantity=quantity, customer_order=customer_order, customer_ref=customer_ref,
        )  # fmt: skip
        return _add(session, order, actor, now, external, {"item": row.id, "quantity": str(quantity)})


def create_rework(
    site_id: int, item: str | int, quantity: Decimal, minutes: Decimal, station: str | int, due_at: datetime,
    priority: int, actor: str | None, now: datetime, unit_id: int | None = None, rework_of: int | None = None,
) -> int:  # fmt: skip
    """Make a draft order to rework goods that were returned or already received."""
    with transaction() as session:
        row = _item(session, site_id, item)
        check_quantity(quantity, row)
        place = _named(session, Station, site_id, station, "station")
        order = ReworkOrder(
            **common(session, site_id, "rework", row.name, priority, due_at, actor, now), item_id=row.id,
            quantity=quantity, minutes=_minutes(minutes), station_id=place.id, unit_id=unit_id,
        )  # fmt: skip
        order_id = _add(session, order, actor, now, None, {"item": row.id, "quantity": str(quantity)})
        if rework_of:
            from app.models import OrderLink

            session.add(OrderLink(from_id=order_id, to_id=rework_of, type="rework_of"))
        return order_id


def create_service(
    site_id: int, title: str, minutes: Decimal, station: str | int, due_at: datetime, priority: int, actor: str | None,
    now: datetime, description: str | None = None, customer_ref: str | None = None, unit_id: int | None = None,
    skill: str | None = None,
) -> int:  # fmt: skip
    """Make a draft after-sales order; it stands in the queue of its station like any other."""
    with transaction() as session:
        place = _named(session, Station, site_id, station, "station")
        order = ServiceOrder(
            **common(session, site_id, "service", _title(title), priority, due_at, actor, now), station_id=place.id,
            minutes=_minutes(minutes), description=description, customer_ref=customer_ref, unit_id=unit_id,
            skill_id=_named(session, Skill, site_id, skill, "skill").id if skill else None,
        )  # fmt: skip
        return _add(session, order, actor, now, None, {"station": place.id})


def create_maintenance(
    site_id: int, machine: str | int, title: str, minutes: Decimal, due_at: datetime, priority: int, actor: str | None,
    now: datetime, description: str | None = None, state: str = "confirmed", earliest_at: datetime | None = None,
    skill: str | None = None,
) -> int:  # fmt: skip
    """Make a draft maintenance order for a machine; a model proposes, a person confirms."""
    with transaction() as session:
        row = _named(session, Machine, site_id, machine, "machine")
        if row.station_id is None:
            raise Invalid("value.wrong", field="machine", value=row.code)
        order = MaintenanceOrder(
            **common(session, site_id, "maintenance", _title(title), priority, due_at, actor, now, earliest_at),
            machine_id=row.id, minutes=_minutes(minutes), description=description, state=state,
            skill_id=_named(session, Skill, site_id, skill, "skill").id if skill else None,
        )  # fmt: skip
        return _add(session, order, actor, now, None, {"machine": row.id})


def hold(
    site_id: int, target_type: str, target_id: int, reason_id: int | None, note: str | None, user_id: int | None,
    actor: str, now: datetime,
) -> int:  # fmt: skip
    """Lay a hold over an order, task or unit; its own status stays. Gives the hold's id."""
    with transaction() as session:
        model = _TARGETS.get(target_type)
        target = session.get(model, target_id) if model else None
        if target is None or target.site_id != site_id:
            raise NotFound(f"{target_type}.unknown", **{target_type: target_id})
        row = Hold(site_id=site_id, target_type=target_type, target_id=target_id, reason_id=reason_id, note=note,
                   opened_by=user_id, opened_at=now)  # fmt: skip
        session.add(row)
        session.flush()
        events.record(session, site_id, "hold.opened", (target_type, target_id), actor, now, {"hold": row.id})
        return row.id


def resume(site_id: int, hold_id: int, user_id: int | None, actor: str, now: datetime) -> None:
    """Release a hold; releasing it twice changes nothing."""
    with transaction() as session:
        row = session.get(Hold, hold_id)
        if row is None or row.site_id != site_id:
            raise NotFound("hold.unknown", hold=hold_id)
        if row.released_at is None:
            row.released_at, row.released_by = now, user_id
            subject = (row.target_type, row.target_id)
            events.record(session, site_id, "hold.released", subject, actor, now, {"hold": row.id})


def cancel(site_id: int, order_id: int, actor: str, now: datetime) -> None:
    """Give an order up: its open tasks are aborted, what was made stays counted."""
    with transaction() as session:
        order = of_site(session, site_id, order_id, lock=True)
        check("order", ORDER, order.status, "cancelled")
        tasks = Task.__table__
        session.execute(
            update(tasks).where(tasks.c.order_id == order_id, tasks.c.status.in_(tuple(OPEN))).values(status="aborted")
        )
        _move(session, order, "cancelled", actor, now)


def close(site_id: int, order_id: int, actor: str, now: datetime) -> None:
    """Close a completed order; nothing can be reported or undone on it any more."""
    with transaction() as session:
        order = of_site(session, site_id, order_id, lock=True)
        check("order", ORDER, order.status, "closed")
        _move(session, order, "closed", actor, now)


def change(
    site_id: int, order_id: int, version: int, actor: str, now: datetime, due_at: datetime | None = None,
    priority: int | None = None,
) -> None:  # fmt: skip
    """Change due date or priority of an open order, if it is still at ``version``."""
    with transaction() as session:
        order = of_site(session, site_id, order_id, lock=True)
        if order.version != version:
            raise Conflict("order.changed")
        before = {"due_at": order.due_at.isoformat(), "priority": order.priority}
        order.due_at, order.priority = due_at or order.due_at, _priority(priority or order.priority)
        order.version += 1
        data = {"old": before, "new": {"due_at": order.due_at.isoformat(), "priority": order.priority}}
        events.record(session, site_id, "order.changed", ("order", order_id), actor, now, data)


def of_site(session: Session, site_id: int, order_id: int, lock: bool = False) -> WorkOrder:
    """An order of this site, locked when it is going to change; NotFound otherwise."""
    order = session.get(WorkOrder, order_id, with_for_update={"of": WorkOrder} if lock else None)
    if order is None or order.site_id != site_id:
        raise NotFound("order.unknown", order=order_id)
    return order


def _move(session: Session, order: WorkOrder, to: str, actor: str, now: datetime) -> None:
    order.status = to
    order.version += 1
    events.record(session, order.site_id, f"order.{to}", ("order", order.id), actor, now)


def common(
    session: Session, site_id: int, kind: str, title: str, priority: int, due_at: datetime, actor: str | None,
    now: datetime, earliest_at: datetime | None = None, line_id: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What every new order has, its number included."""
    number = take(session, site_id, f"order:{kind}")
    user = int(actor.removeprefix("user:")) if actor and actor.startswith("user:") else None
    return {"site_id": site_id, "code": f"{_PREFIX[kind]}-{number:05d}", "title": title,
            "priority": _priority(priority), "due_at": due_at, "created_at": now,
            "earliest_at": earliest_at, "line_id": line_id, "created_by": user}  # fmt: skip


def _add(
    session: Session,
    order: WorkOrder,
    actor: str | None,
    now: datetime,
    external: tuple[str, str] | None,
    data: dict[str, Any],
) -> int:
    session.add(order)
    session.flush()
    if external:
        session.add(
            ExternalRef(site_id=order.site_id, system=external[0], type="order", ref=external[1], target_id=order.id)
        )
    events.record(session, order.site_id, "order.created", ("order", order.id), actor, now, {"kind": order.kind} | data)
    return order.id


def _external(session: Session, site_id: int, external: tuple[str, str] | None) -> int | None:
    if not external:
        return None
    ref = ExternalRef
    mine = (ref.site_id == site_id, ref.system == external[0], ref.type == "order", ref.ref == external[1])
    return session.scalar(select(ref.target_id).where(*mine))


def _item(session: Session, site_id: int, item: str | int) -> Item:
    return _named(session, Item, site_id, item, "item")


def _named(session: Session, model: Any, site_id: int, key: str | int, what: str) -> Any:
    column = model.id if isinstance(key, int) else model.code
    row = session.scalar(select(model).where(model.site_id == site_id, column == key))
    if row is None:
        raise NotFound(f"{what}.unknown", **{what: key})
    return row


def check_quantity(quantity: Decimal, item: Item) -> None:
    """Refuse a quantity that is none, or finer than the item is counted."""
    try:
        fine = to_micro(quantity) % 10 ** (6 - item.decimals)
    except (ValueError, ArithmeticError):
        raise Invalid("quantity.wrong", quantity=str(quantity)) from None
    if fine:
        raise Invalid("quantity.decimals", quantity=str(quantity), item=item.code, decimals=item.decimals)
    if quantity <= 0 or quantity > 10**9:
        raise Invalid("quantity.wrong", quantity=str(quantity))


def _minutes(minutes: Decimal) -> Decimal:
    if not Decimal(minutes).is_finite() or not 0 < minutes <= 100_000:
        raise Invalid("value.wrong", field="minutes", value=str(minutes))
    return round(Decimal(minutes), 6)


def _priority(priority: int) -> int:
    if not 1 <= priority <= 5:
        raise Invalid("value.wrong", field="priority", value=str(priority))
    return priority


def _title(title: str) -> str:
    if not title.strip():
        raise Invalid("value.missing", field="title")
    return title.strip()[:200]


__all__ = ["cancel", "change", "check_quantity", "close", "common", "create_maintenance", "create_production",
           "create_rework", "create_service", "hold", "of_site", "resume"]  # fmt: skip
