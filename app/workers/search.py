"""Long searches for better plans, beside the repairs: in a thread of their own, so that a breakdown never waits.

The search knows nothing of the store. A second thread keeps its lease, writes what it found at most four times a
second, and hears whether it shall stop or go on longer. A worker that dies leaves a lease that runs out, and the
search begins again with another one.
"""

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from flask import Flask

from app.db import db, now_utc
from app.errors import Conflict, NotFound
from app.queries import plan_drafts, plans
from app.queries.plan_drafts import in_ticks, locks
from app.services import offers, planning
from app.services.plan_runs import Claim
from app.workers.supervise import Stop
from scheduling import Progress, SchedulingError, replan, verify
from scheduling.replan import Replan
from scheduling.solve import Result

PACE_S = 0.25
SEARCH_LEASE_S = 15.0
log = structlog.get_logger("search")


@dataclass
class Course:
    """What the search and its watcher share: the newest progress, the time it has, and whether it is over."""

    seconds: int
    begun: float = field(default_factory=time.monotonic)
    newest: Progress | None = None
    over: threading.Event = field(default_factory=threading.Event)
    lost: bool = False

    def left(self) -> float:
        """Seconds until the time is up."""
        return self.begun + self.seconds - time.monotonic()

    def stopped(self) -> bool:
        """Whether the search shall end with what it has."""
        return self.over.is_set() or self.left() <= 0

    def hear(self, progress: Progress) -> None:
        """Remember the newest progress; the watcher writes it when it comes by."""
        self.newest = progress

    def row(self) -> dict[str, Any] | None:
        """The newest progress as a row, once."""
        found, self.newest = self.newest, None
        if found is None:
            return None
        at_ms = round((time.monotonic() - self.begun) * 1000)
        return {"at_ms": at_ms, "phase": found.found_by[:32], "cost": found.cost, "bound": found.lower_bound,
                "late_orders": found.late_orders, "late_bound": found.late_bound, "makespan_min": 0,
                "moved": 0}  # fmt: skip


def run(app: Flask, stop: threading.Event | Stop) -> None:
    """Do searches until ``stop`` is set."""
    while not stop.is_set():
        with app.app_context():
            try:
                busy = turn(app, now_utc(), stop)
            except Exception as error:
                db.session.rollback()
                log.error("search failed", exc_info=error)
                busy = None
        if busy is None:
            stop.wait(0.5)


def turn(app: Flask, now: datetime, stop: threading.Event | Stop) -> int | None:
    """Claim one search and do it; gives the run's id."""
    held = planning.claim(now, round(SEARCH_LEASE_S), "draft")
    if held is None:
        return None
    course = Course(held.seconds)
    watcher = threading.Thread(target=watch, args=(app, held, course, stop), name="search watcher")
    watcher.start()
    try:
        search(held, course)
    finally:
        course.over.set()
        watcher.join()
    return held.run_id


def watch(app: Flask, held: Claim, course: Course, stop: threading.Event | Stop) -> None:
    """Stand between the search and the store until the search is over."""
    written = time.monotonic()
    with app.app_context():
        while not course.over.wait(PACE_S):
            try:
                row = course.row()
                if row or time.monotonic() - written > SEARCH_LEASE_S / 3:
                    go_on, course.seconds = offers.beat(held, now_utc(), SEARCH_LEASE_S, row)
                    written = time.monotonic()
                else:
                    go_on, course.seconds = offers.heard(held)
            except Conflict:
                go_on, course.lost = False, True
            except Exception as error:
                db.session.rollback()
                log.warning("search not told", error=type(error).__name__)
                continue
            if stop.is_set():
                course.lost, go_on = True, False
            if not go_on:
                course.over.set()


def search(held: Claim, course: Course) -> None:
    """Search until the time is up or somebody stops it, and keep what was found as drafts."""
    try:
        _search(held, course)
    except SchedulingError as error:
        values = {name: str(value)[:500] for name, value in error.values.items()}
        planning.fail(held, f"scheduling.{error.code}", values, now_utc())
    except NotFound as error:
        planning.fail(held, error.code, dict(error.values), now_utc())
    except Conflict as error:
        log.warning("search taken over", run=held.run_id, code=error.code)


def _search(held: Claim, course: Course) -> None:
    store, now = db.session(), now_utc()
    settings = plans.settings_of(store, held.site_id)
    base = plan_drafts.draft(store, held.site_id, held.plan_id).id if held.plan_id else None
    rows = plan_drafts.places(store, base) if base else plans.published(store, held.site_id)
    made = plans.snapshot(store, held.site_id, now, settings=settings, locks=locks(rows))
    published = plans.incumbent(store, made)
    store.rollback()
    old = in_ticks(rows, made.epoch_at, made.problem)
    freeze = settings.freeze_min * 60 // made.problem.tick_s
    best: dict[str, Result] = {}
    for seed in range(64):
        found = replan(made.problem, old, freeze, max(0.1, course.left()), seed, on_progress=course.hear,
                       cancel=course.stopped)  # fmt: skip
        _keep(best, found)
        if course.stopped() or all(one.status == "optimal" for one in best.values()):
            break
    if course.lost:
        planning.fail(held, "plan.interrupted", {}, now_utc(), again=True)
        return
    good = [(name, best[name]) for name in offers.OFFERS
            if not verify(made.problem, best[name].plan, None, best[name].thawed)]  # fmt: skip
    if not good:
        planning.fail(held, "plan.unverified", {"codes": "", "count": len(best)}, now_utc())
        return
    offers.offer(held, made, published or old, rows, good, None, now_utc())


def _keep(best: dict[str, Result], found: Replan) -> None:
    """Keep the better of each kind: what a longer search does not improve stays."""
    for one in found.offers:
        before = best.get(one.name)
        if before is None or one.result.objective.cost < before.objective.cost:
            best[one.name] = one.result
