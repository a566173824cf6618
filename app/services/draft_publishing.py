"""Publishing a draft: carried over to the store of this moment, checked, asked about where it matters, then whole.

What has started meanwhile keeps its truth, orders that came are planned in, what is gone falls out. When that or the
draft itself moves something that is about to start, the planner is asked again with what it is about.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.db import canonical, db, transaction
from app.errors import Conflict
from app.queries import plan_drafts, plan_try, plans
from app.queries.plan_drafts import Place
from app.queries.plan_told import LEAST_SHIFT_MIN, told
from app.services import drafts, planning
from scheduling import repair, verify
from scheduling.solve import Result


@dataclass(frozen=True)
class Rebased:
    """A draft on the store as it is now: tasks that move within the frozen zone, that moved since the draft was last
    seen, and orders that are new in it."""

    snapshot: plans.Snapshot
    result: Result
    frozen: tuple[int, ...]
    moved: tuple[int, ...]
    fresh: tuple[int, ...]

    @property
    def token(self) -> str:
        """What a planner agrees to; another question has another token."""
        asked = canonical([self.frozen, self.moved, self.fresh])
        return hashlib.sha256(asked.encode()).hexdigest()[:16]

    @property
    def asks(self) -> bool:
        """Whether a person should look once more."""
        return bool(self.frozen or self.moved or self.fresh)


def rebase(site_id: int, draft_id: int, now: datetime) -> Rebased:
    """Carry a draft over to the store of this moment; nothing is written."""
    store = db.session()
    plan_drafts.draft(store, site_id, draft_id)
    rows, before = plan_drafts.places(store, draft_id), plans.published(store, site_id)
    settings = plans.settings_of(store, site_id)
    made = plans.snapshot(store, site_id, now, settings=settings, locks=plan_drafts.locks(rows))
    store.rollback()
    minute = 60 // made.problem.tick_s
    old = plan_drafts.in_ticks(rows, made.epoch_at, made.problem)
    result = repair(made.problem, old, made.problem.horizon, settings.penalty_min * minute)
    violations = verify(made.problem, result.plan, None, result.thawed)
    if violations:
        codes = ", ".join(sorted({one.code for one in violations}))
        raise Conflict("plan.unverified", count=len(violations), codes=codes)
    new = {int(row.task): made.place(row) for row in result.plan.assignments}
    free = [task for task in new if made.problem.task_by_id[str(task)].state != "started"]
    until = now + timedelta(minutes=settings.freeze_min)
    touched = [task for task in free if task in before and before[task].start_at < until]
    return Rebased(
        made, result,
        tuple(task for task in touched if _moves(before[task], new[task])),
        tuple(task for task in free if task in rows and rows[task].start_at >= made.epoch_at
              and _moves(rows[task], new[task])),
        tuple(sorted({int(made.problem.task_by_id[str(task)].order) for task in new if task not in rows})),
    )  # fmt: skip


def publish_draft(
    site_id: int, draft_id: int, revision: int, agreed: str | None, actor: str | None, now: datetime
) -> int:  # fmt: skip
    """Make a draft the plan that counts and give the plan's id; the draft is gone then.

    Conflict ``plan.confirm`` with a ``token`` when the planner has to agree first (give it as ``agreed``),
    ``plan.draft_changed`` when another planner changed it, ``plan.moved_on`` when the store did meanwhile.
    """
    found = rebase(site_id, draft_id, now)
    if found.asks and found.token != agreed:
        raise Conflict("plan.confirm", frozen=len(found.frozen), moved=len(found.moved), fresh=len(found.fresh),
                       token=found.token)  # fmt: skip
    before = plans.incumbent(db.session(), found.snapshot)
    db.session.rollback()
    notes = told(found.snapshot, found.result, before, 0)
    with transaction() as session:
        draft = drafts.mine(session, site_id, draft_id, revision)
        cause: dict[str, Any] = {"type": "draft", "ref": draft.id}
        plan_id = planning.publish(found.snapshot, found.result.plan, now, notes, actor=actor, cause=cause)
        drafts.forget(session, draft_id)
    plan_try.forget()
    return plan_id


def _moves(old: Place, new: Place) -> bool:
    return old.station != new.station or abs(old.start_at - new.start_at) >= timedelta(minutes=LEAST_SHIFT_MIN)
