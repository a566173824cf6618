"""The worker that plans: claims a run, decodes, has it verified by independent code, publishes.

The solver never runs inside a transaction. A plan that does not verify is never published: its run fails and tells
the violations. A worker that is killed leaves a lease that runs out, and the next one takes the run over.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, current_app

from app.db import db, now_utc
from app.errors import Conflict
from app.queries import plans
from app.queries.plan_drafts import in_ticks, locks
from app.queries.plan_told import told
from app.services import control_plans, leases, planning, results_drop
from app.services.forgotten import close_forgotten
from app.services.inspecting import Watcher, watch
from app.services.plan_runs import Claim
from app.services.replanning import Follower, follow
from app.workers import search
from app.workers.supervise import Stop
from scheduling import Plan, Problem, SchedulingError, repair, solve, verify
from scheduling.solve import Result

LEASE = "worker"
LEASE_S = 15.0
BEAT_S = 5.0
CHARTS_S = 10.0
_PACE_S = 0.5
_LONGEST_WAIT_S = 10.0
log = structlog.get_logger("worker")
Verify = Callable[..., list[Any]]


def holder_name() -> str:
    """A name for the leases that no other process, here or elsewhere, has."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"


@dataclass
class Worker:
    """One planning process: its name in the leases, and where it stands in the events."""

    holder: str = field(default_factory=holder_name)
    follower: Follower = field(default_factory=Follower)
    fence: int | None = None
    beat_at: datetime | None = None
    swept_at: datetime | None = None
    done: int = 0
    daily_at: datetime | None = None
    charts_at: datetime | None = None
    watcher: Watcher = field(default_factory=Watcher)

    def turn(self, now: datetime) -> int | None:
        """One round inside an application context: beat, follow the events, do one run. Gives the run's id."""
        if self._leads(now):
            follow(self.follower, now)
            watch(self.watcher, now)
            self._daily(now)
            self._sweep(now)
            self._charts(now)
        held = planning.claim(now)
        if held is None:
            return None
        work(held, now)
        self.done += 1
        return held.run_id

    def _daily(self, now: datetime) -> None:
        """Once a minute: what is due at an hour of the day. A folder that cannot be written never stops planning."""
        if current_app.config["RESULTS"] is None or (self.daily_at and now < self.daily_at):
            return
        self.daily_at = now + timedelta(minutes=1)
        try:
            results_drop.drop_due(current_app.config["RESULTS"], current_app.config["RESULTS_AT"], now)
        except OSError as error:
            log.error("results not dropped", exc_info=error)

    def _sweep(self, now: datetime) -> None:
        """Once a minute: work sessions that nobody ended."""
        if self.swept_at is None or now >= self.swept_at + timedelta(minutes=1):
            close_forgotten(now)
            self.swept_at = now

    def _charts(self, now: datetime) -> None:
        """Every few seconds: control charts whose plan wants a broken rule told."""
        if self.charts_at is None or now >= self.charts_at:
            self.charts_at = now + timedelta(seconds=CHARTS_S)
            control_plans.watch(now)

    def _leads(self, now: datetime) -> bool:
        """Only one worker follows the events; all of them may do runs."""
        if self.beat_at is None or now >= self.beat_at:
            self.fence = leases.take(LEASE, self.holder, now, LEASE_S, {"runs": self.done})
            self.beat_at = now + timedelta(seconds=BEAT_S)
            if self.fence is None:
                self.follower, self.watcher = Follower(), Watcher()
        return self.fence is not None

    def end(self, now: datetime) -> None:
        """Give the lease back, so that the next worker may follow at once."""
        if self.fence is not None:
            leases.release(LEASE, self.holder, self.fence, now)


def run(app: Flask, stop: threading.Event | Stop) -> None:
    """Work until ``stop`` is set; what fails is told once and tried again with patience."""
    worker, failures = Worker(), 0
    searching = threading.Thread(target=search.run, args=(app, stop), name="search")
    searching.start()
    with app.app_context():
        while not stop.is_set():
            busy = None
            try:
                busy = worker.turn(now_utc())
                failures = 0
            except Exception as error:
                db.session.rollback()
                failures += 1
                if failures == 1:
                    log.error("worker failed", exc_info=error)
            if busy is None:
                stop.wait(min(_LONGEST_WAIT_S, _PACE_S * 2**failures))
        worker.end(now_utc())
    searching.join()


def work(held: Claim, now: datetime, check: Verify = verify) -> int | None:
    """Do one claimed run; gives the plan's id, None when it failed or has to be tried again."""
    try:
        return _plan(held, now, check)
    except SchedulingError as error:
        values = {name: str(value)[:500] for name, value in error.values.items()}
        planning.fail(held, f"scheduling.{error.code}", values, now)
        log.warning("plan failed", run=held.run_id, code=error.code)
    except Conflict as error:
        if error.code == "worker.busy":
            log.warning("run taken over", run=held.run_id)
        else:
            planning.fail(held, error.code, dict(error.values), now, again=True)
    return None


def _plan(held: Claim, now: datetime, check: Verify) -> int | None:
    began = time.monotonic()
    settings = plans.settings_of(db.session(), held.site_id)
    rows = plans.published(db.session(), held.site_id)
    snapshot = plans.snapshot(db.session(), held.site_id, now, settings=settings, locks=locks(rows))
    old = in_ticks(rows, snapshot.epoch_at, snapshot.problem) if rows else None
    db.session.rollback()  # the read ends here: nothing stays open while the solver runs
    result = _solved(snapshot.problem, old, settings)
    violations = check(snapshot.problem, result.plan, None, result.thawed)
    if violations:
        codes = sorted({violation.code for violation in violations})
        planning.fail(held, "plan.unverified", {"codes": ", ".join(codes), "count": len(violations)}, now)
        return None
    notes = told(snapshot, result, old, round((time.monotonic() - began) * 1000))
    plan_id = planning.publish(snapshot, result.plan, now, notes, held)
    log.info("planned", run=held.run_id, plan=plan_id, tasks=len(snapshot.problem.tasks), ms=notes["ms"])
    return plan_id


def _solved(problem: Problem, old: Plan | None, settings: plans.PlanSettings) -> Result:
    """The first plan by rules; later ones carry the old plan over, what starts soon untouched."""
    if old is None:
        return solve(problem)
    minute = 60 // problem.tick_s
    return repair(problem, old, settings.freeze_min * minute, settings.penalty_min * minute)
