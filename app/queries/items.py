"""Items by what somebody types: code or name, in either language."""

from typing import Any

from sqlalchemy import or_, select

from app.events import Store
from app.models import Item

_I = Item.__table__


def chinese_name(store: Store, site_id: int, name: str) -> str | None:
    """The Chinese name of the item that has this name; None without one."""
    query = select(_I.c.name_zh).where(_I.c.site_id == site_id, _I.c.name == name, _I.c.name_zh.is_not(None))
    return store.execute(query.limit(1)).scalar()


def found_items(store: Store, site_id: int, text: str, made: bool = False, limit: int = 20) -> list[Any]:
    """Items whose code or name holds the text; only those that are made here when ``made``."""
    query = select(_I).where(_I.c.site_id == site_id, _I.c.retired.is_(False))
    if made:
        query = query.where(_I.c.supply.in_(("make_to_order", "stock")))
    text = text.strip()[:64]
    if text:
        fits = [column.icontains(text, autoescape=True) for column in (_I.c.code, _I.c.name, _I.c.name_zh)]
        query = query.where(or_(*fits))
    return list(store.execute(query.order_by(_I.c.code).limit(limit)))
