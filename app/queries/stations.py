"""What the pages of stations show: who is there, what is open, what comes next, what was scanned last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select

from app.errors import NotFound
from app.events import Store
from app.models import (
    LimitRule,
    LimitSignal,
    Line,
    Lot,
    Machine,
    MachineState,
    Operation,
    Person,
    Reason,
    Report,
    Roster,
    Scan,
    ShiftPattern,
    Station,
    StationState,
    Task,
    Unit,
)
from app.queries.known import shift_of
from app.queries.oee import unexplained
from app.queries.station_queue import Queued, station_queue

_S, _ST = Station.__table__, StationState.__table__
LAST = 5


class Limit(NamedTuple):
    """A limit that holds a station back: why, how many wait there, since when."""

    station: str
    station_zh: str | None
    backlog: int
    high: int
    mode: str
    rate_permille: int
    requested_at: datetime

    @property
    def name(self) -> str:
        """For the filter ``named``."""
        return self.station

    @property
    def name_zh(self) -> str | None:
        """For the filter ``named``."""
        return self.station_zh


@dataclass(frozen=True)
class View:
    """All that the page of a station shows."""

    station: Any
    state: str
    person: Any
    shift: Any
    open: Queued | None
    following: list[Queued]
    scans: list[Any]
    limits: list[Limit]
    good_today: Any
    pending: dict[str, Any]
    stopped: Any
    seen_at: datetime | None = None
    crew: tuple[Any, ...] = ()
    stops: tuple[Any, ...] = ()

    @property
    def ready(self) -> Queued | None:
        """What could be started now."""
        return next((task for task in self.following if task.blocked is None), None)


def station_by_code(store: Store, site_id: int, code: str) -> Any:
    """A station of this site with its line; NotFound otherwise."""
    query = (
        select(_S, Line.code.label("line_code"), Line.name.label("line_name"), Line.name_zh.label("line_name_zh"))
        .join(Line, Line.id == _S.c.line_id)
        .where(_S.c.site_id == site_id, _S.c.code == code, _S.c.retired.is_(False))
    )
    row = store.execute(query).one_or_none()
    if row is None:
        raise NotFound("station.unknown", station=code[:60])
    return row


def station_view(store: Store, site_id: int, code: str, now: datetime) -> View:
    """The station's page at this moment."""
    station = station_by_code(store, site_id, code)
    kept = store.execute(select(_ST).where(_ST.c.station_id == station.id)).one_or_none()
    person_id, task_id = (kept.person_id, kept.task_id) if kept else (None, None)
    stopped = kept.stopped_reason if kept else None
    pending = dict(kept.pending or {}) if kept else {}
    queue = station_queue(store, site_id, station.id, now, person_id)
    opened = next((task for task in queue if task.id == task_id), None)
    limits = active_limits(store, site_id, station.id)
    shift_id, day = shift_of(store, site_id, now)
    return View(
        station, _state(stopped, opened, pending, limits), _person(store, person_id), _shift(store, shift_id), opened,
        [task for task in queue if opened is None or task.id != opened.id], last_scans(store, station.id), limits,
        _good(store, station.id, day), pending, _reason(store, site_id, stopped),
        kept.updated_at if kept else None,
        tuple(_person(store, one["person"]) for one in pending.get("crew", ())),
        tuple(unexplained(store, station.id)),
    )  # fmt: skip


def _state(stopped: str | None, opened: Queued | None, pending: dict[str, Any], limits: list[Limit]) -> str:
    if stopped is not None:
        return "stopped"
    if opened is not None and pending.get("paused"):
        return "paused"
    if opened is not None and pending.get("setup"):
        return "setup"
    if opened is not None and "session" in pending:
        return "running"
    return "limited" if limits else "idle"


def active_limits(store: Store, site_id: int, station_id: int | None = None) -> list[Limit]:
    """Limits in force; of one upstream station when it is given."""
    full = Station.__table__.alias("full")
    query = (
        select(full.c.name, full.c.name_zh, LimitSignal.backlog, LimitRule.high, LimitSignal.mode,
               LimitSignal.rate_permille, LimitSignal.requested_at)
        .join(LimitRule, LimitRule.id == LimitSignal.rule_id)
        .join(full, full.c.id == LimitRule.station_id)
        .where(LimitSignal.site_id == site_id, LimitSignal.cleared_at.is_(None))
        .order_by(LimitSignal.requested_at)
    )  # fmt: skip
    if station_id is not None:
        query = query.where(LimitRule.upstream_station_id == station_id)
    return [Limit(*row) for row in store.execute(query)]


def last_scans(store: Store, station_id: int, most: int = LAST) -> list[Any]:
    """The newest scans of a station with their stored answers."""
    columns = (Scan.id, Scan.raw, Scan.parsed, Scan.accepted, Scan.answer, Scan.server_at)
    query = select(*columns).where(Scan.station_id == station_id).order_by(Scan.id.desc()).limit(most)
    return list(store.execute(query))


def reasons_of(store: Store, site_id: int, *kinds: str) -> list[Any]:
    """The reasons people may choose from, of some kinds in their order."""
    columns = (Reason.id, Reason.code, Reason.kind, Reason.name, Reason.name_zh)
    query = select(*columns).where(Reason.site_id == site_id, Reason.kind.in_(kinds), Reason.retired.is_(False))
    return sorted(store.execute(query), key=lambda row: (kinds.index(row.kind), row.code))


