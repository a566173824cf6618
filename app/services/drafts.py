"""Drafts of plans (what-if): opened, changed step by step, taken back, discarded. Nobody else sees one.

A change names the ``revision`` of the draft it was made on, so that two planners cannot overwrite each other.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Plan, PlannedTask, PlanStep
from app.queries import plan_drafts
from app.queries.plan_drafts import MOST_STEPS, Place, Places

MOST_DRAFTS = 12
_ROWS = PlannedTask.__table__


def open_draft(site_id: int, name: str, actor: str | None, now: datetime, of: int | None = None) -> int:
    """A draft that begins as the published plan, or as the plan ``of``; gives its id."""
    name = name.strip()
    if not name or len(name) > 60:
        raise Invalid("plan.draft_name", most=60)
    with transaction() as session:
        source = _source(session, site_id, of)
        base = source.base_id if source.status == "draft" else source.id
        made = add(session, site_id, name, actor, now, source.based_on, source.epoch_at, source.tick_s,
                   dict(source.objective), base)  # fmt: skip
        kept = [column for column in _ROWS.c if column.name != "plan_id"]
        rows = select(literal(made), *kept).where(_ROWS.c.plan_id == source.id)
        session.execute(insert(_ROWS).from_select(["plan_id", *(column.name for column in kept)], rows))
        return made


def add(
    session: Session, site_id: int, name: str, actor: str | None, now: datetime, based_on: int, epoch_at: datetime,
    tick_s: int, objective: dict[str, Any], base_id: int | None, run_id: int | None = None,
) -> int:  # fmt: skip
    """A draft without rows yet, inside the caller's transaction."""
    open_ones = select(func.count()).where(Plan.site_id == site_id, Plan.status == "draft")
    if (session.scalar(open_ones) or 0) >= MOST_DRAFTS:
        raise Conflict("plan.too_many_drafts", most=MOST_DRAFTS)
    user = int(actor.removeprefix("user:")) if actor and actor.startswith("user:") else None
    draft = Plan(site_id=site_id, status="draft", version=0, based_on=based_on, epoch_at=epoch_at, tick_s=tick_s,
                 objective=objective, published_at=now, name=name, base_id=base_id, created_by=user,
                 run_id=run_id)  # fmt: skip
    session.add(draft)
    session.flush()
    events.record(session, site_id, "plan.draft_opened", ("plan", draft.id), actor, now, {"base": base_id})
    return draft.id


def _source(session: Session, site_id: int, of: int | None) -> Plan:
    query = select(Plan).where(Plan.site_id == site_id)
    query = query.where(Plan.id == of) if of else query.where(Plan.status == "published").order_by(Plan.id.desc())
    found = session.scalars(query.limit(1)).first()
    if found is None:
        raise NotFound("plan.none")
    return found


def change(
    site_id: int, draft_id: int, revision: int, kind: str, task_id: int | None, wanted: Places,
    objective: dict[str, Any], actor: str | None, now: datetime,
) -> int:  # fmt: skip
    """Bring a draft to these places as one step that can be undone; gives its new revision."""
    with transaction() as session:
        draft = mine(session, site_id, draft_id, revision)
        here = plan_drafts.places(session, draft_id)
        differs = sorted(task for task in here.keys() | wanted.keys() if here.get(task) != wanted.get(task))
        before, after = _part(here, differs), _part(wanted, differs)
        _push(session, draft_id, kind, task_id, before, after, now)
        _write(session, draft_id, after)
        return _changed(draft, objective, now)


def undo(site_id: int, draft_id: int, revision: int, now: datetime, forth: bool = False) -> int:
    """Take the newest step back, or the one taken back last ``forth`` again; Conflict when there is none."""
    with transaction() as session:
        draft = mine(session, site_id, draft_id, revision)
        order = PlanStep.number.asc() if forth else PlanStep.number.desc()
        query = select(PlanStep).where(PlanStep.plan_id == draft_id, PlanStep.undone.is_(forth)).order_by(order)
        step = session.scalars(query.limit(1)).first()
        if step is None:
            raise Conflict("plan.nothing_to_redo" if forth else "plan.nothing_to_undo")
        step.undone = not forth
        _write(session, draft_id, step.after if forth else step.before)
        return _changed(draft, None, now)


