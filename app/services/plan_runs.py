"""Wishes for a plan, as rows: asked for, claimed by a worker with a lease, ended.

A worker that is killed leaves its lease behind; when it has run out the run is taken over, at most five times.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import PlanRun
from app.queries.plans import settings_of

LEASE_S = 60
MOST_ATTEMPTS = 5
MOST_SECONDS = 1800
_MOST_CAUSES = 10


@dataclass(frozen=True)
class Claim:
    """A run that this worker may do; ``attempt`` is the fence: a later claim makes this one worthless."""

    run_id: int
    site_id: int
    attempt: int
    cause: dict[str, Any]
    scope: str = "site"
    seconds: int = 0
    plan_id: int | None = None


def wish(site_id: int, cause: dict[str, Any], actor: str | None, now: datetime) -> int:
    """Ask for a plan and give the run's id; a wish that still waits takes the cause in.

    ``cause`` is {"type": topic or word, "ref": id}; one with ``at_once`` does not wait for others to join.
    """
    with transaction() as session:
        mine = (PlanRun.site_id == site_id, PlanRun.status == "queued", PlanRun.scope == "site")
        waiting = select(PlanRun).where(*mine).order_by(PlanRun.id)
        run = session.scalars(waiting.limit(1).with_for_update()).first()
        if run is not None:
            run.cause = _joined(run.cause, cause)
            run.requested_by = run.requested_by or _user(actor)
            return run.id
        run = PlanRun(site_id=site_id, cause=cause, requested_by=_user(actor), requested_at=now)
        session.add(run)
        session.flush()
        events.record(session, site_id, "plan.requested", ("plan_run", run.id), actor, now, {"cause": cause})
        return run.id


def _joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    others = [*first.get("also", []), {key: second[key] for key in ("type", "ref") if key in second}]
    known = [first.get("type"), *(other.get("type") for other in others[:-1])]
    if second.get("type") in known:
        others = others[:-1]
    joined = dict(first) | ({"also": others[:_MOST_CAUSES]} if others else {})
    return joined | ({"at_once": True} if second.get("at_once") else {})


def _user(actor: str | None) -> int | None:
    return int(actor.removeprefix("user:")) if actor and actor.startswith("user:") else None


def search(site_id: int, plan_id: int | None, seconds: int, actor: str | None, now: datetime) -> int:
    """Ask for a search for better plans, from a draft or the published plan; gives the run's id.

    One search of a site runs at a time; another one waits for it.
    """
    if not 1 <= seconds <= MOST_SECONDS:
        raise Invalid("plan.seconds", most=MOST_SECONDS)
    with transaction() as session:
        run = PlanRun(site_id=site_id, scope="draft", seconds=seconds, plan_id=plan_id, cause={"type": "improve"},
                      requested_by=_user(actor), requested_at=now)  # fmt: skip
        session.add(run)
        session.flush()
        events.record(session, site_id, "plan.requested", ("plan_run", run.id), actor, now, {"cause": run.cause})
        return run.id


def steer(site_id: int, run_id: int, wanted: str, now: datetime, more_s: int = 0) -> None:
    """Tell a search to ``stop`` with the best so far, or to go on for ``more_s`` seconds; Conflict when it is over."""
    with transaction() as session:
        run = session.get(PlanRun, run_id, with_for_update=True, populate_existing=True)
        if run is None or run.site_id != site_id or run.scope != "draft":
            raise NotFound("plan.run_unknown", run=run_id)
        if run.status not in ("queued", "running"):
            raise Conflict("plan.search_over")
        if wanted == "more":
            run.seconds = min(MOST_SECONDS, run.seconds + more_s)
        elif run.status == "queued":
            finish(run, "done", now, {"plans": []})
        else:
            run.wanted = "stop"


def claim(now: datetime, lease_s: int = LEASE_S, scope: str = "site") -> Claim | None:
    """Take the oldest run that may begin, or one whose worker died; None when there is nothing to do."""
    found = _claimable(db.session(), now, scope)
    db.session.rollback()
    if not found:
        return None
    with transaction() as session:
        for run_id in _claimable(session, now, scope):
            run = session.scalars(select(PlanRun).where(PlanRun.id == run_id).with_for_update(skip_locked=True)).first()
            if run is None or not _free(run, now):
                continue
            if run.attempts >= MOST_ATTEMPTS:
                _end(session, run, "failed", now, {"code": "plan.attempts", "attempts": run.attempts})
                continue
            run.status, run.leased_until, run.attempts = "running", now + timedelta(seconds=lease_s), run.attempts + 1
            data = {"attempt": run.attempts}
            events.record(session, run.site_id, "plan.started", ("plan_run", run.id), None, now, data)
            return Claim(run.id, run.site_id, run.attempts, dict(run.cause), scope, run.seconds, run.plan_id)
    return None


def _claimable(session: Session, now: datetime, scope: str) -> list[int]:
    """Runs that may begin, oldest first: one at a time in a site, automatic ones a moment after their cause."""
    open_ones = (PlanRun.status.in_(("queued", "running")), PlanRun.scope == scope)
    query = select(PlanRun).where(*open_ones).order_by(PlanRun.id)
    runs = session.scalars(query.execution_options(populate_existing=True)).all()
    busy = {run.site_id for run in runs if run.status == "running" and not _free(run, now)}
    return [run.id for run in runs if run.site_id not in busy and _free(run, now) and _ripe(session, run, now)]


def _free(run: PlanRun, now: datetime) -> bool:
    return run.status == "queued" or (run.status == "running" and (run.leased_until or now) <= now)


def _ripe(session: Session, run: PlanRun, now: datetime) -> bool:
    if run.status == "running" or run.scope == "draft" or run.cause.get("at_once"):
        return True
    return run.requested_at + timedelta(seconds=settings_of(session, run.site_id).debounce_s) <= now


def fail(held: Claim, code: str, values: dict[str, Any], now: datetime, again: bool = False) -> None:
    """End a run without a plan; ``again`` lets it be tried once more with the store as it is then."""
    with transaction() as session:
        run = mine(session, held)
        if again and run.attempts < MOST_ATTEMPTS:
            run.status, run.leased_until, run.outcome = "queued", None, {"code": code, **values}
            return
        _end(session, run, "failed", now, {"code": code, **values})


def mine(session: Session, held: Claim) -> PlanRun:
    """The run of a claim, locked; Conflict when another worker took it over."""
    run = session.get(PlanRun, held.run_id, with_for_update=True, populate_existing=True)
    if run is None or run.status != "running" or run.attempts != held.attempt:
        raise Conflict("worker.busy", run=held.run_id)
    return run


def _end(session: Session, run: PlanRun, status: str, now: datetime, outcome: dict[str, Any]) -> None:
    finish(run, status, now, outcome)
    events.record(session, run.site_id, f"plan.{status}", ("plan_run", run.id), None, now, outcome)


def finish(run: PlanRun, status: str, now: datetime, outcome: dict[str, Any]) -> None:
    """End a run inside the caller's transaction."""
    run.status, run.finished_at, run.leased_until, run.outcome = status, now, None, outcome
