"""What labels tell about things, and the queue of the printers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Item, Line, Lot, Person, Printer, PrintJob, Reason, Station, StationPrinter, Unit, WorkOrder

SHOWN = 60
_UNITS = 500
_UNIT = (
    select(Unit.id, Unit.serial.label("code"), Unit.created_at, Item.code.label("item"), Item.name, Item.name_zh,
           WorkOrder.code.label("order"))
    .join(Item, Item.id == Unit.item_id).outerjoin(WorkOrder, WorkOrder.id == Unit.order_id)
)  # fmt: skip
_LOT = (
    select(Lot.id, Lot.code, Lot.supplier, Lot.supplier_lot, Lot.received_at, Lot.expires_on, Item.code.label("item"),
           Item.name, Item.name_zh).join(Item, Item.id == Lot.item_id)
)  # fmt: skip
_STATION = (
    select(Station.id, Station.code, Station.name, Station.name_zh, Line.name.label("line"),
           Line.name_zh.label("line_zh")).join(Line, Line.id == Station.line_id)
)  # fmt: skip
_PERSON = select(Person.id, Person.code, Person.name, Person.name_zh, Person.badge).where(Person.retired.is_(False))
_SUBJECTS = {"unit": (_UNIT, Unit), "lot": (_LOT, Lot), "station": (_STATION, Station), "badge": (_PERSON, Person)}


def subjects(store: Store, site_id: int, template: str, ids: Iterable[int]) -> list[Any]:
    """The rows that a template's labels are about, in the order of their ids as given; others' are left out."""
    query, model = _SUBJECTS[template]
    wanted = list(dict.fromkeys(ids))
    rows = {row.id: row for row in store.execute(query.where(model.site_id == site_id, model.id.in_(wanted)))}
    return [rows[row_id] for row_id in wanted if row_id in rows]


def units_of_order(store: Store, site_id: int, order_id: int) -> list[int]:
    """The units of an order, at most 500."""
    query = select(Unit.id).where(Unit.site_id == site_id, Unit.order_id == order_id).order_by(Unit.serial)
    return list(store.execute(query.limit(_UNITS)).scalars())


def reasons(store: Store, site_id: int) -> list[Any]:
    """The reasons that stand on command cards."""
    mine = (Reason.site_id == site_id, Reason.retired.is_(False), Reason.kind.in_(("scrap", "rework", "stop", "help")))
    columns = (Reason.id, Reason.code, Reason.kind, Reason.name, Reason.name_zh)
    return list(store.execute(select(*columns).where(*mine).order_by(Reason.kind, Reason.code)))


def printers(store: Store, site_id: int) -> list[Any]:
    """The printers in use."""
    table = Printer.__table__
    mine = (table.c.site_id == site_id, table.c.retired.is_(False))
    return list(store.execute(select(table).where(*mine).order_by(table.c.code)))


def stations(store: Store, site_id: int) -> list[Any]:
    """The stations of a site with the id of their printer."""
    query = (
        select(Station.id, Station.code, Station.name, Station.name_zh, StationPrinter.printer_id)
        .outerjoin(StationPrinter, StationPrinter.station_id == Station.id)
        .where(Station.site_id == site_id, Station.retired.is_(False)).order_by(Station.position, Station.code)
    )  # fmt: skip
    return list(store.execute(query))


def printer_of(store: Store, station_id: int) -> int | None:
    """The printer of a station."""
    query = select(StationPrinter.printer_id).where(StationPrinter.station_id == station_id)
    return store.execute(query).scalar()


def people(store: Store, site_id: int) -> list[Any]:
    """Who may get a badge."""
    return list(store.execute(_PERSON.where(Person.site_id == site_id).order_by(Person.code)))


def jobs(store: Store, site_id: int) -> list[Any]:
    """The last labels that were asked for, those that need somebody first."""
    table = PrintJob.__table__
    columns = [column for column in table.c if column.name != "content"]
    query = (
        select(*columns, Printer.code.label("printer")).outerjoin(Printer, Printer.id == table.c.printer_id)
        .where(table.c.site_id == site_id)
        .order_by((table.c.status != "failed"), table.c.id.desc()).limit(SHOWN)
    )  # fmt: skip
    return list(store.execute(query))


def printing_health(store: Store, now: datetime) -> dict[str, Any]:
    """How many labels wait, how many were given up, and what the last problem was."""
    table = PrintJob.__table__
    late = (table.c.status.in_(("queued", "sending")), table.c.problem.is_not(None))
    query = select(table.c.status, table.c.problem).where(table.c.status.in_(("queued", "sending", "failed")))
    rows = list(store.execute(query.order_by(table.c.id).limit(1000)))
    failed = sum(row.status == "failed" for row in rows)
    stuck = store.execute(select(table.c.problem).where(*late).order_by(table.c.id.desc()).limit(1)).scalar()
    return {"ok": not failed and not stuck, "waiting": len(rows) - failed, "failed": failed, "problem": stuck}
