"""Trace: one text finds a thing; a thing shows what is in it, where it went and what happened to it.

`find` reads what a scanner or a person gives, `links` the genealogy (`trace_links`), `history` what happened
(`trace_history`), `neighbours` what shares a cause (`trace_near`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.errors import Invalid, NotFound
from app.events import Store
from app.models import Container, ExternalRef, Lot, ProductionOrder, Shipment, Unit, WorkOrder
from app.queries.trace_links import Direction, Link, Node, Trace, links
from app.queries.trace_things import Thing, things
from devices.barcode import GS1, Empty, parse
from devices.codes import CodeError, Damaged, Kind

KINDS = {Kind.UNIT: "unit", Kind.LOT: "lot", Kind.TASK: "task", Kind.ORDER: "order", Kind.CONTAINER: "container"}
PRINTED = {name: kind for kind, name in KINDS.items()}
_MOST = 50
_P, _O = ProductionOrder.__table__, WorkOrder.__table__


@dataclass(frozen=True)
class Genealogy:
    """What is in a thing (backward) and where it went (forward), with the things behind all nodes."""

    root: Thing
    backward: Trace
    forward: Trace
    things: dict[Node, Thing]

    def units(self) -> list[Thing]:
        """The units a thing went into, or that an order, container or customer's order is made up of, by serial."""
        gathers = ("order", "container", "customer")
        own = {
            link.child
            for link in self.backward.links
            if link.parent.kind in gathers or (link.parent == self.root.node and link.parent.kind == "task")
        }
        nodes = {node for node in (*self.forward.nodes, *own) if node.kind == "unit" and node in self.things}
        return sorted((self.things[node] for node in nodes), key=lambda unit: (unit.code, unit.node.id))


def find(store: Store, site_id: int, text: str) -> list[Thing]:
    """The things a text can mean: a printed code, a serial, a lot's own or its supplier's number, an order's number
    (ours, the ERP's or the customer's), a container.

    Several numbers may be the same; then the person chooses. NotFound `code.unknown`, or Invalid `code.damaged`,
    `code.foreign` and `value.missing` when nothing has it.
    """
    text = text.strip()
    nodes = dict.fromkeys(_by_number(store, site_id, {text, text.upper()}))
    problem: Exception | None = None
    try:
        nodes |= dict.fromkeys(_by_code(store, site_id, text))
    except CodeError as error:
        problem = error
    found = things(store, site_id, nodes)
    if not found:
        raise _refusal(text, problem)
    return [found[node] for node in nodes if node in found]


def _refusal(text: str, problem: Exception | None) -> Exception:
    if isinstance(problem, Empty):
        return Invalid("value.missing", field="q")
    if problem is None:
        return NotFound("code.unknown", text=text[:80])
    return Invalid("code.damaged" if isinstance(problem, Damaged) else "code.foreign", text=text[:80])


def _by_code(store: Store, site_id: int, text: str) -> Iterable[Node]:
    scan = parse(text)
    if isinstance(scan.kind, Kind):
        return [Node(KINDS[scan.kind], scan.number or 0)] if scan.kind in KINDS else []
    numbers = {scan.values[name] for name in ("serial", "lot", "sscc") if name in scan.values}
    return _by_number(store, site_id, numbers if scan.kind == GS1 else {scan.text, scan.text.upper()})


def _by_number(store: Store, site_id: int, texts: set[str]) -> list[Node]:
    wanted = sorted(text for text in texts if 0 < len(text) <= 80 and text.isprintable())
    refs = (ExternalRef.site_id == site_id, ExternalRef.type == "order", ExternalRef.ref.in_(wanted))
    mine = _O.c.site_id == site_id
    asked = (
        ("unit", select(Unit.id).where(Unit.site_id == site_id, Unit.serial.in_(wanted))),
        ("lot", select(Lot.id).where(Lot.site_id == site_id, Lot.code.in_(wanted))),
        ("lot", select(Lot.id).where(Lot.site_id == site_id, Lot.supplier_lot.in_(wanted))),
        ("order", select(_O.c.id).where(mine, _O.c.code.in_(wanted))),
        ("order", select(ExternalRef.target_id).where(*refs)),
        ("container", select(Container.id).where(Container.site_id == site_id, Container.code.in_(wanted))),
        ("customer", _customers(site_id, wanted)),
    )
    return [Node(kind, row[0]) for kind, query in asked for row in store.execute(query.limit(_MOST))]


def _customers(site_id: int, wanted: list[str]) -> Any:
    ordered = (
        select(_P.c.customer_order).join(_O, _O.c.id == _P.c.id)
        .where(_O.c.site_id == site_id, _P.c.customer_order.in_(wanted))
    )  # fmt: skip
    sent = select(Shipment.customer_order).where(Shipment.site_id == site_id, Shipment.customer_order.in_(wanted))
    return ordered.union(sent)


def thing(store: Store, site_id: int, node: Node) -> Thing:
    """The thing behind a node; NotFound when it is not of this site."""
    found = things(store, site_id, [node])
    if node not in found:
        raise NotFound("code.unknown", text=f"{node.kind} {node.id}")
    return found[node]


def genealogy(store: Store, site_id: int, root: Thing) -> Genealogy:
    """What is in a thing and where it went; what is not of this site is left out."""
    backward = links(store, site_id, root.node, Direction.BACKWARD)
    forward = links(store, site_id, root.node, Direction.FORWARD)
    found = things(store, site_id, dict.fromkeys([*backward.nodes, *forward.nodes]))
    return Genealogy(root, backward, forward, found | {root.node: root})


__all__ = ["KINDS", "PRINTED", "Direction", "Genealogy", "Link", "Node", "Thing", "Trace", "find", "genealogy",
           "links", "thing", "things"]  # fmt: skip
