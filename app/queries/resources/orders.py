"""Orders with their progress and the numbers other systems gave them."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, case, func, select

from app.events import Store
from app.models import ExternalRef, Hold, Item, Line, ProductionOrder, Reason, ReworkOrder, Task, WorkOrder
from app.queries.progress import progress as far
from app.queries.resources import tasks
from app.states.task import CLOSED

_O, _P, _R, _I = WorkOrder.__table__, ProductionOrder.__table__, ReworkOrder.__table__, Item.__table__
_T, _E, _H, _L = Task.__table__, ExternalRef.__table__, Hold.__table__, Line.__table__
_ITEM = func.coalesce(_P.c.item_id, _R.c.item_id)
_ROW = (
    select(
        _O.c.id, _O.c.code, _O.c.kind, _O.c.status, _O.c.title, _O.c.priority, _O.c.due_at, _O.c.version,
        _I.c.code.label("item"), func.coalesce(_P.c.quantity, _R.c.quantity).label("quantity"),
    )
    .outerjoin(_P, _P.c.id == _O.c.id)
    .outerjoin(_R, _R.c.id == _O.c.id)
    .outerjoin(_I, _I.c.id == _ITEM)
)  # fmt: skip
_MORE = (_O.c.created_at, _O.c.earliest_at, _O.c.released_at, _O.c.started_at, _O.c.completed_at,
         _L.c.code.label("line"))  # fmt: skip


def listed(
    store: Store, site_id: int, after: int, limit: int, kind: str | None = None, status: str | None = None,
    item: str | None = None, due_before: datetime | None = None, system: str | None = None, number: str | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Orders beyond an id that fit all that is given."""
    query = _ROW.where(_O.c.site_id == site_id, _O.c.id > after).order_by(_O.c.id).limit(limit)
    for column, wanted in ((_O.c.kind, kind), (_O.c.status, status), (_I.c.code, item)):
        query = query if wanted is None else query.where(column == wanted)
    if due_before is not None:
        query = query.where(_O.c.due_at < due_before)
    if system is not None or number is not None:
        query = query.where(_O.c.id.in_(_numbered(site_id, system, number)))
    return _rows(store, query)


def whole(store: Store, site_id: int, order_id: int) -> dict[str, Any]:
    """An order with its holds and tasks."""
    query = _ROW.add_columns(*_MORE).outerjoin(_L, _L.c.id == _O.c.line_id)
    row = _rows(store, query.where(_O.c.site_id == site_id, _O.c.id == order_id))[0]
    return row | {"holds": holds(store, "order", order_id), "work": tasks.of_order(store, order_id)}


def holds(store: Store, target_type: str, target_id: int) -> list[dict[str, Any]]:
    """The open holds over a thing."""
    reason = Reason.__table__
    query = (
        select(_H.c.id, reason.c.code.label("reason"), _H.c.note, _H.c.opened_at)
        .outerjoin(reason, reason.c.id == _H.c.reason_id)
        .where(_H.c.target_type == target_type, _H.c.target_id == target_id, _H.c.released_at.is_(None))
    )
    return [dict(row) for row in store.execute(query.order_by(_H.c.id)).mappings()]


def progress(store: Store, order_ids: list[int]) -> dict[int, dict[str, Any]]:
    """How far orders are, by id: good of what their final tasks want, scrap of all tasks, tasks closed."""
    found = {at: {"quantity": Decimal(0), "good": Decimal(0), "scrap": Decimal(0), "tasks": 0, "tasks_closed": 0}
             for at in order_ids}  # fmt: skip
    for at, done in far(store, order_ids).items():
        found[at].update(quantity=done.quantity, good=done.good, scrap=done.scrap)
    closed = func.sum(case((_T.c.status.in_(tuple(CLOSED)), 1), else_=0))
    counts = select(_T.c.order_id, func.count().label("tasks"), closed.label("tasks_closed"))
    for row in store.execute(counts.where(_T.c.order_id.in_(order_ids)).group_by(_T.c.order_id)):
        found[row.order_id].update(tasks=row.tasks, tasks_closed=row.tasks_closed)
    return found


def external(store: Store, order_ids: list[int]) -> dict[int, list[dict[str, str]]]:
    """The numbers other systems gave to orders."""
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    query = select(_E.c.target_id, _E.c.system, _E.c.ref).where(_E.c.type == "order", _E.c.target_id.in_(order_ids))
    for row in store.execute(query.order_by(_E.c.id)):
        found[row.target_id].append({"system": row.system, "number": row.ref})
    return found


def _numbered(site_id: int, system: str | None, number: str | None) -> Select[Any]:
    query = select(_E.c.target_id).where(_E.c.site_id == site_id, _E.c.type == "order")
    query = query if system is None else query.where(_E.c.system == system)
    return query if number is None else query.where(_E.c.ref == number)


def _rows(store: Store, query: Select[Any]) -> list[dict[str, Any]]:
    rows = [dict(row) for row in store.execute(query).mappings()]
    ids = [row["id"] for row in rows]
    done = progress(store, ids)
    numbers = external(store, ids)
    return [row | {"progress": done[row["id"]], "external": numbers[row["id"]]} for row in rows]
