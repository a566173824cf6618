"""What the nodes of a trace are: their codes, names and states, read kind by kind."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import null, select

from app.events import Store
from app.models import Container, Hold, Item, Lot, Task, Unit, WorkOrder
from app.queries.trace_links import Node, chunks


@dataclass(frozen=True)
class Thing:
    """A node in words: its code, what it is, its state, and what else is known (a supplier's lot number).

    ``held`` says that a hold lies over it now.
    """

    node: Node
    code: str
    name: str
    name_zh: str | None
    status: str | None
    note: str | None = None
    item_id: int | None = None
    order_id: int | None = None
    held: bool = False


def things(store: Store, site_id: int, nodes: Iterable[Node]) -> dict[Node, Thing]:
    """The things behind nodes; what is not of this site is left out."""
    by_kind: dict[str, list[Any]] = {}
    for node in nodes:
        by_kind.setdefault(node.kind, []).append(node.id)
    found: dict[Node, Thing] = {}
    for kind, ids in by_kind.items():
        if kind == "customer":
            found |= {Node(kind, number): Thing(Node(kind, number), str(number), "", None, None) for number in ids}
            continue
        for chunk in chunks(ids):
            stopped = _held(store, kind, chunk)
            for row in store.execute(_QUERIES[kind](site_id, chunk)):
                found[Node(kind, row.id)] = _thing(kind, row, row.id in stopped)
    return found


def _thing(kind: str, row: Any, held: bool) -> Thing:
    return Thing(Node(kind, row.id), row.code, row.name, row.name_zh, row.status, row.note, row.item_id, row.order_id,
                 held)  # fmt: skip


def _held(store: Store, kind: str, ids: list[int]) -> set[int]:
    query = select(Hold.target_id).where(Hold.target_type == kind, Hold.target_id.in_(ids), Hold.released_at.is_(None))
    return set(store.execute(query).scalars())


def _units(site_id: int, ids: list[int]) -> Any:
    return (
        select(Unit.id, Unit.serial.label("code"), Item.name, Item.name_zh, Unit.status, Item.code.label("note"),
               Unit.item_id, Unit.order_id)
        .join(Item, Item.id == Unit.item_id).where(Unit.site_id == site_id, Unit.id.in_(ids))
    )  # fmt: skip


def _lots(site_id: int, ids: list[int]) -> Any:
    return (
        select(Lot.id, Lot.code, Item.name, Item.name_zh, Lot.status, Lot.supplier_lot.label("note"), Lot.item_id,
               _nothing("order_id"))
        .join(Item, Item.id == Lot.item_id).where(Lot.site_id == site_id, Lot.id.in_(ids))
    )  # fmt: skip


def _tasks(site_id: int, ids: list[int]) -> Any:
    table, order = Task.__table__, WorkOrder.__table__
    return (
        select(table.c.id, table.c.op_key.label("code"), table.c.name, table.c.name_zh, table.c.status,
               order.c.code.label("note"), table.c.item_id, table.c.order_id)
        .join(order, order.c.id == table.c.order_id).where(table.c.site_id == site_id, table.c.id.in_(ids))
    )  # fmt: skip


def _orders(site_id: int, ids: list[int]) -> Any:
    table = WorkOrder.__table__
    return (
        select(table.c.id, table.c.code, table.c.title.label("name"), _nothing("name_zh"), table.c.status,
               table.c.kind.label("note"), _nothing("item_id"), table.c.id.label("order_id"))
        .where(table.c.site_id == site_id, table.c.id.in_(ids))
    )  # fmt: skip


def _containers(site_id: int, ids: list[int]) -> Any:
    return select(
        Container.id, Container.code, Container.kind.label("name"), _nothing("name_zh"), _nothing("status"),
        _nothing("note"), _nothing("item_id"), _nothing("order_id"),
    ).where(Container.site_id == site_id, Container.id.in_(ids))  # fmt: skip


def _nothing(name: str) -> Any:
    return null().label(name)


_QUERIES: dict[str, Callable[[int, list[int]], Any]] = {
    "unit": _units, "lot": _lots, "task": _tasks, "order": _orders, "container": _containers,
}  # fmt: skip

__all__ = ["Thing", "things"]
