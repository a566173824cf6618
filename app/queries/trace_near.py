"""What shares a cause with a unit: the same lot, the same shift at a station, the same machine on a day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from app.errors import NotFound
from app.events import Store
from app.models import Report, Station
from app.queries.trace_links import Direction, Node, links
from app.queries.trace_rows import History, Named, Step
from app.queries.trace_things import Thing, things

_R = Report.__table__
_MOST = 6
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Same:
    """What reports have in common: a station on a business date, and the shift or the machine."""

    station_id: int
    day: date
    shift_id: int | None = None
    machine_id: int | None = None


@dataclass(frozen=True)
class Neighbours:
    """Units that share a cause with a thing: ``kind`` is lot, shift or machine; ``count`` leaves the thing out."""

    kind: str
    what: Named
    station: Named | None
    count: int
    same: Same | None
    lot: Node | None = None


def neighbours(store: Store, site_id: int, thing: Thing, told: History) -> list[Neighbours]:
    """The neighbours of a unit, at most six of each kind; none for other things: their units are in the genealogy."""
    if thing.node.kind != "unit":
        return []
    return _by_lot(store, site_id, thing, told) + _by_report(store, site_id, thing, told)


def _by_lot(store: Store, site_id: int, thing: Thing, told: History) -> list[Neighbours]:
    lots = {use.lot_id: Named(use.lot_id, use.lot or "", use.item.name, use.item.name_zh)
            for use in told.used if use.lot_id}  # fmt: skip
    found = []
    for lot_id, name in list(lots.items())[:_MOST]:
        reached = links(store, site_id, Node("lot", lot_id), Direction.FORWARD).nodes
        count = sum(node.kind == "unit" and node != thing.node for node in reached)
        found.append(Neighbours("lot", name, None, count, None, Node("lot", lot_id)))
    return found


def _by_report(store: Store, site_id: int, thing: Thing, told: History) -> list[Neighbours]:
    seen: dict[tuple[str, Same], tuple[Named, Named]] = {}
    for step in told.steps:
        if step.station and not step.undone and not step.shared:
            seen |= _of_step(step, step.station)
    rows = []
    for kind in ("shift", "machine"):
        for (sort, same), (what, station) in [item for item in seen.items() if item[0][0] == kind][:_MOST]:
            count = _count(store, site_id, same, int(thing.node.id))
            rows.append(Neighbours(sort, what, station, count, same))
    return rows


def _of_step(step: Step, station: Named) -> dict[tuple[str, Same], tuple[Named, Named]]:
    found = {}
    if step.shift:
        found["shift", Same(station.id, step.business_date, shift_id=step.shift.id)] = (step.shift, station)
    if step.machine:
        found["machine", Same(station.id, step.business_date, machine_id=step.machine.id)] = (step.machine, station)
    return found


def _where(site_id: int, same: Same) -> ColumnElement[bool]:
    # The two days around a business date let the index over station and time do the work.
    noon = datetime.combine(same.day, time(12), UTC)
    kept = [_R.c.site_id == site_id, _R.c.station_id == same.station_id, _R.c.server_at >= noon - 2 * _DAY,
            _R.c.server_at <= noon + 2 * _DAY, _R.c.business_date == same.day, _R.c.unit_id.is_not(None),
            _R.c.quantity > 0]  # fmt: skip
    if same.shift_id is not None:
        kept.append(_R.c.shift_id == same.shift_id)
    if same.machine_id is not None:
        kept.append(_R.c.machine_id == same.machine_id)
    return and_(*kept)


def _count(store: Store, site_id: int, same: Same, but: int) -> int:
    query = select(func.count(_R.c.unit_id.distinct())).where(_where(site_id, same), _R.c.unit_id != but)
    return store.execute(query).scalar_one()


def alike(store: Store, site_id: int, same: Same, limit: int = 500) -> list[Thing]:
    """The units that were reported there and then, by serial."""
    query: Any = select(_R.c.unit_id).where(_where(site_id, same)).distinct().limit(limit)
    found = things(store, site_id, [Node("unit", row.unit_id) for row in store.execute(query)])
    return sorted(found.values(), key=lambda unit: unit.code)


def place(store: Store, site_id: int, same: Same) -> Named:
    """The station that reports have in common; NotFound when it is not of this site."""
    query = select(Station.id, Station.code, Station.name, Station.name_zh)
    row = store.execute(query.where(Station.id == same.station_id, Station.site_id == site_id)).one_or_none()
    if row is None:
        raise NotFound("station.unknown", station=same.station_id)
    return Named(*row)


__all__ = ["Neighbours", "Same", "alike", "neighbours", "place"]
