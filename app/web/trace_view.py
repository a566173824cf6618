"""The genealogy as it is drawn: nodes and arrows for the picture, and the same as a tree for reading."""

from typing import Any

from flask_babel import LazyString

from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.queries.trace import Direction, Genealogy, Link, Node, Thing, Trace
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


def drawing(found: Genealogy) -> dict[str, Any]:
    """Nodes and arrows, left made from, right went into; more than CAP neighbours stand as one with their number."""
    nodes: dict[str, dict[str, Any]] = {}
    arrows: dict[tuple[str, str], str] = {}
    for trace in (found.backward, found.forward):
        part = folded(trace, lambda node: _sort(found, node), CAP)
        for node in part.depths:
            nodes[_key(node)] = _node(found, node)
        for link in part.links:
            if not _said(link, trace, found):
                arrows[_key(link.child), _key(link.parent)] = _amount(link) or ""
        _groups(part, trace, found, nodes, arrows)
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
    part: Folded, trace: Trace, found: Genealogy, nodes: dict[str, dict[str, Any]], arrows: dict[tuple[str, str], str]
) -> None:
    for number, group in enumerate(part.groups):
        kind, name = group.key  # type: ignore[misc]
        key = f"group-{trace.direction}-{number}"
        tab = "units" if kind == "unit" else "lots" if trace.direction is Direction.BACKWARD else "history"
        nodes[key] = {"key": key, "code": _("%(count)s × %(kind)s", count=group.count, kind=str(KINDS[kind])),
                      "name": name, "kind": "", "icon": _ICONS[kind], "group": True,
                      "url": address(found.root.node, tab=tab)}  # fmt: skip
        ends = (key, _key(group.of))
        arrows[ends if trace.direction is Direction.BACKWARD else (ends[1], ends[0])] = ""


def _sort(found: Genealogy, node: Node) -> tuple[str, str]:
    thing = found.things.get(node)
    return node.kind, named(thing) if thing and node.kind != "task" else ""


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


def branches(found: Genealogy, direction: Direction) -> list[dict[str, Any]]:
    """The same as a tree; a thing that was opened once is not opened again."""
    trace = found.backward if direction is Direction.BACKWARD else found.forward
    onward: dict[Node, list[tuple[Node, str | None, bool]]] = {}
    for link in trace.links:
        if _said(link, trace, found):
            continue
        shared = link.parent.kind == "unit" and link.child.kind == "task"
        onward.setdefault(trace.near(link), []).append((trace.far(link), _amount(link), shared))
    seen: set[Node] = set()
    return _children(found, found.root.node, onward, seen, 0)


def _children(
    found: Genealogy, of: Node, onward: dict[Node, list[tuple[Node, str | None, bool]]], seen: set[Node], depth: int
) -> list[dict[str, Any]]:
    if of in seen or depth > 30:
        return []
    seen.add(of)
    rows = [row for row in onward.get(of, ()) if row[0] in found.things]
    shown = [_branch(found, row, onward, seen, depth) for row in rows[:CAP]]
    if len(rows) > CAP:
        shown.append({"code": _("%(count)s more", count=len(rows) - CAP), "name": "",
                      "url": address(found.root.node, tab="units")})  # fmt: skip
    return shown


def _branch(
    found: Genealogy, row: tuple[Node, str | None, bool], onward: dict[Node, list[tuple[Node, str | None, bool]]],
    seen: set[Node], depth: int,
) -> dict[str, Any]:  # fmt: skip
    node, amount, shared = row
    thing = found.things[node]
    code, name = label(thing)
    return {"code": code, "name": " · ".join(dict.fromkeys(filter(None, (str(KINDS[node.kind]), name)))),
            "quantity": amount, "note": _("used in this order") if shared else None, "url": address(node),
            "state": "held" if thing.held else None, "open": depth < 3,
            "children": _children(found, node, onward, seen, depth + 1)}  # fmt: skip


__all__ = ["CAP", "KINDS", "branches", "drawing", "label"]
