"""A bill of material in full: its revisions, lines as texts, the draft, what its components are."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Bom, BomDraftRow, BomLine, Item, Operation, Routing, User
from app.queries.boms import approved_of
from app.queries.engineering import NEWEST
from bom.structure import BomLine as Line
from bom.structure import Structure
from bom.where_used import Use, where_used

_B, _L, _I = Bom.__table__, BomLine.__table__, Item.__table__


def revisions(store: Store, site_id: int, item_id: int) -> list[Any]:
    """The revisions of an item, newest first, with who changed and who approved them."""
    approver = User.__table__.alias("approver")
    query = select(_B, User.name.label("changed_name"), approver.c.name.label("approved_name"))
    query = query.outerjoin(User, User.id == _B.c.changed_by).outerjoin(approver, approver.c.id == _B.c.approved_by)
    return list(store.execute(query.where(_B.c.site_id == site_id, _B.c.item_id == item_id).order_by(_B.c.id.desc())))


def lines(store: Store, bom_id: int) -> list[Any]:
    """The lines of a revision with their components."""
    query = select(_L, _I.c.code).join(_I, _I.c.id == _L.c.item_id).where(_L.c.bom_id == bom_id)
    return list(store.execute(query.order_by(_L.c.position)))


def draft_rows(store: Store, bom_id: int) -> list[Any]:
    """The rows of a draft as they were typed."""
    table = BomDraftRow.__table__
    return list(store.execute(select(table).where(table.c.bom_id == bom_id).order_by(table.c.position, table.c.key)))


def components(store: Store, site_id: int, codes: Iterable[str]) -> dict[str, Any]:
    """Items by code, with the revision of their own bill when they have one."""
    wanted = sorted(set(codes))
    revision = select(Bom.revision).where(Bom.id == approved_of(_I.c.id)).scalar_subquery()
    query = select(_I.c.id, _I.c.code, _I.c.name, _I.c.name_zh, _I.c.supply, _I.c.unit, _I.c.retired,
                   revision.label("revision")).where(_I.c.site_id == site_id)  # fmt: skip
    found = {}
    for start in range(0, len(wanted), 500):
        part = query.where(_I.c.code.in_(wanted[start : start + 500]))
        found.update({row.code: row for row in store.execute(part)})
    return found


def operations(store: Store, item_id: int) -> list[Any]:
    """The operations of an item's approved routing."""
    newest = select(Routing.id).where(Routing.item_id == item_id, Routing.status == "approved")
    newest = newest.order_by(Routing.id.desc()).limit(1).scalar_subquery()
    query = select(Operation.key, Operation.name, Operation.name_zh).where(Operation.routing_id == newest)
    return list(store.execute(query.order_by(Operation.position)))


def above(store: Store, item_id: int) -> list[Line]:
    """All approved lines that lead from the item upwards, each once."""
    counts = select(_L.c.id, _L.c.item_id, NEWEST.c.item_id.label("parent_id"))
    counts = counts.join(NEWEST, NEWEST.c.bom_id == _L.c.bom_id)
    reach = counts.where(_L.c.item_id == item_id).cte("above", recursive=True)
    deeper = counts.join(reach, reach.c.parent_id == _L.c.item_id)
    reach = reach.union(deeper)
    parent, child = _I.alias("parent"), _I.alias("child")
    query = select(_L, parent.c.code.label("parent_code"), child.c.code.label("child_code"))
    query = query.join(reach, reach.c.id == _L.c.id).join(parent, parent.c.id == reach.c.parent_id)
    query = query.join(child, child.c.id == _L.c.item_id).order_by(_L.c.id)
    return [
        Line(str(row.id), row.parent_code, row.child_code, Fraction(row.quantity), Fraction(row.per), row.valid_from,
             row.valid_to, row.scrap_percent, row.alternate_group, row.priority, row.operation, row.backflush)
        for row in store.execute(query)
    ]  # fmt: skip


def used_in(store: Store, item: Any, today: Any) -> list[tuple[Use, Line | None]]:
    """Everything that contains an item, nearest first, with the line that uses it directly."""
    found = above(store, item.id)
    if not found:
        return []
    direct: dict[str, Line] = {}
    for line in found:
        if line.child == item.code and line.valid_on(today):
            direct.setdefault(line.parent, line)
    return [(use, direct.get(use.item)) for use in where_used(Structure(found), item.code, today)]
