"""The planner follows the shop: what happens asks for another plan, once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.db import db
from app.models import Plan
from app.queries import plans
from app.services import orders
from app.services.replanning import Follower, follow
from app.workers.solve import Worker
from tests.app.planning_floor import later, more, plan_now, rows, run, seal, stop_machine
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        yield Floor(build(), 4)


def test_the_first_plan_is_made_by_itself(floor: Floor) -> None:
    worker = Worker()
    assert worker.turn(NOW) is None
    assert worker.turn(NOW + timedelta(seconds=3)) is not None
    assert plans.current(db.session, floor.plant.site_id) is not None
    assert run(floor).cause["type"] == "first"


@pytest.mark.parametrize("topic", ["order.released", "order.cancelled", "hold.opened", "machine.state", "report.scrap"])
def test_what_happens_asks_for_another_plan(floor: Floor, topic: str) -> None:
    plan_now(floor)
    seal()
    follower = Follower()
    assert follow(follower, later(1)) == []
    if topic == "order.released":
        more(floor)
    elif topic == "order.cancelled":
        orders.cancel(floor.plant.site_id, floor.order_id, "cli:test", NOW)
    elif topic == "hold.opened":
        orders.hold(floor.plant.site_id, "order", floor.order_id, None, None, None, "cli:test", NOW)
    elif topic == "machine.state":
        stop_machine(floor, "BEND", later(1))
    else:
        floor.report("C10", 1, "scrap")
    assert follow(follower, later(1)) == []  # not sealed yet
    seal()
    assert follow(follower, later(1)) == [floor.plant.site_id]
    assert run(floor).cause["type"] == topic
    assert follow(follower, later(1)) == []


def test_other_states_of_a_machine_ask_for_nothing(floor: Floor) -> None:
    plan_now(floor)
    seal()
    follower = Follower()
    follow(follower, later(1))
    stop_machine(floor, "BEND", later(1), state="idle")
    seal()
    assert follow(follower, later(1)) == []


def test_reports_ask_now_and_then(floor: Floor) -> None:
    plan_now(floor)
    seal()
    follower = Follower()
    follow(follower, later(1))
    floor.report("C10", 1)
    seal()
    assert follow(follower, later(5)) == []
    assert follow(follower, later(16)) == [floor.plant.site_id]
    assert run(floor).cause == {"type": "progress"}
    assert follow(follower, later(60)) == []


def test_a_new_worker_goes_on_where_the_last_one_wished(floor: Floor) -> None:
    plan_now(floor)
    seal()
    first = Follower()
    follow(first, NOW)
    more(floor)
    seal()
    follow(first, NOW)
    assert follow(Follower(), NOW) == []
    more(floor)
    seal()
    assert follow(Follower(), NOW) == [floor.plant.site_id]


def test_only_one_worker_follows_but_all_may_solve(floor: Floor) -> None:
    one, two = Worker("one"), Worker("two")
    one.turn(NOW)
    assert two.turn(NOW + timedelta(seconds=1)) is None
    assert (one.fence, two.fence) == (1, None)
    assert two.turn(NOW + timedelta(seconds=4)) is not None
    assert two.turn(later(5)) is None
    assert two.fence == 2


def test_the_lease_given_back_is_free_at_once(floor: Floor) -> None:
    one, two = Worker("one"), Worker("two")
    one.turn(NOW)
    one.end(NOW)
    two.turn(NOW)
    assert two.fence == 2


def test_a_held_order_is_told_with_its_reason(floor: Floor) -> None:
    orders.hold(floor.plant.site_id, "task", floor.task("F10").id, None, None, None, "cli:test", NOW)
    objective = db.session.get_one(Plan, plan_now(floor)).objective
    assert {one["reason"] for one in objective["left_out"]} == {"held", "waits_for"}
    assert objective["tasks"] == 3


def test_nothing_to_plan_is_a_plan_of_nothing(floor: Floor) -> None:
    orders.cancel(floor.plant.site_id, floor.order_id, "cli:test", NOW)
    assert rows(plan_now(floor)) == {}
