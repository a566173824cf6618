"""Another quantity or due date for an order, and splitting it; what was reported is the least that can be left.

On a released order every task follows by the lines the order was frozen with. A task that was begun keeps its
station, material and reports; only what is still open on it follows. The part that is split off is an order with the
same snapshot, so that both are made by one revision.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import to_micro, transaction
from app.errors import Conflict, Invalid, names
from app.models import (
    Item,
    OrderLink,
    OrderRevision,
    ProductionOrder,
    Task,
    TaskLink,
    TaskMaterial,
    TaskStation,
    WorkOrder,
)
from app.queries.order_sizes import decimals_of, newest_revision, task_changes
from app.services import flow as flows
from app.services import orders, replacing
from app.services.orders_progress import complete
from app.states.order import OPEN, WORKABLE
from bom.rescale import rescaled, resized

_T, _L = Task.__table__, TaskLink.__table__


@dataclass(frozen=True)
class Wish:
    """Which order, as it was seen, by whom and when."""

    site_id: int
    order_id: int
    version: int
    actor: str
    now: datetime


def resize(wish: Wish, quantity: Decimal, due_at: datetime | None = None) -> None:
    """Give an open production order another quantity and due date. Raises Conflict below what is reported."""
    with transaction() as session:
        order = _open(session, wish)
        _check(session, order, quantity)
        old = {"quantity": str(order.quantity), "due_at": order.due_at.isoformat()}
        _shrink_or_grow(session, order, quantity, wish.now)
        order.due_at, order.version = due_at or order.due_at, order.version + 1
        data = {"old": old, "new": {"quantity": str(quantity), "due_at": order.due_at.isoformat()},
                "quantity": str(quantity)}  # fmt: skip
        events.record(session, wish.site_id, "order.resized", ("order", order.id), wish.actor, wish.now, data)


def split(wish: Wish, quantity: Decimal, due_at: datetime | None = None) -> int:
    """Take a part of an open order into one of its own, with the same snapshot; gives the new order's id."""
    with transaction() as session:
        order = _open(session, wish)
        _check(session, order, quantity)
        if quantity >= order.quantity:
            raise Invalid("order.split_all", quantity=str(quantity), all=str(order.quantity))
        _shrink_or_grow(session, order, order.quantity - quantity, wish.now)
        order.version += 1
        new = _twin(session, order, quantity, due_at or order.due_at, wish)
        session.add(OrderLink(from_id=order.id, to_id=new.id, type="spawned"))
        if order.status in WORKABLE or new.status == "released":
            _copy_work(session, order, new, quantity, wish.now)
        data = {"quantity": str(quantity), "left": str(order.quantity), "new_order": new.id}
        events.record(session, wish.site_id, "order.split", ("order", order.id), wish.actor, wish.now, data)
        return new.id


def _open(session: Session, wish: Wish) -> ProductionOrder:
    order: WorkOrder = orders.of_site(session, wish.site_id, wish.order_id, lock=True)
    if order.version != wish.version:
        raise Conflict("order.changed")
    if not isinstance(order, ProductionOrder) or order.status not in OPEN:
        raise Conflict("order.not_sizable", order=order.code)
    return order


def _check(session: Session, order: ProductionOrder, quantity: Decimal) -> None:
    item = session.get(Item, order.item_id)
    if item is not None:
        orders.check_quantity(quantity, item)


def _shrink_or_grow(session: Session, order: ProductionOrder, quantity: Decimal, now: datetime) -> None:
    if order.status in WORKABLE and quantity != order.quantity:
        _work(session, order, quantity, now)
    order.quantity = quantity
    session.flush()


def _work(session: Session, order: ProductionOrder, quantity: Decimal, now: datetime) -> None:
    """Let every task follow, in the order of the flow, and freeze the new quantities as a revision."""
    connection = session.connection()
    rows, links = replacing.tasks_of(connection, order.id)
    found = task_changes(session, order.site_id, order.id, quantity)
    low = [change for change in found if change.is_too_low]
    if low:
        worst = max(low, key=lambda change: change.used - change.after)
        raise Conflict("order.below_reported", **names(task=worst.task), reported=str(worst.used),
                       left=str(worst.after))  # fmt: skip
    more = {change.task.id: to_micro(change.after) - to_micro(change.before) for change in found}
    more = {one: amount for one, amount in more.items() if amount}
    for change in found:
        if change.task.id in more:
            values = {"quantity": change.after, "version": _T.c.version + 1}
            connection.execute(update(_T).where(_T.c.id == change.task.id).values(values))
    replacing.pass_starts(connection, rows, links, more)
    still = {change.task.id for change in found if change.task.status not in ("skipped", "aborted")}
    for one in replacing.in_order(rows, links):
        if one in still:
            flows.refresh(connection, [one])
    complete(connection, SimpleNamespace(order_id=order.id, site_id=order.site_id), now)
    session.refresh(order, ["status", "completed_at"])
    _freeze(session, order, order.id, quantity, now)


