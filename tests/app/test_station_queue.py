"""A station's queue: every kind of order, in the order of the plan, with the reason why not."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.models import LimitRule, LimitSignal, Machine, Plan, PlannedTask, Task
from app.queries.station_queue import Queued, station_queue
from app.queries.stations import active_limits, people_of, station_view
from app.services import orders, station
from app.services.release import release
from tests.small_plant import NOW, Plant, build

SOON = NOW + timedelta(days=1)


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield build()


def released(plant: Plant, order_id: int) -> int:
    release(plant.site_id, order_id, "cli:test", NOW)
    return order_id


def fridges(plant: Plant, quantity: int = 2) -> int:
    made = orders.create_production(plant.site_id, "FRIDGE", Decimal(quantity), SOON, 3, "cli:test", NOW)
    return released(plant, made)


def queue(plant: Plant, place: str, person: str | None = None) -> list[Queued]:
    who = plant.people[person] if person else None
    return station_queue(db.session, plant.site_id, plant.stations[place], NOW, who)


def test_one_queue_for_every_kind_of_order(plant: Plant) -> None:
    fridges(plant)
    kept = plant.site_id, "BEND"
    released(plant, orders.create_service(kept[0], "Straighten a door", Decimal(20), kept[1], SOON, 1, "cli:test", NOW))
    released(
        plant, orders.create_rework(kept[0], "CABINET", Decimal(1), Decimal(15), kept[1], SOON, 2, "cli:test", NOW)
    )
    machine = db.session.scalars(select(Machine.code).where(Machine.station_id == plant.stations["BEND"])).one()
    released(plant, orders.create_maintenance(kept[0], machine, "Oil it", Decimal(30), SOON, 5, "cli:test", NOW))
    found = queue(plant, "BEND")
    assert [task.kind for task in found] == ["service", "rework", "production", "maintenance"]
    assert all(task.blocked is None and task.available > 0 for task in found)


def test_the_plan_comes_before_priority_and_places_tasks(plant: Plant) -> None:
    one, two = fridges(plant), fridges(plant)
    tasks = {
        order: db.session.scalars(select(Task.id).where(Task.order_id == order, Task.op_key.endswith("/F10"))).one()
        for order in (one, two)
    }
    with transaction() as session:
        plan = Plan(site_id=plant.site_id, version=1, based_on=0, epoch_at=NOW, published_at=NOW)
        session.add(plan)
        session.flush()
        for hours, order, place in ((5, one, "ASSY1"), (2, two, "ASSY1")):
            session.add(PlannedTask(plan_id=plan.id, task_id=tasks[order], station_id=plant.stations[place],
                                    start_at=NOW + timedelta(hours=hours), end_at=NOW + timedelta(hours=hours + 1),
                                    bound_by="start"))  # fmt: skip
    assert [task.order_id for task in queue(plant, "ASSY1")] == [two, one]
    assert queue(plant, "ASSY2") == []


def test_what_cannot_be_done_says_why(plant: Plant) -> None:
    order_id = fridges(plant)
    assert queue(plant, "FOAM")[0].blocked == ("task.no_input", {"task": "Foam", "waiting_for": "Bend"})
    assert queue(plant, "BEND")[0].blocked is None
    orders.hold(plant.site_id, "order", order_id, None, None, None, "cli:test", NOW)
    assert queue(plant, "BEND")[0].blocked == ("task.held", {"task": "Bend"})


def test_a_missing_skill_is_a_reason(plant: Plant) -> None:
    fridges(plant)
    with transaction() as session:
        task = session.scalars(select(Task).where(Task.op_key.endswith("/F20"))).one()
        task.quantity_input = Decimal(1)
    assert queue(plant, "CHARGE", "LI")[0].blocked is None
    assert queue(plant, "CHARGE", "WANG")[0].blocked == ("skill.missing", {"task": "Charge", "skill": "Refrigerant"})


def test_what_is_late_is_marked(plant: Plant) -> None:
    fridges(plant)
    assert [task.is_late for task in queue(plant, "BEND")] == [False]
    late = station_queue(db.session, plant.site_id, plant.stations["BEND"], SOON + timedelta(hours=1))
    assert [task.is_late for task in late] == [True]


def test_another_site_sees_nothing(plant: Plant) -> None:
    fridges(plant)
    assert station_queue(db.session, plant.site_id + 1, plant.stations["BEND"], NOW) == []


def test_the_view_of_a_station(plant: Plant) -> None:
    fridges(plant)
    empty = station_view(db.session, plant.site_id, "BEND", NOW)
    assert (empty.state, empty.person, empty.open, empty.scans, empty.good_today) == ("idle", None, None, [], 0)
    place = plant.stations["BEND"]
    station.scan(plant.site_id, place, station.Scan("number-one", "LI"), "user:1", NOW)
    db.session.rollback()
    ready = station_view(db.session, plant.site_id, "BEND", NOW).ready
    assert ready is not None
    for number, action in (("number-two", "start"), ("number-three", "good")):
        station.act(plant.site_id, place, station.Act(number, action), "user:1", NOW)
    db.session.rollback()
    view = station_view(db.session, plant.site_id, "BEND", NOW)
    assert view.open is not None
    assert (view.state, view.person.code, view.open.quantity_good, view.good_today) == ("running", "LI", 1, 1)
    assert [row.accepted for row in view.scans] == [True, True, True]
    assert [row.code for row in people_of(db.session, plant.site_id, place, NOW)] == ["LI"]


def test_only_limits_in_force_on_this_station_are_shown(plant: Plant) -> None:
    with transaction() as session:
        rule = LimitRule(site_id=plant.site_id, code="R", station_id=plant.stations["FOAM"],
                         upstream_station_id=plant.stations["BEND"], high=10, low=4)  # fmt: skip
        session.add(rule)
        session.flush()
        for cleared in (None, NOW):
            session.add(LimitSignal(site_id=plant.site_id, rule_id=rule.id, mode="hold", backlog=14, requested_at=NOW,
                                    cleared_at=cleared))  # fmt: skip
    assert [(row.station, row.backlog) for row in active_limits(db.session, plant.site_id, plant.stations["BEND"])] == [
        ("Foam", 14)
    ]
    assert active_limits(db.session, plant.site_id, plant.stations["FOAM"]) == []
    assert station_view(db.session, plant.site_id, "BEND", NOW).state == "limited"
