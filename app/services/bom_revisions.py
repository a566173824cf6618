"""Revisions of bills of material: a draft is approved, the one before it retired, a component replaced everywhere.

Orders hold the snapshot they were released with. An approval changes nothing for them; the next release reads the
new revision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Bom, BomDraftRow, BomLine, Item
from app.queries.bom_drafts import draft_rows
from app.services.bom_checks import checked
from app.services.bom_drafts import Author, begin_in, item_of, locked, replace_in, touched
from app.services.bom_reading import COLUMNS, Typed
from app.services.four_eyes import approved_alone
from app.services.importing.dates import Clock


@dataclass(frozen=True)
class Place:
    """A bill that uses a component, and whether somebody works on a draft of it."""

    item_id: int
    item: Any
    revision: str
    has_draft: bool


def approve(bom_id: int, version: int, clock: Clock, who: Author) -> None:
    """Make the draft the revision that orders are released from; the one before is retired.

    Raises Conflict when the draft was changed meanwhile, has no rows, something in it is wrong, or whoever approves
    changed it while others may approve.
    """
    with transaction() as session:
        approve_in(session, bom_id, version, clock, who)


def approve_in(session: Session, bom_id: int, version: int, clock: Clock, who: Author) -> None:
    """The same inside a transaction that already runs."""
    locked(session, who.site_id)
    row = session.get(Bom, bom_id, with_for_update=True, populate_existing=True)
    if row is None or row.site_id != who.site_id:
        raise NotFound("bom.unknown", bom=bom_id)
    if row.status != "draft" or row.version != version:
        raise Conflict("bom.no_draft" if row.status != "draft" else "bom.seen", revision=row.revision)
    alone = approved_alone(session, who.site_id, "bom", bom_id, who.user_id)
    typed = [Typed(found.key, found.cells) for found in draft_rows(session, bom_id)]
    read, wrong, known = checked(session, item_of(session, who.site_id, row.item_id), typed, clock)
    if wrong or not read:
        raise Conflict("bom.wrong", count=len(wrong)) if wrong else Conflict("bom.empty")
    rows = [_line(bom_id, at, values, known) for at, (_, values) in enumerate(read, 1)]
    session.execute(insert(BomLine.__table__), rows)
    session.execute(delete(BomDraftRow.__table__).where(BomDraftRow.bom_id == bom_id))
    old = (Bom.item_id == row.item_id, Bom.status == "approved")
    session.execute(update(Bom).where(*old).values(status="retired"))
    row.status, row.approved_by, row.approved_at = "approved", who.user_id, who.now
    data = {"item": row.item_id, "revision": row.revision, "lines": len(rows)}
    topic = "bom.approved_own" if alone else "bom.approved"
    events.record(session, who.site_id, topic, ("bom", bom_id), who.actor, who.now, data)


def retire(bom_id: int, who: Author) -> None:
    """Take the approved revision out of use: nothing can be released from it any more. Twice changes nothing."""
    with transaction() as session:
        locked(session, who.site_id)
        row = session.get(Bom, bom_id, populate_existing=True)
        if row is None or row.site_id != who.site_id:
            raise NotFound("bom.unknown", bom=bom_id)
        if row.status == "draft":
            raise Conflict("bom.is_draft", revision=row.revision)
        if row.status == "retired":
            return
        row.status = "retired"
        data = {"item": row.item_id, "revision": row.revision}
        events.record(session, who.site_id, "bom.retired", ("bom", bom_id), who.actor, who.now, data)


def places(session: Session, site_id: int, code: str) -> list[Place]:
    """The approved bills that use a component directly; each would get a draft."""
    used = select(BomLine.bom_id).join(Item, Item.id == BomLine.item_id)
    used = used.where(Item.site_id == site_id, Item.code == code)
    query = select(Bom, Item).join(Item, Item.id == Bom.item_id)
    query = query.where(Bom.site_id == site_id, Bom.status == "approved", Bom.id.in_(used)).order_by(Item.code)
    drafts = set(session.scalars(select(Bom.item_id).where(Bom.site_id == site_id, Bom.status == "draft")))
    return [Place(item.id, item, bom.revision, item.id in drafts) for bom, item in session.execute(query)]


def replace_everywhere(old: str, new: str, wanted: Sequence[int], who: Author) -> int:
    """Write ``new`` in the place of ``old`` in a draft of each wanted item; gives the number of drafts.

    ``wanted`` is what was shown: when other bills use the component by now, it is refused and shown again.
    """
    if old == new:
        raise Invalid("bom.same_component", item=new)
    with transaction() as session:
        if session.scalar(select(Item.id).where(Item.site_id == who.site_id, Item.code == new)) is None:
            raise NotFound("item.unknown", item=new[:64])
        found = places(session, who.site_id, old)
        if not found or not set(wanted) <= {place.item_id for place in found}:
            raise Conflict("bom.places_changed", item=old)
        for item_id in sorted(wanted):
            row = begin_in(session, item_id, who)
            session.refresh(row, with_for_update=True)
            touched(session, row, who, {"replaced": replace_in(session, row.id, old, new)})
        return len(set(wanted))


def _line(bom_id: int, at: int, values: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    fields = {str(column.attribute): values[name] for name, column in COLUMNS.items()}
    return fields | {"bom_id": bom_id, "position": at * 10, "item_id": known[values["component"]].id}


__all__ = ["Place", "approve", "approve_in", "places", "replace_everywhere", "retire"]
