"""Shipping: what is in a container leaves for a customer's order, so that a trace ends at the customer."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid
from app.models import Container, ContainerItem, ProductionOrder, Shipment, Unit
from app.services import packing
from app.services.stock import Move, post


def ship(site_id: int, container_id: int, customer_order: str, customer: str | None, actor: str, now: datetime) -> int:
    """Send a container with all that is in it; gives how many units and lots left.

    Raises Conflict when it is empty, left already, stands in another one, holds what may not leave, or what was made
    for another customer's order.
    """
    number = customer_order.strip()
    if not number:
        raise Invalid("value.missing", field="customer_order")
    with transaction() as session:
        container = packing.of_site(session, site_id, container_id, lock=True)
        packing.refuse_shipped(session, container)
        _check_alone(session, container)
        inside = packing.contents(session, container.id)
        if not inside.units and not inside.lots:
            raise Conflict("container.empty", container=container.code)
        for unit in inside.units:
            _check(session, unit, number)
        common = {"site_id": site_id, "container_id": container.id, "customer_order": number[:64],
                  "customer_ref": (customer or "").strip()[:200] or None, "at": now}  # fmt: skip
        session.add_all([Shipment(unit_id=unit.id, **common) for unit in inside.units] or [Shipment(**common)])
        for goods, place in packing.goods_in(session, container):
            post(session, Move("ship", goods[0], -goods[2], goods[1]), site_id, place, actor, now)
        shipped = [unit.id for unit in inside.units]
        session.execute(update(Unit).where(Unit.id.in_(shipped)).values(status="shipped"))
        # Who bought it stands with the shipment, which can be erased; the log holds ids and our numbers only.
        events.record(session, site_id, "container.shipped", ("container", container.id), actor, now,
                      {"units": shipped, "lots": [lot.id for lot, _ in inside.lots]})  # fmt: skip
        return len(inside.units) + len(inside.lots)


def _check_alone(session: Session, container: Container) -> None:
    query = select(Container.code).join(ContainerItem, ContainerItem.container_id == Container.id)
    outer = session.scalar(query.where(ContainerItem.inner_id == container.id, ContainerItem.unpacked_at.is_(None)))
    if outer is not None:
        raise Conflict("pack.twice", what=container.code, container=outer)


def _check(session: Session, unit: Unit, customer_order: str) -> None:
    if unit.status != "good":
        raise Conflict("pack.not_good", unit=unit.serial, status=unit.status)
    packing.refuse_held(session, unit)
    meant = session.scalar(select(ProductionOrder.customer_order).where(ProductionOrder.id == unit.order_id))
    if meant and meant != customer_order:
        raise Conflict("ship.other_customer", unit=unit.serial, customer_order=meant)


__all__ = ["ship"]