def _freeze(session: Session, order: ProductionOrder, target_id: int, quantity: Decimal, now: datetime) -> None:
    snapshot = newest_revision(session, order.id).snapshot
    nodes = rescaled(snapshot, quantity, decimals_of(session, order.site_id, snapshot))
    taken = select(func.max(OrderRevision.revision)).where(OrderRevision.order_id == target_id)
    add_revision(session, order.site_id, target_id, (session.scalar(taken) or 0) + 1,
                 resized(snapshot, quantity, nodes), "quantity", now)  # fmt: skip


def add_revision(
    session: Session, site_id: int, order_id: int, revision: int, snapshot: dict[str, Any], effective: str,
    now: datetime,
) -> None:  # fmt: skip
    """Freeze a snapshot for an order, with the hash of its content."""
    text = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    session.add(OrderRevision(site_id=site_id, order_id=order_id, revision=revision, snapshot=snapshot,
                              content_hash=hashlib.sha256(text.encode()).hexdigest(), effective=effective,
                              created_at=now))  # fmt: skip


def _twin(
    session: Session, order: ProductionOrder, quantity: Decimal, due_at: datetime, wish: Wish
) -> ProductionOrder:  # fmt: skip
    is_work = order.status not in ("draft", "planned")
    common = orders.common(session, order.site_id, "production", order.title, order.priority, due_at, wish.actor,
                           wish.now, order.earliest_at, order.line_id)  # fmt: skip
    new = ProductionOrder(**common, item_id=order.item_id, quantity=quantity, customer_order=order.customer_order,
                          customer_ref=order.customer_ref, status="released" if is_work else order.status,
                          released_at=wish.now if is_work else None)  # fmt: skip
    session.add(new)
    session.flush()
    data = {"kind": "production", "item": order.item_id, "quantity": str(quantity), "split_from": order.id}
    events.record(session, order.site_id, "order.created", ("order", new.id), wish.actor, wish.now, data)
    return new


def _copy_work(
    session: Session, order: ProductionOrder, new: ProductionOrder, quantity: Decimal, now: datetime
) -> None:
    """The same tasks, links, stations and materials for the part, with nothing done on them yet."""
    _freeze(session, order, new.id, quantity, now)
    session.flush()
    snapshot = newest_revision(session, new.id).snapshot
    amounts = {node["node"]: Decimal(node["quantity"]) for node in snapshot["nodes"]}
    rows = session.execute(select(_T).where(_T.c.order_id == order.id, _T.c.loop_no == 0).order_by(_T.c.id)).all()
    made = [_fresh(row, new.id, amounts) for row in rows]
    answer = session.execute(insert(_T).returning(_T.c.id, _T.c.op_key, _T.c.split_no), made)
    by_key = {(row.op_key, row.split_no): row.id for row in answer}
    ids = {row.id: by_key[row.op_key, row.split_no] for row in rows}
    for table in (TaskStation.__table__, TaskMaterial.__table__):
        _copy(session, table, table.c.task_id, {"task_id": ids}, {"quantity_issued": Decimal(0)}, sorted(ids))
    ends = {"pred_id": ids, "succ_id": ids, "bridges_id": ids, "closed_by_id": ids}
    _copy(session, _L, _L.c.pred_id, ends, {"order_id": new.id, "quantity_passed": Decimal(0)}, sorted(ids))
    live = [ids[row.id] for row in rows if row.status != "skipped"]
    flows.refresh(session.connection(), sorted(live))


def _fresh(row: Any, order_id: int, amounts: dict[str, Decimal]) -> dict[str, Any]:
    values = dict(row._mapping)
    del values["id"]
    clean = {name: Decimal(0) for name in ("quantity_input", "quantity_good", "quantity_scrap", "quantity_rework")}
    return values | clean | {
        "order_id": order_id, "quantity": amounts[row.node], "started_at": None, "finished_at": None, "version": 1,
        "station_id": None, "machine_id": None, "status": "skipped" if row.status == "skipped" else "waiting",
    }  # fmt: skip


def _copy(
    session: Session, table: Any, by: Any, ends: dict[str, dict[int, int]], values: dict[str, Any], wanted: list[int]
) -> None:  # fmt: skip
    made = []
    for row in session.execute(select(table).where(by.in_(wanted)).order_by(by)):
        fresh = dict(row._mapping)
        fresh.pop("id", None)
        fresh |= {name: value for name, value in values.items() if name in fresh}
        for name, ids in ends.items():
            if fresh[name] is not None:
                fresh[name] = ids.get(fresh[name])
        if all(fresh[name] is not None for name in ("pred_id", "succ_id") if name in fresh):
            made.append(fresh)
    if made:
        session.execute(insert(table), made)


__all__ = ["Wish", "add_revision", "resize", "split"]
