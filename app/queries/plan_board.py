"""A plan as pages show it: rows of the table, runs, and names for references; the picture is ``plan_picture``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.events import Store
from app.models import Item, Line, Plan, PlannedTask, PlanRun, ShiftPattern, Skill, Station, Task, User, WorkOrder

PAGE = 100
_P, _T, _O, _S = PlannedTask.__table__, Task.__table__, WorkOrder.__table__, Station.__table__
_COLUMNS = (
    _P.c.task_id, _P.c.station_id, _P.c.start_at, _P.c.end_at, _P.c.bound_by, _P.c.bound_ref, _P.c.is_late,
    _P.c.is_pinned, _P.c.is_locked, _T.c.order_id, _T.c.op_key, _T.c.loop_no, _T.c.name, _T.c.name_zh, _T.c.status,
    _T.c.quantity, _T.c.quantity_good, _T.c.quantity_scrap, _T.c.quantity_rework, _O.c.code.label("order_code"),
    _O.c.title,
    _O.c.kind, _O.c.due_at, _O.c.priority, _S.c.code.label("station_code"), _S.c.name.label("station_name"),
    _S.c.name_zh.label("station_name_zh"), Item.code.label("item_code"),
)  # fmt: skip
SORTS = {"station": _S.c.code, "start": _P.c.start_at, "end": _P.c.end_at, "order": _O.c.code, "due": _O.c.due_at}


@dataclass(frozen=True)
class Filters:
    """What the table of the plan is narrowed to."""

    line_id: int | None = None
    station_id: int | None = None
    text: str = ""
    kind: str = ""
    late: bool = False
    sort: str = "station"
    page: int = 1


def code_of(row: Any) -> str:
    """A planned task in short: order and operation, the rework loop when there is one."""
    loop = f"/{row.loop_no}" if row.loop_no else ""
    return f"{row.order_code}·{row.op_key.rsplit('/', 1)[-1]}{loop}"


def task_page(store: Store, site_id: int, plan_id: int, wish: Filters) -> tuple[list[Any], int]:
    """One page of planned tasks and how many there are."""
    query = _tasks(site_id, plan_id, wish)
    total = store.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    rows = store.execute(query.limit(PAGE).offset((wish.page - 1) * PAGE)).all()
    return list(rows), total


def all_tasks(store: Store, site_id: int, plan_id: int, wish: Filters) -> list[Any]:
    """All planned tasks of a filter, for the board and for export."""
    return list(store.execute(_tasks(site_id, plan_id, wish)).all())


def _tasks(site_id: int, plan_id: int, wish: Filters) -> Select[Any]:
    query = (
        select(*_COLUMNS)
        .select_from(_P.join(_T, _T.c.id == _P.c.task_id).join(_O, _O.c.id == _T.c.order_id))
        .join(_S, _S.c.id == _P.c.station_id)
        .outerjoin(Item.__table__, Item.id == _T.c.item_id)
        .where(_P.c.plan_id == plan_id, _T.c.site_id == site_id)
    )
    chosen = {_S.c.line_id: wish.line_id, _P.c.station_id: wish.station_id, _O.c.kind: wish.kind or None}
    query = query.where(*(column == value for column, value in chosen.items() if value is not None))
    if wish.late:
        query = query.where(_P.c.is_late.is_(True))
    if wish.text:
        like = f"%{wish.text.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        query = query.where(or_(*(c.ilike(like, escape="!") for c in (_O.c.code, _O.c.title, _T.c.name, Item.code))))
    column = SORTS[wish.sort.removeprefix("-")]
    first = column.desc() if wish.sort.startswith("-") else column
    return query.order_by(first, _P.c.start_at, _P.c.task_id)


# names, runs


@dataclass(frozen=True)
class Names:
    """Rows behind the references of a plan, by id: tasks with their order, orders, stations, skills."""

    tasks: dict[int, Any]
    orders: dict[int, Any]
    stations: dict[int, Any]
    skills: dict[int, Any]


def names(store: Store, site_id: int, tasks: set[int], orders: set[int]) -> Names:
    """The names that reasons speak of."""
    wanted = select(_T.c.id, _T.c.op_key, _T.c.loop_no, _T.c.name, _T.c.name_zh, _T.c.order_id,
                    _O.c.code.label("order_code")).join(_O, _O.c.id == _T.c.order_id)  # fmt: skip
    found = store.execute(wanted.where(_T.c.site_id == site_id, _T.c.id.in_(sorted(tasks)))).all()
    some = select(_O.c.id, _O.c.code, _O.c.title, _O.c.due_at, _O.c.kind).where(_O.c.site_id == site_id)
    all_orders = store.execute(some.where(_O.c.id.in_(sorted(orders)))).all()
    return Names(
        {row.id: row for row in found},
        {row.id: row for row in all_orders},
        {row.id: row for row in store.execute(select(_S).where(_S.c.site_id == site_id).order_by(_S.c.code)).all()},
        {row.id: row for row in store.execute(select(Skill.__table__).where(Skill.site_id == site_id)).all()},
    )


def span(store: Store, plan_id: int) -> tuple[int, datetime | None]:
    """How many tasks a plan has and when the last one ends."""
    row = store.execute(select(func.count(), func.max(_P.c.end_at)).where(_P.c.plan_id == plan_id)).one()
    return row[0], row[1]


def previous(store: Store, site_id: int, plan: Plan) -> Plan | None:
    """The plan before this one."""
    older = (Plan.site_id == site_id, Plan.status == "superseded", Plan.id < plan.id)
    query = select(Plan).where(*older).order_by(Plan.id.desc()).limit(1)
    return store.execute(query).scalars().first()


def runs(store: Store, site_id: int, limit: int = 12) -> list[tuple[PlanRun, str | None]]:
    """The newest runs, each with the login that asked for it."""
    query = (
        select(PlanRun, User.name)
        .outerjoin(User, User.id == PlanRun.requested_by)
        .where(PlanRun.site_id == site_id)
        .order_by(PlanRun.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in store.execute(query).all()]


def lines(store: Store, site_id: int) -> list[Any]:
    """The lines of a site, to choose from."""
    table = Line.__table__
    return list(store.execute(select(table).where(table.c.site_id == site_id).order_by(table.c.code)).all())


@dataclass(frozen=True)
class News:
    """What a station hears of the newest plan: another task comes next."""

    plan: int
    at: datetime
    code: str


def news(store: Store, site_id: int, station_id: int) -> News | None:
    """The task that the published plan put next at a station in place of another; None when it is as before."""
    query = select(Plan.id, Plan.published_at, Plan.objective).where(Plan.site_id == site_id)
    plan = store.execute(query.where(Plan.status == "published").order_by(Plan.id.desc()).limit(1)).one_or_none()
    task_id = (plan.objective.get("next") or {}).get(str(station_id)) if plan is not None else None
    if plan is None or task_id is None:
        return None
    wanted = select(_T.c.op_key, _T.c.loop_no, _O.c.code.label("order_code")).join(_O, _O.c.id == _T.c.order_id)
    row = store.execute(wanted.where(_T.c.id == task_id, _T.c.status.in_(("waiting", "ready")))).one_or_none()
    return None if row is None else News(plan.id, plan.published_at, code_of(row))


def shift_names(store: Store, site_id: int) -> dict[int, Any]:
    """The shifts of a site by id."""
    table = ShiftPattern.__table__
    return {row.id: row for row in store.execute(select(table).where(table.c.site_id == site_id)).all()}


def items(store: Store, ids: set[int]) -> dict[int, Any]:
    """Items by id."""
    table = Item.__table__
    return {row.id: row for row in store.execute(select(table).where(table.c.id.in_(sorted(ids)))).all()} if ids else {}


def made_items(store: Store, site_id: int) -> list[Any]:
    """Items that are made to order, to choose from."""
    table = Item.__table__
    mine = (table.c.site_id == site_id, table.c.retired.is_(False), table.c.supply == "make_to_order")
    return list(store.execute(select(table).where(*mine).order_by(table.c.code)).all())


def has_released(store: Store, site_id: int) -> bool:
    """Whether there is anything that could be planned."""
    query = select(_O.c.id).where(_O.c.site_id == site_id, _O.c.status.in_(("released", "running"))).limit(1)
    return store.execute(query).scalar() is not None


def worker_alive(store: Store, now: datetime) -> bool:
    """Whether a worker holds its lease."""
    from app.models import Lease

    until = store.execute(select(Lease.until).where(Lease.name == "worker")).scalar()
    return until is not None and until > now
