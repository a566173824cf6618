"""What machines told: values, states and counts come in here from the poller, in batches, in few short commits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction, upsert
from app.events import Store
from app.models import LatestValue, Machine, MachineState, Station
from app.queries.known import kept
from app.queries.machines import known_devices, machine_id
from app.services import counting, limits, readings
from app.services.notices import Matter, clear_notices, open_notice
from app.services.readings import Told
from devices.sample import Batch, Sample, StateEdge
from devices.tags import DeviceMap

ACTOR = "poller"
NO_DATA = "no_data"
PIECE = 300  # rows in a commit, so that the writer is held for a few milliseconds only
_V, _M = LatestValue.__table__, MachineState.__table__
Guard = Callable[[Session], None]
_WORSE = (
    update(_V).where(_V.c.device_id == bindparam("device"), _V.c.tag == bindparam("name"))
    .values(quality=bindparam("grade"), reason=bindparam("why"))
)  # fmt: skip


def ingest(batches: Sequence[Batch], now: datetime, guard: Guard | None = None) -> None:
    """Take what devices told (named by their ids, as ``queries.machines`` names them).

    Readings go to their own file; latest values, state slices, events, notices and limit answers to the store.
    Taking the same batches twice changes nothing. ``guard`` is asked inside each writing transaction.
    """
    readings.store(Told(int(b.device), sample, b.at) for b in batches for sample in b.samples)
    maps = _maps({int(batch.device) for batch in batches})
    fresh, aged = _values(batches, maps)
    edges = [edge for batch in batches for edge in batch.edges if machine_id(edge.machine) is not None]
    for piece in _pieces(fresh):
        with transaction() as session:
            _guarded(session, guard)
            _upsert(session, piece)
    reports = [report for batch in batches for report in batch.limits]
    counts = [count for batch in batches for count in batch.counts]
    if not (edges or aged or reports or counts):
        return
    with transaction() as session:
        _guarded(session, guard)
        if aged:
            session.execute(_WORSE, aged)
        for edge in sorted(edges, key=lambda edge: edge.at):
            _edge(session, edge, now)
        counting.keep(session, counts)
        for report in reports:
            limits.reported(session, report, now)


def lose_sight(since: datetime, guard: Guard | None = None) -> int:
    """End the open slices at ``since``: nobody looked at the machines after that. Gives how many there were.

    A poller calls it when it begins, so that the time of a dead poller counts neither as running nor as idle.
    """
    with transaction() as session:
        _guarded(session, guard)
        rows = session.execute(select(_M).where(_M.c.ended_at.is_(None), _M.c.state != NO_DATA)).all()
        for row in rows:
            ends = max(since, row.started_at)
            _slice(session, row.site_id, row.machine_id, NO_DATA, "poller", ends, row)
            if row.state == "stopped":
                # Who follows downtime hears of its end from an event.
                data = {"machine": row.machine_id, "state": NO_DATA, "was": "stopped", "reason": "poller"}
                events.record(session, row.site_id, "machine.state", ("machine", row.machine_id), ACTOR, ends, data)
        return len(rows)


def _edge(session: Session, edge: StateEdge, now: datetime) -> None:
    """A machine changed: its time is cut, and who waits for it is told."""
    number = machine_id(edge.machine) or 0
    place = _place(session, number)
    if place is None:
        return
    mine = _M.c.machine_id == number, _M.c.ended_at.is_(None)
    running = session.execute(select(_M).where(*mine).order_by(_M.c.id.desc()).limit(1)).first()
    reason = edge.reason[:64] if edge.reason else None
    if running and (running.state, running.reason) == (edge.state, reason):
        return
    _slice(session, place.site_id, number, edge.state, reason, edge.at, running)
    was = running.state if running else NO_DATA
    data = {"machine": number, "station": place.station_id, "line": place.line_id, "state": edge.state, "was": was,
            "reason": reason}  # fmt: skip
    events.record(session, place.site_id, "machine.state", ("machine", number), ACTOR, now, data, edge.at)
    _notify(session, place, data, edge.at, now)


def _slice(
    session: Session, site_id: int, machine: int, state: str, reason: str | None, at: datetime, before: Any
) -> None:
    if before:
        at = max(at, before.started_at)
        session.execute(update(_M).where(_M.c.id == before.id).values(ended_at=at))
    session.execute(
        insert(_M).values(site_id=site_id, machine_id=machine, state=state, reason=reason, started_at=at)
    )  # fmt: skip


def _notify(session: Session, place: Any, data: dict[str, Any], since: datetime, now: datetime) -> None:
    """A stop is the lead's business until the machine works or waits again; without data nobody knows."""
    matter = Matter(place.site_id, "stop", ("machine", place.id))
    if data["state"] == "stopped":
        alarm = (data["reason"] or "").startswith("alarm")
        told = {"machine": place.id, "reason": data["reason"], "since": since.isoformat()}
        open_notice(session, matter, "crit" if alarm else "warn", now, ACTOR, station_id=place.station_id, data=told)
    elif data["state"] != NO_DATA:
        clear_notices(session, matter, now, ACTOR)


def _place(store: Store, machine: int) -> Any:
    query = (
        select(Machine.id, Machine.site_id, Machine.station_id, Station.line_id)
        .outerjoin(Station, Station.id == Machine.station_id)
        .where(Machine.id == machine)
    )
    return store.execute(query).first()


def _maps(wanted: set[int]) -> dict[int, DeviceMap]:
    def read() -> dict[int, DeviceMap]:
        return {one.id: one.map for one in known_devices(db.session) if one.map}

    found = kept(("device_maps",), read, 5.0)
    return found if wanted <= set(found) else read()


def _values(
    batches: Sequence[Batch], maps: Mapping[int, DeviceMap]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The newest sample of each tag as a row, and those that never arrived: they only age what is known."""
    newest: dict[tuple[int, str], Sample] = {}
    for batch in batches:
        newest |= {(int(batch.device), sample.tag): sample for sample in batch.samples}
    fresh, aged = [], []
    for (device_id, name), sample in newest.items():
        found = maps[device_id].tag(name) if device_id in maps else None
        if found is None:
            continue
        reason = sample.reason[:32] if sample.reason else None
        if sample.value is None or sample.received_at is None:
            aged.append({"device": device_id, "name": name, "grade": sample.quality, "why": reason})
            continue
        fresh.append({"device_id": device_id, "tag": name, "meaning": found.meaning, "value": sample.value,
                      "unit": found.unit[:32] or None, "quality": sample.quality, "reason": reason,
                      "received_at": sample.received_at})  # fmt: skip
    return fresh, aged


def _upsert(session: Session, rows: list[dict[str, Any]]) -> None:
    into = upsert(_V)
    names = ("meaning", "value", "unit", "quality", "reason", "received_at")
    fresh = {name: into.excluded[name] for name in names}
    session.execute(into.on_conflict_do_update(index_elements=["device_id", "tag"], set_=fresh), rows)


def _pieces(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for first in range(0, len(rows), PIECE):
        yield rows[first : first + PIECE]


def _guarded(session: Session, guard: Guard | None) -> None:
    if guard:
        guard(session)