def lock(
    site_id: int, draft_id: int, revision: int, tasks: list[int], locked: bool, actor: str | None, now: datetime
) -> int:  # fmt: skip
    """Lock tasks where they stand, or let them go again; gives the draft's new revision."""
    with transaction() as session:
        draft = mine(session, site_id, draft_id, revision)
        here = plan_drafts.places(session, draft_id)
        chosen = [task for task in sorted(set(tasks)) if task in here and not here[task].is_pinned]
        wanted = {task: Place(**{**vars(here[task]), "is_locked": locked}) for task in chosen}
        if not chosen:
            raise Conflict("plan.nothing_to_lock")
        after = _part(wanted, chosen)
        _push(session, draft_id, "lock" if locked else "unlock", chosen[0], _part(here, chosen), after, now)
        _write(session, draft_id, after)
        return _changed(draft, None, now)


def rename(site_id: int, draft_id: int, name: str) -> None:
    """Give a draft another name."""
    name = name.strip()
    if not name or len(name) > 60:
        raise Invalid("plan.draft_name", most=60)
    with transaction() as session:
        mine(session, site_id, draft_id, None).name = name


def discard(site_id: int, draft_id: int, actor: str | None, now: datetime) -> None:
    """Forget a draft with its steps."""
    with transaction() as session:
        draft = mine(session, site_id, draft_id, None)
        forget(session, draft.id)
        events.record(session, site_id, "plan.draft_discarded", ("plan", draft_id), actor, now, {})


def forget(session: Session, draft_id: int) -> None:
    """Delete a draft inside the caller's transaction."""
    session.execute(delete(PlanStep.__table__).where(PlanStep.plan_id == draft_id))
    session.execute(delete(_ROWS).where(_ROWS.c.plan_id == draft_id))
    session.execute(delete(Plan.__table__).where(Plan.id == draft_id))


def mine(session: Session, site_id: int, draft_id: int, revision: int | None) -> Plan:
    """The draft, locked; Conflict ``plan.draft_changed`` when somebody else changed it meanwhile."""
    query = select(Plan).where(Plan.site_id == site_id, Plan.status == "draft", Plan.id == draft_id)
    found = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("plan.draft_unknown")
    if revision is not None and found.revision != revision:
        raise Conflict("plan.draft_changed", revision=found.revision)
    return found


def _changed(draft: Plan, objective: dict[str, Any] | None, now: datetime) -> int:
    draft.revision, draft.published_at = draft.revision + 1, now
    if objective is not None:
        draft.objective = objective
    return draft.revision


def _part(rows: Places, tasks: list[int]) -> list[list[Any]]:
    return [[task, rows[task].packed() if task in rows else None] for task in tasks]


def _push(
    session: Session, draft_id: int, kind: str, task_id: int | None, before: list[Any], after: list[Any], now: datetime
) -> None:  # fmt: skip
    """A new step; what was undone is forgotten, and so is the oldest beyond fifty."""
    table = PlanStep.__table__
    session.execute(delete(table).where(table.c.plan_id == draft_id, table.c.undone.is_(True)))
    last = session.scalar(select(func.max(PlanStep.number)).where(PlanStep.plan_id == draft_id)) or 0
    session.execute(delete(table).where(table.c.plan_id == draft_id, table.c.number <= last + 1 - MOST_STEPS))
    session.add(PlanStep(plan_id=draft_id, number=last + 1, kind=kind, task_id=task_id, before=before, after=after,
                         at=now))  # fmt: skip


def _write(session: Session, draft_id: int, part: list[list[Any]]) -> None:
    """Put rows as a step tells them."""
    tasks = [task for task, _data in part]
    session.execute(delete(_ROWS).where(_ROWS.c.plan_id == draft_id, _ROWS.c.task_id.in_(tasks)))
    rows = [{"plan_id": draft_id, "task_id": task, **Place.unpacked(data).values()} for task, data in part if data]
    if rows:
        session.execute(insert(_ROWS), rows)
