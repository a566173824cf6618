"""Devices for the pages: how each is, what its tags said last, what its machine did today, how it was limited."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.errors import NotFound
from app.events import Store
from app.models import Device, LatestValue, Lease, LimitRule, LimitSignal, LimitTarget, Machine, MachineState, Station
from app.queries.machines import read_map
from devices.errors import MapError
from devices.tags import DeviceMap, Tag

LEASE = "poller"
_MISSED = timedelta(seconds=15)


@dataclass(frozen=True)
class DeviceRow:
    """A device in the list: its machine's state, the age and quality of what it said, its piece counter, its link."""

    device: Device
    machine: Machine | None
    station: Station | None
    state: str
    reason: str | None
    since_at: datetime | None
    value_at: datetime | None
    tags: int
    not_good: int
    count: Any
    link: dict[str, Any] | None


@dataclass(frozen=True)
class PollerHealth:
    """How the poller is: alive when its lease has not run out, and what it says of itself."""

    alive: bool
    beat_at: datetime | None
    info: dict[str, Any]

    @property
    def links_down(self) -> int:
        """Links that do not answer."""
        return sum(link.get("state") == "down" for link in self.info.get("links", ()))


@dataclass(frozen=True)
class TagRow:
    """A tag of the map and its last value; None when it never said anything."""

    tag: Tag
    latest: LatestValue | None


@dataclass(frozen=True)
class Slice:
    """A stretch of a day in one state; ``start`` and ``width`` in thousandths of the day."""

    state: str
    reason: str | None
    started_at: datetime
    ended_at: datetime | None
    start: float
    width: float


def poller_health(store: Store, now: datetime) -> PollerHealth:
    """How the poller is at a moment."""
    lease = store.execute(select(Lease).where(Lease.name == LEASE)).scalars().first()
    if lease is None:
        return PollerHealth(False, None, {})
    beat = lease.info.get("beat_at")
    return PollerHealth(lease.until > now - _MISSED, datetime.fromisoformat(beat) if beat else None, lease.info)


def devices(store: Store, site_id: int, now: datetime) -> list[DeviceRow]:
    """All devices of a site, by code."""
    open_state = (MachineState.machine_id == Machine.id) & MachineState.ended_at.is_(None)
    query = (
        select(Device, Machine, Station, MachineState)
        .outerjoin(Machine, Machine.id == Device.machine_id)
        .outerjoin(Station, Station.id == Machine.station_id)
        .outerjoin(MachineState, open_state)
        .where(Device.site_id == site_id)
        .order_by(Device.code)
    )
    rows = store.execute(query).all()
    said = _said(store, site_id)
    links = {number: link for link in poller_health(store, now).info.get("links", ()) for number in link.get("ids", ())}
    return [_device(row, said.get(row[0].id, (None, 0, 0, None)), links.get(row[0].id)) for row in rows]


def device_by_code(store: Store, site_id: int, code: str) -> Device:
    """A device; NotFound when it is unknown here."""
    query = select(Device).where(Device.site_id == site_id, Device.code == code)
    found = store.execute(query).scalars().first()
    if found is None:
        raise NotFound("device.unknown", device=code)
    return found


def map_of(device: Device) -> tuple[DeviceMap | None, list[str]]:
    """A device's map, or what is wrong with it."""
    try:
        return read_map(device.map), []
    except MapError as error:
        return None, [str(problem) for problem in error.problems]


def tags(store: Store, device: Device) -> list[TagRow]:
    """The tags of a device in the order of its map, with what they said last."""
    found, _ = map_of(device)
    rows = store.execute(select(LatestValue).where(LatestValue.device_id == device.id)).scalars()
    latest = {row.tag: row for row in rows}
    return [TagRow(tag, latest.get(tag.name)) for tag in found.tags] if found else []


def slices(store: Store, machine_id: int | None, since: datetime, until: datetime, now: datetime) -> list[Slice]:
    """What a machine did between two moments; the open slice ends now."""
    query = (
        select(MachineState)
        .where(MachineState.machine_id == machine_id, MachineState.started_at < until)
        .where((MachineState.ended_at > since) | MachineState.ended_at.is_(None))
        .order_by(MachineState.started_at, MachineState.id)
    )
    span = (until - since).total_seconds() / 1000
    found = []
    for row in store.execute(query).scalars():
        begins, ends = max(row.started_at, since), min(row.ended_at or now, until)
        if ends > begins:
            width = (ends - begins).total_seconds() / span
            found.append(Slice(row.state, row.reason, row.started_at, row.ended_at,
                               round((begins - since).total_seconds() / span, 2), round(width, 2)))  # fmt: skip
    return found


def limit_signals(
    store: Store, machine: Machine | None, most: int = 20
) -> list[tuple[LimitSignal, LimitRule, Station, LimitTarget | None]]:
    """The last limits of a machine with the station that asked for them and what it made of them, newest first."""
    if machine is None:
        return []
    aimed = (LimitRule.upstream_machine_id == machine.id) | (
        LimitRule.upstream_machine_id.is_(None) & (LimitRule.upstream_station_id == machine.station_id)
    )
    mine = (LimitTarget.signal_id == LimitSignal.id) & (LimitTarget.machine_id == machine.id)
    query = (
        select(LimitSignal, LimitRule, Station, LimitTarget)
        .join(LimitRule, LimitRule.id == LimitSignal.rule_id)
        .join(Station, Station.id == LimitRule.station_id)
        .outerjoin(LimitTarget, mine)
        .where(aimed)
        .order_by(LimitSignal.id.desc())
        .limit(most)
    )
    return [(row[0], row[1], row[2], row[3]) for row in store.execute(query)]


def _said(store: Store, site_id: int) -> dict[int, tuple[datetime | None, int, int, Any]]:
    """Of each device: its newest value's time, how many tags, how many not good, its piece counter."""
    query = (
        select(LatestValue.device_id, func.max(LatestValue.received_at), func.count(),
               func.count().filter(LatestValue.quality != "good"))
        .join(Device, Device.id == LatestValue.device_id)
        .where(Device.site_id == site_id)
        .group_by(LatestValue.device_id)
    )  # fmt: skip
    counts = select(LatestValue.device_id, LatestValue.value).where(LatestValue.meaning == "count")
    pieces = dict(store.execute(counts).all())  # type: ignore[arg-type]
    return {row[0]: (row[1], row[2], row[3], pieces.get(row[0])) for row in store.execute(query)}


def _device(row: Any, said: tuple[datetime | None, int, int, Any], link: dict[str, Any] | None) -> DeviceRow:
    device, machine, station, state = row
    return DeviceRow(
        device, machine, station, state.state if state else "no_data", state.reason if state else None,
        state.started_at if state else None, *said, link,
    )  # fmt: skip