def people_of(store: Store, site_id: int, station_id: int, now: datetime, most: int = 8) -> list[Any]:
    """Who is likely to sign in: rostered here today, then the last ones who reported here."""
    _, day = shift_of(store, site_id, now)
    columns = (Person.id, Person.code, Person.name, Person.name_zh)
    mine = (Person.site_id == site_id, Person.retired.is_(False))
    rostered = select(*columns).join(Roster, Roster.person_id == Person.id).where(
        *mine, Roster.station_id == station_id, Roster.day == day, Roster.absent.is_(False)
    )  # fmt: skip
    recent = (
        select(*columns)
        .join(Report, Report.person_id == Person.id)
        .where(*mine, Report.station_id == station_id)
        .group_by(*columns)
        .order_by(func.max(Report.id).desc())
        .limit(most)
    )
    found = {row.id: row for query in (rostered, recent) for row in store.execute(query)}
    return list(found.values())[:most]


def stations_of_site(store: Store, site_id: int) -> list[Any]:
    """Every station by line, with who and what is there; ``state`` is worked out by ``state_of_row``."""
    task, person = Task.__table__.alias("open"), Person.__table__.alias("who")
    machine = (
        select(MachineState.state)
        .join(Machine, Machine.id == MachineState.machine_id)
        .where(Machine.station_id == _S.c.id, MachineState.ended_at.is_(None))
        .order_by(MachineState.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            _S.c.id, _S.c.code, _S.c.name, _S.c.name_zh, _S.c.line_id, Line.code.label("line_code"),
            Line.name.label("line_name"), Line.name_zh.label("line_name_zh"), _ST.c.stopped_reason, _ST.c.pending,
            person.c.id.label("person_id"), person.c.name.label("person_name"),
            person.c.name_zh.label("person_name_zh"), person.c.code.label("person_code"),
            task.c.name.label("task_name"), task.c.name_zh.label("task_name_zh"), task.c.quantity_good,
            task.c.quantity, machine.label("machine_state"),
        )
        .join(Line, Line.id == _S.c.line_id)
        .outerjoin(_ST, _ST.c.station_id == _S.c.id)
        .outerjoin(person, person.c.id == _ST.c.person_id)
        .outerjoin(task, task.c.id == _ST.c.task_id)
        .where(_S.c.site_id == site_id, _S.c.retired.is_(False))
        .order_by(Line.code, _S.c.position, _S.c.code)
    )  # fmt: skip
    return list(store.execute(query))


def state_of_row(row: Any, limited: set[int]) -> str:
    """The state word of a row of ``stations_of_site``; what a machine says of itself counts before the rest."""
    pending = row.pending or {}
    if row.stopped_reason is not None or row.machine_state == "stopped":
        return "stopped"
    if row.id in limited:
        return "limited"
    if row.task_name and pending.get("paused"):
        return "paused"
    return "running" if row.task_name and "session" in pending else "idle"


def limited_stations(store: Store, site_id: int) -> set[int]:
    """The stations that a limit holds back now."""
    query = (
        select(LimitRule.upstream_station_id)
        .join(LimitSignal, LimitSignal.rule_id == LimitRule.id)
        .where(LimitSignal.site_id == site_id, LimitSignal.cleared_at.is_(None))
    )
    return set(store.execute(query).scalars())


def _person(store: Store, person_id: int | None) -> Any:
    columns = (Person.id, Person.code, Person.name, Person.name_zh)
    return store.execute(select(*columns).where(Person.id == person_id)).one_or_none() if person_id else None


def _shift(store: Store, shift_id: int | None) -> Any:
    columns = (ShiftPattern.code, ShiftPattern.name, ShiftPattern.name_zh)
    return store.execute(select(*columns).where(ShiftPattern.id == shift_id)).one_or_none() if shift_id else None


def _reason(store: Store, site_id: int, code: str | None) -> Any:
    columns = (Reason.code, Reason.name, Reason.name_zh)
    mine = select(*columns).where(Reason.site_id == site_id, Reason.code == code)
    return store.execute(mine).one_or_none() if code else None


def _good(store: Store, station_id: int, day: Any) -> Any:
    query = select(func.sum(Report.quantity)).where(
        Report.station_id == station_id, Report.business_date == day, Report.kind == "good"
    )
    return store.execute(query).scalar() or 0


def operation_of(store: Store, task_id: int) -> int | None:
    """The operation behind a task."""
    return store.execute(select(Task.operation_id).where(Task.id == task_id)).scalar()


def batch_size(store: Store, task_id: int) -> int | None:
    """How many pieces a jig or oven takes together at a task; None when it takes them one by one."""
    return store.execute(select(Task.batch_size).where(Task.id == task_id)).scalar()


def is_optional(store: Store, task_id: int) -> bool:
    """Whether a task may be skipped by a lead."""
    operation = select(Operation.is_optional).join(Task, Task.operation_id == Operation.id)
    return bool(store.execute(operation.where(Task.id == task_id, Task.loop_no == 0)).scalar())


def order_of_task(store: Store, site_id: int, task_id: int) -> int:
    """The order a task belongs to; NotFound when it is not of this site."""
    found = store.execute(select(Task.order_id).where(Task.id == task_id, Task.site_id == site_id)).scalar()
    if found is None:
        raise NotFound("task.unknown", task=task_id)
    return int(found)


def number_of(store: Store, kind: str, row_id: int) -> str:
    """What a unit, lot or station is called: serial, lot number, code."""
    column = {"unit": Unit.serial, "lot": Lot.code, "station": Station.code}[kind]
    return str(store.execute(select(column).where(column.class_.id == row_id)).scalar_one())
