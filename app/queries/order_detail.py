"""One order with all that a page about it shows: tasks, links, holds, materials, reports, what happened."""

import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, and_, func, or_, select, type_coerce
from sqlalchemy.orm import aliased

from app.db import from_micro, to_micro
from app.events import Store
from app.models import (
    Event,
    Hold,
    Item,
    OrderRevision,
    Person,
    PlannedTask,
    Reason,
    Report,
    Station,
    StockBalance,
    Task,
    TaskLink,
    TaskMaterial,
    TaskStation,
    Unit,
    User,
)
from app.queries.progress import current_plan
from app.states.flow import Inflow, arrived, available, grain
from app.states.task import CLOSED

_T, _L, _R, _E = Task.__table__, TaskLink.__table__, Report.__table__, Event.__table__


@dataclass(frozen=True)
class TaskLine:
    """A task with where it may be done, when it is planned, and which tasks it waits for."""

    task: Any
    stations: tuple[Any, ...]
    planned: Any | None
    available: Decimal
    waits_for: tuple[Any, ...]
    is_held: bool


@dataclass(frozen=True)
class Need:
    """A material of an order: what it needs in all, what was issued, and what lies in stock now."""

    item: Any
    needed: Decimal
    issued: Decimal
    stock: Decimal

    @property
    def missing(self) -> Decimal:
        """What is not covered by the stock of now; zero when it is."""
        return max(self.needed - self.issued - max(self.stock, Decimal(0)), Decimal(0))


@dataclass(frozen=True)
class Told:
    """An event with its data read."""

    event: Any
    data: dict[str, Any]


def task_lines(store: Store, site_id: int, order_id: int) -> tuple[list[TaskLine], list[Any]]:
    """The tasks of an order in their sequence, and the links between them."""
    query = select(_T, Item.code.label("item_code"), Item.decimals).outerjoin(Item, Item.id == _T.c.item_id)
    tasks = list(store.execute(query.where(_T.c.order_id == order_id).order_by(_T.c.sequence, _T.c.loop_no, _T.c.id)))
    links = list(store.execute(select(_L).where(_L.c.order_id == order_id).order_by(_L.c.id)))
    ids = [task.id for task in tasks]
    places, planned, stopped = _places(store, ids), _planned(store, site_id, ids), _held_tasks(store, ids)
    by_id = {task.id: task for task in tasks}
    into = defaultdict(list)
    for link in links:
        if link.is_chosen and link.kind != "return":
            into[link.succ_id].append(link)
    lines = [
        TaskLine(task, tuple(places[task.id]), planned.get(task.id), _left(task, into[task.id], by_id),
                 _waits(task, into[task.id], by_id), task.id in stopped)
        for task in tasks
    ]  # fmt: skip
    return lines, links


def _places(store: Store, ids: list[int]) -> dict[int, list[Any]]:
    query = (
        select(TaskStation.task_id, Station.__table__).join(Station, Station.id == TaskStation.station_id)
        .where(TaskStation.task_id.in_(ids)).order_by(TaskStation.preference, Station.position)
    )  # fmt: skip
    found: dict[int, list[Any]] = defaultdict(list)
    for row in store.execute(query):
        found[row.task_id].append(row)
    return found


def _planned(store: Store, site_id: int, ids: list[int]) -> dict[int, Any]:
    table = PlannedTask.__table__
    plan_id = current_plan(store, site_id)
    query = select(table, Station.code.label("station_code")).join(Station, Station.id == table.c.station_id)
    found = store.execute(query.where(table.c.plan_id == plan_id, table.c.task_id.in_(ids)))
    return {row.task_id: row for row in found}


def _held_tasks(store: Store, ids: list[int]) -> set[int]:
    query = select(Hold.target_id).where(
        Hold.target_type == "task", Hold.target_id.in_(ids), Hold.released_at.is_(None)
    )
    return set(store.execute(query).scalars())


