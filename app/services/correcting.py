"""Corrections by a team lead: a report is reversed with a reason, and where something else is right, reported anew.

Nothing is ever changed or deleted: the wrong row, its reversal and the right row stand beside each other. The right
row keeps for whom it is; who corrected stands in it and in the event.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.group_commit import commit_together
from app.models import Notice, Reason, Report
from app.services import replacing
from app.services.execution import Entry, report
from app.services.undoing import Undo, undo
from app.states.flow import ONE

_R = Report.__table__


@dataclass(frozen=True)
class Wish:
    """What a lead says of a report: ``quantity`` is what would have been right, None when nothing was made.

    ``uuid`` is made by the form: sent twice it corrects once.
    """

    uuid: str
    site_id: int
    report_id: int
    reason: str
    quantity: Decimal | None
    person_id: int | None
    actor: str


def correct(wish: Wish, now: datetime) -> int | None:
    """Reverse a report and report what is right; gives the new report's id, None when it was only taken back.

    Raises NotFound, Invalid (no reason, a wrong quantity) or Conflict (already reversed, its pieces were used).
    """
    return commit_together(lambda connection: _correct(connection, wish, now))  # type: ignore[no-any-return]


def make_again(site_id: int, notice_id: int, actor: str, now: datetime) -> None:
    """Have the pieces made again that an operator asked for, and clear the notice."""
    with transaction() as session:
        notice = session.get(Notice, notice_id)
        if notice is None or notice.site_id != site_id or notice.kind != "replacement":
            raise NotFound("notice.unknown", notice=notice_id)
        if notice.cleared_at is not None:
            raise Conflict("notice.cleared")
        amount = int(Decimal(str(notice.data["quantity"])) * ONE)
        replacing.replace(session.connection(), site_id, int(notice.data["task"]), amount, actor, now)
        session.execute(update(Notice).where(Notice.id == notice_id).values(cleared_at=now, cleared_by=actor))
        data = {"kind": notice.kind, "line": notice.line_id, "station": notice.station_id}
        events.record(session, site_id, "notice.cleared", ("notice", notice_id), actor, now, data)


def _correct(connection: Connection, wish: Wish, now: datetime) -> int | None:
    done = connection.execute(select(_R.c.id).where(_R.c.uuid.in_((wish.uuid, _right(wish))))).scalars().all()
    if done:
        return int(max(done)) if len(done) > 1 else None
    row = connection.execute(select(_R).where(_R.c.id == wish.report_id, _R.c.site_id == wish.site_id)).one_or_none()
    if row is None:
        raise NotFound("report.unknown", report=wish.report_id)
    reason_id = _reason(connection, wish)
    if wish.quantity is not None and wish.quantity == row.quantity:
        raise Invalid("correction.same", quantity=str(row.quantity))
    if wish.quantity is not None and row.unit_id is not None:
        raise Invalid("unit.one")
    back = Undo(wish.uuid, wish.site_id, row.id, wish.person_id, "correction", True, reason_id, wish.actor)
    undo(connection, back, now)
    right = None if wish.quantity is None else report(connection, _entry(row, wish), now)["report"]
    data = {"report": row.id, "was": str(row.quantity), "now": str(wish.quantity or 0), "reason": reason_id,
            "right": right, "station": row.station_id}  # fmt: skip
    events.record(connection, wish.site_id, "report.corrected", ("task", row.task_id), wish.actor, now, data)
    return right


def _reason(connection: Connection, wish: Wish) -> int:
    query = select(Reason.id).where(
        Reason.site_id == wish.site_id, Reason.code == wish.reason, Reason.kind == "correction"
    )
    found = connection.execute(query).scalar()
    if found is None:
        raise Invalid("report.reason")
    return int(found)


def _right(wish: Wish) -> str:
    return f"{wish.uuid[:60]}.new"


def _entry(row: Any, wish: Wish) -> Entry:
    return Entry(
        uuid=_right(wish), site_id=wish.site_id, kind=row.kind, quantity=wish.quantity or Decimal(0),
        task_id=row.task_id, station_id=row.station_id, person_id=wish.person_id, channel="correction",
        reason_id=row.reason_id, machine_id=row.machine_id, on_behalf_of=row.on_behalf_of or row.person_id,
        device_at=row.device_at or row.server_at,
    )  # fmt: skip
