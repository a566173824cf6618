"""Runs of the planner: they join, wait, are taken over from a worker that died, and fail with a reason."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.errors import Conflict
from app.models import Plan
from app.services import planning
from app.workers.solve import work
from scheduling import Violation, solve
from tests.app.planning_floor import ask, later, more, run, snapshot
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        yield Floor(build(), 4)


def test_wishes_join_the_one_that_waits(floor: Floor) -> None:
    site = floor.plant.site_id
    first = planning.wish(site, {"type": "order.released", "ref": 1}, None, NOW)
    assert planning.wish(site, {"type": "machine.state", "ref": 2}, None, NOW) == first
    planning.wish(site, {"type": "machine.state", "ref": 3}, None, NOW)
    assert run(floor).cause == {
        "type": "order.released", "ref": 1, "also": [{"type": "machine.state", "ref": 2}],
    }  # fmt: skip


def test_an_automatic_wish_waits_for_others_a_persons_does_not(floor: Floor) -> None:
    site = floor.plant.site_id
    planning.wish(site, {"type": "order.released", "ref": 1}, None, NOW)
    assert planning.claim(NOW + timedelta(seconds=1)) is None
    assert planning.claim(NOW + timedelta(seconds=2)) is not None
    planning.wish(site, {"type": "person", "at_once": True}, None, later(30))
    assert planning.claim(later(30)) is not None


def test_one_run_at_a_time_in_a_site(floor: Floor) -> None:
    ask(floor)
    planning.wish(floor.plant.site_id, {"type": "person", "at_once": True}, None, NOW)
    assert planning.claim(NOW) is None


def test_a_run_whose_worker_was_killed_is_taken_over(floor: Floor) -> None:
    dead = ask(floor)
    assert planning.claim(later(0.5)) is None
    taken = planning.claim(later(1.1))
    assert taken is not None
    assert (taken.run_id, taken.attempt) == (dead.run_id, 2)
    found = snapshot(floor)
    with pytest.raises(Conflict) as refusal:
        planning.publish(found, solve(found.problem).plan, later(2), held=dead)
    assert refusal.value.code == "worker.busy"
    assert work(dead, later(2)) is None
    assert work(taken, later(2)) is not None
    assert run(floor).status == "done"


def test_a_run_that_kills_its_worker_each_time_is_given_up(floor: Floor) -> None:
    ask(floor)
    for n in range(1, planning.MOST_ATTEMPTS):
        assert planning.claim(later(2 * n)) is not None
    assert planning.claim(later(20)) is None
    assert (run(floor).status, run(floor).outcome["code"]) == ("failed", "plan.attempts")


def test_a_plan_that_does_not_verify_is_never_published(floor: Floor) -> None:
    broken = Violation("overlap", ("1", "2"))
    assert work(ask(floor), NOW, check=lambda *_seen: [broken]) is None
    assert db.session.scalars(select(Plan)).all() == []
    assert run(floor).outcome == {"code": "plan.unverified", "codes": "overlap", "count": 1}


def test_a_run_overtaken_by_the_store_is_tried_again(floor: Floor) -> None:
    def release_meanwhile(*_seen: Any) -> list[Any]:
        more(floor)
        return []

    assert work(ask(floor), NOW, check=release_meanwhile) is None
    assert (run(floor).status, run(floor).outcome["code"]) == ("queued", "plan.moved_on")
    held = planning.claim(later(1))
    assert held is not None
    assert work(held, later(1)) is not None


def test_data_that_contradict_themselves_fail_the_run_with_the_reason(floor: Floor) -> None:
    from app.models import TaskLink

    with transaction() as session:
        session.execute(update(TaskLink).where(TaskLink.kind == "return").values(kind="normal"))
    assert work(ask(floor), NOW) is None
    assert run(floor).outcome["code"] == "scheduling.link_cycle"
