"""Bills of material and routings as the room ``bom`` wants to see them: one look, only what an item reaches."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select

from app.events import Store
from app.models import Bom, BomLine, Item, OperationLink, OperationStation, Routing, Skill, Station
from app.models import Operation as OperationRow
from bom.operation import Link, LinkKind, LinkType, Operation, StationChoice
from bom.process import ProcessGraph, graph
from bom.structure import BomLine as Line
from bom.structure import Structure, Supply

_B, _L, _I = Bom.__table__, BomLine.__table__, Item.__table__
NEWEST = (
    select(_B.c.item_id, func.max(_B.c.id).label("bom_id"))
    .where(_B.c.status == "approved")
    .group_by(_B.c.item_id)
    .subquery()
)


@dataclass(frozen=True)
class Engineering:
    """What an order is released from: the structure below an item, its routings, and the rows behind the names."""

    structure: Structure
    routings: dict[str, ProcessGraph]
    items: dict[str, Any]
    operations: dict[tuple[str, str], Any]
    stations: dict[str, int]
    machines: dict[tuple[str, str, str], int | None]

    @property
    def decimals(self) -> dict[str, int]:
        """How fine each item is counted."""
        return {code: item.decimals for code, item in self.items.items()}


def engineering(store: Store, site_id: int, item_id: int) -> Engineering:
    """All that is needed to break an order for an item down. Raises BomError when the data contradict themselves."""
    lines = _lines(store, item_id)
    ids = {item_id, *(row.parent_id for row in lines), *(row.item_id for row in lines)}
    items = {row.id: row for row in store.execute(select(_I).where(_I.c.id.in_(ids)))}
    structure = Structure(
        [_line(row, items) for row in lines], {row.code: Supply(row.supply) for row in items.values()}
    )
    made = [row.id for row in items.values() if row.supply == "make_to_order" or row.id == item_id]
    return _with_routings(store, site_id, structure, items, made)


def _lines(store: Store, item_id: int) -> list[Any]:
    """All lines below an item, each once: UNION, not UNION ALL, or shared parts would be walked again and again."""
    reach = select(NEWEST.c.bom_id, NEWEST.c.item_id).where(NEWEST.c.item_id == item_id).cte("reach", recursive=True)
    deeper = (
        select(NEWEST.c.bom_id, NEWEST.c.item_id)
        .join(_L, _L.c.item_id == NEWEST.c.item_id)
        .join(reach, reach.c.bom_id == _L.c.bom_id)
    )
    reach = reach.union(deeper)
    query = select(_L, reach.c.item_id.label("parent_id")).join(reach, reach.c.bom_id == _L.c.bom_id)
    return list(store.execute(query.order_by(_L.c.bom_id, _L.c.position)))


def _line(row: Any, items: dict[int, Any]) -> Line:
    return Line(
        key=str(row.id), parent=items[row.parent_id].code, child=items[row.item_id].code,
        quantity=Fraction(row.quantity), per=Fraction(row.per), valid_from=row.valid_from, valid_to=row.valid_to,
        scrap_percent=row.scrap_percent, alternate_group=row.alternate_group, priority=row.priority,
        operation=row.operation, backflush=row.backflush,
    )  # fmt: skip


def _with_routings(
    store: Store, site_id: int, structure: Structure, items: dict[int, Any], made: list[int]
) -> Engineering:
    newest = (
        select(func.max(Routing.id))
        .where(Routing.status == "approved", Routing.item_id.in_(made))
        .group_by(Routing.item_id)
    )
    operations = list(store.execute(
        select(OperationRow.__table__, Routing.item_id, Skill.code.label("skill"))
        .join(Routing, Routing.id == OperationRow.routing_id).outerjoin(Skill, Skill.id == OperationRow.skill_id)
        .where(Routing.id.in_(newest)).order_by(OperationRow.position, OperationRow.id)
    ))  # fmt: skip
    ids = [row.id for row in operations]
    choices = list(store.execute(
        select(OperationStation.__table__, Station.code).join(Station, Station.id == OperationStation.station_id)
        .where(OperationStation.operation_id.in_(ids), Station.retired.is_(False))
        .order_by(OperationStation.preference, Station.position)
    ))  # fmt: skip
    links = list(store.execute(select(OperationLink.__table__).where(OperationLink.pred_id.in_(ids))))
    named = {row.id: (items[row.item_id].code, row.key) for row in operations}
    return Engineering(
        structure,
        _graphs(operations, choices, links, named),
        {row.code: row for row in items.values()},
        {named[row.id]: row for row in operations},
        {row.code: row.station_id for row in choices},
        {(*named[row.operation_id], row.code): row.machine_id for row in choices},
    )


def _graphs(
    operations: list[Any], choices: list[Any], links: list[Any], named: dict[int, tuple[str, str]]
) -> dict[str, ProcessGraph]:
    stations: dict[int, list[StationChoice]] = {}
    for row in choices:
        choice = StationChoice(row.code, None, Fraction(row.factor), row.preference)
        stations.setdefault(row.operation_id, []).append(choice)
    steps: dict[str, list[Operation]] = {}
    for row in operations:
        steps.setdefault(named[row.id][0], []).append(_operation(row, tuple(stations.get(row.id, ()))))
    arrows: dict[str, list[Link]] = {}
    for row in links:
        arrows.setdefault(named[row.pred_id][0], []).append(_link(row, named))
    return {item: graph(found, arrows.get(item, [])) for item, found in steps.items()}


def _operation(row: Any, stations: tuple[StationChoice, ...]) -> Operation:
    return Operation(
        key=row.key, name=row.name, minutes_per_piece=Fraction(row.piece_min), fixed_minutes=Fraction(row.fixed_min),
        optional=row.is_optional, skills=(row.skill,) if row.skill else (), stations=stations,
        alternate_group=row.alternate_group, max_loops=row.max_loops, batch_size=row.batch_size,
    )  # fmt: skip


def _link(row: Any, named: dict[int, tuple[str, str]]) -> Link:
    return Link(
        named[row.pred_id][1], named[row.succ_id][1], LinkType(row.type), Fraction(row.lag_min),
        None if row.transfer_batch is None else Fraction(row.transfer_batch), LinkKind(row.kind), row.alternate_group,
    )  # fmt: skip


def item_row(store: Store, site_id: int, item: str | int) -> Any:
    """An item by code or id; None when it is not of this site."""
    column = _I.c.id if isinstance(item, int) else _I.c.code
    return store.execute(select(_I).where(_I.c.site_id == site_id, column == item)).one_or_none()


__all__ = ["Engineering", "engineering", "item_row"]
