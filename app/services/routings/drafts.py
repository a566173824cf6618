"""The draft of an item's routing: begun, changed step by step, taken back, given up.

A change names the version it was made on, so that two people cannot overwrite each other, and a key of its own, so
that sending it twice changes nothing twice.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Item, Routing, RoutingDraft, RoutingStep, User
from app.services.idempotency import once
from app.services.importing.write_revisions import next_revision
from app.services.routings.reading import rows_of
from app.services.routings.rows import Rows, applied, digest

MOST_STEPS = 50


@dataclass(frozen=True)
class Editor:
    """Who changes what: the site, the item, the login and the actor of the log."""

    site_id: int
    item_id: int
    user_id: int
    actor: str | None


def open_draft(by: Editor, now: datetime) -> int:
    """A draft that begins as the approved revision, or empty; the one that is open when there is one. Gives its id."""
    with transaction() as session:
        item = _item(session, by)
        found = session.scalar(select(RoutingDraft.routing_id).where(RoutingDraft.item_id == item.id))
        if found is not None:
            return found
        base = approved(session, item.id)
        rows = rows_of(session, base.id if base else None)
        taken = session.scalars(select(Routing.revision).where(Routing.item_id == item.id)).all()
        header = Routing(site_id=item.site_id, item_id=item.id, revision=next_revision(list(taken)), status="draft")
        session.add(header)
        session.flush()
        session.add(RoutingDraft(
            routing_id=header.id, site_id=item.site_id, item_id=item.id, base_id=base.id if base else None,
            base_hash=digest(rows), content=rows, changed_by=by.user_id, changed_at=now,
        ))  # fmt: skip
        told = {"item": item.code, "revision": header.revision}
        events.record(session, item.site_id, "routing.draft_opened", ("routing", header.id), by.actor, now, told)
        return header.id


def approved(session: Session, item_id: int) -> Routing | None:
    """The revision that orders are released from."""
    query = select(Routing).where(Routing.item_id == item_id, Routing.status == "approved")
    return session.scalars(query.order_by(Routing.id.desc()).limit(1)).first()


def change(by: Editor, key: str, version: int, changes: Iterable[Any], now: datetime) -> int:
    """Apply changes (see ``rows.applied``) as one step that can be taken back; gives the draft's new version."""
    wanted = list(changes)
    return _once(by, key, {"version": version, "changes": wanted}, now,
                 lambda session: _changed(session, by, version, now, lambda rows: applied(rows, wanted)))  # fmt: skip


def _once(by: Editor, key: str, payload: Any, now: datetime, work: Callable[[Session], int]) -> int:
    if not isinstance(key, str) or not 8 <= len(key) <= 64:
        raise Invalid("routing.unreadable")
    with transaction() as session:
        _item(session, by)
        asked = {"item": by.item_id, **payload}
        answer = once(session, by.user_id, key, asked, now, lambda: (200, json.dumps({"version": work(session)})))
        return int(json.loads(answer.body)["version"])


def _changed(session: Session, by: Editor, version: int, now: datetime, make: Callable[[Rows], Rows]) -> int:
    draft = mine(session, by, version)
    before = draft.content
    after = make(before)
    differing = [sheet for sheet in after if after[sheet] != before.get(sheet, [])]
    if not differing:
        return draft.version
    _push(session, draft.routing_id, {sheet: before.get(sheet, []) for sheet in differing},
          {sheet: after[sheet] for sheet in differing})  # fmt: skip
    return _keep(session, draft, by, after, now)


def _keep(session: Session, draft: RoutingDraft, by: Editor, rows: Rows, now: datetime) -> int:
    draft.content, draft.version = rows, draft.version + 1
    draft.changed_by, draft.changed_at = by.user_id, now
    told = {"item": by.item_id, "version": draft.version}
    events.record(session, by.site_id, "routing.draft_saved", ("routing", draft.routing_id), by.actor, now, told)
    return draft.version


def _push(session: Session, routing_id: int, before: Rows, after: Rows) -> None:
    """A new step; what was undone is forgotten, and so is the oldest beyond fifty."""
    table = RoutingStep.__table__
    session.execute(delete(table).where(table.c.routing_id == routing_id, table.c.undone.is_(True)))
    last = session.scalar(select(func.max(RoutingStep.number)).where(RoutingStep.routing_id == routing_id)) or 0
    session.execute(delete(table).where(table.c.routing_id == routing_id, table.c.number <= last + 1 - MOST_STEPS))
    session.add(RoutingStep(routing_id=routing_id, number=last + 1, before=before, after=after))


def undo(by: Editor, key: str, version: int, now: datetime, forth: bool = False) -> int:
    """Take the newest step back, or the one taken back last ``forth`` again; Conflict when there is none."""
    return _once(by, key, {"version": version, "forth": forth}, now,
                 lambda session: _undone(session, by, version, now, forth))  # fmt: skip


def _undone(session: Session, by: Editor, version: int, now: datetime, forth: bool) -> int:
    draft = mine(session, by, version)
    order = RoutingStep.number.asc() if forth else RoutingStep.number.desc()
    query = select(RoutingStep).where(RoutingStep.routing_id == draft.routing_id, RoutingStep.undone.is_(forth))
    step = session.scalars(query.order_by(order).limit(1)).first()
    if step is None:
        raise Conflict("routing.nothing_to_redo" if forth else "routing.nothing_to_undo")
    step.undone = not forth
    return _keep(session, draft, by, draft.content | (step.after if forth else step.before), now)


def discard(by: Editor, now: datetime) -> None:
    """Give the draft up; giving it up again changes nothing."""
    with transaction() as session:
        item = _item(session, by)
        draft = session.scalars(select(RoutingDraft).where(RoutingDraft.item_id == item.id)).first()
        if draft is None:
            return
        header = session.get(Routing, draft.routing_id)
        forget(session, draft)
        session.flush()
        session.delete(header)
        told = {"item": item.code, "revision": header.revision if header else ""}
        events.record(session, item.site_id, "routing.draft_discarded", ("item", item.id), by.actor, now, told)


def forget(session: Session, draft: RoutingDraft) -> None:
    """Take the draft and its steps out of the store; the routing itself stays."""
    session.execute(delete(RoutingStep).where(RoutingStep.routing_id == draft.routing_id))
    session.delete(draft)


def mine(session: Session, by: Editor, version: int) -> RoutingDraft:
    """The draft of the item as it is to be changed, locked. Raises Conflict when it is another one by now."""
    query = select(RoutingDraft).where(RoutingDraft.item_id == by.item_id, RoutingDraft.site_id == by.site_id)
    draft = session.scalars(query.with_for_update()).first()
    if draft is None:
        raise Conflict("routing.no_draft")
    if draft.version != version:
        who = session.scalar(select(User.name).where(User.id == draft.changed_by)) or "–"
        raise Conflict("routing.draft_changed", who=who, version=draft.version)
    return draft


def _item(session: Session, by: Editor) -> Item:
    """The item, locked, so that two drafts of it cannot begin at once. Raises NotFound, also for another site's."""
    query = select(Item).where(Item.id == by.item_id, Item.site_id == by.site_id)
    item = session.scalars(query.with_for_update()).first()
    if item is None:
        raise NotFound("item.unknown", item=by.item_id)
    return item
