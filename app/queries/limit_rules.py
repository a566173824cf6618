"""Limit rules for people: how full each rope is, what a change would cost, and the line it is tried on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from app.errors import NotFound
from app.events import Store
from app.models import LimitRule, LimitSignal, LimitTarget, Machine, MachineState, Station, Task, WorkOrder
from app.queries.machines import limit_rules, placed
from app.queries.ropes import backlogs
from app.states.order import WORKABLE
from devices.line import Line, Trial, fitted, tried
from devices.throttle import Rule

MOST_STATIONS = 12
TAKTS = 1700  # how many pieces of the slowest station a trial lasts: a day and a night at a minute each
_WINDOW = timedelta(days=30)


@dataclass(frozen=True)
class RuleRow:
    """A rule with its stations, what is under way now (None when it is off), and its open signal."""

    rule: LimitRule
    station: Station
    upstream: Station
    machine: Machine | None
    waiting: float | None
    signal: LimitSignal | None
    targets: list[tuple[LimitTarget, Machine]]


def rules(store: Store, site_id: int) -> list[RuleRow]:
    """All rules of a site, by code."""
    query = (
        select(LimitRule, Station, Machine)
        .join(Station, Station.id == LimitRule.station_id)
        .outerjoin(Machine, Machine.id == LimitRule.upstream_machine_id)
        .where(LimitRule.site_id == site_id)
        .order_by(LimitRule.code)
    )
    rows = store.execute(query).all()
    ups = store.execute(select(Station).where(Station.id.in_({row[0].upstream_station_id for row in rows}))).scalars()
    names = {one.id: one for one in ups}
    waits = backlogs(store, limit_rules(store, site_id))
    signals = _open(store, site_id)
    targets = _targets(store, [one.id for one in signals.values()])
    return [
        RuleRow(rule, station, names[rule.upstream_station_id], machine, waits.get(rule.id), signals.get(rule.id),
                targets.get(signals[rule.id].id, []) if rule.id in signals else [])
        for rule, station, machine in rows
    ]  # fmt: skip


def rule_by_code(store: Store, site_id: int, code: str) -> RuleRow:
    """One rule; NotFound when it is unknown here."""
    found = next((row for row in rules(store, site_id) if row.rule.code == code), None)
    if found is None:
        raise NotFound("limit.unknown", rule=code)
    return found


def line_of(store: Store, row: RuleRow, now: datetime) -> Line:
    """The line a rule is tried on: the stations from the releasing to the full one, as they work these days.

    Cycles are the mean standard times of the open work, over what a station can do at once; stops are those of the
    last 30 days. The full station stands last.
    """
    chain = _chain(store, row)
    cycles = _cycles(store, [one.id for one in chain])
    known = [cycle for cycle in cycles.values() if cycle > 0]
    usual = sum(known) / len(known) if known else 60.0
    seconds = tuple(max(cycles.get(one.id, usual) / max(one.capacity, 1), 1.0) for one in chain)
    between, repair = _stops(store, [one.id for one in chain], now)
    return Line(seconds, mtbf_s=between, mttr_s=repair, bottleneck=len(chain) - 1)


def trial(line: Line, values: Mapping[str, Any]) -> Trial:
    """What a rule with these values would cost the line; takes about a second the first time."""
    takt = line.cycles_s[line.bottleneck]
    part = 60.0 / takt if values["measure"] == "minutes" else 1.0
    hold_at = values.get("hold_at")
    rule = Rule(
        "trial", f"s{line.bottleneck}", ("s0",), high=max(round(values["high"] * part), 2),
        low=max(min(round(values["low"] * part), round(values["high"] * part) - 1), 0),
        on_delay_s=values["on_delay_s"], min_dwell_s=values["dwell_s"],
        rate_permille=values["rate_permille"] if values["mode"] == "limit" else 0,
        hold_at=round(hold_at * part) if hold_at and values["mode"] == "limit" else None,
    )  # fmt: skip
    return _tried(line, rule)


def proposal(line: Line) -> Trial:
    """The shortest rope, from the sizing rule upwards, that keeps 98 % of the line's output."""
    return _fitted(line)


@lru_cache(maxsize=64)
def _tried(line: Line, rule: Rule) -> Trial:
    return tried(line, rule, range(2), _horizon(line))


@lru_cache(maxsize=64)
def _fitted(line: Line) -> Trial:
    return fitted(line, 0.98, range(2), _horizon(line), most=8)


def _horizon(line: Line) -> float:
    return TAKTS * max(line.cycles_s)


def _chain(store: Store, row: RuleRow) -> list[Station]:
    """The stations a piece passes, by their places in the line; of two lines only the two ends are known."""
    if row.station.line_id != row.upstream.line_id or row.upstream.position >= row.station.position:
        return [row.upstream, row.station]
    query = (
        select(Station)
        .where(Station.line_id == row.station.line_id, Station.retired.is_(False),
               Station.position > row.upstream.position, Station.position < row.station.position)
        .order_by(Station.position, Station.code)
    )  # fmt: skip
    between = list(store.execute(query).scalars())
    return [row.upstream, *between[: MOST_STATIONS - 2], row.station]


def _cycles(store: Store, stations: list[int]) -> dict[int, float]:
    """Mean standard seconds of a piece in the open work of each station."""
    here = placed(Task.__table__).label("here")
    task = Task.__table__
    query = (
        select(here, task.c.piece_min, task.c.batch_size)
        .join(WorkOrder.__table__, WorkOrder.__table__.c.id == task.c.order_id)
        .where(WorkOrder.__table__.c.status.in_(sorted(WORKABLE)), here.in_(stations))
    )
    found: dict[int, list[float]] = {}
    for row in store.execute(query):
        found.setdefault(row.here, []).append(float(row.piece_min) * 60 / (row.batch_size or 1))
    return {station: sum(seconds) / len(seconds) for station, seconds in found.items()}


def _stops(store: Store, stations: list[int], now: datetime) -> tuple[float, float]:
    """Mean seconds between stops and to repair of the machines there; (0, 0) when none stopped."""
    query = (
        select(MachineState.state, MachineState.started_at, MachineState.ended_at)
        .join(Machine, Machine.id == MachineState.machine_id)
        .where(Machine.station_id.in_(stations), MachineState.ended_at.is_not(None),
               MachineState.started_at > now - _WINDOW, MachineState.state.in_(("running", "stopped")))
    )  # fmt: skip
    seconds: dict[str, list[float]] = {"running": [], "stopped": []}
    for state, begins, ends in store.execute(query):
        seconds[state].append((ends - begins).total_seconds())
    stops = len(seconds["stopped"])
    if not stops or not seconds["running"]:
        return 0.0, 0.0
    return round(sum(seconds["running"]) / stops, 1), round(sum(seconds["stopped"]) / stops, 1)


def _open(store: Store, site_id: int) -> dict[int, LimitSignal]:
    query = select(LimitSignal).where(LimitSignal.site_id == site_id, LimitSignal.cleared_at.is_(None))
    return {one.rule_id: one for one in store.execute(query.order_by(LimitSignal.id)).scalars()}


def _targets(store: Store, signals: list[int]) -> dict[int, list[tuple[LimitTarget, Machine]]]:
    query = (
        select(LimitTarget, Machine).join(Machine, Machine.id == LimitTarget.machine_id)
        .where(LimitTarget.signal_id.in_(signals)).order_by(Machine.code)
    )  # fmt: skip
    found: dict[int, list[tuple[LimitTarget, Machine]]] = {}
    for target, machine in store.execute(query):
        found.setdefault(target.signal_id, []).append((target, machine))
    return found
