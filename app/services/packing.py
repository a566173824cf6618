"""Packing: finished units, lots and boxes go into containers, containers into a store; nothing is in two places."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import events
from app.db import to_micro, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Container, ContainerItem, Hold, Item, Location, Lot, Report, Shipment, StockMove, Unit
from app.queries.codes import resolve
from app.queries.known import location_of
from app.services.numbers import take
from app.services.receiving import amount_of
from app.services.stock import Move, post

KINDS = {"box": "BOX", "pallet": "PAL", "rack": "RCK"}


@dataclass
class Contents:
    """All that is in a container, also inside other containers in it; lots with their quantity."""

    units: list[Unit] = field(default_factory=list)
    lots: list[tuple[Lot, Decimal]] = field(default_factory=list)
    inner: list[int] = field(default_factory=list)


def create(site_id: int, kind: str, actor: str, now: datetime) -> int:
    """Make an empty box, pallet or rack with a number of its own; gives its id."""
    if kind not in KINDS:
        raise Invalid("value.wrong", field="kind", value=kind[:40])
    with transaction() as session:
        number = take(session, site_id, f"container:{kind}")
        row = Container(site_id=site_id, code=f"{KINDS[kind]}-{number:05d}", kind=kind)
        session.add(row)
        session.flush()
        events.record(session, site_id, "container.created", ("container", row.id), actor, now, {"kind": kind})
        return row.id


def pack(
    site_id: int, container_id: int, scanned: str, quantity: Decimal | None, actor: str, now: datetime
) -> dict[str, Any]:
    """Put what was scanned (a unit, a lot with its quantity, another container) into a container.

    Raises Conflict for what is not finished, on hold, packed already, shipped, or would lie in itself.
    """
    with transaction() as session:
        container = of_site(session, site_id, container_id, lock=True)
        refuse_shipped(session, container)
        found = resolve(session, site_id, scanned)
        maker = {"unit": _unit, "lot": _lot, "container": _inner}.get(found.kind)
        if maker is None:
            raise Conflict("pack.what", text=found.text[:60])
        code, values = maker(session, container, found.id, quantity)
        row = ContainerItem(container_id=container.id, packed_at=now, **{"quantity": Decimal(1)} | values)
        session.add(row)
        events.record(session, site_id, "container.packed", ("container", container.id), actor, now,
                      {name: value for name, value in values.items() if name != "quantity"})  # fmt: skip
        return {"packed": code, "container": container.code}


def unpack(site_id: int, container_id: int, item_id: int, actor: str, now: datetime) -> None:
    """Take one entry out again; what is out already stays out."""
    with transaction() as session:
        container = of_site(session, site_id, container_id, lock=True)
        refuse_shipped(session, container)
        row = session.get(ContainerItem, item_id)
        if row is None or row.container_id != container.id:
            raise NotFound("container.unknown", container=item_id)
        if row.unpacked_at is None:
            row.unpacked_at = now
            events.record(session, site_id, "container.unpacked", ("container", container.id), actor, now,
                          {"unit": row.unit_id, "lot": row.lot_id, "inner": row.inner_id})  # fmt: skip


def put_away(site_id: int, container_id: int, location: str, actor: str, now: datetime) -> int:
    """Finished goods receipt: all that is in a container goes to a location of the store; gives how many moved.

    The same again changes nothing.
    """
    with transaction() as session:
        container = of_site(session, site_id, container_id, lock=True)
        refuse_shipped(session, container)
        query = select(Location).where(Location.site_id == site_id, Location.code == location)
        place = session.scalar(query)
        if place is None:
            raise NotFound("location.unknown", location=location[:40])
        if container.location_id == place.id:
            return 0
        goods = list(goods_in(session, container))
        if not goods:
            raise Conflict("container.empty", container=container.code)
        for move, since in goods:
            post(session, Move("adjust", move[0], -move[2], move[1], reason="put away"), site_id, since, actor, now)
            post(session, Move("receipt", move[0], move[2], move[1], reason="put away"), site_id, place.id, actor, now)
        for key in (container.id, *contents(session, container.id).inner):
            session.execute(update(Container).where(Container.id == key).values(location_id=place.id))
        events.record(session, site_id, "container.put_away", ("container", container.id), actor, now,
                      {"location": place.id, "entries": len(goods)})  # fmt: skip
        return len(goods)


def contents(session: Session, container_id: int) -> Contents:
    """What is in a container now, through all containers in it."""
    found, todo = Contents(), [container_id]
    while todo:
        here = todo.pop()
        mine = (ContainerItem.container_id == here) & ContainerItem.unpacked_at.is_(None)
        for row in session.scalars(select(ContainerItem).where(mine).order_by(ContainerItem.id)):
            if row.inner_id is not None:
                found.inner.append(row.inner_id)
                todo.append(row.inner_id)
            elif row.unit_id is not None:
                found.units.append(session.get_one(Unit, row.unit_id))
            elif row.lot_id is not None:
                found.lots.append((session.get_one(Lot, row.lot_id), row.quantity))
    return found


def of_site(session: Session, site_id: int, container_id: int, lock: bool = False) -> Container:
    """A container of this site; NotFound otherwise."""
    row = session.get(Container, container_id, with_for_update=lock or None)
    if row is None or row.site_id != site_id:
        raise NotFound("container.unknown", container=container_id)
    return row


def goods_in(session: Session, container: Container) -> Iterator[tuple[tuple[int, int | None, int], int]]:
    """(item, lot, millionths) with where it lies now: its own place, or where it was made."""
    usual = container.location_id or location_of(session, container.site_id, None)
    inside = contents(session, container.id)
    for unit in inside.units:
        yield (unit.item_id, None, 10**6), container.location_id or _made_at(session, unit.id) or usual or 0
    for lot, quantity in inside.lots:
        yield (lot.item_id, lot.id, to_micro(quantity)), usual or 0


def _made_at(session: Session, unit_id: int) -> int | None:
    query = select(StockMove.location_id).join(Report, Report.id == StockMove.report_id)
    mine = (Report.unit_id == unit_id) & (StockMove.kind == "produce") & (StockMove.quantity > 0)
    return session.scalar(query.where(mine).order_by(StockMove.id.desc()).limit(1))


def refuse_shipped(session: Session, container: Container) -> None:
    """Raise Conflict when a container left already."""
    if session.scalar(select(Shipment.id).where(Shipment.container_id == container.id).limit(1)) is not None:
        raise Conflict("container.shipped", container=container.code)


def _unit(session: Session, container: Container, unit_id: int, _quantity: Decimal | None) -> tuple[str, Any]:
    unit = session.get_one(Unit, unit_id, with_for_update=True)
    if unit.status != "good":
        raise Conflict("pack.not_good", unit=unit.serial, status=unit.status)
    refuse_held(session, unit)
    _refuse_packed(session, ContainerItem.unit_id == unit_id, unit.serial)
    return unit.serial, {"unit_id": unit_id}


def _lot(session: Session, container: Container, lot_id: int, quantity: Decimal | None) -> tuple[str, Any]:
    lot = session.get_one(Lot, lot_id)
    if quantity is None:
        raise Invalid("value.missing", field="quantity")
    amount_of(session.get_one(Item, lot.item_id), quantity)
    if lot.status != "available":
        raise Conflict("lot.status", lot=lot.code, status=lot.status)
    return lot.code, {"lot_id": lot_id, "quantity": quantity}


def _inner(session: Session, container: Container, inner_id: int, _quantity: Decimal | None) -> tuple[str, Any]:
    inner = of_site(session, container.site_id, inner_id, lock=True)
    if inner_id == container.id or container.id in contents(session, inner_id).inner:
        raise Conflict("pack.in_itself", container=inner.code)
    refuse_shipped(session, inner)
    _refuse_packed(session, ContainerItem.inner_id == inner_id, inner.code)
    return inner.code, {"inner_id": inner_id}


def refuse_held(session: Session, unit: Unit) -> None:
    """Raise Conflict when a hold lies over a unit."""
    mine = (Hold.target_type == "unit") & (Hold.target_id == unit.id) & Hold.released_at.is_(None)
    if session.scalar(select(Hold.id).where(mine).limit(1)) is not None:
        raise Conflict("unit.held", unit=unit.serial)


def _refuse_packed(session: Session, same: Any, code: str) -> None:
    query = select(Container.code).join(ContainerItem, ContainerItem.container_id == Container.id)
    other = session.scalar(query.where(same, ContainerItem.unpacked_at.is_(None)).limit(1))
    if other is not None:
        raise Conflict("pack.twice", what=code, container=other)


__all__ = ["KINDS", "Contents", "contents", "create", "goods_in", "of_site", "pack", "put_away", "refuse_held",
           "refuse_shipped", "unpack"]  # fmt: skip
