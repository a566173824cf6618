"""The tabs of a traced thing: only the one that is opened is read and made, the others are addresses."""

from collections.abc import Callable
from typing import Any

from flask import request

from app.auth import identity
from app.db import db
from app.i18n import gettext as _
from app.queries.trace import Direction, Thing, genealogy
from app.queries.trace_history import History, history
from app.queries.trace_marks import marks
from app.queries.trace_near import neighbours
from app.queries.trace_papers import papers
from app.web.trace_papers import papers_table
from app.web.trace_tables import Table, address, tables
from app.web.trace_tables import told as shown_as
from app.web.trace_view import CAP, Grouping, branches, drawing

ROWS = 200
# What of the history each tab is made of; the holds stand above all of them.
NEEDS: dict[str, tuple[str, ...]] = {
    "genealogy": (), "history": ("steps",), "values": ("values",), "lots": ("used",), "people": ("steps",),
    "machines": ("steps", "runs"), "units": (), "papers": (), "near": ("steps", "used"),
}  # fmt: skip


def opened(root: Thing) -> dict[str, Any]:
    """The tab that the address asks for, with the names and addresses of the others."""
    names = _names(root)
    wanted = request.args.get("tab", "")
    key = wanted if wanted in names else "genealogy"
    told = history(db.session, identity().site_id, root, {"holds", *NEEDS[key]})
    content = _CONTENT.get(key, _table)(root, told, key)
    table = content.get("table")
    tabs = [
        {"label": name, "url": address(root.node, tab=one), "active": one == key,
         "count": table.count if table and one == key else None}
        for one, name in names.items()
    ]  # fmt: skip
    return {"tab": key, "tabs_of": tabs, "told": told, "affected": None, "table": None} | content


def tables_of(root: Thing) -> dict[str, Table]:
    """All tables of a thing, for paper."""
    told = history(db.session, identity().site_id, root)
    members = genealogy(db.session, identity().site_id, root).units()
    return tables(root, told, members) | {"papers": _papers(root, told)}


def table_of(root: Thing, wanted: str) -> Table:
    """One table of a thing in full, for a file; the history when there is none of that name."""
    key = wanted if wanted in tables(root, History(), ()) or wanted == "papers" else "history"
    told = history(db.session, identity().site_id, root, {"holds", *NEEDS[key]})
    if key == "papers":
        return _papers(root, told)
    members = genealogy(db.session, identity().site_id, root).units() if key == "units" else ()
    return tables(root, told, members)[key]


def _names(root: Thing) -> dict[str, str]:
    names = {"genealogy": _("Genealogy")} | {key: one.title for key, one in tables(root, History(), ()).items()}
    near = {"near": _("Same cause")} if root.node.kind == "unit" else {}
    return names | {"papers": papers_table(()).title} | near


def _table(root: Thing, told: History, key: str) -> dict[str, Any]:
    made = _papers(root, told) if key == "papers" else tables(root, told, ())[key]
    return {"table": shown_as(made)}


def _papers(root: Thing, told: History) -> Table:
    return papers_table(papers(db.session, identity().site_id, root, told.holds))


def _genealogy(root: Thing, told: History, key: str) -> dict[str, Any]:
    found = genealogy(db.session, identity().site_id, root)
    many = max(len(found.backward.nodes), len(found.forward.nodes)) > CAP
    known = marks(db.session, [*found.backward.nodes, *found.forward.nodes]) if many else {}
    grouping = Grouping(found, known)
    return {"drawing": drawing(found, grouping), "inside": branches(found, Direction.BACKWARD, grouping),
            "went": branches(found, Direction.FORWARD, grouping), "affected": len(found.units())}  # fmt: skip


def _units(root: Thing, told: History, key: str) -> dict[str, Any]:
    """One page of the units, of all or of the group that the address asks for."""
    found = genealogy(db.session, identity().site_id, root)
    units, group = found.units(), request.args.get("group", "")
    members = units
    if group:
        asked = tuple(group.split("|"))
        grouping = Grouping(found, marks(db.session, [unit.node for unit in units]))
        members = [unit for unit in units if grouping.key(unit.node, len(asked)) == asked]
    pages = max(1, -(-len(members) // ROWS))
    at = _at(pages)
    made = tables(root, told, members[(at - 1) * ROWS : at * ROWS], len(members))["units"]
    return {"table": shown_as(made), "at": at, "pages": pages, "group": group, "affected": len(units)}


def _at(pages: int) -> int:
    asked = request.args.get("page", "1")
    return min(int(asked), pages) if asked.isdecimal() and 0 < len(asked) < 7 and int(asked) else 1


def _near(root: Thing, told: History, key: str) -> dict[str, Any]:
    return {"near": neighbours(db.session, identity().site_id, root, told)}


_CONTENT: dict[str, Callable[[Thing, History, str], dict[str, Any]]] = {
    "genealogy": _genealogy, "units": _units, "near": _near,
}  # fmt: skip

__all__ = ["ROWS", "opened", "table_of", "tables_of"]
