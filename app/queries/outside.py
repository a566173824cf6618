"""Work done outside as pages and programs see it: what may be sent, what is out, what is late."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.errors import NotFound
from app.events import Store
from app.models import Item, OutsideDispatch, OutsideUnit, Task, Unit, WorkOrder
from app.states.order import WORKABLE
from app.states.task import OPEN

_D, _T, _O, _U = OutsideDispatch.__table__, Task.__table__, WorkOrder.__table__, Unit.__table__
MOST = 200
_LEFT = (_D.c.quantity - _D.c.quantity_good - _D.c.quantity_lost).label("left")
_ROW = (
    select(_D, _LEFT, _T.c.name, _T.c.name_zh, _T.c.is_serialised, _T.c.order_id, _O.c.code.label("order_code"),
           Item.code.label("item_code"))
    .join(_T, _T.c.id == _D.c.task_id).join(_O, _O.c.id == _T.c.order_id).outerjoin(Item, Item.id == _T.c.item_id)
)  # fmt: skip


def dispatches(store: Store, site_id: int, only_open: bool = True, order_id: int | None = None) -> list[Any]:
    """What is out, the earliest due first, or everything, the newest first."""
    query = _ROW.where(_D.c.site_id == site_id)
    if order_id is not None:
        query = query.where(_T.c.order_id == order_id)
    query = query.where(_D.c.closed_at.is_(None)).order_by(_D.c.due_at, _D.c.id) if only_open else query.order_by(
        _D.c.id.desc()
    )  # fmt: skip
    return list(store.execute(query.limit(MOST)))


def dispatch(store: Store, site_id: int, code: str | int) -> Any:
    """A dispatch by its code or id; NotFound otherwise."""
    column = _D.c.id if isinstance(code, int) else _D.c.code
    row = store.execute(_ROW.where(_D.c.site_id == site_id, column == code)).one_or_none()
    if row is None:
        raise NotFound("outside.unknown", dispatch=str(code)[:60])
    return row


def units_out(store: Store, dispatch_id: int) -> list[str]:
    """The numbers of the units that are still out."""
    table = OutsideUnit.__table__
    query = select(_U.c.serial).join(table, table.c.unit_id == _U.c.id)
    mine = (table.c.dispatch_id == dispatch_id) & table.c.back_at.is_(None)
    return list(store.execute(query.where(mine).order_by(_U.c.serial)).scalars())


def sendable(store: Store, site_id: int) -> list[tuple[Any, Decimal]]:
    """Tasks whose work is done outside and that have pieces here, with how many; by due date of the order."""
    out = (
        select(func.coalesce(func.sum(_LEFT), 0)).where(_D.c.task_id == _T.c.id, _D.c.closed_at.is_(None))
        .correlate(_T).scalar_subquery().label("out")
    )  # fmt: skip
    query = (
        select(_T.c.id, _T.c.name, _T.c.name_zh, _T.c.is_serialised, _T.c.quantity_input, _T.c.quantity_good,
               _T.c.quantity_scrap, _T.c.quantity_rework, _T.c.outside_min, _T.c.order_id,
               _O.c.code.label("order_code"), _O.c.due_at, Item.code.label("item_code"), out)
        .join(_O, _O.c.id == _T.c.order_id).outerjoin(Item, Item.id == _T.c.item_id)
        .where(_T.c.site_id == site_id, _T.c.outside_min.is_not(None), _T.c.status.in_(tuple(OPEN)),
               _O.c.status.in_(tuple(WORKABLE)))
        .order_by(_O.c.due_at, _T.c.id).limit(MOST)
    )  # fmt: skip
    found = []
    for row in store.execute(query):
        used = row.quantity_good + row.quantity_scrap + row.quantity_rework
        # A sum of quantities comes back as millionths where the engine forgets its type.
        left = row.quantity_input - used - (row.out if isinstance(row.out, Decimal) else Decimal(row.out) / 10**6)
        if left > 0:
            found.append((row, left))
    return found


def is_late(row: Any, now: datetime) -> bool:
    """Whether a dispatch should be back by now."""
    return row.closed_at is None and row.due_at < now


__all__ = ["dispatch", "dispatches", "is_late", "sendable", "units_out"]
