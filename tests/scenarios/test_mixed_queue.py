"""One store for all work: a station's queue and the plan mix production, rework, service and maintenance."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db
from app.models import PlannedTask, Task, WorkOrder
from app.queries import plans
from app.queries.station_queue import station_queue
from app.services import orders, planning
from app.services.release import release
from app.workers.solve import work
from scheduling import verify
from tests.small_plant import NOW, Plant, build

KINDS = {"production", "rework", "service", "maintenance"}


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield build()


def mixed(plant: Plant) -> dict[str, int]:
    """One order of each kind, all of them with work at the bending station."""
    site, due, by = plant.site_id, NOW + timedelta(days=1), "cli:test"
    made = {
        "production": orders.create_production(site, "FRIDGE", Decimal(2), due, 3, by, NOW),
        "rework": orders.create_rework(site, "CABINET", Decimal(3), Decimal(12), "BEND", due, 2, by, NOW),
        "service": orders.create_service(site, "Bend a spare part", Decimal(25), "BEND", due, 4, by, NOW),
        "maintenance": orders.create_maintenance(site, "M-BEND", "Oil the bender", Decimal(40), due, 1, by, NOW),
    }
    for order_id in made.values():
        release(site, order_id, by, NOW)
    return made


def plan(plant: Plant) -> int:
    planning.wish(plant.site_id, {"type": "person", "at_once": True}, None, NOW)
    held = planning.claim(NOW)
    assert held is not None
    plan_id = work(held, NOW)
    assert plan_id is not None
    return plan_id


def at_the_bender(plant: Plant, plan_id: int) -> list[tuple[str, PlannedTask]]:
    query = (
        select(WorkOrder.kind, PlannedTask)
        .join(Task, Task.id == PlannedTask.task_id)
        .join(WorkOrder, WorkOrder.id == Task.order_id)
        .where(PlannedTask.plan_id == plan_id, PlannedTask.station_id == plant.stations["BEND"])
        .order_by(PlannedTask.start_at)
    )
    return [(kind, row) for kind, row in db.session.execute(query).all()]


def test_one_plan_holds_all_kinds_at_one_station_one_after_the_other(plant: Plant) -> None:
    mixed(plant)
    rows = at_the_bender(plant, plan(plant))
    assert {kind for kind, _ in rows} == KINDS
    assert all(one.end_at <= two.start_at for (_, one), (_, two) in itertools.pairwise(rows))
    minutes = {kind: (row.end_at - row.start_at).total_seconds() / 60 for kind, row in rows}
    assert minutes["service"] >= 25
    assert minutes["maintenance"] >= 40
    assert minutes["rework"] >= 36


def test_the_mixed_plan_keeps_every_rule(plant: Plant) -> None:
    mixed(plant)
    plan(plant)
    found = plans.snapshot(db.session, plant.site_id, NOW)
    assert {order.kind for order in found.problem.orders} == KINDS
    made = plans.incumbent(db.session, found)
    assert made is not None
    assert verify(found.problem, made) == []


def test_no_kind_is_planned_beyond_its_station_being_closed(plant: Plant) -> None:
    mixed(plant)
    plan_id = plan(plant)
    closed = (NOW + timedelta(hours=1), NOW + timedelta(hours=1, minutes=15))  # the break at ten
    for _, row in at_the_bender(plant, plan_id):
        assert not closed[0] <= row.start_at < closed[1]
        assert not closed[0] < row.end_at <= closed[1]


def test_the_queue_of_a_station_mixes_all_kinds(plant: Plant) -> None:
    made = mixed(plant)
    plan(plant)
    queue = station_queue(db.session, plant.site_id, plant.stations["BEND"], NOW)
    assert {row.order_id for row in queue} == set(made.values())
    assert {row.kind for row in queue} == KINDS
