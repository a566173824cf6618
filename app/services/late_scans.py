"""What becomes of a scan that waited in a device and was refused when it came: a lead books it, or drops it.

The scan itself stays with the answer it got. Booked, it is a correction for whom made it, at the time it was made.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.events import Store
from app.group_commit import commit_together
from app.models import Notice, Reason, Report, Scan
from app.queries.late_scans import meant
from app.services.execution import Entry, report
from app.services.notices import Matter, clear_notices

_N, _S = Notice.__table__, Scan.__table__


@dataclass(frozen=True)
class Booking:
    """What a lead says was meant. ``uuid`` is made by the form: sent twice it books once.

    ``reason`` says why pieces are bad (for scrap and rework), ``why`` is the reason of the correction.
    """

    uuid: str
    site_id: int
    notice_id: int
    task_id: int
    kind: str
    quantity: Decimal
    reason: str | None
    why: str
    person_id: int | None
    actor: str


def book(wish: Booking, now: datetime) -> int:
    """Report what was meant and clear the conflict; gives the report's id.

    Raises NotFound, Conflict (decided meanwhile, or the state of things forbids it still) and Invalid.
    """
    return int(commit_together(lambda connection: _book(connection, wish, now)))


def drop(site_id: int, notice_id: int, why: str, actor: str, now: datetime) -> None:
    """Decide that nothing is booked, with a reason that stays in the log."""
    with transaction() as session:
        row = _open(session, site_id, notice_id)
        data = {"scan": row.scan_id, "raw": row.raw[:80], "code": row.data.get("code"),
                "reason": _reason(session, site_id, why, "correction"), "station": row.station_id}  # fmt: skip
        events.record(session, site_id, "scan.dropped", ("notice", notice_id), actor, now, data)
        clear_notices(session, Matter(site_id, "conflict", ("scan", row.scan_id)), now, actor)


def _book(connection: Connection, wish: Booking, now: datetime) -> int:
    done = connection.execute(select(Report.id).where(Report.uuid == wish.uuid)).scalar()
    if done is not None:
        return int(done)
    row = _open(connection, wish.site_id, wish.notice_id)
    why = _reason(connection, wish.site_id, wish.why, "correction")
    bad = None if wish.kind == "good" else _reason(connection, wish.site_id, wish.reason or "", wish.kind)
    made = report(connection, _entry(connection, row, wish, bad), now)["report"]
    data = {"report": made, "scan": row.scan_id, "quantity": str(wish.quantity), "reason": why,
            "code": row.data.get("code"), "station": row.station_id}  # fmt: skip
    events.record(connection, wish.site_id, "scan.booked", ("task", wish.task_id), wish.actor, now, data)
    clear_notices(connection, Matter(wish.site_id, "conflict", ("scan", row.scan_id)), now, wish.actor)
    return int(made)


def _entry(connection: Connection, row: Any, wish: Booking, reason_id: int | None) -> Entry:
    kind, number = meant(connection, wish.site_id, row.raw)
    return Entry(
        uuid=wish.uuid, site_id=wish.site_id, kind=wish.kind, quantity=wish.quantity, task_id=wish.task_id,
        station_id=row.station_id, person_id=wish.person_id, channel="correction", reason_id=reason_id,
        unit_id=number if kind == "unit" else None, on_behalf_of=row.person_id or wish.person_id,
        device_at=row.made_at or row.server_at, uncertain=row.uncertain,
    )  # fmt: skip


def _open(store: Store, site_id: int, notice_id: int) -> Any:
    query = (
        select(_N.c.data, _N.c.cleared_at, _N.c.station_id, _S.c.id.label("scan_id"), _S.c.raw, _S.c.person_id,
               _S.c.made_at, _S.c.server_at, _S.c.uncertain)
        .join(_S, _S.c.id == _N.c.subject_id)
        .where(_N.c.id == notice_id, _N.c.site_id == site_id, _N.c.kind == "conflict", _N.c.subject_type == "scan")
        .with_for_update(of=_N)
    )  # fmt: skip
    row = store.execute(query).one_or_none()
    if row is None:
        raise NotFound("notice.unknown", notice=notice_id)
    if row.cleared_at is not None:
        raise Conflict("notice.cleared")
    return row


def _reason(store: Store, site_id: int, code: str, kind: str) -> int:
    query = select(Reason.id).where(Reason.site_id == site_id, Reason.code == code, Reason.kind == kind)
    found = store.execute(query).scalar()
    if found is None:
        raise Invalid("report.reason")
    return int(found)
