"""What a text may be: orders, units, lots, stations, items and people, each by its numbers."""

from typing import Any, NamedTuple

from sqlalchemy import Select, literal, or_, select

from app.events import Store
from app.models import ExternalRef, Item, Lot, Person, ProductionOrder, Station, Unit, WorkOrder

MOST = 20


class Hit(NamedTuple):
    """One thing that was found; ``exact`` when a number of it is the whole text."""

    kind: str
    id: int
    code: str
    name: str
    name_zh: str | None
    state: str | None
    exact: bool


def find(store: Store, site_id: int, text: str, kinds: frozenset[str]) -> list[Hit]:
    """What begins with a text, of the kinds the reader may see, exact hits first."""
    text = text.strip()
    if not text:
        return []
    hits: list[Hit] = []
    for kind, query in _queries(site_id, text).items():
        if kind in kinds:
            hits += [_hit(kind, row, text) for row in store.execute(query.limit(MOST))]
    exact = [hit for hit in hits if hit.exact]
    return exact + [hit for hit in hits if not hit.exact]


def _hit(kind: str, row: Any, text: str) -> Hit:
    numbers = [row.code, getattr(row, "other", None), getattr(row, "third", None)]
    exact = any(str(number).casefold() == text.casefold() for number in numbers if number)
    return Hit(kind, row.id, row.code, row.name or "", row.name_zh, row.state, exact)


def _queries(site_id: int, text: str) -> dict[str, Select[Any]]:
    """One query a kind, each with id, code, name, name_zh, state and the other numbers it answers to."""
    start = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"

    def like(column: Any) -> Any:
        return column.ilike(start, escape="\\")

    order, made, ref = WorkOrder.__table__, ProductionOrder.__table__, ExternalRef.__table__
    referred = select(ref.c.target_id).where(ref.c.site_id == site_id, ref.c.type == "order", like(ref.c.ref))
    return {
        "order": (
            select(order.c.id, order.c.code, order.c.title.label("name"), Item.name_zh, order.c.status.label("state"),
                   made.c.customer_order.label("other"),
                   select(ref.c.ref).where(ref.c.type == "order", ref.c.target_id == order.c.id).limit(1)
                   .scalar_subquery().label("third"))
            .outerjoin(made, made.c.id == order.c.id).outerjoin(Item, Item.id == made.c.item_id)
            .where(order.c.site_id == site_id, or_(like(order.c.code), like(made.c.customer_order),
                                                   order.c.id.in_(referred)))
            .order_by(order.c.id.desc())
        ),
        "unit": (
            select(Unit.id, Unit.serial.label("code"), Item.name, Item.name_zh, Unit.status.label("state"))
            .join(Item, Item.id == Unit.item_id).where(Unit.site_id == site_id, like(Unit.serial)).order_by(Unit.serial)
        ),
        "lot": (
            select(Lot.id, Lot.code, Item.name, Item.name_zh, Lot.status.label("state"),
                   Lot.supplier_lot.label("other"))
            .join(Item, Item.id == Lot.item_id)
            .where(Lot.site_id == site_id, or_(like(Lot.code), like(Lot.supplier_lot))).order_by(Lot.code)
        ),
        "station": _named(Station, site_id, like),
        "item": _named(Item, site_id, like),
        "person": _named(Person, site_id, like),
    }  # fmt: skip


def _named(model: Any, site_id: int, like: Any) -> Select[Any]:
    matching = or_(like(model.code), like(model.name), like(model.name_zh))
    columns = (model.id, model.code, model.name, model.name_zh, literal(None).label("state"))
    return select(*columns).where(model.site_id == site_id, model.retired.is_(False), matching).order_by(model.code)
