"""Genealogy out of the store: who is made of what, read level by level.

A link says that a parent was made using a child. Each sort of link is written once, as an `Edge`, and read both
ways: down into what was used, up to where it went. All that is new at one level is asked for together. Material that
was used at an operation without single pieces (a cabinet's foam) belongs to the order: it reaches a unit through the
task, and the page says "used in this order". What was undone has no quantity left and is not linked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from app.events import Store
from app.models import Consumption, ContainerItem, ProductionOrder, Report, Shipment, Task, Unit, WorkOrder
from quality.genealogy import Direction, Graph, Link, Node, Trace

MOST = 20_000  # nodes; what is more is not shown, and said
_CHUNK = 400
_C, _U, _T = Consumption.__table__, Unit.__table__, Task.__table__
_K, _S, _P = ContainerItem.__table__, Shipment.__table__, ProductionOrder.__table__
_R, _O = Report.__table__, WorkOrder.__table__


@dataclass(frozen=True)
class Edge:
    """One sort of link: the columns that hold parent and child, what is asked of a row, and its measure."""

    parent: str
    child: str
    parent_id: Any
    child_id: Any
    where: tuple[ColumnElement[bool], ...]
    quantity: Any = None
    task: Any = None
    at: Any = None
    source: Any = None

    def rows(self, *columns: Any) -> Select[Any]:
        """Columns of all rows of this sort."""
        query = select(*columns).where(*self.where)
        return query if self.source is None else query.select_from(self.source)


def _alive() -> ColumnElement[bool]:
    """A consumption that was not taken back: neither a reversal nor a row of a reversed report."""
    undone = select(_R.c.id).where(_R.c.reverses_id == _C.c.report_id).correlate(_C)
    return (_C.c.quantity > 0) & ~undone.exists()


def _used(parent: str, child: str, parent_id: Any, child_id: Any, *more: ColumnElement[bool]) -> Edge:
    where = (_alive(), parent_id.is_not(None), child_id.is_not(None), *more)
    return Edge(parent, child, parent_id, child_id, where, _C.c.quantity, _C.c.task_id, _C.c.at)


def _shared() -> ColumnElement[bool]:
    """A task that used material for no single piece."""
    named = _C.c.lot_id.is_not(None) | _C.c.component_unit_id.is_not(None)
    return select(_C.c.id).where(_C.c.task_id == _T.c.id, _C.c.unit_id.is_(None), named, _alive()).exists()


def _below() -> ColumnElement[bool]:
    """A task at or under the place of a unit's item in the structure of its order."""
    own = _T.alias("own")
    above = func.substr(_T.c.node, 1, func.length(own.c.node) + 1) == own.c.node.concat(".")
    inside = (_T.c.node == own.c.node) | above
    mine = (own.c.order_id == _U.c.order_id) & (own.c.item_id == _U.c.item_id) & own.c.is_serialised.is_(True)
    return select(own.c.id).where(mine, inside).correlate(_T, _U).exists()


@cache
def edges() -> tuple[Edge, ...]:
    """All sorts of links of the store; they are the same for every request."""
    made = _U.c.status != "planned"
    together = _U.join(_T, _T.c.order_id == _U.c.order_id)
    alone, packed = _C.c.unit_id.is_(None), _K.c.unpacked_at.is_(None)
    return (
        _used("unit", "lot", _C.c.unit_id, _C.c.lot_id),
        _used("unit", "unit", _C.c.unit_id, _C.c.component_unit_id),
        _used("task", "lot", _C.c.task_id, _C.c.lot_id, alone),
        _used("task", "unit", _C.c.task_id, _C.c.component_unit_id, alone),
        Edge("unit", "lot", _U.c.id, _U.c.lot_id, (_U.c.lot_id.is_not(None),)),
        Edge("unit", "task", _U.c.id, _T.c.id, (made, _shared(), _below()), source=together),
        Edge("order", "unit", _U.c.order_id, _U.c.id, (_U.c.order_id.is_not(None), made)),
        Edge("order", "task", _T.c.order_id, _T.c.id, (_shared(),)),
        Edge("container", "unit", _K.c.container_id, _K.c.unit_id, (_K.c.unit_id.is_not(None), packed)),
        Edge("container", "container", _K.c.container_id, _K.c.inner_id, (_K.c.inner_id.is_not(None), packed)),
        Edge("container", "lot", _K.c.container_id, _K.c.lot_id, (_K.c.lot_id.is_not(None), packed)),
    )


def links(store: Store, site_id: int, node: Node, direction: Direction) -> Trace:
    """Everything a node was made of (backward) or went into (forward), nearest first, with the links between.

    Nodes are ("unit" | "lot" | "task" | "order" | "container", id) and ("customer", the customer's order). The
    caller has made sure that the node is of its site; links never leave a site.
    """
    entries = list(_entries(store, site_id, node, direction))
    found, rows = _walked(store, node, entries, direction)
    rows += entries
    if direction is Direction.FORWARD:
        rows += _customers(store, site_id, found)
    graph = Graph(sorted(rows, key=_order))
    return graph.backward(node) if direction is Direction.BACKWARD else graph.forward(node)


