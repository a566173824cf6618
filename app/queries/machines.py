"""Machines as the poller needs them: register maps, limit rules, and where a task is done.

Inside the poller a device is named by its id and a machine by ``machine:ID``: codes are unique in a site only.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import yaml
from sqlalchemy import func, select

from app.events import Store
from app.models import Device, LimitRule, Machine, Plan, PlannedTask, Station, TaskStation
from devices import tagmap
from devices.errors import MapError
from devices.tags import DeviceMap
from devices.throttle import Rule


@dataclass(frozen=True)
class KnownDevice:
    """A device row: its map, or None and what is wrong with it."""

    id: int
    site_id: int
    code: str
    machine_id: int | None
    map: DeviceMap | None
    problem: str | None


@dataclass(frozen=True)
class KnownRule:
    """A limit rule with the lines and machines it concerns; ``machines`` are those to be slowed."""

    id: int
    site_id: int
    code: str
    station_id: int
    line_id: int
    upstream_id: int
    upstream_line_id: int
    machines: tuple[int, ...]
    own: tuple[int, ...]
    high: int
    low: int
    mode: str
    rate_permille: int
    on_delay_s: int
    dwell_s: int
    measure: str = "pieces"
    hold_at: int | None = None
    paused_until: datetime | None = None

    def rule(self) -> Rule:
        """The rule as the devices room decides by it; raises RuleError when it contradicts itself."""
        return Rule(
            id=str(self.id), station=f"station:{self.station_id}",
            upstream=tuple(map(machine_name, self.machines)), own=tuple(map(machine_name, self.own)),
            high=self.high, low=self.low, on_delay_s=self.on_delay_s, min_dwell_s=self.dwell_s,
            rate_permille=self.rate_permille if self.mode == "limit" else 0,
            hold_at=self.hold_at if self.mode == "limit" else None,
        )  # fmt: skip


def machine_name(machine_id: int) -> str:
    """A machine's name inside the poller."""
    return f"machine:{machine_id}"


def machine_id(name: str) -> int | None:
    """The id behind a machine's name inside the poller; None for a device without a machine."""
    kind, _, number = name.partition(":")
    return int(number) if kind == "machine" and number.isdigit() else None


def known_devices(store: Store) -> list[KnownDevice]:
    """Every enabled device with its map, named for the poller; a broken map is told, not raised."""
    table = Device.__table__
    rows = store.execute(select(table).where(table.c.enabled.is_(True)).order_by(table.c.id)).all()
    found = []
    for row in rows:
        parsed, problem = _parsed(_Raw(row.map_hash, row.map))
        if parsed:
            machine = f"device:{row.id}" if row.machine_id is None else machine_name(row.machine_id)
            writes = parsed.writes and row.may_write
            parsed = replace(parsed, device=str(row.id), machine=machine, writes=writes)
        found.append(KnownDevice(row.id, row.site_id, row.code, row.machine_id, parsed, problem))
    return found


def read_map(raw: dict[str, Any]) -> DeviceMap:
    """A stored map as the devices room reads it; raises MapError. JSON made the state codes text."""
    states = raw.get("states")
    if isinstance(states, dict):
        raw = raw | {"states": {int(key) if str(key).isdigit() else key: word for key, word in states.items()}}
    return tagmap.parse(yaml.safe_dump({"version": 1, "devices": [raw]}))[0]


def limit_rules(store: Store, site_id: int | None = None) -> list[KnownRule]:
    """The enabled limit rules, of one site or of all."""
    rule, here, there = LimitRule.__table__, Station.__table__, Station.__table__.alias("upstream")
    query = (
        select(rule, here.c.line_id, there.c.line_id.label("upstream_line_id"))
        .join(here, here.c.id == rule.c.station_id)
        .join(there, there.c.id == rule.c.upstream_station_id)
        .where(rule.c.enabled.is_(True))
        .order_by(rule.c.id)
    )
    rows = store.execute(query if site_id is None else query.where(rule.c.site_id == site_id)).all()
    at = _machines_at(store, {row.station_id for row in rows} | {row.upstream_station_id for row in rows})
    return [_rule(row, at) for row in rows]


def placed(task: Any) -> Any:
    """Where a task is done, as SQL: where it was taken up, else where the plan has it, else where it is preferred."""
    newest = select(func.max(Plan.id)).where(Plan.status == "published").group_by(Plan.site_id)
    planned = select(PlannedTask.station_id).where(PlannedTask.task_id == task.c.id, PlannedTask.plan_id.in_(newest))
    liked = select(TaskStation.station_id).where(TaskStation.task_id == task.c.id)
    liked = liked.order_by(TaskStation.preference, TaskStation.station_id).limit(1)
    return func.coalesce(task.c.station_id, planned.limit(1).scalar_subquery(), liked.scalar_subquery())


@dataclass(frozen=True)
class _Raw:
    """A stored map that can be a key: its hash stands for its content."""

    hash: str
    content: dict[str, Any]

    def __hash__(self) -> int:
        return hash(self.hash)


@lru_cache(maxsize=2048)
def _parsed(raw: _Raw) -> tuple[DeviceMap | None, str | None]:
    try:
        return read_map(raw.content), None
    except MapError as error:
        return None, "; ".join(str(problem) for problem in error.problems)


def _machines_at(store: Store, stations: set[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    query = select(Machine.station_id, Machine.id).where(Machine.station_id.in_(stations), Machine.retired.is_(False))
    for station_id, one in store.execute(query.order_by(Machine.id)):
        found[station_id].append(one)
    return found


def _rule(row: Any, at: dict[int, list[int]]) -> KnownRule:
    machines = [row.upstream_machine_id] if row.upstream_machine_id else at.get(row.upstream_station_id, [])
    return KnownRule(
        row.id, row.site_id, row.code, row.station_id, row.line_id, row.upstream_station_id, row.upstream_line_id,
        tuple(machines), tuple(at.get(row.station_id, [])), row.high, row.low, row.mode, row.rate_permille,
        row.on_delay_s, row.dwell_s, row.measure, row.hold_at, row.paused_until,
    )  # fmt: skip
