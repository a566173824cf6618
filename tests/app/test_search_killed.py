"""A worker killed in the middle of a search: the plan stays, the search begins again, and the planner is told."""

import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.models import Plan, PlannedTask, PlanProgress, PlanRun
from app.queries import plan_search
from app.services import plan_runs, planning
from app.workers import search
from app.workers.solve import work
from tests.app.planning_floor import ask
from tests.app.test_execution import Floor
from tests.small_plant import build

WORKER = textwrap.dedent("""
    import sys, threading
    from app.db import now_utc
    from app.factory import create_app
    from app.workers import search
    app = create_app(SQLALCHEMY_DATABASE_URI=sys.argv[1])
    replan, beat = search.replan, search.offers.beat

    def endless(*args, **kwargs):
        replan(*args, **kwargs)
        threading.Event().wait()

    def heard(held, now, lease_s, row):
        answer = beat(held, now, lease_s, row)
        print("told" if row else "alive", flush=True)
        return answer

    search.replan, search.offers.beat = endless, heard
    with app.app_context():
        search.turn(app, now_utc(), threading.Event())
""")


def test_a_search_whose_worker_is_killed_begins_again(app: Flask) -> None:
    with app.app_context():
        floor, now = Floor(build(), 4), now_utc()
        published = work(ask(floor, now), now)
        assert published is not None
        places = _places(published)
        run_id = plan_runs.search(floor.plant.site_id, None, 1, None, now)
        db.session.rollback()
        _search_and_kill(app.config["SQLALCHEMY_DATABASE_URI"])
        assert _run(run_id).status == "running"
        assert db.session.scalars(select(PlanProgress.run_id)).first() == run_id
        assert db.session.scalars(select(Plan.id)).all() == [published]
        assert _places(published) == places

        after = now_utc() + timedelta(seconds=2 * search.SEARCH_LEASE_S)
        told = plan_search.newest(db.session, floor.plant.site_id, after)
        assert told is not None
        assert told.lost
        held = planning.claim(after, 60, "draft")
        assert held is not None
        assert (held.run_id, held.attempt) == (run_id, 2)
        told = plan_search.newest(db.session, floor.plant.site_id, after)
        assert told is not None
        assert (told.lost, told.again) == (False, True)
        search.search(held, search.Course(held.seconds))
        assert _run(run_id).status == "done"
        assert _run(run_id).outcome["plans"]
        assert _places(published) == places


def _places(plan_id: int) -> list[tuple[Any, ...]]:
    query = select(PlannedTask.task_id, PlannedTask.station_id, PlannedTask.start_at, PlannedTask.end_at)
    found = db.session.execute(query.where(PlannedTask.plan_id == plan_id).order_by(PlannedTask.task_id))
    return [tuple(row) for row in found]


def _run(run_id: int) -> PlanRun:
    db.session.rollback()
    return db.session.get_one(PlanRun, run_id, populate_existing=True)


def _search_and_kill(url: str) -> None:
    """Let a process search, and kill it without warning once it told how far it is."""
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, "-c", WORKER, url], stdout=subprocess.PIPE, text=True, cwd=root,
                          env=environment) as process:  # fmt: skip
        assert process.stdout is not None
        assert "told" in (line.strip() for line in process.stdout)
        process.send_signal(signal.SIGKILL)