def _order(link: Link) -> tuple[str, int | str, str, int | str]:
    return (link.parent.kind, link.parent.id, link.child.kind, link.child.id)


def _walked(store: Store, node: Node, entries: list[Link], direction: Direction) -> tuple[list[Node], list[Link]]:
    """The nodes that are reached, nearest first, and their links; one statement a level and sort, not one a node."""
    seen = dict.fromkeys((node, *(link.child for link in entries)))
    fresh, rows = list(seen), []
    while fresh:
        found = list(_between(store, fresh, direction))
        rows += found
        far = (link.child if direction is Direction.BACKWARD else link.parent for link in found)
        fresh = [end for end in dict.fromkeys(far) if end not in seen][: MOST - len(seen)]
        seen |= dict.fromkeys(fresh)
    return list(seen), rows


def _ends(edge: Edge, direction: Direction) -> tuple[tuple[str, Any], tuple[str, Any]]:
    ends = ((edge.parent, edge.parent_id), (edge.child, edge.child_id))
    return ends if direction is Direction.BACKWARD else (ends[1], ends[0])


def _passed(task_id: int) -> tuple[ColumnElement[bool], ...]:
    """The reports that say a unit went through a task, undone ones left out."""
    back = _R.alias("back")
    undone = select(back.c.id).where(back.c.reverses_id == _R.c.id).correlate(_R)
    return (_R.c.task_id == task_id, _R.c.unit_id.is_not(None), _R.c.quantity > 0, ~undone.exists())


def _of_customer(site_id: int, number: str) -> list[tuple[str, Any, tuple[ColumnElement[bool], ...]]]:
    sent = (_S.c.site_id == site_id, _S.c.customer_order == number)
    own = select(_O.c.id).where(_O.c.site_id == site_id, _O.c.id == _P.c.id).correlate(_P)
    return [
        ("order", _P.c.id, (_P.c.customer_order == number, own.exists())),
        ("unit", _S.c.unit_id, (*sent, _S.c.unit_id.is_not(None))),
        ("container", _S.c.container_id, (*sent, _S.c.container_id.is_not(None))),
    ]


def _entries(store: Store, site_id: int, node: Node, direction: Direction) -> Iterable[Link]:
    """The links of a root that is no thing itself: what was sent to a customer, which units passed a task."""
    if direction is Direction.FORWARD:
        return
    if node.kind == "customer":
        for kind, column, where in _of_customer(site_id, str(node.id)):
            for row in store.execute(select(column).where(*where).distinct()):
                yield Link(node, Node(kind, row[0]))
    elif node.kind == "task":
        for row in store.execute(select(_R.c.unit_id).where(*_passed(int(node.id))).distinct()):
            yield Link(node, Node("unit", row.unit_id))


def _between(store: Store, found: list[Node], direction: Direction) -> Iterable[Link]:
    ids: dict[str, list[int]] = {}
    for node in found:
        if node.kind != "customer":
            ids.setdefault(node.kind, []).append(int(node.id))
    for edge in edges():
        kind, column = _ends(edge, direction)[0]
        for chunk in chunks(ids.get(kind, [])):
            yield from _read(store, edge, column.in_(chunk))


def _read(store: Store, edge: Edge, near: ColumnElement[bool]) -> Iterable[Link]:
    ends = (edge.parent_id.label("parent"), edge.child_id.label("child"))
    if edge.quantity is None:
        for row in store.execute(edge.rows(*ends).where(near)):
            yield Link(Node(edge.parent, row.parent), Node(edge.child, row.child))
        return
    total = func.sum(edge.quantity)
    query = edge.rows(*ends, total.label("quantity"), func.min(edge.task).label("task"), func.max(edge.at).label("at"))
    for row in store.execute(query.where(near).group_by(*ends).having(total > 0)):
        yield Link(Node(edge.parent, row.parent), Node(edge.child, row.child), row.quantity, row.task, row.at)


def _customers(store: Store, site_id: int, found: list[Node]) -> list[Link]:
    made: list[Link] = []
    sent = (_S.c.site_id == site_id, _S.c.customer_order.is_not(None))
    for kind, column, number, where in (
        ("order", _P.c.id, _P.c.customer_order, (_P.c.customer_order.is_not(None),)),
        ("unit", _S.c.unit_id, _S.c.customer_order, sent),
        ("container", _S.c.container_id, _S.c.customer_order, sent),
    ):
        for chunk in chunks([int(node.id) for node in found if node.kind == kind]):
            rows = store.execute(select(column, number).where(column.in_(chunk), *where).distinct())
            made += [Link(Node("customer", row[1]), Node(kind, row[0])) for row in rows]
    return made


def chunks(ids: list[int]) -> Iterable[list[int]]:
    """Ids in pieces that fit into one statement on every engine."""
    return (ids[at : at + _CHUNK] for at in range(0, len(ids), _CHUNK))


__all__ = ["MOST", "Direction", "Link", "Node", "Trace", "chunks", "links"]
