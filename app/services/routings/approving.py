"""Approving a draft: it becomes the revision that orders are released from, the old one retires.

Orders that were released keep the snapshot and the tasks they were released with.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict
from app.models import Characteristic, ControlPlan, Item, Operation, Routing, RoutingDraft, Site
from app.services.four_eyes import approved_alone
from app.services.importing.write_revisions import fill_routing
from app.services.routings.check import check
from app.services.routings.drafts import Editor, approved, forget, mine
from app.services.routings.reading import rows_of
from app.services.routings.rows import digest


def approve(by: Editor, version: int, replaces: str, now: datetime) -> str:
    """Approve the draft of this version; gives its revision.

    ``replaces`` is the mark of the approved revision that the approver compared the draft with (see ``mark``). Raises
    Conflict when the draft or that revision is another one by now, when it says the same, when it does not hold,
    or when whoever approves changed it while others may approve.
    """
    with transaction() as session:
        draft = mine(session, by, version)
        alone = approved_alone(session, by.site_id, "routing", draft.routing_id, by.user_id)
        item = session.get_one(Item, by.item_id)
        header = session.get_one(Routing, draft.routing_id)
        old = _replaced(session, item, draft, replaces)
        site = session.get_one(Site, item.site_id)
        checked = check(session, site, item, draft.content, now)
        if checked.refused:
            raise Conflict("routing.not_sound", count=len(checked.refused))
        fill_routing(session, header.id, checked.content, site.code, checked.known)
        header.status = "approved"
        if old is not None:
            old.status = "retired"
            _keep_charts(session, old, header, now)
        told = {"item": item.code, "revision": header.revision, "before": old.revision if old else "–",
                "content": digest(draft.content)}  # fmt: skip
        forget(session, draft)
        topic = "routing.approved_own" if alone else "routing.approved"
        events.record(session, item.site_id, topic, ("routing", header.id), by.actor, now, told)
        return header.revision


def _replaced(session: Session, item: Item, draft: RoutingDraft, replaces: str) -> Routing | None:
    old = approved(session, item.id)
    if mark(session, old) != replaces:
        raise Conflict("routing.base_changed", revision=old.revision if old else "–")
    if old is not None and digest(rows_of(session, old.id)) == digest(draft.content):
        raise Conflict("routing.nothing_changed", revision=old.revision)
    return old


def _keep_charts(session: Session, old: Routing, new: Routing, now: datetime) -> None:
    """What was charted goes on being charted: checks of the same operation and code keep their control plan."""
    session.flush()
    named = select(Operation.key, Characteristic.code, Characteristic.id).join(
        Characteristic, Characteristic.operation_id == Operation.id
    )
    plans = (
        select(Operation.key, Characteristic.code, ControlPlan)
        .join(Characteristic, Characteristic.operation_id == Operation.id)
        .join(ControlPlan, ControlPlan.characteristic_id == Characteristic.id)
    )
    now_at = {(key, code): at for key, code, at in session.execute(named.where(Operation.routing_id == new.id))}
    for key, code, plan in session.execute(plans.where(Operation.routing_id == old.id)).all():
        if (key, code) in now_at:
            session.add(ControlPlan(
                site_id=plan.site_id, characteristic_id=now_at[key, code], chart=plan.chart, size=plan.size,
                rules=plan.rules, phase=plan.phase, opens_case=plan.opens_case, changed_at=now,
            ))  # fmt: skip


def mark(session: Session, routing: Routing | None) -> str:
    """What a revision holds, in short: another one, or the same with other rows, has another mark."""
    return f"{routing.id}-{digest(rows_of(session, routing.id))}" if routing else "none"
