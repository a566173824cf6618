"""What lies where, what is free, what will be missing for which operation, and every move behind a balance."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from app.events import Store
from app.models import (
    Hold,
    Item,
    Location,
    Lot,
    Plan,
    PlannedTask,
    StockBalance,
    StockMove,
    Task,
    TaskMaterial,
    WorkOrder,
)
from app.queries.admin import PAGE, Slice
from app.queries.order_detail import in_stock, rounded_up
from app.states.task import OPEN

_ITEM = (Item.code, Item.name, Item.name_zh, Item.unit, Item.decimals)


@dataclass(frozen=True)
class Shortage:
    """A material that will be missing: for which task, when it is needed, how much of it is not covered."""

    task: Any
    item: Any
    needed_at: datetime | None
    needed: Decimal
    missing: Decimal


def balances(store: Store, site_id: int, text: str, only: str, today: date, page: int) -> Slice:
    """One page of balances; ``only`` is below (zero), expired, held or empty for all."""
    query = _balances(site_id)
    if text:
        fields = (Item.code, Item.name, Item.name_zh, Lot.code, Lot.supplier_lot, Location.code)
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in fields)))
    query = query.where(_narrow(only, today))
    total = store.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    page = min(max(1, page), max(1, -(-total // PAGE)))
    return Slice(list(store.execute(query.limit(PAGE).offset((page - 1) * PAGE))), total, page)


def _narrow(only: str, today: date) -> Any:
    if only == "below":
        return StockBalance.quantity < 0
    if only == "expired":
        return and_(Lot.expires_on < today, StockBalance.quantity > 0)
    if only == "held":
        return or_(_held(), Lot.status.in_(("quarantine", "rejected")))
    return StockBalance.quantity != 0


def _held() -> Any:
    held = select(Hold.id).where(Hold.target_type == "lot", Hold.target_id == Lot.id, Hold.released_at.is_(None))
    return held.exists()


def _balances(site_id: int) -> Select[Any]:
    query = select(
        StockBalance.quantity, *_ITEM, Item.id.label("item_id"), Lot.id.label("lot_id"), Lot.code.label("lot"),
        Lot.status.label("lot_status"), Lot.expires_on, Lot.supplier, Lot.supplier_lot,
        Location.id.label("location_id"), Location.code.label("location"), _held().label("is_held"),
    )  # fmt: skip
    query = query.join(Item, Item.id == StockBalance.item_id).join(Location, Location.id == StockBalance.location_id)
    query = query.outerjoin(Lot, Lot.id == StockBalance.lot_key).where(StockBalance.site_id == site_id)
    return query.order_by(Item.code, Location.code, Lot.code)


def moves(store: Store, site_id: int, item_id: int, lot_id: int | None, location_id: int | None) -> list[Any]:
    """The newest moves of an item, narrowed to a lot and a location, newest first."""
    table = StockMove.__table__
    query = select(table, Lot.code.label("lot"), Location.code.label("location"))
    query = query.outerjoin(Lot, Lot.id == table.c.lot_id).join(Location, Location.id == table.c.location_id)
    query = query.where(table.c.site_id == site_id, table.c.item_id == item_id)
    if lot_id:
        query = query.where(table.c.lot_id == lot_id)
    if location_id:
        query = query.where(table.c.location_id == location_id)
    return list(store.execute(query.order_by(table.c.id.desc()).limit(500)))


def item_of(store: Store, site_id: int, item_id: int) -> Any | None:
    """An item of this site."""
    query = select(Item.id, *_ITEM, Item.is_lot_tracked).where(Item.id == item_id, Item.site_id == site_id)
    return store.execute(query).one_or_none()


def locations(store: Store, site_id: int) -> list[Any]:
    """The places for stock."""
    columns = (Location.code, Location.name, Location.name_zh)
    return list(store.execute(select(*columns).where(Location.site_id == site_id).order_by(Location.code)))


def reserved(store: Store, site_id: int) -> dict[int, Decimal]:
    """What released orders still need, by item: it lies in stock and is promised."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    for row in _open_needs(store, site_id):
        found[row.item_id] += _open(row)
    return found


def shortages(store: Store, site_id: int) -> list[Shortage]:
    """What will be missing when the released orders are served in the order of their planned starts."""
    rows = _open_needs(store, site_id)
    left = dict(in_stock(store, site_id, sorted({row.item_id for row in rows})))
    items = {
        row.id: row for row in store.execute(select(Item.id, *_ITEM).where(Item.id.in_({r.item_id for r in rows})))
    }
    found = []
    for row in rows:
        needed = _open(row)
        have = max(left.get(row.item_id, Decimal(0)), Decimal(0))
        left[row.item_id] = have - min(have, needed)
        if needed > have:
            found.append(Shortage(row, items[row.item_id], row.start_at, needed, needed - have))
    return found


def _open_needs(store: Store, site_id: int) -> list[Any]:
    """Materials of open tasks, those of the earliest planned task first, tasks without a plan last."""
    newest = select(func.max(Plan.id)).where(Plan.site_id == site_id, Plan.published_at.is_not(None)).scalar_subquery()
    planned = select(PlannedTask.task_id, PlannedTask.start_at).where(PlannedTask.plan_id == newest).subquery()
    query = select(
        TaskMaterial.item_id, TaskMaterial.need_num, TaskMaterial.need_den, TaskMaterial.quantity_issued,
        Task.id.label("task_id"), Task.quantity, Task.name, Task.name_zh, Item.decimals,
        WorkOrder.code.label("order_code"), WorkOrder.id.label("order_id"), planned.c.start_at,
    )  # fmt: skip
    query = query.join(Task, Task.id == TaskMaterial.task_id).join(WorkOrder, WorkOrder.id == Task.order_id)
    query = query.join(Item, Item.id == TaskMaterial.item_id).outerjoin(planned, planned.c.task_id == Task.id)
    query = query.where(Task.site_id == site_id, Task.status.in_(OPEN))
    order = (planned.c.start_at.is_(None), planned.c.start_at, WorkOrder.due_at, Task.sequence, TaskMaterial.id)
    return list(store.execute(query.order_by(*order)))


def _open(row: Any) -> Decimal:
    """What a task still takes; needs round up."""
    needed = rounded_up(Fraction(row.quantity) * row.need_num / row.need_den, row.decimals)
    return max(needed - row.quantity_issued, Decimal(0))
