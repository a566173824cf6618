"""The published plan as pages show it: rows of the table, the board's picture, runs, and names for references."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.events import Store
from app.models import Item, Line, Plan, PlannedTask, PlanRun, Skill, Station, Task, TaskLink, User, WorkOrder
from app.queries.shifts import calendar

PAGE = 100
_P, _T, _O, _S = PlannedTask.__table__, Task.__table__, WorkOrder.__table__, Station.__table__
_COLUMNS = (
    _P.c.task_id, _P.c.station_id, _P.c.start_at, _P.c.end_at, _P.c.bound_by, _P.c.bound_ref, _P.c.is_late,
    _P.c.is_pinned, _T.c.order_id, _T.c.op_key, _T.c.loop_no, _T.c.name, _T.c.name_zh, _T.c.status, _T.c.quantity,
    _T.c.quantity_good, _T.c.quantity_scrap, _T.c.quantity_rework, _O.c.code.label("order_code"), _O.c.title,
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


# the board


def board(
    store: Store, site_id: int, plan: Plan | None, now: datetime, name_of: Any, url_of: Any
) -> dict[str, Any]:  # fmt: skip
    """What ``board.js`` draws: rows of stations, their open times, tasks, links; times in ms since 1970."""
    rows = all_tasks(store, site_id, plan.id, Filters(sort="start")) if plan else []
    stations = _stations(store, site_id)
    lanes, places = _lanes(rows)
    resources = [
        {"id": _lane_id(row.id, lane), "name": name_of(row) + (f" ({lane + 1})" if lane else "")}
        for row in stations
        for lane in range(lanes.get(row.id, 1))
    ]
    shown = {row.task_id for row in rows}
    return {
        "resources": resources,
        "windows": list(_windows(store, site_id, stations, lanes, rows, plan, now)),
        "tasks": [_bar(row, places[row.task_id], name_of, url_of) for row in rows],
        "links": _links(store, {row.order_id for row in rows}, shown),
        "now": _ms(now),
    }


def _stations(store: Store, site_id: int) -> list[Any]:
    query = (
        select(_S.c.id, _S.c.code, _S.c.name, _S.c.name_zh, _S.c.shifts)
        .join(Line.__table__, Line.id == _S.c.line_id)
        .where(_S.c.site_id == site_id, _S.c.retired.is_(False))
        .order_by(Line.code, _S.c.position, _S.c.code)
    )
    return list(store.execute(query).all())


def _lanes(rows: list[Any]) -> tuple[dict[int, int], dict[int, int]]:
    """Where several tasks are done at once each gets a row of its own: rows by station, row by task."""
    ends: dict[int, list[datetime]] = {}
    places = {}
    for row in rows:
        busy = ends.setdefault(row.station_id, [])
        lane = next((n for n, end in enumerate(busy) if end <= row.start_at), len(busy))
        busy[lane:] = [row.end_at, *busy[lane + 1 :]]
        places[row.task_id] = lane
    return {station: len(busy) for station, busy in ends.items()}, places


def _lane_id(station_id: int, lane: int) -> str:
    return f"{station_id}#{lane}" if lane else str(station_id)


def _windows(
    store: Store, site_id: int, stations: list[Any], lanes: dict[int, int], rows: list[Any], plan: Plan | None,
    now: datetime,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    shifts, known = calendar(store, site_id), dict[tuple[str, ...], list[tuple[datetime, datetime]]]()
    first = min([now, *(row.start_at for row in rows)]) - timedelta(days=1)
    last = max([now, *(row.end_at for row in rows)]) + timedelta(days=8)
    days = min(120, (last - first).days + 1)
    down = {one["station"]: one["until"] for one in (plan.objective.get("down", []) if plan else [])}
    for row in stations:
        key = tuple(sorted(row.shifts))
        if key not in known:
            known[key] = shifts.windows(key, first, days)
        for begins, ends in _cut(known[key], plan, down.get(row.id)):
            for lane in range(lanes.get(row.id, 1)):
                yield {"resource": _lane_id(row.id, lane), "start": _ms(begins), "end": _ms(ends)}


def _cut(windows: list[tuple[datetime, datetime]], plan: Plan | None, until: str | None) -> Iterable[Any]:
    """Open times without the breakdown that the plan was made with."""
    if plan is None or until is None:
        return windows
    since, end = plan.epoch_at, datetime.fromisoformat(until)
    parts = [part for a, b in windows for part in ((a, min(b, since)), (max(a, end), b))]
    return [(a, b) for a, b in parts if a < b]


def _bar(row: Any, lane: int, name_of: Any, url_of: Any) -> dict[str, Any]:
    handled = row.quantity_good + row.quantity_scrap + row.quantity_rework
    return {
        "id": row.task_id, "code": code_of(row), "order": row.order_code, "resource": _lane_id(row.station_id, lane),
        "start": _ms(row.start_at), "end": _ms(row.end_at), "state": row.status, "late": bool(row.is_late),
        "locked": row.bound_by == "frozen" and not row.is_pinned, "title": name_of(row), "url": url_of(row),
        "kind": row.kind, "done": round(float(handled / row.quantity), 3) if row.quantity else 0,
    }  # fmt: skip


def _links(store: Store, orders: set[int], shown: set[int]) -> list[list[int]]:
    query = select(TaskLink.pred_id, TaskLink.succ_id).where(
        TaskLink.order_id.in_(sorted(orders)), TaskLink.kind != "return", TaskLink.is_chosen.is_(True)
    )
    found = store.execute(query.order_by(TaskLink.id)).all() if orders else []
    return [[row.pred_id, row.succ_id] for row in found if row.pred_id in shown and row.succ_id in shown]


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


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
    query = select(Plan).where(Plan.site_id == site_id, Plan.id < plan.id).order_by(Plan.id.desc()).limit(1)
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


def has_released(store: Store, site_id: int) -> bool:
    """Whether there is anything that could be planned."""
    query = select(_O.c.id).where(_O.c.site_id == site_id, _O.c.status.in_(("released", "running"))).limit(1)
    return store.execute(query).scalar() is not None


def worker_alive(store: Store, now: datetime) -> bool:
    """Whether a worker holds its lease."""
    from app.models import Lease

    until = store.execute(select(Lease.until).where(Lease.name == "worker")).scalar()
    return until is not None and until > now
