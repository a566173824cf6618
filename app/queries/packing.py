"""Containers as pages and programs see them: what is in them, where they are, whether they left."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.errors import NotFound
from app.events import Store
from app.models import Container, ContainerItem, Item, Location, Lot, Shipment, Unit

_C, _I, _S, _L = Container.__table__, ContainerItem.__table__, Shipment.__table__, Location.__table__
MOST = 200


@dataclass(frozen=True)
class Packed:
    """An entry of a container: a unit, a quantity of a lot, or another container."""

    id: int
    kind: str
    target_id: int
    code: str
    name: str | None
    name_zh: str | None
    quantity: Decimal


def containers(store: Store, site_id: int, code: str | None = None, only_open: bool = True) -> list[Any]:
    """Containers, the newest first: code, kind, location, entries, and for which customer order one left."""
    entries = select(func.count()).where(_I.c.container_id == _C.c.id, _I.c.unpacked_at.is_(None)).scalar_subquery()
    sent = select(func.max(_S.c.customer_order)).where(_S.c.container_id == _C.c.id).scalar_subquery()
    left = select(func.max(_S.c.at)).where(_S.c.container_id == _C.c.id).scalar_subquery()
    query = (
        select(_C.c.id, _C.c.code, _C.c.kind, _L.c.code.label("location"), entries.label("entries"),
               sent.label("customer_order"), left.label("shipped_at"))
        .outerjoin(_L, _L.c.id == _C.c.location_id).where(_C.c.site_id == site_id).order_by(_C.c.id.desc())
    )  # fmt: skip
    if code is not None:
        query = query.where(_C.c.code == code)
    elif only_open:
        query = query.where(~select(_S.c.id).where(_S.c.container_id == _C.c.id).exists())
    return list(store.execute(query.limit(MOST)))


def container_by_code(store: Store, site_id: int, code: str) -> Any:
    """A container by its number; NotFound otherwise."""
    found = containers(store, site_id, code)
    if not found:
        raise NotFound("container.unknown", container=code[:60])
    return found[0]


def container(store: Store, site_id: int, container_id: int) -> Any:
    """A container by its id; NotFound when it is not of this site."""
    code = store.execute(select(_C.c.code).where(_C.c.id == container_id, _C.c.site_id == site_id)).scalar()
    return container_by_code(store, site_id, code or str(container_id))


def entries(store: Store, container_id: int) -> list[Packed]:
    """What lies in a container now, in the order in which it was put there."""
    query = select(_I).where(_I.c.container_id == container_id, _I.c.unpacked_at.is_(None)).order_by(_I.c.id)
    rows = list(store.execute(query))
    units = _named(store, select(Unit.id, Unit.serial.label("code"), Item.name, Item.name_zh)
                   .join(Item, Item.id == Unit.item_id), Unit.id, (row.unit_id for row in rows))  # fmt: skip
    lots = _named(store, select(Lot.id, Lot.code, Item.name, Item.name_zh)
                  .join(Item, Item.id == Lot.item_id), Lot.id, (row.lot_id for row in rows))  # fmt: skip
    kind = Container.kind
    boxes = _named(store, select(Container.id, Container.code, kind.label("name"), kind.label("name_zh")),
                   Container.id, (row.inner_id for row in rows))  # fmt: skip
    found = []
    for row in rows:
        kind, known, key = next(
            (kind, known, key) for kind, known, key in
            (("unit", units, row.unit_id), ("lot", lots, row.lot_id), ("container", boxes, row.inner_id)) if key
        )  # fmt: skip
        found.append(Packed(row.id, kind, key, known[key].code, known[key].name, known[key].name_zh, row.quantity))
    return found


def _named(store: Store, query: Any, column: Any, ids: Iterable[int | None]) -> dict[int, Any]:
    wanted = {key for key in ids if key}
    return {row.id: row for row in store.execute(query.where(column.in_(wanted)))} if wanted else {}


def locations(store: Store, site_id: int) -> list[Any]:
    """The places of the site."""
    query = select(_L.c.id, _L.c.code, _L.c.name, _L.c.name_zh).where(_L.c.site_id == site_id).order_by(_L.c.code)
    return list(store.execute(query))


__all__ = ["Packed", "container", "container_by_code", "containers", "entries", "locations"]
