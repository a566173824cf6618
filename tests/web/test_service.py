"""Service, maintenance and rework orders by plain forms: they stand in the queue of their station."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db
from app.models import MaintenanceOrder, ReworkOrder, ServiceOrder, Task, TaskStation, Unit, WorkOrder
from tests.small_plant import Plant
from tests.web.desk import Desk, plant_with_users

COMMON = {"due_at": "2026-12-24T08:30", "minutes": "45", "priority": "2", "then": "release"}
SERVICE = COMMON | {"kind": "service", "title": "Fan noise", "station": "TEST", "skill": "", "unit": "",
                    "customer_ref": "K-9", "description": "Replace the fan"}  # fmt: skip
MAINTENANCE = COMMON | {"kind": "maintenance", "title": "Mixing head", "machine": "M-FOAM", "skill": "GAS",
                        "earliest_at": "2026-12-20T06:00", "description": ""}  # fmt: skip
REWORK = COMMON | {"kind": "rework", "item": "DOOR", "quantity": "3", "station": "DOOR", "unit": ""}


@pytest.fixture
def plant(app: Flask) -> Plant:
    with app.app_context():
        return plant_with_users()


@pytest.fixture
def desk(app: Flask, plant: Plant) -> Desk:
    found = Desk(app)
    found.sign_in("service")
    return found


def made(app: Flask, location: str) -> tuple[WorkOrder, list[Task]]:
    with app.app_context():
        order = db.session.get_one(WorkOrder, int(location.rsplit("/", 1)[1]))
        db.session.refresh(order)  # with the columns of its kind
        return order, list(db.session.scalars(select(Task).where(Task.order_id == order.id)))


def test_an_empty_list_offers_the_one_action(desk: Desk) -> None:
    assert "No open service, maintenance or rework order." in desk.get("/service")


def test_a_service_order_stands_in_the_queue_of_its_station(app: Flask, desk: Desk, plant: Plant) -> None:
    order, tasks = made(app, desk.post("/service/new", SERVICE).location)
    assert isinstance(order, ServiceOrder)
    assert (order.status, order.state, order.customer_ref) == ("released", "confirmed", "K-9")
    assert [(task.status, task.piece_min, task.instruction) for task in tasks] == [("ready", 45, "Replace the fan")]
    with app.app_context():
        places = db.session.scalars(select(TaskStation.station_id).where(TaskStation.task_id == tasks[0].id)).all()
    assert places == [plant.stations["TEST"]]
    assert "Fan noise" in desk.get("/service")
    assert "Fan noise" not in desk.get("/service?kind=rework")


def test_a_maintenance_order_takes_its_machine_and_skill(app: Flask, desk: Desk) -> None:
    order, tasks = made(app, desk.post("/service/new", MAINTENANCE).location)
    assert isinstance(order, MaintenanceOrder)
    assert order.earliest_at is not None
    assert tasks[0].machine_id == order.machine_id
    assert tasks[0].skill_id is not None


def test_a_rework_order_has_its_quantity(app: Flask, desk: Desk) -> None:
    order, tasks = made(app, desk.post("/service/new", REWORK | {"then": "draft"}).location)
    assert isinstance(order, ReworkOrder)
    assert (order.status, tasks) == ("draft", [])
    page = desk.get(f"/orders/{order.id}")
    assert f'action="/service/{order.id}/release"' in page
    desk.post(f"/service/{order.id}/release")
    _order, tasks = made(app, f"/orders/{order.id}")
    assert [(task.quantity, task.status) for task in tasks] == [(3, "ready")]


def test_a_unit_is_named_by_its_serial_number(app: Flask, desk: Desk) -> None:
    order, _tasks = made(app, desk.post("/service/new", SERVICE | {"unit": "CP3"}).location)
    assert isinstance(order, ServiceOrder)
    with app.app_context():
        assert db.session.get_one(Unit, order.unit_id).serial == "CP3"
    assert "There is no unit NOPE here." in desk.post("/service/new", SERVICE | {"unit": "NOPE"}, status=422).text


@pytest.mark.parametrize(("form", "wrong", "sentence"), [
    (SERVICE, {"title": " "}, "Fill this in."), (SERVICE, {"station": "NOPE"}, "There is no station NOPE here."),
    (SERVICE, {"minutes": "0"}, "0 is not a number above 0."), (SERVICE, {"due_at": ""}, "Fill this in."),
    (MAINTENANCE, {"machine": "NOPE"}, "There is no machine NOPE here."),
    (REWORK, {"item": "NOPE"}, "There is no item NOPE."), (REWORK, {"quantity": "0.5"}, "0.5 is too fine"),
])  # fmt: skip
def test_wrong_fields_are_told_and_nothing_is_made(
    app: Flask, desk: Desk, form: dict[str, str], wrong: dict[str, str], sentence: str
) -> None:
    page = desk.post("/service/new", form | wrong, status=422).text
    assert sentence in page
    with app.app_context():
        assert db.session.scalars(select(WorkOrder.id)).all() == []


def test_production_is_not_released_here_and_operators_may_only_look(app: Flask, desk: Desk) -> None:
    planner = Desk(app)
    planner.sign_in("planner")
    item = {"item": "FRIDGE", "quantity": "1", "due_at": "2026-12-24T08:30", "priority": "3"}
    number = planner.post("/orders/new", item).location.rsplit("/", 1)[1]
    answer = desk.post(f"/service/{number}/release", status=409)
    assert "Ask a planner." in answer.text
    desk.post(f"/orders/{number}/release", status=403)
    operator = Desk(app)
    operator.sign_in("operator")
    operator.get("/service")
    operator.get("/service/new", status=403)
    operator.post("/service/new", SERVICE, status=403)
