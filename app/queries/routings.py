"""Routings as pages show them: the list of items that are made, the revisions of one, who is still made by which."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from app.events import Store
from app.models import Item, Operation, Routing, RoutingDraft, RoutingStep, Task, User, WorkOrder
from app.queries.admin import Slice, sliced

_NOW = select(func.max(Routing.id).label("id"), Routing.item_id).where(Routing.status == "approved")
_NEWEST = _NOW.group_by(Routing.item_id).subquery()


def _query(site_id: int, text: str, only: str) -> Select[Any]:
    """Items with a routing or a draft, and items that need one."""
    of_newest = Operation.routing_id == _NEWEST.c.id
    steps = select(func.count(Operation.id)).where(of_newest).correlate(_NEWEST).scalar_subquery()
    made_of = aliased(Routing)
    header = select(made_of.revision).where(made_of.id == RoutingDraft.routing_id).correlate(RoutingDraft)
    query = (
        select(Item.id, Item.code, Item.name, Item.name_zh, Routing.revision, steps.label("operations"),
               header.scalar_subquery().label("draft"), RoutingDraft.changed_at, User.name.label("who"))
        .outerjoin(_NEWEST, _NEWEST.c.item_id == Item.id).outerjoin(Routing, Routing.id == _NEWEST.c.id)
        .outerjoin(RoutingDraft, RoutingDraft.item_id == Item.id).outerjoin(User, User.id == RoutingDraft.changed_by)
        .where(Item.site_id == site_id, Item.retired.is_(False))
    )  # fmt: skip
    if text:
        query = query.where(or_(*(column.icontains(text, autoescape=True)
                                  for column in (Item.code, Item.name, Item.name_zh))))  # fmt: skip
    if only == "draft":
        return query.where(RoutingDraft.routing_id.is_not(None))
    made = Item.supply == "make_to_order"
    if only == "none":
        return query.where(made, Routing.id.is_(None))
    return query.where(or_(made, Routing.id.is_not(None), RoutingDraft.routing_id.is_not(None)))


def listed(store: Store, site_id: int, text: str, only: str, page: int) -> Slice:
    """One page of the list, by code."""
    return sliced(store, _query(site_id, text, only).order_by(Item.code), page)


def every(store: Store, site_id: int, text: str, only: str) -> Iterator[Any]:
    """The whole list."""
    yield from store.execute(_query(site_id, text, only).order_by(Item.code).execution_options(yield_per=500))


def revisions(store: Store, item_id: int) -> list[Any]:
    """The revisions of an item, the newest first."""
    query = select(Routing.id, Routing.revision, Routing.status).where(Routing.item_id == item_id)
    return list(store.execute(query.order_by(Routing.id.desc())))


def draft_of(store: Store, item_id: int) -> Any:
    """The draft of an item with who changed it last; None without one."""
    query = select(*RoutingDraft.__table__.c, User.name.label("who")).where(RoutingDraft.item_id == item_id)
    return store.execute(query.outerjoin(User, User.id == RoutingDraft.changed_by)).one_or_none()


def steps(store: Store, routing_id: int) -> tuple[int, int]:
    """How many steps of a draft can be taken back, and how many done again."""
    query = select(RoutingStep.undone, func.count().label("steps")).where(RoutingStep.routing_id == routing_id)
    counts = {row.undone: row.steps for row in store.execute(query.group_by(RoutingStep.undone))}
    return counts.get(False, 0), counts.get(True, 0)


def running(store: Store, item_id: int) -> int:
    """How many released orders are made by the routings of an item: they keep the one they have."""
    query = select(func.count(Task.order_id.distinct())).join(WorkOrder, WorkOrder.id == Task.order_id)
    query = query.where(Task.item_id == item_id, WorkOrder.status.in_(("released", "running")))
    return store.execute(query).scalar() or 0
