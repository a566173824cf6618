"""Lists of master data: which columns, what a search looks at. One entry a list; the page shows any of them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select

from app.events import Store
from app.models import (
    Bom,
    BomLine,
    Item,
    Location,
    Lot,
    Operation,
    OperationLink,
    OperationStation,
    Routing,
    Skill,
    Station,
    StockBalance,
)
from app.queries.admin import Slice, sliced

Row = Any


class Table(NamedTuple):
    """A list: its query for a site, and the columns a search looks at."""

    query: Callable[[int], Select[Any]]
    searched: tuple[Any, ...]


def _boms(site_id: int) -> Select[Any]:
    count = select(func.count()).where(BomLine.bom_id == Bom.id).scalar_subquery().label("lines")
    query = select(Bom.id, Bom.revision, Bom.status, Item.code, Item.name, Item.name_zh, count)
    return query.join(Item, Item.id == Bom.item_id).where(Bom.site_id == site_id).order_by(Item.code, Bom.revision)


def _routings(site_id: int) -> Select[Any]:
    count = select(func.count()).where(Operation.routing_id == Routing.id).scalar_subquery().label("operations")
    query = select(Routing.id, Routing.revision, Routing.status, Item.code, Item.name, Item.name_zh, count)
    query = query.join(Item, Item.id == Routing.item_id)
    return query.where(Routing.site_id == site_id).order_by(Item.code, Routing.revision)


def _stock(site_id: int) -> Select[Any]:
    query = select(StockBalance.quantity, Item.code, Item.name, Item.name_zh, Item.unit, Lot.code.label("lot"),
                   Location.code.label("location"))  # fmt: skip
    query = query.join(Item, Item.id == StockBalance.item_id).join(Location, Location.id == StockBalance.location_id)
    query = query.outerjoin(Lot, Lot.id == StockBalance.lot_key).where(StockBalance.site_id == site_id)
    return query.order_by(Item.code, Location.code, Lot.code)


_OF_ITEM = (Item.code, Item.name, Item.name_zh)
TABLES: dict[str, Table] = {
    "boms": Table(_boms, _OF_ITEM),
    "routings": Table(_routings, _OF_ITEM),
    "stock": Table(_stock, (Item.code, Item.name, Item.name_zh, Lot.code)),
}


def listed(store: Store, site_id: int, name: str, text: str, page: int) -> Slice:
    """One page of a list, narrowed to a text."""
    table = TABLES[name]
    query = table.query(site_id)
    if text:
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in table.searched)))
    return sliced(store, query, page)


def bom_of(store: Store, site_id: int, bom_id: int) -> Row | None:
    """A bill of material with its item; None when it is not of this site."""
    query = _boms(site_id).add_columns(Bom.item_id).where(Bom.id == bom_id)
    return store.execute(query).one_or_none()


def bom_lines(store: Store, bom_id: int) -> list[Row]:
    """The lines of a bill of material with their components and the components' own newest bill."""
    own = select(func.max(Bom.id)).where(Bom.item_id == BomLine.item_id, Bom.status == "approved").scalar_subquery()
    query = select(BomLine.__table__, Item.code, Item.name, Item.name_zh, Item.unit, Item.supply, own.label("own_bom"))
    query = query.join(Item, Item.id == BomLine.item_id)
    return list(store.execute(query.where(BomLine.bom_id == bom_id).order_by(BomLine.position)))


def routing_of(store: Store, site_id: int, routing_id: int) -> Row | None:
    """A routing with its item; None when it is not of this site."""
    return store.execute(_routings(site_id).where(Routing.id == routing_id)).one_or_none()


def operations_of(store: Store, routing_id: int) -> tuple[list[Row], list[Row], dict[int, list[str]]]:
    """The operations of a routing, their links, and the codes of the stations that can do each."""
    query = select(Operation.__table__, Skill.code.label("skill")).outerjoin(Skill, Skill.id == Operation.skill_id)
    found = list(store.execute(query.where(Operation.routing_id == routing_id).order_by(Operation.position)))
    links = list(store.execute(select(OperationLink.__table__).where(OperationLink.routing_id == routing_id)))
    places: dict[int, list[str]] = {}
    choices = select(OperationStation.operation_id, Station.code).join(
        Station, Station.id == OperationStation.station_id
    )
    choices = choices.where(OperationStation.operation_id.in_([row.id for row in found]))
    for row in store.execute(choices.order_by(OperationStation.preference, Station.position)):
        places.setdefault(row.operation_id, []).append(row.code)
    return found, links, places
