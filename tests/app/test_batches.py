"""A jig takes several pieces at once: loaded by scan, started, ended with reports, values, trace, and once only."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.models import (
    BatchRun,
    BatchRunItem,
    Characteristic,
    Device,
    Event,
    LatestValue,
    Machine,
    Operation,
    Report,
    Task,
)
from app.queries.differences import differences
from app.queries.trace_history import history
from app.queries.trace_links import Node
from app.queries.trace_things import things
from app.services import orders
from app.services.release import release
from devices.codes import Kind, make
from tests.app.station_floor import Stations
from tests.small_plant import NOW, build

LOAD, BEGIN, END = (make(Kind.COMMAND, number) for number in (12, 13, 14))


@pytest.fixture
def floor(app: Flask) -> Iterator[Stations]:
    with app.app_context():
        found = Stations(build())
        found.made("BEND", "C10", 4)
        yield found
        db.session.rollback()
        assert list(differences(db.session)) == []


def measured(floor: Stations, value: float) -> None:
    """The jig is asked for its temperature, and says it."""
    with transaction() as session:
        foam = session.scalars(select(Operation).where(Operation.key == "C20")).one()
        session.add(Characteristic(operation_id=foam.id, code="TEMP", name="Temperature", unit="°C", source="device",
                                   lower=Decimal(39), upper=Decimal(45), meaning="temperature"))  # fmt: skip
        machine = session.scalars(select(Machine.id).where(Machine.code == "M-FOAM")).one()
        device = Device(site_id=floor.plant.site_id, code="D", machine_id=machine, map={}, map_hash="0")
        session.add(device)
        session.flush()
        session.add(LatestValue(device_id=device.id, tag="jig", meaning="temperature", value=value, unit="°C",
                                quality="good", received_at=NOW))  # fmt: skip


def run(floor: Stations) -> BatchRun:
    return db.session.scalars(select(BatchRun).execution_options(populate_existing=True)).one()


def test_a_run_reports_all_that_was_in_it_with_the_machines_values(floor: Stations) -> None:
    measured(floor, 42.5)
    floor.at("FOAM", "C20")
    floor.scan("FOAM", make(Kind.NUMBER, 3))
    loaded = floor.scan("FOAM", LOAD)
    assert (loaded["code"], loaded["values"]["loaded"], loaded["next"]["code"]) == (
        "batch.loaded", "3", "next.batch_start"
    )  # fmt: skip
    assert floor.scan("FOAM", BEGIN)["next"]["code"] == "next.batch_end"
    assert floor.task("C20").quantity_good == 0
    done = floor.scan("FOAM", END)
    assert (done["code"], done["values"]["loaded"], floor.task("C20").quantity_good) == ("batch.ended", "3", 3)
    row = run(floor)
    assert (row.values, row.ended_at, row.machine_id is not None) == ({"temperature": "42.5 °C"}, NOW, True)
    assert db.session.scalars(select(BatchRunItem.report_id)).all() == done["reports"]
    node = Node("task", floor.task("C20").id)
    told = history(db.session, floor.plant.site_id, things(db.session, floor.plant.site_id, [node])[node])
    assert [one.id for one in told.runs] == [row.id]
    topics = db.session.scalars(select(Event.topic).where(Event.subject_type == "batch").order_by(Event.id)).all()
    assert topics == ["batch.started", "batch.ended"]


def test_the_same_end_twice_reports_once(floor: Stations) -> None:
    floor.at("FOAM", "C20")
    floor.act("FOAM", "load")
    floor.act("FOAM", "batch_start")
    number = uuid.uuid4().hex
    first, again = floor.scan("FOAM", END, number), floor.scan("FOAM", END, number)
    assert first == again
    assert db.session.scalars(select(Report.quantity).where(Report.task_id == floor.task("C20").id)).all() == [4]
    assert floor.scan("FOAM", END)["code"] == "station.task_first" or floor.task("C20").status == "completed"


def test_several_orders_go_in_together_when_they_are_one_family(floor: Stations) -> None:
    other = orders.create_production(floor.plant.site_id, "CABINET", Decimal(2), NOW + timedelta(days=1), 3, None, NOW)
    release(floor.plant.site_id, other, "cli:test", NOW)
    keys = select(Task.op_key, Task.id).where(Task.order_id == other)
    tasks = {key.rsplit("/", 1)[1]: task_id for key, task_id in db.session.execute(keys)}
    db.session.rollback()
    floor.scan("BEND", make(Kind.TASK, tasks["C10"]))
    assert floor.act("BEND", "good", quantity=2)["accepted"]
    floor.at("FOAM", "C20")
    floor.act("FOAM", "load", quantity=2)
    assert floor.scan("FOAM", make(Kind.TASK, tasks["C20"]))["accepted"]
    assert floor.act("FOAM", "load")["values"]["loaded"] == "4"
    floor.act("FOAM", "batch_start")
    assert len(floor.act("FOAM", "batch_end")["reports"]) == 2
    db.session.rollback()
    assert db.session.scalars(select(Task.quantity_good).where(Task.id == tasks["C20"])).one() == 2


def test_another_family_is_refused(floor: Stations) -> None:
    floor.at("FOAM", "C20")
    floor.act("FOAM", "load", quantity=2)
    other = orders.create_production(floor.plant.site_id, "CABINET", Decimal(2), NOW + timedelta(days=1), 3, None, NOW)
    release(floor.plant.site_id, other, "cli:test", NOW)
    with transaction() as session:
        mine = Task.order_id == other
        foam = session.scalars(select(Task.id).where(mine, Task.op_key.endswith("C20"))).one()
        session.execute(update(Task).where(Task.id == foam).values(setup_family="HOT"))
        bend = session.scalars(select(Task.id).where(mine, Task.op_key.endswith("C10"))).one()
    floor.scan("BEND", make(Kind.TASK, bend))
    floor.act("BEND", "good", quantity=2)
    floor.scan("FOAM", make(Kind.TASK, foam))
    assert floor.act("FOAM", "load")["code"] == "batch.mixed"


def test_what_does_not_fit_or_is_not_there_is_refused(floor: Stations) -> None:
    assert floor.scan("FOAM", "LI")["accepted"]
    assert floor.act("FOAM", "batch_start")["code"] == "batch.empty"
    floor.at("FOAM", "C20")
    assert floor.act("FOAM", "load", quantity=5)["code"] == "batch.full"
    assert floor.act("FOAM", "batch_end")["code"] == "batch.not_started"
    floor.act("FOAM", "load", quantity=4)
    assert floor.act("FOAM", "load", quantity=1)["code"] == "batch.full"
    floor.act("FOAM", "batch_start")
    assert floor.act("FOAM", "load", quantity=1)["code"] == "batch.runs"
    assert floor.act("FOAM", "batch_start")["code"] == "batch.runs"
    floor.at("ASSY1", "C20")
    floor.at("BEND", "C10")
    assert floor.act("BEND", "load")["code"] in ("station.task_first", "batch.none")


def test_an_emptied_jig_reports_nothing_and_its_run_is_over(floor: Stations) -> None:
    floor.at("FOAM", "C20")
    floor.act("FOAM", "load", quantity=2)
    floor.act("FOAM", "batch_start")
    assert floor.act("FOAM", "unload")["code"] == "batch.unloaded"
    assert (run(floor).values, run(floor).ended_at) == ({"aborted": True}, NOW)
    assert floor.task("C20").quantity_good == 0
    assert floor.act("FOAM", "load")["values"]["loaded"] == "4"


def test_an_end_that_one_report_refuses_writes_nothing(floor: Stations) -> None:
    floor.at("FOAM", "C20")
    floor.act("FOAM", "load")
    floor.act("FOAM", "batch_start")
    orders.hold(floor.plant.site_id, "order", floor.order_id, None, "why", None, "cli:test", NOW)
    assert floor.act("FOAM", "batch_end")["code"] == "task.held"
    assert (run(floor).ended_at, floor.task("C20").quantity_good) == (None, 0)


def test_units_are_scanned_in_and_each_is_reported(floor: Stations) -> None:
    floor.act("FOAM", "sign_in", person=floor.plant.people["LI"])
    floor.made("FOAM", "C20", 4)
    floor.made("DOOR", "D10", 8)
    serials = [floor.born(part) for part in ("CP1", "CP2")]
    with transaction() as session:
        session.execute(update(Task).where(Task.op_key.endswith("F20")).values(batch_size=2))
    assert floor.at("CHARGE", "F20")["accepted"]
    assert [floor.scan("CHARGE", serial)["code"] for serial in serials] == ["batch.loaded", "batch.loaded"]
    assert floor.scan("CHARGE", serials[0])["code"] in ("batch.twice", "batch.full")
    floor.scan("CHARGE", BEGIN)
    done = floor.scan("CHARGE", END)
    assert done["code"] == "batch.ended", done
    units = db.session.scalars(select(Report.unit_id).where(Report.id.in_(done["reports"]))).all()
    assert len(set(units)) == 2
