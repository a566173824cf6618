"""Bills of material as lists: which items have one, in which revision, and where they are used."""

from typing import Any

from sqlalchemy import Select, exists, func, or_, select

from app.events import Store
from app.models import Bom, BomLine, Item
from app.queries.admin import Slice, sliced

_SEARCHED = (Item.code, Item.name, Item.name_zh)


def approved_of(item_id: Any) -> Any:
    """The revision that counts for an item: the newest approved one."""
    query = select(func.max(Bom.id)).where(Bom.item_id == item_id, Bom.status == "approved")
    return query.correlate(Item, BomLine).scalar_subquery()


def _items(site_id: int, text: str, only: str) -> Select[Any]:
    newest = approved_of(Item.id)
    draft = select(func.max(Bom.revision)).where(Bom.item_id == Item.id, Bom.status == "draft")
    used = select(func.count(func.distinct(BomLine.bom_id))).join(Bom, Bom.id == BomLine.bom_id)
    used = used.where(BomLine.item_id == Item.id, Bom.status == "approved")
    query = select(
        Item.id, Item.code, Item.name, Item.name_zh, Item.supply,
        select(Bom.revision).where(Bom.id == newest).scalar_subquery().label("revision"),
        select(func.count()).where(BomLine.bom_id == newest).scalar_subquery().label("lines"),
        draft.scalar_subquery().label("draft"), used.scalar_subquery().label("used_in"),
    )  # fmt: skip
    has = exists().where(Bom.item_id == Item.id, Bom.status.in_(("approved", "draft")))
    query = query.where(Item.site_id == site_id, Item.retired.is_(False)).order_by(Item.code)
    if text:
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in _SEARCHED)))
    made = Item.supply.in_(("make_to_order", "stock", "phantom"))
    if only == "none":
        return query.where(made, ~has)
    if only == "draft":
        return query.where(exists().where(Bom.item_id == Item.id, Bom.status == "draft"))
    return query.where(or_(has, made))


def listed(store: Store, site_id: int, text: str, only: str, page: int) -> Slice:
    """One page of the items that are made of something."""
    return sliced(store, _items(site_id, text, only), page)


def every(store: Store, site_id: int, text: str, only: str) -> list[Any]:
    """All of them, for a file."""
    return list(store.execute(_items(site_id, text, only)))
