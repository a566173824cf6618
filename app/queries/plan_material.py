"""When material is there: what lies in stock is given to the most urgent orders first, then what is expected.

Work whose material neither lies there nor is expected is planned all the same and told apart: a count may be wrong,
and a planner must see it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from sqlalchemy import func, select

from app.events import Store
from app.models import ExpectedReceipt, Hold, Item, Lot, StockBalance, TaskMaterial

_M, _I = TaskMaterial.__table__, Item.__table__
_USABLE = ("available",)


@dataclass(frozen=True)
class Short:
    """Material a task lacks: neither in stock nor expected."""

    task: int
    order: int
    item: int
    quantity: Decimal


def dates(store: Store, site_id: int, tasks: Mapping[int, Any]) -> tuple[dict[int, datetime], tuple[Short, ...]]:
    """The moment the expected material of each task comes, and what is short; tasks with stock at hand have none."""
    needs = _needs(store, site_id, tasks)
    if not needs:
        return {}, ()
    items = {row.item_id for rows in needs.values() for row in rows}
    stock, coming = _stock(store, site_id, items), _coming(store, site_id, items)
    found: dict[int, datetime] = {}
    short: list[Short] = []
    for task in sorted((tasks[task] for task in needs), key=lambda row: (row.priority, row.due_at, row.id)):
        for row in needs[task.id]:
            at, lacking = _taken(stock, coming.get(row.item_id, []), row.item_id, _open_need(task, row))
            if at is not None:
                found[task.id] = max(at, found.get(task.id, at))
            if lacking:
                short.append(Short(task.id, task.order_id, row.item_id, lacking))
    return found, tuple(short)


def _needs(store: Store, site_id: int, tasks: Mapping[int, Any]) -> dict[int, list[Any]]:
    query = select(_M.c.task_id, _M.c.item_id, _M.c.need_num, _M.c.need_den, _M.c.quantity_issued, _I.c.decimals)
    query = query.join(_I, _I.c.id == _M.c.item_id).where(_I.c.site_id == site_id, _I.c.supply.in_(("buy", "stock")))
    found: dict[int, list[Any]] = {}
    for row in store.execute(query.order_by(_M.c.id)).all():
        if row.task_id in tasks:
            found.setdefault(row.task_id, []).append(row)
    return found


def _open_need(task: Any, row: Any) -> Decimal:
    """What the task still has to draw, rounded up to what the item is counted in."""
    whole = task.quantity * row.need_num / row.need_den - row.quantity_issued
    return max(Decimal(0), whole.quantize(Decimal(1).scaleb(-row.decimals), rounding=ROUND_CEILING))


def _stock(store: Store, site_id: int, items: set[int]) -> dict[int, Decimal]:
    """What may be used of each item: lots on hold, in quarantine or rejected do not count."""
    held = select(Hold.target_id).where(Hold.site_id == site_id, Hold.target_type == "lot", Hold.released_at.is_(None))
    query = (
        select(StockBalance.item_id, func.sum(StockBalance.quantity))
        .outerjoin(Lot, Lot.id == StockBalance.lot_key)
        .where(StockBalance.site_id == site_id, StockBalance.item_id.in_(sorted(items)),
               (Lot.id.is_(None)) | (Lot.status.in_(_USABLE) & Lot.id.not_in(held)))
        .group_by(StockBalance.item_id)
    )  # fmt: skip
    return {row[0]: Decimal(row[1]) for row in store.execute(query).all()}


def _coming(store: Store, site_id: int, items: set[int]) -> dict[int, list[list[Any]]]:
    """Expected receipts of each item, the earliest first, as [moment, what is left of it]."""
    table = ExpectedReceipt.__table__
    open_ones = (table.c.site_id == site_id, table.c.received_at.is_(None), table.c.item_id.in_(sorted(items)))
    found: dict[int, list[list[Any]]] = {}
    for row in store.execute(select(table).where(*open_ones).order_by(table.c.due_at, table.c.id)).all():
        found.setdefault(row.item_id, []).append([row.due_at, row.quantity])
    return found


def _taken(
    stock: dict[int, Decimal], coming: list[list[Any]], item: int, wanted: Decimal
) -> tuple[datetime | None, Decimal]:
    """Take from stock, then from what is expected: the moment the last of it comes, and what is lacking."""
    have = max(Decimal(0), stock.get(item, Decimal(0)))
    used = min(have, wanted)
    stock[item] = have - used
    wanted, at = wanted - used, None
    for receipt in coming:
        if not wanted:
            break
        used = min(receipt[1], wanted)
        if used:
            receipt[1], wanted, at = receipt[1] - used, wanted - used, receipt[0]
    return at, wanted
