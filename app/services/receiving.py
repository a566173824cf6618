"""Material that comes in: a lot with the supplier's number, and its quantity put into stock."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import events
from app.db import to_micro, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Item, Location, Lot
from app.services.inspecting import received
from app.services.numbers import take
from app.services.stock import Move, post


@dataclass(frozen=True)
class Receipt:
    """What came: ``lot`` is our number for it (made when left out), ``location`` the code of its place."""

    item: str
    quantity: Decimal
    lot: str | None = None
    location: str | None = None
    supplier: str | None = None
    supplier_lot: str | None = None
    expires_on: date | None = None


def receive(site_id: int, wish: Receipt, actor: str, now: datetime) -> dict[str, Any]:
    """Put a receipt into stock; gives item, lot (None when not lot-tracked), location and quantity.

    More of a lot that is known adds to it. Raises NotFound for an unknown item or location, Invalid for a quantity
    the item is not counted in, Conflict for a lot that is not available.
    """
    with transaction() as session:
        item = _one(session, Item, site_id, wish.item, "item")
        amount = amount_of(item, wish.quantity)
        place = _place(session, site_id, wish.location)
        lot = _lot(session, item, wish, now) if item.is_lot_tracked else None
        post(session, Move("receipt", item.id, amount, lot.id if lot else None), site_id, place.id, actor, now)
        if lot is not None:
            received(session, item, lot, wish.quantity, actor, now)
        data = {"item": item.id, "lot": lot.id if lot else None, "location": place.id, "quantity": str(wish.quantity)}
        events.record(session, site_id, "stock.received", ("item", item.id), actor, now, data)
        return {"item": item.code, "lot": lot.code if lot else None, "location": place.code,
                "quantity": wish.quantity}  # fmt: skip


def amount_of(item: Item, quantity: Decimal) -> int:
    """A quantity above zero in millionths, as fine as the item is counted; Invalid otherwise."""
    try:
        amount = to_micro(quantity)
    except (ValueError, ArithmeticError):
        raise Invalid("quantity.wrong", quantity=str(quantity)) from None
    if amount <= 0 or amount >= 1 << 62:
        raise Invalid("quantity.wrong", quantity=str(quantity))
    if amount % 10 ** (6 - item.decimals):
        raise Invalid("quantity.decimals", quantity=str(quantity), item=item.code, decimals=item.decimals)
    return amount


def _one(session: Session, model: Any, site_id: int, code: str, what: str) -> Any:
    row = session.scalar(select(model).where(model.site_id == site_id, model.code == code))
    if row is None:
        raise NotFound(f"{what}.unknown", **{what: code})
    return row


def _place(session: Session, site_id: int, code: str | None) -> Location:
    if code is not None:
        place: Location = _one(session, Location, site_id, code, "location")
        return place
    first = session.scalar(select(Location).where(Location.site_id == site_id).order_by(Location.id).limit(1))
    if first is None:
        raise NotFound("location.unknown", location="–")
    return first


def _lot(session: Session, item: Item, wish: Receipt, now: datetime) -> Lot:
    code = wish.lot or f"{item.code}-{now:%y%m%d}-{take(session, item.site_id, f'lot:{item.id}'):03d}"
    known = session.scalar(select(Lot).where(Lot.site_id == item.site_id, Lot.item_id == item.id, Lot.code == code))
    if known is not None:
        if known.status != "available":
            raise Conflict("lot.status", lot=known.code, status=known.status)
        return known
    lot = Lot(site_id=item.site_id, item_id=item.id, code=code, supplier=wish.supplier,
              supplier_lot=wish.supplier_lot, received_at=now, expires_on=wish.expires_on)  # fmt: skip
    session.add(lot)
    session.flush()
    return lot


__all__ = ["Receipt", "amount_of", "receive"]
