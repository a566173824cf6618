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
from flask import Flask

from app.db import db, now_utc
from app.errors import Conflict
from app.queries import plans
from app.services import leases, planning
from app.services.plan_runs import Claim
from app.services.replanning import Follower, follow
from app.workers.plan_result import told
from app.workers.supervise import Stop
from scheduling import Plan, Problem, SchedulingError, repair, solve, verify
from scheduling.solve import Result

LEASE = "worker"
LEASE_S = 15.0
BEAT_S = 5.0
_PACE_S = 0.5
_LONGEST_WAIT_S = 10.0
log = structlog.get_logger("worker")
Verify = Callable[[Problem, Plan], list[Any]]


@dataclass
class Worker:
    """One planning process: its name in the leases, and where it stands in the events."""

    holder: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}")
    follower: Follower = field(default_factory=Follower)
    fence: int | None = None
    beat_at: datetime | None = None
    done: int = 0

    def turn(self, now: datetime) -> int | None:
        """One round inside an application context: beat, follow the events, do one run. Gives the run's id."""
        if self._leads(now):
            follow(self.follower, now)
        held = planning.claim(now)
        if held is None:
            return None
        work(held, now)
        self.done += 1
        return held.run_id

    def _leads(self, now: datetime) -> bool:
        """Only one worker follows the events; all of them may do runs."""
        if self.beat_at is None or now >= self.beat_at:
            self.fence = leases.take(LEASE, self.holder, now, LEASE_S, {"runs": self.done})
            self.beat_at = now + timedelta(seconds=BEAT_S)
            if self.fence is None:
                self.follower = Follower()
        return self.fence is not None

    def end(self, now: datetime) -> None:
        """Give the lease back, so that the next worker may follow at once."""
        if self.fence is not None:
            leases.release(LEASE, self.holder, self.fence, now)


def run(app: Flask, stop: threading.Event | Stop) -> None:
    """Work until ``stop`` is set; what fails is told once and tried again with patience."""
    worker, failures = Worker(), 0
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
    snapshot = plans.snapshot(db.session(), held.site_id, now, settings=settings)
    old = plans.incumbent(db.session(), held.site_id, snapshot.epoch_at)
    db.session.rollback()  # the read ends here: nothing stays open while the solver runs
    result = _solved(snapshot.problem, old, settings)
    violations = check(snapshot.problem, result.plan)
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
