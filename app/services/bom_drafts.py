"""The one draft of an item's bill of material: begun, saved row by row, pasted into, copied, given up.

A draft keeps texts as they were typed; orders never see it. Every save names the version it was made from, so that
of two people who write at once the second is told, and a key, so that a save that is sent again changes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import transaction, upsert
from app.errors import Conflict, Invalid, NotFound
from app.models import Bom, BomDraftRow, Item, Site, User
from app.queries.bom_drafts import draft_rows, lines
from app.services.bom_checks import checked
from app.services.bom_reading import MOST_ROWS, Typed, Wrong, cells_of, pasted, texts_of
from app.services.idempotency import once
from app.services.importing.dates import Clock
from app.services.importing.write_revisions import next_revision

_ROWS = BomDraftRow.__table__
STEP = 1024


@dataclass(frozen=True)
class Author:
    """Who writes, and when."""

    site_id: int
    user_id: int
    actor: str
    now: datetime


class PasteRefused(Exception):
    """Nothing was pasted: rows of the sheet with what is wrong in them."""

    def __init__(self, wrong: Sequence[tuple[int, Wrong]]) -> None:
        super().__init__(len(wrong))
        self.wrong = wrong


def open_draft(item_id: int, who: Author) -> int:
    """The draft of an item, begun from the approved revision when there is none; gives its id."""
    with transaction() as session:
        item = item_of(session, who.site_id, item_id)
        known = draft_of(session, item_id)
        return known.id if known else _begin(session, item, who).id


def save(
    bom_id: int, version: int, key: str, changed: Mapping[str, Any], removed: Sequence[str], who: Author
) -> int:  # fmt: skip
    """Write the rows that were changed and take out the removed ones; gives the new version."""
    payload = {"bom": bom_id, "version": version, "changed": dict(changed), "removed": list(removed)}

    def work() -> tuple[int, str]:
        row = _mine(session, bom_id, version, who)
        _write(session, bom_id, changed, removed)
        return 200, json.dumps(_saved(session, row, who, {"changed": len(changed), "removed": len(removed)}))

    with transaction() as session:
        return int(once(session, who.user_id, key, payload, who.now, work).body)


def paste(
    bom_id: int, version: int, key: str, text: str, heads: Mapping[str, str], clock: Clock, who: Author
) -> int:  # fmt: skip
    """Add the rows of a sheet at the end; gives their number. Raises PasteRefused with every fault, then nothing is
    written."""
    rows = pasted(text, heads)
    if not rows or len(rows) > MOST_ROWS:
        raise Invalid("bom.paste", rows=len(rows), most=MOST_ROWS)

    def work() -> tuple[int, str]:
        row = _mine(session, bom_id, version, who)
        typed = [Typed(str(number), cells) for number, cells in rows]
        _read, wrong, _known = checked(session, item_of(session, who.site_id, row.item_id), typed, clock)
        if wrong:
            raise PasteRefused([(int(fault.key), fault) for fault in wrong])
        _append(session, bom_id, [cells for _, cells in rows])
        _saved(session, row, who, {"pasted": len(rows)})
        return 200, json.dumps(len(rows))

    with transaction() as session:
        return int(once(session, who.user_id, key, {"bom": bom_id, "paste": text}, who.now, work).body)


def copy_from(bom_id: int, version: int, code: str, who: Author) -> int:
    """Put the approved lines of another item in the place of everything in the draft; gives their number."""
    with transaction() as session:
        row = _mine(session, bom_id, version, who)
        other = session.scalar(select(Item).where(Item.site_id == who.site_id, Item.code == code.strip()))
        if other is None:
            raise NotFound("item.unknown", item=code[:64])
        source = approved_of(session, other.id)
        if source is None:
            raise Conflict("bom.none_approved", item=other.code)
        session.execute(delete(_ROWS).where(_ROWS.c.bom_id == bom_id))
        found = [texts_of(line, line.code) for line in lines(session, source.id)]
        _append(session, bom_id, found)
        _saved(session, row, who, {"copied_from": source.id})
        return len(found)


def discard(bom_id: int, version: int, who: Author) -> None:
    """Give a draft up."""
    with transaction() as session:
        row = _mine(session, bom_id, version, who)
        session.execute(delete(_ROWS).where(_ROWS.c.bom_id == bom_id))
        data = {"item": row.item_id, "revision": row.revision}
        session.delete(row)
        events.record(session, who.site_id, "bom.draft_discarded", ("bom", bom_id), who.actor, who.now, data)


def item_of(session: Session, site_id: int, item_id: int) -> Item:
    """An item of this site; NotFound otherwise."""
    row = session.get(Item, item_id)
    if row is None or row.site_id != site_id:
        raise NotFound("item.unknown", item=item_id)
    return row


def draft_of(session: Session, item_id: int) -> Bom | None:
    """The draft of an item."""
    return session.scalar(select(Bom).where(Bom.item_id == item_id, Bom.status == "draft"))


def approved_of(session: Session, item_id: int) -> Bom | None:
    """The revision that counts."""
    query = select(Bom).where(Bom.item_id == item_id, Bom.status == "approved").order_by(Bom.id.desc()).limit(1)
    return session.scalar(query)


def locked(session: Session, site_id: int) -> None:
    """One approval or new draft of a plant at a time; reports and orders do not wait for it."""
    session.get(Site, site_id, with_for_update={"key_share": True}, populate_existing=True)


def _begin(session: Session, item: Item, who: Author) -> Bom:
    locked(session, who.site_id)
    if (known := draft_of(session, item.id)) is not None:  # somebody was faster while we waited
        return known
    source = approved_of(session, item.id)
    taken = list(session.scalars(select(Bom.revision).where(Bom.item_id == item.id)))
    row = Bom(site_id=who.site_id, item_id=item.id, revision=next_revision(taken), status="draft",
              based_on_id=source.id if source else None, changed_by=who.user_id, changed_at=who.now)  # fmt: skip
    session.add(row)
    session.flush()
    if source:
        _append(session, row.id, [texts_of(line, line.code) for line in lines(session, source.id)])
    data = {"item": item.id, "revision": row.revision}
    events.record(session, who.site_id, "bom.draft_begun", ("bom", row.id), who.actor, who.now, data)
    return row


def _mine(session: Session, bom_id: int, version: int, who: Author) -> Bom:
    """The draft, locked and at the version it was read; Conflict names who was there in between."""
    row = session.get(Bom, bom_id, with_for_update=True, populate_existing=True)
    if row is None or row.site_id != who.site_id:
        raise NotFound("bom.unknown", bom=bom_id)
    if row.status != "draft":
        raise Conflict("bom.no_draft", revision=row.revision)
    if row.version != version:
        name = session.scalar(select(User.name).where(User.id == row.changed_by)) or "–"
        raise Conflict("bom.draft_changed", who=name)
    return row


def _saved(session: Session, row: Bom, who: Author, data: Mapping[str, Any]) -> int:
    row.version, row.changed_by, row.changed_at = row.version + 1, who.user_id, who.now
    told = {"item": row.item_id, "revision": row.revision, **data}
    events.record(session, who.site_id, "bom.draft_saved", ("bom", row.id), who.actor, who.now, told)
    return row.version


def _write(session: Session, bom_id: int, changed: Mapping[str, Any], removed: Sequence[str]) -> None:
    if removed:
        session.execute(delete(_ROWS).where(_ROWS.c.bom_id == bom_id, _ROWS.c.key.in_(list(removed)[:MOST_ROWS])))
    rows = [
        {"bom_id": bom_id, "key": str(key)[:64], "position": int(row["position"]), "cells": cells_of(row["cells"])}
        for key, row in changed.items()
    ]  # fmt: skip
    if rows:
        new = upsert(_ROWS)
        kept = {name: new.excluded[name] for name in ("position", "cells")}
        session.execute(new.on_conflict_do_update(index_elements=["bom_id", "key"], set_=kept), rows)


def _append(session: Session, bom_id: int, found: Sequence[Mapping[str, str]]) -> None:
    last = max((row.position for row in draft_rows(session, bom_id)), default=0)
    rows = [
        {"bom_id": bom_id, "key": uuid4().hex[:16], "position": last + at * STEP, "cells": dict(cells)}
        for at, cells in enumerate(found, 1)
    ]  # fmt: skip
    if rows:
        session.execute(insert(_ROWS), rows)


def replace_in(session: Session, bom_id: int, old: str, new: str) -> int:
    """Write another component in the place of one, in all rows of a draft; gives the number of rows."""
    count = 0
    for row in draft_rows(session, bom_id):
        if row.cells.get("component") == old:
            where = (_ROWS.c.bom_id == bom_id) & (_ROWS.c.key == row.key)
            session.execute(update(_ROWS).where(where).values(cells={**row.cells, "component": new}))
            count += 1
    return count


def begin_in(session: Session, item_id: int, who: Author) -> Bom:
    """The draft of an item inside a transaction that already runs."""
    item = item_of(session, who.site_id, item_id)
    return draft_of(session, item_id) or _begin(session, item, who)


def touched(session: Session, row: Bom, who: Author, data: Mapping[str, Any]) -> None:
    """Count a change of a draft that was made from elsewhere."""
    _saved(session, row, who, data)


__all__ = ["STEP", "Author", "PasteRefused", "approved_of", "begin_in", "copy_from", "discard", "draft_of", "item_of",
           "locked", "open_draft", "paste", "replace_in", "save", "touched"]  # fmt: skip