def _inflow(link: Any, tasks: dict[int, Any]) -> Inflow:
    closed = tasks[link.pred_id].status in CLOSED
    return Inflow(
        link.input_key, to_micro(link.quantity_passed), link.ratio_num, link.ratio_den, link.transfer_batch, closed
    )


def _left(task: Any, links: list[Any], tasks: dict[int, Any]) -> Decimal:
    inflows = [_inflow(link, tasks) for link in links]
    step = grain(task.decimals if task.decimals is not None else 0)
    used = task.quantity_good + task.quantity_scrap + task.quantity_rework
    return max(from_micro(available(inflows, to_micro(task.quantity), step)) - used, Decimal(0))


def _waits(task: Any, links: list[Any], tasks: dict[int, Any]) -> tuple[Any, ...]:
    """The open predecessors that bring the least: they decide when the task can go on."""
    if task.status not in ("waiting", "ready", "running", "paused"):
        return ()
    sums: dict[str, int] = defaultdict(int)
    for link in links:
        sums[link.input_key] += arrived(_inflow(link, tasks))
    if not sums or min(sums.values()) >= to_micro(task.quantity):
        return ()
    least = min(sums.values())
    found = [tasks[link.pred_id] for link in links if sums[link.input_key] == least]
    return tuple(row for row in found if row.status not in CLOSED)


def needs(store: Store, site_id: int, order_id: int) -> list[Need]:
    """The materials of a released order by item, against all stock of the site (not reserved for anybody)."""
    table, item = TaskMaterial.__table__, Item.__table__
    query = select(table, _T.c.quantity, _T.c.quantity_good).join(_T, _T.c.id == table.c.task_id)
    wanted: dict[int, Fraction] = defaultdict(Fraction)
    issued: dict[int, Decimal] = defaultdict(Decimal)
    for row in store.execute(query.where(_T.c.order_id == order_id, _T.c.status != "skipped", _T.c.loop_no == 0)):
        wanted[row.item_id] += Fraction(row.quantity) * row.need_num / row.need_den
        issued[row.item_id] += row.quantity_issued
    stock = in_stock(store, site_id, list(wanted))
    rows = store.execute(select(item).where(item.c.id.in_(wanted)).order_by(item.c.code))
    return [Need(row, rounded_up(wanted[row.id], row.decimals), issued[row.id], stock[row.id]) for row in rows]


