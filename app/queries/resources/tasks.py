"""Tasks with the codes of what they belong to."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Select, func, select

from app.events import Store
from app.models import Item, Machine, Skill, Station, Task, TaskStation, WorkOrder
from app.states.task import QUEUED

_T, _O, _I, _S, _M, _K, _P = (
    Task.__table__, WorkOrder.__table__, Item.__table__, Station.__table__, Machine.__table__, Skill.__table__,
    TaskStation.__table__,
)  # fmt: skip
_ROW = (
    select(
        _T.c.id, _O.c.code.label("order"), _T.c.op_key.label("operation"), _T.c.name, _T.c.kind, _T.c.status,
        _T.c.sequence, _T.c.loop_no.label("loop"), _I.c.code.label("item"), _T.c.quantity,
        _T.c.quantity_input.label("available"), _T.c.quantity_good.label("good"), _T.c.quantity_scrap.label("scrap"),
        _T.c.quantity_rework.label("rework"), _T.c.is_final, _S.c.code.label("station"), _M.c.code.label("machine"),
        _K.c.code.label("skill"), _T.c.started_at, _T.c.finished_at,
    )
    .join(_O, _O.c.id == _T.c.order_id)
    .outerjoin(_I, _I.c.id == _T.c.item_id)
    .outerjoin(_S, _S.c.id == _T.c.station_id)
    .outerjoin(_M, _M.c.id == _T.c.machine_id)
    .outerjoin(_K, _K.c.id == _T.c.skill_id)
)  # fmt: skip


def one(store: Store, site_id: int, task_id: int) -> dict[str, Any] | None:
    """A task of this site."""
    found = _rows(store, _ROW.where(_T.c.site_id == site_id, _T.c.id == task_id))
    return found[0] if found else None


def of_order(store: Store, order_id: int) -> list[dict[str, Any]]:
    """The tasks of an order in the order of work."""
    return _rows(store, _ROW.where(_T.c.order_id == order_id).order_by(_T.c.sequence, _T.c.loop_no, _T.c.id))


def listed(
    store: Store, site_id: int, after: int, limit: int, order_id: int | None = None, station_id: int | None = None,
    status: str | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Tasks beyond an id, of an order, at a station, in a state."""
    query = _ROW.where(_T.c.site_id == site_id, _T.c.id > after).order_by(_T.c.id).limit(limit)
    if order_id is not None:
        query = query.where(_T.c.order_id == order_id)
    if station_id is not None:
        query = query.where(_T.c.id.in_(_at(station_id)))
    return _rows(store, query.where(_T.c.status == status) if status else query)


def queue(store: Store, site_id: int, station_id: int, limit: int = 200) -> list[dict[str, Any]]:
    """What can be worked at a station, begun work first, then by priority and due date."""
    begun = func.coalesce(_T.c.started_at.is_not(None), False)
    query = _ROW.where(_T.c.site_id == site_id, _T.c.id.in_(_at(station_id)), _T.c.status.in_(tuple(QUEUED)))
    return _rows(store, query.order_by(begun.desc(), _O.c.priority, _O.c.due_at, _T.c.id).limit(limit))


def _at(station_id: int) -> Select[Any]:
    return select(_P.c.task_id).where(_P.c.station_id == station_id)


def _rows(store: Store, query: Select[Any]) -> list[dict[str, Any]]:
    rows = [dict(row) for row in store.execute(query).mappings()]
    places: dict[int, list[str]] = defaultdict(list)
    able = select(_P.c.task_id, _S.c.code).join(_S, _S.c.id == _P.c.station_id)
    able = able.where(_P.c.task_id.in_([row["id"] for row in rows])).order_by(_P.c.preference, _S.c.code)
    for task_id, code in store.execute(able):
        places[task_id].append(code)
    return [row | {"stations": places[row["id"]]} for row in rows]
