"""What a person must look at: the team lead's inbox. Acknowledged means seen; cleared means over.

One cause has one open notice (per line that must know), however often it is told: a flood of the same words hides
the one that matters (the alarm management of ISA-18.2 and EEMUA 191).
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select, update

from app import events
from app.db import is_sqlite, transaction
from app.errors import Conflict, NotFound
from app.events import Store
from app.models import Notice, Station

SEVERITIES = ("info", "warn", "crit")
BY_ITSELF = ("limit", "stop")
_N = Notice.__table__


@dataclass(frozen=True)
class Matter:
    """What a notice is about: its kind (help, limit, stop …), and the thing it concerns as (type, id)."""

    site_id: int
    kind: str
    subject: tuple[str, int]


def open_notice(
    store: Store,
    matter: Matter,
    severity: str,
    now: datetime,
    actor: str | None,
    *,
    station_id: int | None = None,
    line_id: int | None = None,
    data: dict[str, Any] | None = None,
    note: str | None = None,
    quantity: Decimal | None = None,
) -> int:
    """Open a notice inside the caller's transaction; returns its id.

    While one of the same matter is open for this line, that one takes the new data, its severity only rises, and it
    is unread again when it rose. ``severity`` is info, warn or crit; the line follows from the station.
    """
    line_id = line_id or _line_of(store, station_id)
    values = {"data": data or {}, "note": note, "quantity": quantity}
    _one_at_a_time(store, matter)
    found = store.execute(
        select(_N.c.id, _N.c.severity).where(*_open(matter), _N.c.line_id.is_not_distinct_from(line_id))
    ).first()
    if found:
        return _again(store, matter, found, severity, values, now, actor)
    row = {"site_id": matter.site_id, "kind": matter.kind, "severity": severity, "line_id": line_id,
           "station_id": station_id, "subject_type": matter.subject[0], "subject_id": matter.subject[1],
           "opened_at": now, **values}  # fmt: skip
    notice_id = int(store.execute(insert(_N).values(row).returning(_N.c.id)).scalar_one())
    _tell(store, "notice.opened", notice_id, now, actor)
    return notice_id


def clear_notices(store: Store, matter: Matter, now: datetime, actor: str | None) -> int:
    """Clear what is open of a matter, inside the caller's transaction; returns how many there were."""
    ids = list(store.execute(select(_N.c.id).where(*_open(matter))).scalars())
    for notice_id in ids:
        _clear(store, notice_id, now, actor)
    return len(ids)


def acknowledge(site_id: int, notice_id: int, user_id: int, actor: str, now: datetime) -> None:
    """Say that somebody looks after it; the first who does stays. Raises NotFound and Conflict (already cleared)."""
    with transaction() as session:
        row = _read(session, site_id, notice_id)
        if row.acknowledged_at is not None:
            return
        mine = (_N.c.id == notice_id) & _N.c.acknowledged_at.is_(None)
        session.execute(update(_N).where(mine).values(acknowledged_by=user_id, acknowledged_at=now))
        _tell(session, "notice.acknowledged", notice_id, now, actor)


def clear(site_id: int, notice_id: int, actor: str, now: datetime) -> None:
    """Clear a notice by hand; what a machine or a backlog opened ends with its cause only (Conflict)."""
    with transaction() as session:
        row = _read(session, site_id, notice_id)
        if row.kind in BY_ITSELF and row.subject_type != "station":
            raise Conflict("notice.by_itself")
        _clear(session, notice_id, now, actor)


def _clear(store: Store, notice_id: int, now: datetime, actor: str | None) -> None:
    store.execute(update(_N).where(_N.c.id == notice_id).values(cleared_at=now, cleared_by=actor))
    _tell(store, "notice.cleared", notice_id, now, actor)


def _again(
    store: Store, matter: Matter, found: Any, severity: str, values: dict[str, Any], now: datetime, actor: str | None
) -> int:
    rose = SEVERITIES.index(severity) > SEVERITIES.index(found.severity)
    changed = {name: value for name, value in values.items() if value}
    if rose:
        changed |= {"severity": severity, "acknowledged_at": None, "acknowledged_by": None,
                    "shelved_until": None}  # fmt: skip
    if changed:
        store.execute(update(_N).where(_N.c.id == found.id).values(changed))
    if rose:
        _tell(store, "notice.opened", found.id, now, actor)
    return int(found.id)


def _open(matter: Matter) -> tuple[Any, ...]:
    return (
        _N.c.site_id == matter.site_id, _N.c.cleared_at.is_(None), _N.c.kind == matter.kind,
        _N.c.subject_type == matter.subject[0], _N.c.subject_id == matter.subject[1],
    )  # fmt: skip


def _one_at_a_time(store: Store, matter: Matter) -> None:
    """SQLite has one writer anyway; on PostgreSQL two who open the same matter at once take turns."""
    if not is_sqlite(store):
        key = f"notice:{matter.site_id}:{matter.kind}:{matter.subject}"
        store.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))


def _line_of(store: Store, station_id: int | None) -> int | None:
    if station_id is None:
        return None
    return store.execute(select(Station.line_id).where(Station.id == station_id)).scalar()


def _read(store: Store, site_id: int, notice_id: int) -> Any:
    row = store.execute(select(_N).where(_N.c.id == notice_id, _N.c.site_id == site_id)).first()
    if row is None:
        raise NotFound("notice.unknown", notice=notice_id)
    if row.cleared_at is not None:
        raise Conflict("notice.cleared")
    return row


def _tell(store: Store, topic: str, notice_id: int, now: datetime, actor: str | None) -> None:
    row = store.execute(select(_N).where(_N.c.id == notice_id)).one()
    data = {"kind": row.kind, "severity": row.severity, "line": row.line_id, "station": row.station_id,
            "subject": [row.subject_type, row.subject_id]}  # fmt: skip
    events.record(store, row.site_id, topic, ("notice", notice_id), actor, now, data)
