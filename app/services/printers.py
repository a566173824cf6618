"""Label printers: added, changed, retired, given to stations."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Printer, Station, StationPrinter

DPI = (203, 300)


def save(
    site_id: int, printer_id: int | None, code: str, name: str, host: str, port: int, dpi: int, actor: str | None,
    now: datetime,
) -> int:  # fmt: skip
    """Add a printer, or change one, and give its id."""
    for field, value in (("code", code), ("host", host)):
        if not value:
            raise Invalid("value.missing", field=field)
    if not 0 < port < 1 << 16 or dpi not in DPI:
        raise Invalid("value.wrong", field="port" if dpi in DPI else "dpi", value=str(port if dpi in DPI else dpi))
    with transaction() as session:
        taken = session.scalar(select(Printer.id).where(Printer.site_id == site_id, Printer.code == code))
        if taken not in (None, printer_id):
            raise Conflict("printer.code_taken", printer=code)
        row = Printer(site_id=site_id) if printer_id is None else of_site(session, site_id, printer_id)
        row.code, row.name, row.host, row.port, row.dpi, row.retired = code, name or code, host, port, dpi, False
        session.add(row)
        session.flush()
        _tell(session, row, actor, now)
        return row.id


def retire(site_id: int, printer_id: int, actor: str | None, now: datetime) -> None:
    """Take a printer out of use; its stations have none afterwards, what waits for it stays in the queue."""
    with transaction() as session:
        row = of_site(session, site_id, printer_id)
        row.retired = True
        for link in session.scalars(select(StationPrinter).where(StationPrinter.printer_id == row.id)):
            session.delete(link)
        _tell(session, row, actor, now, {"retired": True})


def assign(site_id: int, station_id: int, printer_id: int | None, actor: str | None, now: datetime) -> None:
    """Let a station's labels come from a printer, or from none."""
    with transaction() as session:
        station = session.get(Station, station_id)
        if station is None or station.site_id != site_id:
            raise NotFound("station.unknown", station=station_id)
        if printer_id is not None:
            of_site(session, site_id, printer_id)
        link = session.get(StationPrinter, station_id)
        if link is not None:
            session.delete(link)
            session.flush()
        if printer_id is not None:
            session.add(StationPrinter(station_id=station_id, printer_id=printer_id))
        data = {"printer": printer_id}
        events.record(session, site_id, "printer.assigned", ("station", station_id), actor, now, data)


def of_site(session: Session, site_id: int, printer_id: int) -> Printer:
    """A printer in use; NotFound for another site's."""
    row = session.get(Printer, printer_id)
    if row is None or row.site_id != site_id or row.retired:
        raise NotFound("printer.unknown", printer=printer_id)
    return row


def _tell(
    session: Session, row: Printer, actor: str | None, now: datetime, data: dict[str, Any] | None = None
) -> None:  # fmt: skip
    events.record(session, row.site_id, "printer.changed", ("printer", row.id), actor, now, data)
