"""How the stations of a site did lately: their pace against the standard times, their stops, their output."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.events import Store
from app.models import Machine, MachineState, Report, Task, WorkSession

_R, _T, _W = Report.__table__, Task.__table__, WorkSession.__table__
_DAYS, _STOP_DAYS = timedelta(days=7), timedelta(days=30)
_LEAST_MIN = 60.0
_LOWEST, _HIGHEST = 0.5, 2.0


def paces(store: Store, site_id: int, now: datetime) -> dict[str, float]:
    """Minutes it took for a standard minute, by place; only where people's time says enough, and never wildly off."""
    ran: dict[int, float] = defaultdict(float)
    for row in store.execute(
        select(_W.c.station_id, _W.c.started_at, _W.c.ended_at).where(
            _W.c.site_id == site_id, _W.c.kind == "run", _W.c.ended_at > now - _DAYS, _W.c.mark.is_(None)
        )
    ):
        if row.station_id is not None:
            ran[row.station_id] += (row.ended_at - row.started_at).total_seconds() / 60
    standard = _standard(store, site_id, now)
    return {
        f"s{station}": min(max(minutes / standard[station], _LOWEST), _HIGHEST)
        for station, minutes in ran.items()
        if minutes >= _LEAST_MIN and standard.get(station, 0.0) > 0
    }


def _standard(store: Store, site_id: int, now: datetime) -> dict[int, float]:
    """Standard minutes of what was reported at each station."""
    found: dict[int, float] = defaultdict(float)
    for row in _reported(store, site_id, now - _DAYS):
        found[row.station_id] += float(row.quantity * row.piece_min / (row.batch_size or 1))
    return found


def _reported(store: Store, site_id: int, since: datetime) -> Any:
    total = func.sum(_R.c.quantity, type_=_R.c.quantity.type).label("quantity")
    query = (
        select(_R.c.station_id, _T.c.piece_min, _T.c.batch_size, total)
        .join(_T, _T.c.id == _R.c.task_id)
        .where(_R.c.site_id == site_id, _R.c.server_at >= since, _R.c.station_id.is_not(None),
               _R.c.kind.in_(("good", "scrap", "rework")))
        .group_by(_R.c.station_id, _T.c.piece_min, _T.c.batch_size)
    )  # fmt: skip
    return store.execute(query).all()


def made(store: Store, site_id: int, since: datetime) -> dict[str, float]:
    """Pieces reported at each place since a moment."""
    found: dict[str, float] = defaultdict(float)
    for row in _reported(store, site_id, since):
        found[f"s{row.station_id}"] += float(row.quantity)
    return found


def stops(store: Store, site_id: int, now: datetime) -> dict[int, tuple[float, float, bool]]:
    """By station: mean seconds between stops and to repair in 30 days, and whether all its machines stand now."""
    query = (
        select(Machine.station_id, MachineState.state, MachineState.started_at, MachineState.ended_at)
        .join(Machine, Machine.id == MachineState.machine_id)
        .where(MachineState.site_id == site_id, Machine.retired.is_(False), Machine.station_id.is_not(None),
               MachineState.started_at > now - _STOP_DAYS)
    )  # fmt: skip
    seconds: dict[int, dict[str, list[float]]] = defaultdict(lambda: {"running": [], "stopped": []})
    present: dict[int, list[str]] = defaultdict(list)
    for row in store.execute(query):
        if row.ended_at is None:
            present[row.station_id].append(row.state)
        elif row.state in ("running", "stopped"):
            seconds[row.station_id][row.state].append((row.ended_at - row.started_at).total_seconds())
    return {
        station: (*_means(seconds[station]), bool(present[station]) and set(present[station]) == {"stopped"})
        for station in {*seconds, *present}
    }


def _means(seconds: dict[str, list[float]]) -> tuple[float, float]:
    count = len(seconds["stopped"])
    if not count or not seconds["running"]:
        return 0.0, 0.0
    return sum(seconds["running"]) / count, sum(seconds["stopped"]) / count
