"""The genealogy as it is drawn: nodes and arrows for the picture, and the same as a tree for reading."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString

from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.queries.trace import Direction, Genealogy, Link, Node, Thing, Trace
from app.queries.trace_marks import Mark
from app.web.shell import quantity
from app.web.trace_tables import address
from quality.genealogy import Folded, folded

CAP = 60
KINDS: dict[str, LazyString] = {
    "unit": lazy_gettext("Unit"), "lot": lazy_gettext("Lot"), "task": lazy_gettext("Operation"),
    "order": lazy_gettext("Order"), "container": lazy_gettext("Container"),
    "customer": lazy_gettext("Customer's order"),
}  # fmt: skip
_ICONS = {"unit": "unit", "lot": "tag", "task": "tool", "order": "orders", "container": "packages",
          "customer": "shipment"}  # fmt: skip


class Grouping:
    """How too many neighbours are put together: by kind, item, lot and shift, as finely as CAP groups allow."""

    def __init__(self, found: Genealogy, known: Mapping[Node, Mark]) -> None:
        self.found, self.known = found, known
        self._keys: dict[Node, tuple[str, ...]] = {}
        nodes = [node for trace in (found.backward, found.forward) for node in trace.nodes]
        self.fineness = next((n for n in (4, 3) if len({self.key(node, n) for node in nodes}) <= CAP), 2)

    def key(self, node: Node, fineness: int | None = None) -> tuple[str, ...]:
        """Kind, item, lot and shift of a node, as many of them as are told apart."""
        if node not in self._keys:
            thing, mark = self.found.things.get(node), self.known.get(node, Mark())
            name = named(thing) if thing and node.kind != "task" else ""
            self._keys[node] = (node.kind, name, mark.lot, mark.shift)
        return self._keys[node][: self.fineness if fineness is None else fineness]

    def shown(self, key: tuple[str, ...], count: int, direction: Direction) -> dict[str, Any]:
        """A group in words, and the address of the table with its members."""
        kind, name, *rest = key
        tab = "units" if kind == "unit" else "lots" if direction is Direction.BACKWARD else "history"
        more = {"group": "|".join(key)} if kind == "unit" else {}
        words = " · ".join(filter(None, (name, *rest)))
        return {"code": _("%(count)s × %(kind)s", count=count, kind=str(KINDS[kind])), "name": words,
                "url": address(self.found.root.node, tab=tab, **more) + "#told"}  # fmt: skip


def drawing(found: Genealogy, grouping: Grouping) -> dict[str, Any]:
    """Nodes and arrows, left made from, right went into; more than CAP neighbours stand as groups with their number."""
    nodes: dict[str, dict[str, Any]] = {}
    arrows: dict[tuple[str, str], str] = {}
    for trace in (found.backward, found.forward):
        part = folded(trace, grouping.key, CAP)
        for node in part.depths:
            nodes[_key(node)] = _node(found, node)
        for link in part.links:
            if not _said(link, trace, found):
                arrows[_key(link.child), _key(link.parent)] = _amount(link) or ""
        _groups(part, trace, grouping, nodes, arrows)
    return {"root": _key(found.root.node), "nodes": list(nodes.values()),
            "arrows": [[*ends, label] for ends, label in arrows.items()]}  # fmt: skip


def _amount(link: Link) -> str | None:
    """How much of a lot was used; a single piece needs no figure."""
    return quantity(link.quantity) if link.child.kind == "lot" and link.task is not None else None


def _said(link: Link, trace: Trace, found: Genealogy) -> bool:
    """An operation stands either with the units or, seen from the order, with the order: two arrows say no more."""
    kinds = (link.parent.kind, link.child.kind)
    if found.root.node.kind == "order":
        return kinds == ("unit", "task")
    if kinds != ("order", "task"):
        return False
    return any(other.child == link.child and other.parent.kind == "unit" for other in trace.links)


def _groups(
    part: Folded, trace: Trace, grouping: Grouping, nodes: dict[str, dict[str, Any]], arrows: dict[tuple[str, str], str]
) -> None:
    for number, group in enumerate(part.groups):
        kind: str = group.key[0]  # type: ignore[index]
        key = f"group-{trace.direction}-{number}"
        nodes[key] = {"key": key, "kind": "", "icon": _ICONS[kind], "group": True,
                      **grouping.shown(group.key, group.count, trace.direction)}  # type: ignore[arg-type]  # fmt: skip
        ends = (key, _key(group.of))
        arrows[ends if trace.direction is Direction.BACKWARD else (ends[1], ends[0])] = ""


def _key(node: Node) -> str:
    return f"{node.kind}-{node.id}"


def label(thing: Thing) -> tuple[str, str]:
    """What a thing is called, in two lines: an operation by its name and order, all else by code and name."""
    if thing.node.kind == "task":
        return named(thing), thing.note or ""
    if thing.node.kind == "customer":
        return thing.code, str(KINDS["customer"])
    if thing.node.kind == "lot" and thing.note:
        return thing.code, f"{named(thing)} · {thing.note}"
    return thing.code, named(thing)


def _node(found: Genealogy, node: Node) -> dict[str, Any]:
    thing = found.things[node]
    code, name = label(thing)
    return {"key": _key(node), "code": code, "name": name, "kind": str(KINDS[node.kind]), "icon": _ICONS[node.kind],
            "held": thing.held, "status": thing.status or "", "url": address(node)}  # fmt: skip


@dataclass(frozen=True)
class _Walk:
    """What a tree is made of while it is walked."""

    found: Genealogy
    grouping: Grouping
    trace: Trace
    onward: dict[Node, list[Link]]
    seen: set[Node]


def branches(found: Genealogy, direction: Direction, grouping: Grouping) -> list[dict[str, Any]]:
    """The same as a tree; a thing that was opened once is not opened again."""
    trace = found.backward if direction is Direction.BACKWARD else found.forward
    onward: dict[Node, list[Link]] = {}
    for link in trace.links:
        if trace.far(link) in found.things and not _said(link, trace, found):
            onward.setdefault(trace.near(link), []).append(link)
    walk = _Walk(found, grouping, trace, onward, set())
    return _children(walk, found.root.node, 0)


def _children(walk: _Walk, of: Node, depth: int) -> list[dict[str, Any]]:
    if of in walk.seen or depth > 30:
        return []
    walk.seen.add(of)
    rows = walk.onward.get(of, ())
    if len(rows) <= CAP:
        return [_branch(walk, link, depth) for link in rows]
    counts = Counter(walk.grouping.key(walk.trace.far(link)) for link in rows)
    return [walk.grouping.shown(key, count, walk.trace.direction) for key, count in counts.items()]


def _branch(walk: _Walk, link: Link, depth: int) -> dict[str, Any]:
    node = walk.trace.far(link)
    thing, shared = walk.found.things[node], link.parent.kind == "unit" and link.child.kind == "task"
    code, name = label(thing)
    return {"code": code, "name": " · ".join(dict.fromkeys(filter(None, (str(KINDS[node.kind]), name)))),
            "quantity": _amount(link), "note": _("used in this order") if shared else None, "url": address(node),
            "state": "held" if thing.held else None, "open": depth < 3,
            "children": _children(walk, node, depth + 1)}  # fmt: skip


__all__ = ["CAP", "KINDS", "Grouping", "branches", "drawing", "label"]
