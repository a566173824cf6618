"""Publishing and carrying over: a plan is told, keeps every rule, and never contradicts the floor as it is then."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.errors import Conflict
from app.models import Event, Machine, Plan, PlanRun, Task, WorkOrder
from app.queries import plans
from app.services import orders, planning
from scheduling import solve, verify
from tests.app.planning_floor import later, more, plan_now, rows, run, setting, snapshot, stop_machine
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        yield Floor(build(), 4)


# publishing


def test_a_plan_is_published_with_its_tasks_and_told(floor: Floor) -> None:
    plan_id = plan_now(floor)
    planned = rows(plan_id)
    assert len(planned) == 7
    bend = planned[floor.task("C10").id]
    assert (bend.start_at, bend.end_at, bend.station_id) == (NOW, later(17), floor.plant.stations["BEND"])
    plan = db.session.get_one(Plan, plan_id)
    assert (plan.version, plan.status, plan.objective["late_orders"]) == (1, "published", 0)
    told = db.session.scalars(select(Event).where(Event.topic == "plan.published")).one()
    assert told.subject_id == plan_id
    assert run(floor).status == "done"


def test_what_is_published_keeps_every_rule(floor: Floor) -> None:
    plan_now(floor)
    found = snapshot(floor)
    made = plans.incumbent(db.session, found)
    assert made is not None
    assert verify(found.problem, made) == []


def test_planning_writes_no_status(floor: Floor) -> None:
    def states() -> list[Any]:
        tasks = db.session.execute(select(Task.id, Task.status, Task.version, Task.station_id)).all()
        found = [*tasks, *db.session.execute(select(WorkOrder.id, WorkOrder.status, WorkOrder.version)).all()]
        db.session.rollback()
        return found

    before = states()
    plan_now(floor)
    assert states() == before


def test_a_newer_plan_takes_the_place_of_the_older_and_only_some_are_kept(floor: Floor) -> None:
    setting(floor, "keep", 2)
    made = [plan_now(floor, later(n)) for n in range(4)]
    left = db.session.execute(select(Plan.id, Plan.status).order_by(Plan.id)).all()
    assert [tuple(row) for row in left] == [(made[2], "superseded"), (made[3], "published")]
    assert rows(made[0]) == {}
    assert plans.current(db.session, floor.plant.site_id).version == 4


def test_runs_that_ended_long_ago_are_forgotten_but_not_those_of_kept_plans(floor: Floor) -> None:
    setting(floor, "keep", 2)
    setting(floor, "keep_runs", 1)
    for n in range(5):
        plan_now(floor, later(n))
    left = db.session.scalars(select(PlanRun.id).order_by(PlanRun.id)).all()
    assert left == [4, 5]


def test_late_orders_are_marked_with_the_chain_that_adds_up(floor: Floor) -> None:
    with transaction() as session:
        session.execute(update(WorkOrder).where(WorkOrder.id == floor.order_id).values(due_at=later(30)))
    plan = db.session.get_one(Plan, plan_now(floor))
    assert all(row.is_late for row in rows(plan.id).values())
    (late,) = plan.objective["late"]
    assert late["order"] == floor.order_id
    assert sum(part["min"] for part in late["chain"]) == late["min"]


def test_tasks_that_closed_meanwhile_are_dropped(floor: Floor) -> None:
    found = snapshot(floor)
    made = solve(found.problem).plan
    floor.report("C10", 4)
    plan_id = planning.publish(found, made, NOW)
    assert floor.task("C10").id not in rows(plan_id)
    assert len(rows(plan_id)) == 6


def test_a_task_that_began_elsewhere_meanwhile_keeps_its_truth(floor: Floor) -> None:
    found = snapshot(floor)
    made = solve(found.problem).plan
    floor.report("C10", 1)
    floor.report("C20", 1)
    floor.report("D10", 2)
    chosen = int(made.by_task[str(floor.task("F10").id)].resource)
    other = next(floor.plant.stations[code] for code in ("ASSY1", "ASSY2") if floor.plant.stations[code] != chosen)
    with transaction() as session:
        session.execute(
            update(Task).where(Task.id == floor.task("F10").id)
            .values(status="running", station_id=other, started_at=NOW)
        )  # fmt: skip
    row = rows(planning.publish(found, made, later(1)))[floor.task("F10").id]
    assert (row.station_id, row.start_at) == (other, NOW)


@pytest.mark.parametrize("happening", ["released", "cancelled", "held", "resumed"])
def test_a_plan_about_other_work_is_refused(floor: Floor, happening: str) -> None:
    site = floor.plant.site_id
    if happening == "resumed":
        hold = orders.hold(site, "order", floor.order_id, None, None, None, "cli:test", NOW)
    found = snapshot(floor)
    made = solve(found.problem).plan
    if happening == "released":
        more(floor)
    elif happening == "cancelled":
        orders.cancel(site, floor.order_id, "cli:test", NOW)
    elif happening == "held":
        orders.hold(site, "order", floor.order_id, None, None, None, "cli:test", NOW)
    else:
        orders.resume(site, hold, None, "cli:test", NOW)
    with pytest.raises(Conflict) as refusal:
        planning.publish(found, made, NOW)
    assert refusal.value.code == "plan.moved_on"
    assert db.session.scalars(select(Plan)).all() == []


# re-planning


def test_what_runs_never_moves(floor: Floor) -> None:
    floor.report("C10", 1, station_id=floor.plant.stations["BEND"])
    plan_now(floor)
    more(floor)
    second = rows(plan_now(floor, later(3)))[floor.task("C10").id]
    assert (second.station_id, second.start_at, second.is_pinned) == (floor.plant.stations["BEND"], NOW, True)


def test_a_machine_that_stops_moves_the_work_and_the_plan_is_clean(floor: Floor) -> None:
    setting(floor, "repair_min", 600)
    with transaction() as session:
        session.add(Machine(site_id=floor.plant.site_id, station_id=floor.plant.stations["ASSY1"], code="MA", name="A"))
    first = rows(plan_now(floor))[floor.task("F10").id]
    assert first.station_id == floor.plant.stations["ASSY1"]
    stop_machine(floor, "ASSY1", later(1))
    plan_id = plan_now(floor, later(2))
    second = rows(plan_id)[floor.task("F10").id]
    assert second.station_id == floor.plant.stations["ASSY2"]
    found = snapshot(floor, later(2))
    made = plans.incumbent(db.session, found)
    assert made is not None
    assert verify(found.problem, made) == []
    objective = db.session.get_one(Plan, plan_id).objective
    assert [one["station"] for one in objective["down"]] == [floor.plant.stations["ASSY1"]]
    assert floor.task("F10").id in {move["task"] for move in objective["moves"]}


def test_what_starts_soon_stays_where_it_was(floor: Floor) -> None:
    first = rows(plan_now(floor))
    with transaction() as session:
        session.execute(update(WorkOrder).where(WorkOrder.id == more(floor, 8)).values(priority=1, due_at=later(10)))
    second = rows(plan_now(floor))
    soon = [task for task, row in first.items() if row.start_at < later(60)]
    assert soon
    assert all((second[task].station_id, second[task].start_at) == (first[task].station_id, first[task].start_at)
               for task in soon)  # fmt: skip