def rounded_up(quantity: Fraction, decimals: int) -> Decimal:
    """A need as the item is counted; needs round up."""
    scaled = quantity * 10**decimals
    return Decimal(-(-scaled.numerator // scaled.denominator)).scaleb(-decimals)


def in_stock(store: Store, site_id: int, item_ids: list[int]) -> dict[int, Decimal]:
    """The stock of items in all lots and locations of the site."""
    amount = func.sum(type_coerce(StockBalance.quantity, BigInteger))
    query = select(StockBalance.item_id, amount).where(
        StockBalance.site_id == site_id, StockBalance.item_id.in_(item_ids)
    )
    found = {row[0]: from_micro(int(row[1])) for row in store.execute(query.group_by(StockBalance.item_id))}
    return defaultdict(Decimal, found)


def reports_of(store: Store, order_id: int, limit: int = 200) -> list[Any]:
    """The newest reports of an order with the names around them; ``undone_by`` is the reversing report, if any."""
    reversal = aliased(Report)
    query = (
        select(_R, _T.c.name.label("task_name"), _T.c.name_zh.label("task_name_zh"), Station.code.label("station_code"),
               Person.name.label("person_name"), Person.code.label("person_code"), Reason.name.label("reason_name"),
               Reason.name_zh.label("reason_name_zh"), Unit.serial, reversal.id.label("undone_by"))
        .join(_T, _T.c.id == _R.c.task_id)
        .outerjoin(Station, Station.id == _R.c.station_id).outerjoin(Person, Person.id == _R.c.person_id)
        .outerjoin(Reason, Reason.id == _R.c.reason_id).outerjoin(Unit, Unit.id == _R.c.unit_id)
        .outerjoin(reversal, reversal.reverses_id == _R.c.id)
        .where(_T.c.order_id == order_id, _R.c.kind.in_(("good", "scrap", "rework")))
        .order_by(_R.c.id.desc()).limit(limit)
    )  # fmt: skip
    return list(store.execute(query))


def history(store: Store, site_id: int, order_id: int, limit: int = 100) -> list[Told]:
    """What happened to an order and its tasks, newest first."""
    tasks = select(_T.c.id).where(_T.c.order_id == order_id)
    mine = or_(
        and_(_E.c.subject_type == "order", _E.c.subject_id == order_id),
        and_(_E.c.subject_type == "task", _E.c.subject_id.in_(tasks)),
    )
    query = select(_E).where(_E.c.site_id == site_id, mine).order_by(_E.c.id.desc()).limit(limit)
    return [Told(row, json.loads(row.data)) for row in store.execute(query)]


def actor_names(store: Store, actors: set[str | None]) -> dict[str, str]:
    """The names behind actors such as user:3 and person:8; the log itself holds no names."""
    names: dict[str, str] = {}
    for prefix, table in (("user", User.__table__), ("person", Person.__table__)):
        ids = [int(part) for kind, _, part in (str(actor).partition(":") for actor in actors) if kind == prefix
               and part.isdigit()]  # fmt: skip
        for row in store.execute(select(table.c.id, table.c.name).where(table.c.id.in_(ids))) if ids else ():
            names[f"{prefix}:{row.id}"] = row.name or f"{prefix} {row.id}"
    return names


def open_holds(store: Store, site_id: int, order_id: int) -> list[Any]:
    """The open holds of an order and of its tasks, with reason, task and who opened them."""
    tasks = select(_T.c.id).where(_T.c.order_id == order_id)
    table = Hold.__table__
    mine = or_(
        and_(table.c.target_type == "order", table.c.target_id == order_id),
        and_(table.c.target_type == "task", table.c.target_id.in_(tasks)),
    )
    query = (
        select(table, Reason.name.label("reason_name"), Reason.name_zh.label("reason_name_zh"),
               User.name.label("user_name"), _T.c.name.label("task_name"), _T.c.name_zh.label("task_name_zh"))
        .outerjoin(Reason, Reason.id == table.c.reason_id).outerjoin(User, User.id == table.c.opened_by)
        .outerjoin(_T, and_(table.c.target_type == "task", _T.c.id == table.c.target_id))
        .where(table.c.site_id == site_id, table.c.released_at.is_(None), mine).order_by(table.c.id)
    )  # fmt: skip
    return list(store.execute(query))


def revisions(store: Store, order_id: int) -> list[Any]:
    """What the order was released with, newest first."""
    table = OrderRevision.__table__
    return list(store.execute(select(table).where(table.c.order_id == order_id).order_by(table.c.revision.desc())))


def reasons_of(store: Store, site_id: int, kind: str) -> list[Any]:
    """The reasons of a kind that are in use."""
    table = Reason.__table__
    mine = (table.c.site_id == site_id) & (table.c.kind == kind) & table.c.retired.is_(False)
    return list(store.execute(select(table).where(mine).order_by(table.c.code)))


def order_of_hold(store: Store, site_id: int, hold_id: int) -> int | None:
    """The order that a hold lies over, or whose task it lies over; None when it is not of this site."""
    table = Hold.__table__
    row = store.execute(select(table).where(table.c.id == hold_id, table.c.site_id == site_id)).one_or_none()
    if row is None or row.target_type == "order":
        return row.target_id if row else None
    if row.target_type != "task":
        return None
    return store.execute(select(_T.c.order_id).where(_T.c.id == row.target_id)).scalar()


def order_of_report(store: Store, site_id: int, report_id: int) -> int | None:
    """The order a report belongs to; None when it is not of this site."""
    query = select(_T.c.order_id).join(_R, _R.c.task_id == _T.c.id)
    return store.execute(query.where(_R.c.id == report_id, _R.c.site_id == site_id)).scalar()
