"""What happened to a thing: reports with times, values with the limits of their time, what was undone, holds."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.models import BatchRun, BatchRunItem, Characteristic, Report
from app.queries.known import forget
from app.queries.trace import Node, thing
from app.queries.trace_history import History, history
from app.services import orders
from app.services.measuring import Value
from tests.app.trace_story import Story, story, task_id
from tests.small_plant import NOW


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        yield story()
        db.session.rollback()


def of(told: Story, kind: str, id: int) -> History:
    site = told.plant.site_id
    return history(db.session, site, thing(db.session, site, Node(kind, id)))


def test_a_unit_tells_its_steps_and_those_of_its_order(told: Story) -> None:
    found = of(told, "unit", told.units[0])
    assert [step.operation.name for step in found.steps if not step.shared] == ["Assemble", "Charge", "Test", "Pack"]
    assert {step.operation.name for step in found.steps if step.shared} == {"Bend", "Foam", "Press door"}
    assert {count.who.code for count in found.people} == {"LI", "WANG"}
    assert {use.component for use in found.used if use.component} == {"CP1"}
    assert {use.lot: use.shared for use in found.used if use.lot} == {"S1": True, "F1": True}


def test_a_step_tells_how_long_the_unit_took_since_the_one_before(told: Story) -> None:
    told.floor.report("F20", unit_id=told.units[1], device_at=NOW + timedelta(minutes=12))
    steps = [step for step in of(told, "unit", told.units[1]).steps if not step.shared]
    assert [step.dwell_min for step in steps] == [None, Decimal(12)]


def test_a_value_keeps_the_limits_of_its_time(told: Story) -> None:
    with transaction() as session:
        session.scalars(select(Characteristic)).one().upper = Decimal(60)
    forget()
    told.floor.report("F20", unit_id=told.units[1], values=(Value("GAS", Decimal("60.5")),))
    old, new = of(told, "unit", told.units[0]).values[0], of(told, "unit", told.units[1]).values[0]
    assert (old.value, old.upper, old.verdict) == (Decimal("60.5"), Decimal(62), "pass")
    assert (new.value, new.upper, new.verdict) == (Decimal("60.5"), Decimal(60), "fail")


def test_what_was_undone_stays_and_is_marked(told: Story) -> None:
    sent = told.floor.report("F20", unit_id=told.units[1], values=(Value("GAS", Decimal(59)),))
    told.floor.undo(sent["report"])
    found = of(told, "unit", told.units[1])
    charge = [step for step in found.steps if step.operation.name == "Charge"]
    assert [step.undone for step in charge] == [True, True]
    assert charge[1].reverses == charge[0].id
    assert [value.undone for value in found.values] == [True]


def test_rework_stands_in_its_loop(told: Story) -> None:
    unit = told.units[1]
    told.floor.report("F20", unit_id=unit)
    told.floor.report("F30", unit_id=unit, kind="rework", reason_id=told.plant.reasons["LEAK"])
    told.floor.report("F20", unit_id=unit, loop=1)
    steps = [(step.operation.name, step.loop_no, step.kind) for step in of(told, "unit", unit).steps if not step.shared]
    assert steps[1:] == [("Charge", 0, "good"), ("Test", 0, "rework"), ("Charge", 1, "good")]


def test_a_lot_tells_where_it_was_used(told: Story) -> None:
    found = of(told, "lot", told.plant.lots["F1"])
    assert [(step.operation.name, step.station.code if step.station else "") for step in found.steps] == [
        ("Foam", "FOAM")
    ]
    assert [use.quantity for use in found.used] == [Decimal("16.8")]


def test_a_task_and_an_order_tell_their_reports(told: Story) -> None:
    assert len(of(told, "task", task_id(told, "F10")).steps) == 2
    assert len(of(told, "order", told.floor.order_id).steps) == 8
    assert len(of(told, "order", told.floor.order_id).values) == 1


def test_holds_over_a_unit_and_its_order_are_told(told: Story) -> None:
    site, unit = told.plant.site_id, told.units[0]
    own = orders.hold(site, "unit", unit, None, "scratch", None, "cli:test", NOW)
    orders.hold(site, "order", told.floor.order_id, None, None, None, "cli:test", NOW)
    orders.resume(site, own, None, "cli:test", NOW)
    found = of(told, "unit", unit).holds
    assert [(stop.target.kind, stop.released_at is None) for stop in found] == [("order", True), ("unit", False)]
    assert thing(db.session, site, Node("order", told.floor.order_id)).held
    assert not thing(db.session, site, Node("unit", unit)).held


def test_a_batch_run_is_told_with_its_values(told: Story) -> None:
    report = db.session.scalars(select(Report.id).where(Report.task_id == task_id(told, "C20"))).one()
    with transaction() as session:
        run = BatchRun(site_id=told.plant.site_id, started_at=NOW, values={"temperature": 41})
        session.add(run)
        session.flush()
        session.add(BatchRunItem(batch_run_id=run.id, report_id=report))
    assert [run.values for run in of(told, "unit", told.units[0]).runs] == [{"temperature": 41}]
    assert of(told, "task", task_id(told, "C10")).runs == []
