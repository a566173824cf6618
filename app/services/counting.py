"""What machines count beside what people scan: kept by the hour, compared when the hour is over, drift is told."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction, upsert
from app.events import Store
from app.models import Machine, MachineCount, Report
from app.queries.machines import machine_id
from devices.sample import CountDelta

SHARE, PIECES = Decimal("0.05"), 2  # as far apart as this is the round of a shift, not a fault
WAIT = timedelta(minutes=10)  # scans of an hour may come late
ODD = ("reset", "jump")
_C, _R = MachineCount.__table__, Report.__table__
_HOUR = timedelta(hours=1)
Guard = Callable[[Session], None]


def keep(store: Store, counts: Iterable[CountDelta]) -> None:
    """Add what counters moved by to their hours, inside the caller's transaction; the same step twice is one."""
    steps = [(machine_id(one.machine), one) for one in sorted(counts, key=lambda one: one.at)]
    sites = _sites(store, {number for number, _ in steps if number})
    for number, one in steps:
        if number not in sites:
            continue
        into = upsert(_C)
        row = {"machine_id": number, "tag": one.tag, "hour_at": _hour(one.at), "site_id": sites[number],
               "pieces": one.delta, "odd": int(one.kind in ODD), "last_at": one.at}  # fmt: skip
        more = {"pieces": _C.c.pieces + into.excluded.pieces, "odd": _C.c.odd + into.excluded.odd,
                "last_at": into.excluded.last_at}  # fmt: skip
        later = _C.c.last_at < into.excluded.last_at
        keys = ["machine_id", "tag", "hour_at"]
        store.execute(into.on_conflict_do_update(index_elements=keys, set_=more, where=later), row)


def reconcile(now: datetime, guard: Guard | None = None) -> int:
    """Compare the hours that are over with what was scanned at their machines; gives how many drifted.

    Only stations with one machine can be compared: a scan names its station, not always its machine.
    """
    due = and_(_C.c.scanned.is_(None), _C.c.hour_at <= now - _HOUR - WAIT)
    rows = db.session.execute(
        select(_C, Machine.station_id).join(Machine, Machine.id == _C.c.machine_id).where(due)
    ).all()
    if not rows:
        return 0
    drifted = 0
    with transaction() as session:
        if guard:
            guard(session)
        for row in rows:
            scanned = _scanned(session, row)
            mine = (_C.c.machine_id == row.machine_id) & (_C.c.tag == row.tag) & (_C.c.hour_at == row.hour_at)
            session.execute(update(_C).where(mine).values(scanned=-1 if scanned is None else scanned))
            if scanned is not None and abs(scanned - row.pieces) > max(PIECES, SHARE * max(scanned, row.pieces)):
                drifted += 1
                data = {"machine": row.machine_id, "station": row.station_id, "tag": row.tag, "counted": row.pieces,
                        "scanned": scanned, "hour": row.hour_at.isoformat()}  # fmt: skip
                events.record(session, row.site_id, "machine.drift", ("machine", row.machine_id), "poller", now, data)
    return drifted


def _scanned(store: Store, row: Any) -> int | None:
    """Pieces reported in that hour, less what was taken back; None where machines share a station."""
    alone = select(func.count()).select_from(Machine).where(
        Machine.station_id == row.station_id, Machine.retired.is_(False)
    )  # fmt: skip
    if row.station_id is None or store.execute(alone).scalar_one() != 1:
        return None
    here = or_(_R.c.machine_id == row.machine_id, and_(_R.c.machine_id.is_(None), _R.c.station_id == row.station_id))
    query = select(func.sum(_R.c.quantity, type_=_R.c.quantity.type)).where(
        here, _R.c.kind.in_(("good", "scrap", "rework")), _R.c.server_at >= row.hour_at,
        _R.c.server_at < row.hour_at + _HOUR,
    )  # fmt: skip
    return int(store.execute(query).scalar() or 0)


def _sites(store: Store, machines: set[int]) -> dict[int | None, int]:
    rows = store.execute(select(Machine.id, Machine.site_id).where(Machine.id.in_(machines))) if machines else []
    return {row.id: row.site_id for row in rows}


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
