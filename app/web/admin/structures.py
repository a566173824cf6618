"""A bill of material as a tree with quantities, a routing as a table of operations."""

from decimal import Decimal
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date

from app.auth import allow, identity
from app.db import db
from app.errors import NotFound
from app.i18n import gettext as _
from app.i18n import named
from app.queries.master_data import bom_lines, bom_of, operations_of, routing_of
from app.web.admin.blueprint import pages
from app.web.admin.tables import SUPPLY
from app.web.shell import quantity

_DEEPEST = 20
_MOST = 2000


@pages.get("/admin/boms/<int:bom_id>")
@allow("admin")
def bom(bom_id: int) -> ResponseReturnValue:
    """What an item is made of, all levels."""
    row = bom_of(db.session, identity().site_id, bom_id)
    if row is None:
        raise NotFound("bom.unknown", bom=bom_id)
    left = [_MOST]
    nodes = _nodes(bom_id, Decimal(1), (row.item_id,), {}, left)
    return render_template("admin/bom.html", bom=row, nodes=nodes, cut=left[0] <= 0)


def _nodes(
    bom_id: int, factor: Decimal, above: tuple[int, ...], known: dict[int, list[Any]], left: list[int]
) -> list[dict[str, Any]]:
    """Lines as tree nodes; a bill that is used twice is read once, and a circle ends where it begins."""
    if bom_id not in known:
        known[bom_id] = bom_lines(db.session, bom_id)
    made = []
    for line in known[bom_id]:
        left[0] -= 1
        if left[0] <= 0:
            break
        needed = factor * line.quantity / line.per
        deeper = line.own_bom and line.item_id not in above and len(above) < _DEEPEST
        children = _nodes(line.own_bom, needed, (*above, line.item_id), known, left) if deeper else []
        made.append(_node(line, needed, children, len(above) < 3))
    return made


def _node(line: Any, needed: Decimal, children: list[dict[str, Any]], is_open: bool) -> dict[str, Any]:
    notes = [str(SUPPLY.get(line.supply, line.supply))]
    if line.operation:
        notes.append(_("at %(operation)s", operation=line.operation))
    if line.scrap_percent:
        notes.append(_("%(percent)s %% scrap", percent=quantity(line.scrap_percent)))
    if line.valid_from:
        notes.append(_("from %(day)s", day=format_date(line.valid_from)))
    if line.valid_to:
        notes.append(_("until %(day)s", day=format_date(line.valid_to)))
    if line.alternate_group:
        notes.append(_("one of %(group)s", group=line.alternate_group))
    return {
        "code": line.code, "name": named(line), "quantity": f"{quantity(round(needed, 6))} {line.unit}",
        "note": " · ".join(notes), "children": children, "open": is_open,
        "url": url_for("admin.bom", bom_id=line.own_bom) if line.own_bom else None,
    }  # fmt: skip


@pages.get("/admin/routings/<int:routing_id>")
@allow("admin")
def routing(routing_id: int) -> ResponseReturnValue:
    """The operations of an item: what comes before, where, how long, with which skill."""
    row = routing_of(db.session, identity().site_id, routing_id)
    if row is None:
        raise NotFound("routing.unknown", routing=routing_id)
    operations, links, stations = operations_of(db.session, routing_id)
    keys = {operation.id: operation.key for operation in operations}
    before: dict[int, list[str]] = {}
    for link in links:
        before.setdefault(link.succ_id, []).append(_arrow(link, keys))
    return render_template("admin/routing.html", routing=row, operations=operations, before=before, stations=stations)


def _arrow(link: Any, keys: dict[int, str]) -> str:
    notes = []
    if link.kind == "rework":
        notes.append(_("rework"))
    if link.type == "start_start":
        notes.append(_("start to start"))
    if link.lag_min:
        notes.append(_("after %(minutes)s min", minutes=link.lag_min))
    if link.transfer_batch:
        notes.append(_("in lots of %(count)s", count=link.transfer_batch))
    return keys.get(link.pred_id, "?") + (f" ({', '.join(notes)})" if notes else "")
