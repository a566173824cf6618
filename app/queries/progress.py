"""How far orders are: read from their final tasks, with the end the plan gives them."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import BigInteger, func, select, type_coerce

from app.db import from_micro
from app.events import Store
from app.models import Hold, Plan, PlannedTask, Task

_T = Task.__table__


class Progress(NamedTuple):
    """What the final tasks of an order say: pieces good of wanted; scrap and rework of all its tasks."""

    good: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)
    scrap: Decimal = Decimal(0)
    rework: Decimal = Decimal(0)


def _sum(column: object, *which: object) -> object:
    amount = func.sum(type_coerce(column, BigInteger))  # type: ignore[arg-type]
    return func.coalesce(amount.filter(*which) if which else amount, 0)


def progress(store: Store, order_ids: Collection[int]) -> dict[int, Progress]:
    """The progress of released orders by id; an order without tasks is not in it."""
    if not order_ids:
        return {}
    # What was finished through a rework loop counts; what a loop was planned for is not wanted a second time.
    good, wanted = _sum(_T.c.quantity_good, _T.c.is_final), _sum(_T.c.quantity, _T.c.is_final, _T.c.loop_no == 0)
    query = (
        select(_T.c.order_id, good, wanted, _sum(_T.c.quantity_scrap), _sum(_T.c.quantity_rework))
        .where(_T.c.order_id.in_(order_ids)).group_by(_T.c.order_id)
    )  # fmt: skip
    return {row[0]: Progress(*(from_micro(int(value)) for value in row[1:])) for row in store.execute(query)}


def current_plan(store: Store, site_id: int) -> int | None:
    """The id of the plan that counts: the newest published one."""
    newest = select(func.max(Plan.id)).where(Plan.site_id == site_id, Plan.status == "published")
    return store.execute(newest).scalar()


class PlannedEnd(NamedTuple):
    """When the plan ends an order, and whether any of its tasks is late there."""

    end_at: datetime
    is_late: bool


def planned_ends(store: Store, site_id: int, order_ids: Collection[int]) -> dict[int, PlannedEnd]:
    """The planned end of orders by id; an order that is not in the current plan is left out."""
    plan_id = current_plan(store, site_id) if order_ids else None
    if plan_id is None:
        return {}
    query = (
        select(_T.c.order_id, func.max(PlannedTask.end_at))
        .join(PlannedTask, PlannedTask.task_id == _T.c.id)
        .where(PlannedTask.plan_id == plan_id, _T.c.order_id.in_(order_ids)).group_by(_T.c.order_id)
    )  # fmt: skip
    late = select(_T.c.order_id).join(PlannedTask, PlannedTask.task_id == _T.c.id)
    late = late.where(PlannedTask.plan_id == plan_id, PlannedTask.is_late, _T.c.order_id.in_(order_ids))
    delayed = set(store.execute(late).scalars())
    return {row[0]: PlannedEnd(row[1], row[0] in delayed) for row in store.execute(query)}


def held(store: Store, site_id: int, order_ids: Collection[int]) -> set[int]:
    """Which of the orders are on hold now."""
    query = select(Hold.target_id).where(
        Hold.site_id == site_id, Hold.target_type == "order", Hold.target_id.in_(order_ids), Hold.released_at.is_(None)
    )
    return set(store.execute(query).scalars()) if order_ids else set()


__all__ = ["PlannedEnd", "Progress", "current_plan", "held", "planned_ends", "progress"]
