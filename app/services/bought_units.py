"""Bought parts with serial numbers: they are known from the moment somebody scans one to build it in.

Suppliers number their parts and hardly ever send a list. So where a station waits for a bought, serialised part, a
number nobody knows is taken as that part's; anywhere else it stays unknown.
"""

from typing import Any

from sqlalchemy import insert, select

from app import events
from app.errors import Conflict, NotFound
from app.models import Item, Unit
from app.queries.codes import Found
from app.services import station_parts as parts
from app.services.station_here import Here
from devices.barcode import GS1, PLAIN, parse

_U = Unit.__table__
_LONGEST = 64


def receive(here: Here, raw: str, unknown: NotFound) -> Found:
    """The unit behind a number nobody knows, made now; raises ``unknown`` where no such part is waited for."""
    serial, item = _serial(raw), _waited_for(here)
    if serial is None or item is None:
        raise unknown
    if here.connection.execute(select(_U.c.id).where(_U.c.item_id == item.id, _U.c.serial == serial)).scalar():
        raise Conflict("unit.used", unit=serial)
    row = {"site_id": here.site_id, "item_id": item.id, "serial": serial, "status": "good", "created_at": here.now}
    unit_id = int(here.connection.execute(insert(Unit).values(**row).returning(Unit.id)).scalar_one())
    events.record(here.connection, here.site_id, "unit.received", ("unit", unit_id), here.who, here.now,
                  {"item": item.id, "station": here.station_id})  # fmt: skip
    return Found("unit", unit_id, serial)


def _serial(raw: str) -> str | None:
    """The serial number in a scan; an article number (GTIN) is none, it stands on every piece alike."""
    scan = parse(raw)
    if scan.kind == GS1:
        return scan.values.get("serial")
    if scan.kind != PLAIN or "gtin" in scan.values or len(scan.text) > _LONGEST:
        return None
    return scan.text


def _waited_for(here: Here) -> Any:
    """The bought item that the open task needs one more of."""
    missing = parts.missing(here) if here.task_id is not None and here.person_id is not None else None
    if missing is None:
        return None
    mine = (Item.site_id == here.site_id) & (Item.code == missing[0]) & (Item.supply == "buy")
    return here.connection.execute(select(Item.id, Item.code).where(mine)).one_or_none()
