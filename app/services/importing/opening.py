"""Opening stock: booked once as receipts; what happened since belongs to the floor and is never booked again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import to_micro
from app.models import Lot, StockMove
from app.services import stock
from app.services.importing.description import Record
from app.services.importing.known import Known
from app.services.importing.result import Counts

REASON = "opening"
Key = tuple[int, int | None, int]


def book(
    session: Session, records: Iterable[Record], known: Known, counts: Counts, actor: str | None, now: datetime
) -> set[str]:
    """Receive what was not received by an import before; gives the codes of the sites where something was."""
    before = _booked(session)
    lots = {(lot.item_id, lot.code): lot.id for lot in session.scalars(select(Lot))}
    sites = known.site_ids()
    touched = set()
    for record in records:
        key = _key(record, known, lots)
        quantity = record.values["quantity"]
        if key in before:
            counts.unchanged += before[key] == quantity
            counts.kept += before[key] != quantity
            continue
        item_id, lot_id, location_id = key
        move = stock.Move("receipt", item_id, to_micro(quantity), lot_id, reason=REASON)
        stock.post(session, move, sites[record.site], location_id, actor, now)
        counts.created += 1
        touched.add(record.site)
    return touched


def _booked(session: Session) -> dict[Key, Any]:
    moves = session.scalars(select(StockMove).where(StockMove.kind == "receipt", StockMove.reason == REASON))
    return {(move.item_id, move.lot_id, move.location_id): move.quantity for move in moves}


def _key(record: Record, known: Known, lots: dict[tuple[int, str], int]) -> Key:
    item_id = known.stored["items"][record.site, record.values["item"]]
    lot = record.values["lot"]
    location_id = known.stored["locations"][record.site, record.values["location"]]
    return item_id, lots[item_id, lot] if lot else None, location_id
