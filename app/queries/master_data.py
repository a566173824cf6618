"""Lists of master data: which columns, what a search looks at. One entry a list; the page shows any of them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from app.events import Store
from app.models import (
    Bom,
    BomLine,
    CalendarDay,
    Device,
    Item,
    LimitRule,
    Line,
    Location,
    Lot,
    Machine,
    Operation,
    OperationLink,
    OperationStation,
    Person,
    PersonSkill,
    Reason,
    Routing,
    ShiftPattern,
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


def _lines(site_id: int) -> Select[Any]:
    return select(Line.__table__).where(Line.site_id == site_id).order_by(Line.code)


def _stations(site_id: int) -> Select[Any]:
    query = select(Station.__table__, Line.code.label("line")).join(Line, Line.id == Station.line_id)
    return query.where(Station.site_id == site_id).order_by(Line.code, Station.position, Station.code)


def _machines(site_id: int) -> Select[Any]:
    query = select(Machine.__table__, Station.code.label("station"), Device.code.label("device"))
    query = query.outerjoin(Station, Station.id == Machine.station_id)
    query = query.outerjoin(Device, Device.machine_id == Machine.id)
    return query.where(Machine.site_id == site_id).order_by(Machine.code)


def _people(site_id: int) -> Select[Any]:
    query = select(Person.id, Person.code, Person.name, Person.name_zh, Person.badge, Person.is_lead, Person.retired,
                   Line.code.label("line"))  # fmt: skip
    return query.outerjoin(Line, Line.id == Person.line_id).where(Person.site_id == site_id).order_by(Person.code)


def _items(site_id: int) -> Select[Any]:
    return select(Item.__table__).where(Item.site_id == site_id).order_by(Item.code)


def _boms(site_id: int) -> Select[Any]:
    count = select(func.count()).where(BomLine.bom_id == Bom.id).scalar_subquery().label("lines")
    query = select(Bom.id, Bom.revision, Bom.status, Item.code, Item.name, Item.name_zh, count)
    return query.join(Item, Item.id == Bom.item_id).where(Bom.site_id == site_id).order_by(Item.code, Bom.revision)


def _routings(site_id: int) -> Select[Any]:
    count = select(func.count()).where(Operation.routing_id == Routing.id).scalar_subquery().label("operations")
    query = select(Routing.id, Routing.revision, Routing.status, Item.code, Item.name, Item.name_zh, count)
    query = query.join(Item, Item.id == Routing.item_id)
    return query.where(Routing.site_id == site_id).order_by(Item.code, Routing.revision)


def _reasons(site_id: int) -> Select[Any]:
    return select(Reason.__table__).where(Reason.site_id == site_id).order_by(Reason.kind, Reason.code)


def _shifts(site_id: int) -> Select[Any]:
    return select(ShiftPattern.__table__).where(ShiftPattern.site_id == site_id).order_by(ShiftPattern.start_min)


def _calendar(site_id: int) -> Select[Any]:
    return select(CalendarDay.__table__).where(CalendarDay.site_id == site_id).order_by(CalendarDay.day.desc())


def _limit_rules(site_id: int) -> Select[Any]:
    upstream = aliased(Station)
    query = select(LimitRule.__table__, Station.code.label("station"), upstream.code.label("upstream"),
                   Machine.code.label("machine"))  # fmt: skip
    query = query.join(Station, Station.id == LimitRule.station_id)
    query = query.join(upstream, upstream.id == LimitRule.upstream_station_id)
    query = query.outerjoin(Machine, Machine.id == LimitRule.upstream_machine_id)
    return query.where(LimitRule.site_id == site_id).order_by(LimitRule.code)


def _lots(site_id: int) -> Select[Any]:
    query = select(Lot.__table__, Item.code.label("item"), Item.name, Item.name_zh).join(Item, Item.id == Lot.item_id)
    return query.where(Lot.site_id == site_id).order_by(Lot.id.desc())


def _stock(site_id: int) -> Select[Any]:
    query = select(StockBalance.quantity, Item.code, Item.name, Item.name_zh, Item.unit, Lot.code.label("lot"),
                   Location.code.label("location"))  # fmt: skip
    query = query.join(Item, Item.id == StockBalance.item_id).join(Location, Location.id == StockBalance.location_id)
    query = query.outerjoin(Lot, Lot.id == StockBalance.lot_key).where(StockBalance.site_id == site_id)
    return query.order_by(Item.code, Location.code, Lot.code)


_OF_ITEM = (Item.code, Item.name, Item.name_zh)
TABLES: dict[str, Table] = {
    "lines": Table(_lines, (Line.code, Line.name, Line.name_zh)),
    "stations": Table(_stations, (Station.code, Station.name, Station.name_zh, Line.code)),
    "machines": Table(_machines, (Machine.code, Machine.name, Machine.name_zh, Station.code)),
    "people": Table(_people, (Person.code, Person.name, Person.name_zh, Person.badge)),
    "items": Table(_items, _OF_ITEM),
    "boms": Table(_boms, _OF_ITEM),
    "routings": Table(_routings, _OF_ITEM),
    "lots": Table(_lots, (Lot.code, Lot.supplier_lot, Item.code)),
    "stock": Table(_stock, (Item.code, Item.name, Item.name_zh, Lot.code)),
    "reasons": Table(_reasons, (Reason.code, Reason.name, Reason.name_zh)),
    "shifts": Table(_shifts, (ShiftPattern.code, ShiftPattern.name, ShiftPattern.name_zh)),
    "calendar": Table(_calendar, (CalendarDay.name,)),
    "limit_rules": Table(_limit_rules, (LimitRule.code, Station.code)),
}


def listed(store: Store, site_id: int, name: str, text: str, page: int) -> Slice:
    """One page of a list, narrowed to a text."""
    table = TABLES[name]
    query = table.query(site_id)
    if text:
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in table.searched)))
    return sliced(store, query, page)


def skills_of(store: Store, person_ids: list[int]) -> dict[int, list[Row]]:
    """The skills of people: name and until when."""
    query = select(PersonSkill.person_id, PersonSkill.valid_until, Skill.code, Skill.name, Skill.name_zh)
    found: dict[int, list[Row]] = {}
    query = query.join(Skill, Skill.id == PersonSkill.skill_id).where(PersonSkill.person_id.in_(person_ids))
    for row in store.execute(query.order_by(Skill.code)):
        found.setdefault(row.person_id, []).append(row)
    return found


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
