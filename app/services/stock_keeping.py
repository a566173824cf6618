"""Stock moved, corrected and counted by hand: each is a move with a reason, never a number written over another."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import events
from app.db import from_micro, to_micro, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Item, Location, Lot, StockBalance
from app.services.idempotency import once
from app.services.receiving import Receipt, amount_of, receive
from app.services.stock import Move, post


@dataclass(frozen=True)
class Spot:
    """Where stock lies: codes of item, lot (None when not tracked by lot) and location."""

    item: str
    lot: str | None
    location: str


@dataclass(frozen=True)
class Doer:
    """Who does it, from which form: the key makes a second sending of the same form do nothing."""

    site_id: int
    user_id: int
    key: str
    actor: str
    now: datetime


@dataclass(frozen=True)
class _Rows:
    item: Item
    lot_id: int | None
    location: Location


def receive_once(wish: Receipt, doer: Doer) -> None:
    """Put a receipt into stock, once for each form."""
    payload = ["receive", wish.item, wish.lot, wish.location, str(wish.quantity)]
    with transaction() as session:

        def act() -> tuple[int, str]:
            receive(doer.site_id, wish, doer.actor, doer.now)
            return 200, ""

        once(session, doer.user_id, doer.key, payload, doer.now, act)


def transfer(spot: Spot, to: str, quantity: Decimal, doer: Doer) -> None:
    """Move stock to another location. Conflict when less lies there than is moved."""

    def work(session: Session, rows: _Rows) -> dict[str, Any]:
        target = _location(session, doer.site_id, to)
        if target.id == rows.location.id:
            raise Conflict("stock.same_place", location=to)
        amount = amount_of(rows.item, quantity)
        there = _balance(session, rows)
        if there < amount:
            values = {"item": spot.item, "location": spot.location, "available": str(from_micro(there))}
            raise Conflict("stock.short", **values)
        _post(session, rows, -amount, "transfer", None, doer)
        _post(session, _Rows(rows.item, rows.lot_id, target), amount, "transfer", None, doer)
        return {"quantity": str(quantity), "to": target.id}

    _do(spot, doer, ["transfer", to, str(quantity)], "stock.moved", work)


def adjust(spot: Spot, quantity: Decimal, reason: str, doer: Doer) -> None:
    """Add a quantity (or take it away with a minus), with a reason. Invalid without one or for zero."""

    def work(session: Session, rows: _Rows) -> dict[str, Any]:
        amount = amount_of(rows.item, abs(quantity)) * (1 if quantity > 0 else -1)
        _post(session, rows, amount, "adjust", _reason(reason), doer)
        return {"quantity": str(quantity)}

    _do(spot, doer, ["adjust", str(quantity), reason], "stock.adjusted", work)


def count(spot: Spot, quantity: Decimal, reason: str, doer: Doer) -> Decimal:
    """Say what really lies there; the difference is booked. Gives the difference."""
    found: list[Decimal] = []

    def work(session: Session, rows: _Rows) -> dict[str, Any]:
        counted = amount_of(rows.item, quantity) if quantity else 0
        difference = counted - _balance(session, rows)
        if difference:
            _post(session, rows, difference, "adjust", _reason(reason), doer)
        found.append(from_micro(difference))
        return {"quantity": str(from_micro(difference)), "counted": str(quantity)}

    _do(spot, doer, ["count", str(quantity), reason], "stock.counted", work)
    return found[0] if found else Decimal(0)


def _do(spot: Spot, doer: Doer, what: list[str], topic: str, work: Any) -> None:
    payload = [spot.item, spot.lot, spot.location, *what]
    with transaction() as session:

        def act() -> tuple[int, str]:
            rows = _rows(session, doer.site_id, spot)
            told = work(session, rows)
            data = {"lot": rows.lot_id, "location": rows.location.id, **told}
            events.record(session, doer.site_id, topic, ("item", rows.item.id), doer.actor, doer.now, data)
            return 200, ""

        once(session, doer.user_id, doer.key, payload, doer.now, act)


def _rows(session: Session, site_id: int, spot: Spot) -> _Rows:
    item = session.scalar(select(Item).where(Item.site_id == site_id, Item.code == spot.item))
    if item is None:
        raise NotFound("item.unknown", item=spot.item)
    if item.is_lot_tracked != bool(spot.lot):
        raise Invalid("stock.lot_needed" if item.is_lot_tracked else "stock.no_lot", item=spot.item)
    lot_id = None
    if spot.lot:
        lot_id = session.scalar(select(Lot.id).where(Lot.item_id == item.id, Lot.code == spot.lot))
        if lot_id is None:
            raise NotFound("lot.unknown", lot=spot.lot)
    return _Rows(item, lot_id, _location(session, site_id, spot.location))


def _location(session: Session, site_id: int, code: str) -> Location:
    row = session.scalar(select(Location).where(Location.site_id == site_id, Location.code == code))
    if row is None:
        raise NotFound("location.unknown", location=code)
    return row


def _balance(session: Session, rows: _Rows) -> int:
    """What lies there in millionths; the row is locked until the end of the transaction."""
    mine = (
        StockBalance.item_id == rows.item.id, StockBalance.lot_key == (rows.lot_id or 0),
        StockBalance.location_id == rows.location.id,
    )  # fmt: skip
    found = session.scalar(select(StockBalance.quantity).where(*mine).with_for_update())
    return to_micro(found) if found is not None else 0


def _post(session: Session, rows: _Rows, amount: int, kind: str, reason: str | None, doer: Doer) -> None:
    move = Move(kind, rows.item.id, amount, rows.lot_id, reason=reason)
    post(session, move, doer.site_id, rows.location.id, doer.actor, doer.now)


def _reason(text: str) -> str:
    if not text.strip():
        raise Invalid("value.missing", field="reason")
    return text.strip()[:200]
