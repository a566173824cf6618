"""Machines as the poller needs them: register maps, limit rules, and the work that waits before a station.

Inside the poller a device is named by its id and a machine by ``machine:ID``: codes are unique in a site only.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import yaml
from sqlalchemy import BigInteger, func, select, type_coerce

from app.events import Store
from app.models import Device, LimitRule, Machine, Plan, PlannedTask, Station, Task, TaskLink, TaskStation, WorkOrder
from app.states.order import WORKABLE
from app.states.task import OPEN
from devices import tagmap
from devices.errors import MapError
from devices.tags import DeviceMap
from devices.throttle import Rule

_T, _P, _O, _L = Task.__table__, Task.__table__.alias("pred"), WorkOrder.__table__, TaskLink.__table__
_ONE = 1_000_000


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

    def rule(self) -> Rule:
        """The rule as the devices room decides by it; raises RuleError when it contradicts itself."""
        return Rule(
            id=str(self.id), station=f"station:{self.station_id}",
            upstream=tuple(map(machine_name, self.machines)), own=tuple(map(machine_name, self.own)),
            high=self.high, low=self.low, on_delay_s=self.on_delay_s, min_dwell_s=self.dwell_s,
            rate_permille=self.rate_permille if self.mode == "limit" else 0,
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


def backlogs(store: Store, rules: Iterable[KnownRule]) -> dict[int, float]:
    """Pieces that wait before the station of each rule, by rule.

    Only work that comes from the rule's upstream station counts, as long as any open order leads from one to the
    other; an assembly counts what came from there, even while its other parts are missing.
    """
    rules = list(rules)
    tasks: dict[int, list[_Waiting]] = defaultdict(list)
    for task in _waiting(store, {rule.station_id for rule in rules}):
        tasks[task.station_id].append(task)
    return {rule.id: _backlog(tasks[rule.station_id], rule.upstream_id) for rule in rules}


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
        row.on_delay_s, row.dwell_s,
    )  # fmt: skip


@dataclass
class _Waiting:
    """A task before a station, in millionths: what is available by all its inputs, and what came by each of them."""

    station_id: int
    is_open: bool
    available: int
    used: int
    came: dict[str, int]
    sources: dict[str, set[int]]


def _raw(column: Any) -> Any:
    return type_coerce(column, BigInteger)


def _waiting(store: Store, stations: set[int]) -> list[_Waiting]:
    here = placed(_T)
    used = _raw(_T.c.quantity_good) + _raw(_T.c.quantity_scrap) + _raw(_T.c.quantity_rework)
    query = (
        select(_T.c.id, _T.c.status, here.label("station_id"), _raw(_T.c.quantity_input).label("available"),
               used.label("used"), _L.c.input_key, _raw(_L.c.quantity_passed).label("passed"), _L.c.ratio_num,
               _L.c.ratio_den, placed(_P).label("source"))
        .join(_O, _O.c.id == _T.c.order_id)
        .outerjoin(_L, (_L.c.succ_id == _T.c.id) & (_L.c.kind != "return") & _L.c.is_chosen.is_(True))
        .outerjoin(_P, _P.c.id == _L.c.pred_id)
        .where(_O.c.status.in_(sorted(WORKABLE)), here.in_(sorted(stations)))
    )  # fmt: skip
    found: dict[int, _Waiting] = {}
    for row in store.execute(query):
        task = found.setdefault(
            row.id, _Waiting(row.station_id, row.status in OPEN, row.available, int(row.used), defaultdict(int),
                             defaultdict(set))
        )  # fmt: skip
        if row.input_key is not None:
            task.came[row.input_key] += row.passed * row.ratio_num // row.ratio_den
            task.sources[row.input_key].add(row.source)
    return list(found.values())


def _backlog(tasks: list[_Waiting], upstream_id: int) -> float:
    fed = [task for task in tasks if any(upstream_id in sources for sources in task.sources.values())]
    if not fed:
        return sum(max(task.available - task.used, 0) for task in tasks if task.is_open) / _ONE
    return sum(_came_from(task, upstream_id) for task in fed if task.is_open) / _ONE


def _came_from(task: _Waiting, upstream_id: int) -> int:
    """The most that waits of any input from there, in pieces of the task."""
    came = max(task.came[key] for key, sources in task.sources.items() if upstream_id in sources)
    return max(came - task.used, 0)
