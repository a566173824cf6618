"""What a team lead and a wall see: the queue of each station, its state, who is there, and what needs a person."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.db import now_utc
from app.errors import NotFound
from app.events import Store
from app.models import (
    Item,
    LimitRule,
    LimitSignal,
    Line,
    Machine,
    MachineState,
    Notice,
    Person,
    Plan,
    PlannedTask,
    Reason,
    Station,
    StationState,
    Task,
    User,
    WorkOrder,
    WorkSession,
)
from app.queries.machines import placed
from app.states.order import WORKABLE
from app.states.task import OPEN

_T, _O = Task.__table__, WorkOrder.__table__
_SEVERITY = {"crit": 0, "warn": 1, "info": 2}


@dataclass(frozen=True)
class QueueRow:
    """An open task before a station: pieces that can be worked on now, hours of work in them, whether it is late."""

    station_id: int
    task_id: int
    name: str
    name_zh: str | None
    status: str
    order_id: int
    order_code: str
    item_code: str | None
    due_at: datetime
    quantity: Decimal
    waiting: Decimal
    hours: float
    is_late: bool


@dataclass
class StationRow:
    """A station as its lead sees it; ``state`` is running, idle, limited, stopped or no_data, abnormal ones first."""

    station: Station
    state: str = "idle"
    since_at: datetime | None = None
    reason: str | None = None
    queue: list[QueueRow] = field(default_factory=list)
    people: list[Any] = field(default_factory=list)
    limit: "Limit | None" = None
    order_code: str | None = None

    @property
    def pieces(self) -> Decimal:
        """Pieces that can be worked on now."""
        return sum((row.waiting for row in self.queue), Decimal())

    @property
    def hours(self) -> float:
        """Hours of work in them."""
        return round(sum(row.hours for row in self.queue), 1)

    @property
    def late(self) -> int:
        """How many open tasks are late."""
        return sum(row.is_late for row in self.queue)


@dataclass(frozen=True)
class Limit:
    """An open limit as the slowed station feels it: the full station, how much waits there, since when."""

    signal: LimitSignal
    full: Station
    high: int
    backlog: int


@dataclass(frozen=True)
class Call:
    """A notice with the things it names."""

    notice: Notice
    station: Station | None
    line: Line | None
    machine: Machine | None
    reason: Reason | None
    upstream: Station | None
    seen_by: str | None
    assigned: Person | None


def lines(store: Store, site_id: int) -> list[Line]:
    """The lines of a site, by code."""
    return list(store.execute(select(Line).where(Line.site_id == site_id).order_by(Line.code)).scalars())


def line_by_code(store: Store, site_id: int, code: str) -> Line:
    """A line; NotFound when it is unknown here."""
    found = store.execute(select(Line).where(Line.site_id == site_id, Line.code == code)).scalars().first()
    if found is None:
        raise NotFound("line.unknown", line=code)
    return found


def stations_of_line(store: Store, line_id: int) -> list[Station]:
    """The stations of a line in their order."""
    query = select(Station).where(Station.line_id == line_id, Station.retired.is_(False))
    return list(store.execute(query.order_by(Station.position, Station.code)).scalars())


def queue(store: Store, station_ids: Iterable[int], now: datetime) -> list[QueueRow]:
    """Open tasks by station, in the order of their due dates; those without input wait with 0 pieces."""
    here = placed(_T)
    newest = select(func.max(Plan.id)).where(Plan.status == "published").group_by(Plan.site_id)
    late = (
        select(PlannedTask.is_late).where(PlannedTask.task_id == _T.c.id, PlannedTask.plan_id.in_(newest))
        .limit(1).scalar_subquery()
    )  # fmt: skip
    query = (
        select(_T, here.label("here"), _O.c.code.label("order_code"), _O.c.due_at, Item.code.label("item_code"),
               late.label("planned_late"))
        .join(_O, _O.c.id == _T.c.order_id)
        .outerjoin(Item, Item.id == _T.c.item_id)
        .where(_O.c.status.in_(sorted(WORKABLE)), _T.c.status.in_(sorted(OPEN)), here.in_(sorted(station_ids)))
        .order_by(_O.c.priority, _O.c.due_at, _T.c.sequence, _T.c.id)
    )  # fmt: skip
    return [_queue_row(row, now) for row in store.execute(query)]


def station_rows(store: Store, site_id: int, line_id: int, now: datetime) -> list[StationRow]:
    """Every station of a line with what a lead wants to know of it, in the order of the line."""
    rows = {one.id: StationRow(one) for one in stations_of_line(store, line_id)}
    for task in queue(store, rows, now):
        rows[task.station_id].queue.append(task)
    _sessions(store, rows)
    _machines(store, rows)
    for upstream_id, limit in open_limits(store, site_id).items():
        if upstream_id in rows:
            _limited(rows[upstream_id], limit)
    _stopped(store, rows)
    return list(rows.values())


def open_limits(store: Store, site_id: int) -> dict[int, Limit]:
    """Open limits by the station that is slowed; the strictest of several."""
    query = (
        select(LimitSignal, LimitRule, Station)
        .join(LimitRule, LimitRule.id == LimitSignal.rule_id)
        .join(Station, Station.id == LimitRule.station_id)
        .where(LimitSignal.site_id == site_id, LimitSignal.cleared_at.is_(None))
        .order_by(LimitSignal.mode.desc(), LimitSignal.rate_permille.desc(), LimitSignal.id)
    )
    rows = store.execute(query).all()
    return {rule.upstream_station_id: Limit(signal, full, rule.high, signal.backlog) for signal, rule, full in rows}


def inbox(store: Store, site_id: int, line_id: int | None = None) -> list[Call]:
    """Open notices, worst first, then oldest; of one line or of all. Without a line everybody sees it."""
    query = select(Notice).where(Notice.site_id == site_id, Notice.cleared_at.is_(None))
    if line_id is not None:
        query = query.where((Notice.line_id == line_id) | Notice.line_id.is_(None))
    found = list(store.execute(query.order_by(Notice.opened_at, Notice.id)).scalars())
    found.sort(key=lambda one: (is_shelved(one), one.acknowledged_at is not None, _SEVERITY.get(one.severity, 3)))
    return _calls(store, found)


def is_shelved(notice: Notice) -> bool:
    """Whether a notice is silenced for now."""
    return notice.shelved_until is not None and notice.shelved_until > now_utc()


def _calls(store: Store, found: list[Notice]) -> list[Call]:
    def by_id(table: Any, ids: Iterable[Any]) -> dict[int, Any]:
        wanted = {one for one in ids if isinstance(one, int)}
        return {row.id: row for row in store.execute(select(table).where(table.id.in_(wanted))).scalars()}

    stations = by_id(Station, [one.station_id for one in found] + [one.data.get("upstream") for one in found]
                     + [one.data.get("station") for one in found])  # fmt: skip
    lines_by_id = by_id(Line, [one.line_id for one in found])
    machines = by_id(Machine, [one.data.get("machine") for one in found])
    reasons = by_id(Reason, [one.data.get("reason") for one in found])
    people = by_id(Person, [one.assigned_to for one in found])
    users = by_id(User, [one.acknowledged_by for one in found])
    return [
        Call(one, stations.get(one.data.get("station") or one.station_id or 0), lines_by_id.get(one.line_id or 0),
             machines.get(_number(one.data.get("machine"))), reasons.get(_number(one.data.get("reason"))),
             stations.get(_number(one.data.get("upstream"))),
             users[one.acknowledged_by].name if one.acknowledged_by in users else None,
             people.get(one.assigned_to or 0))
        for one in found
    ]  # fmt: skip


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _queue_row(row: Any, now: datetime) -> QueueRow:
    used = row.quantity_good + row.quantity_scrap + row.quantity_rework
    waiting = max(row.quantity_input - used, Decimal())
    minutes = waiting * row.piece_min / (row.batch_size or 1)
    return QueueRow(
        row.here, row.id, row.name, row.name_zh, row.status, row.order_id, row.order_code, row.item_code, row.due_at,
        row.quantity, waiting, float(minutes) / 60, row.due_at < now or bool(row.planned_late),
    )  # fmt: skip


def _sessions(store: Store, rows: dict[int, StationRow]) -> None:
    """Who is signed in, and what is worked on."""
    signed_in = (
        select(StationState.station_id, Person.code, Person.name, Person.name_zh)
        .join(Person, Person.id == StationState.person_id)
        .where(StationState.station_id.in_(rows))
    )
    for person in store.execute(signed_in):
        rows[person.station_id].people.append(person)
    working = (
        select(WorkSession.station_id, WorkSession.kind, WorkSession.started_at, _O.c.code)
        .join(_T, _T.c.id == WorkSession.task_id)
        .join(_O, _O.c.id == _T.c.order_id)
        .where(WorkSession.ended_at.is_(None), WorkSession.station_id.in_(rows))
    )
    for row in store.execute(working):
        found = rows[row.station_id]
        found.order_code = row.code
        if row.kind != "pause":
            found.state, found.since_at = "running", row.started_at


def _machines(store: Store, rows: dict[int, StationRow]) -> None:
    """The worst machine speaks for its station; one that runs makes it run."""
    query = (
        select(Machine.station_id, MachineState.state, MachineState.reason, MachineState.started_at)
        .join(Machine, Machine.id == MachineState.machine_id)
        .where(MachineState.ended_at.is_(None), Machine.station_id.in_(rows), Machine.retired.is_(False))
    )
    states: dict[int, list[Any]] = defaultdict(list)
    for row in store.execute(query):
        states[row.station_id].append(row)
    for station_id, found in states.items():
        rank = ("stopped", "no_data", "running", "idle")
        worst = min(found, key=lambda row: rank.index(row.state) if row.state in rank else len(rank))
        if worst.state != "idle" or rows[station_id].state == "idle":
            row = rows[station_id]
            row.state, row.since_at, row.reason = worst.state, worst.started_at, worst.reason


def _limited(row: StationRow, limit: Limit) -> None:
    row.limit = limit
    if row.state in ("running", "idle"):
        row.state, row.since_at, row.reason = "limited", limit.signal.requested_at, None


def _stopped(store: Store, rows: dict[int, StationRow]) -> None:
    """A station whose people said that it stands, stands, whatever its machine says."""
    query = (
        select(StationState.station_id, StationState.stopped_reason, StationState.updated_at)
        .where(StationState.station_id.in_(rows), StationState.stopped_reason.is_not(None))
    )  # fmt: skip
    opened = dict(
        store.execute(
            select(Notice.station_id, Notice.opened_at).where(
                Notice.kind == "stop", Notice.subject_type == "station", Notice.cleared_at.is_(None)
            )
        ).all()  # type: ignore[arg-type]
    )
    for station_id, reason, at in store.execute(query):
        row = rows[station_id]
        row.state, row.since_at, row.reason = "stopped", opened.get(station_id, at), reason
