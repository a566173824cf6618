"""What planning reads of the store: plain rows, base columns only, a fixed number of queries whatever the load.

On PostgreSQL the queries see slightly different moments; publishing looks again, so that nothing is lost by it.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.events import Store
from app.models import (
    Event,
    Hold,
    Machine,
    MachineState,
    OutsideDispatch,
    Report,
    Setting,
    Station,
    Task,
    TaskLink,
    TaskStation,
    WorkOrder,
)
from app.queries import plan_crews, plan_material, plan_supply
from app.queries.plan_crews import Crew
from app.queries.plan_material import Short
from app.queries.plan_supply import Limit
from app.queries.shifts import Calendar, calendar
from app.states.order import WORKABLE
from app.states.task import OPEN

_T, _L, _O, _S = Task.__table__, TaskLink.__table__, WorkOrder.__table__, Station.__table__
_D = OutsideDispatch.__table__
_M, _MS, _R = Machine.__table__, MachineState.__table__, Report.__table__
_OPEN = (_T.c.status.in_(tuple(OPEN)), _O.c.status.in_(tuple(WORKABLE)))
_TASKS = (
    select(
        _T.c.id, _T.c.order_id, _T.c.station_id, _T.c.machine_id, _T.c.skill_id, _T.c.status, _T.c.quantity,
        _T.c.quantity_input, _T.c.quantity_good, _T.c.quantity_scrap, _T.c.quantity_rework, _T.c.piece_min,
        _T.c.fixed_min, _T.c.batch_size, _T.c.operation_id, _T.c.setup_family, _T.c.outside_min,
        _T.c.started_at, _O.c.kind, _O.c.priority, _O.c.due_at, _O.c.earliest_at,
    )
    .join(_O, _O.c.id == _T.c.order_id)
    .where(*_OPEN)
    .order_by(_T.c.id)
)  # fmt: skip
_PRED = _T.alias("pred")
_LINKS = select(
    _L.c.order_id, _L.c.pred_id, _L.c.succ_id, _L.c.type, _L.c.lag_min, _L.c.transfer_batch, _L.c.ratio_num,
    _L.c.ratio_den, _PRED.c.batch_size, _PRED.c.outside_min, _PRED.c.status,
    _PRED.c.quantity, _PRED.c.started_at, _PRED.c.finished_at,
).join(_PRED, _PRED.c.id == _L.c.pred_id)  # fmt: skip
_SLICE = _MS.alias("slice")
_NEWEST = (
    select(_SLICE.c.id)
    .where(_SLICE.c.machine_id == _M.c.id)
    .order_by(_SLICE.c.started_at.desc(), _SLICE.c.id.desc())
    .limit(1)
    .correlate(_M)
    .scalar_subquery()
)


@dataclass(frozen=True)
class PlanSettings:
    """What a site chose for planning; a setting ``plan.NAME`` replaces the value here."""

    horizon_days: int = 28
    freeze_min: int = 60
    repair_min: int = 60
    penalty_min: int = 60
    debounce_s: int = 2
    every_min: int = 15
    keep: int = 20
    keep_runs: int = 200


@dataclass(frozen=True)
class Rows:
    """The store as planning sees it at one moment."""

    tasks: dict[int, Any]
    choices: dict[int, list[Any]]
    links: list[Any]
    stations: dict[int, Any]
    machines: dict[int, list[Any]]
    held: frozenset[tuple[str, int]]
    crews: dict[int, Crew]
    touched: dict[int, int]
    calendar: Calendar
    based_on: int
    limits: dict[int, Limit]
    setups: dict[int, dict[tuple[str, str], Decimal]]
    families: dict[int, str]
    material_at: dict[int, datetime]
    short: tuple[Short, ...]
    out: dict[int, datetime]

    @property
    def skilled(self) -> dict[int, int]:
        """How many people have each skill."""
        return {skill: sum(count for _spans, count in crew) for skill, crew in self.crews.items()}


def settings_of(store: Store, site_id: int) -> PlanSettings:
    """The planning settings of a site; a value that is no whole number above zero is left at its default."""
    rows = store.execute(select(Setting.name, Setting.value).where(Setting.site_id == site_id))
    wished = {name.removeprefix("plan."): value for name, value in rows.all() if name.startswith("plan.")}
    good = {
        name: value
        for name, value in wished.items()
        if name in PlanSettings.__dataclass_fields__ and type(value) is int and value > 0
    }
    return PlanSettings(**good)


def read(store: Store, site_id: int, now: datetime, days: int = 28) -> Rows:
    """Everything one plan of so many days is made from."""
    based_on = store.execute(select(func.coalesce(func.max(Event.id), 0))).scalar_one()
    tasks = {row.id: row for row in store.execute(_TASKS.where(_T.c.site_id == site_id)).all()}
    shifts = calendar(store, site_id)
    material_at, short = plan_material.dates(store, site_id, tasks)
    return Rows(
        tasks,
        _choices(store, site_id),
        _links(store, site_id),
        {row.id: row for row in store.execute(select(_S).where(_S.c.site_id == site_id)).all()},
        _machines(store, site_id),
        holds(store, site_id),
        plan_crews.crews(store, site_id, shifts, now, days),
        _touched(store, [row.id for row in tasks.values() if row.status == "running"]),
        shifts,
        based_on,
        plan_supply.limits(store, site_id),
        plan_supply.setups(store, site_id),
        plan_supply.families(store, site_id),
        material_at,
        short,
        _out(store, site_id),
    )


def open_tasks(store: Store, site_id: int) -> dict[int, Any]:
    """Open tasks of released and running orders, by id; what publishing compares a plan with."""
    return {row.id: row for row in store.execute(_TASKS.where(_T.c.site_id == site_id)).all()}


def holds(store: Store, site_id: int) -> frozenset[tuple[str, int]]:
    """(order or task, id) of all that is on hold."""
    query = select(Hold.target_type, Hold.target_id).where(
        Hold.site_id == site_id, Hold.released_at.is_(None), Hold.target_type.in_(("order", "task"))
    )
    return frozenset((kind, target) for kind, target in store.execute(query).all())


def _choices(store: Store, site_id: int) -> dict[int, list[Any]]:
    table = TaskStation.__table__
    query = (
        select(table)
        .join(_T, _T.c.id == table.c.task_id)
        .join(_O, _O.c.id == _T.c.order_id)
        .where(_T.c.site_id == site_id, *_OPEN)
        .order_by(table.c.task_id, table.c.preference, table.c.station_id)
    )
    found: dict[int, list[Any]] = {}
    for row in store.execute(query).all():
        found.setdefault(row.task_id, []).append(row)
    return found


def _links(store: Store, site_id: int) -> list[Any]:
    """Links of normal flow in orders that still work, those of closed tasks too: skipped ones are bridged."""
    orders = select(_O.c.id).where(_O.c.site_id == site_id, _O.c.status.in_(tuple(WORKABLE)))
    wanted = (_L.c.order_id.in_(orders), _L.c.kind.in_(("normal", "alternate")), _L.c.is_chosen.is_(True))
    return list(store.execute(_LINKS.where(*wanted).order_by(_L.c.id)).all())


def _machines(store: Store, site_id: int) -> dict[int, list[Any]]:
    """Machines by station, each with its present state; the newest slice is one step in the index."""
    query = (
        select(_M.c.id, _M.c.station_id, _MS.c.state, _MS.c.started_at, _MS.c.ended_at)
        .select_from(_M.outerjoin(_MS, _MS.c.id == _NEWEST))
        .where(_M.c.site_id == site_id, _M.c.retired.is_(False), _M.c.station_id.is_not(None))
    )
    found: dict[int, list[Any]] = {}
    for row in store.execute(query).all():
        found.setdefault(row.station_id, []).append(row)
    return found


def _out(store: Store, site_id: int) -> dict[int, datetime]:
    """By task, when the last of what is at suppliers should be back."""
    mine = (_D.c.site_id == site_id, _D.c.closed_at.is_(None))
    query = select(_D.c.task_id, func.max(_D.c.due_at).label("due_at")).where(*mine).group_by(_D.c.task_id)
    return {row.task_id: row.due_at for row in store.execute(query)}


def _touched(store: Store, running: list[int]) -> dict[int, int]:
    """The newest report of each running task: which of several begun tasks a station works on."""
    if not running:
        return {}
    query = select(_R.c.task_id, func.max(_R.c.id)).where(_R.c.task_id.in_(running)).group_by(_R.c.task_id)
    return {row[0]: row[1] for row in store.execute(query).all()}
