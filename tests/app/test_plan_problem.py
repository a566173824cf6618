"""The planning problem mirrors the store: what is open, how long it takes, where, after what, and what is left out."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.models import MachineState, PersonSkill, Setting, Station, Task, TaskLink, WorkOrder
from app.queries import plan_build, plans
from app.services import orders
from app.services.release import release
from scheduling import Problem, solve, verify
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        yield Floor(build(), 4)


def made(floor: Floor) -> Problem:
    found = plans.problem(db.session, floor.plant.site_id, NOW)
    db.session.rollback()
    return found


def left_out(floor: Floor) -> dict[str, str]:
    found = plans.snapshot(db.session, floor.plant.site_id, NOW)
    db.session.rollback()
    names = {floor.task(key).id: key for key in ("C10", "C20", "D10", "F10", "F20", "F30", "F40")}
    return {names[one.task]: one.reason for one in found.left_out}


def ticks(problem: Problem, floor: Floor, key: str) -> list[tuple[str, int]]:
    codes = {str(number): code for code, number in floor.plant.stations.items()}
    return [(codes[mode.resource], mode.ticks) for mode in problem.task_by_id[str(floor.task(key).id)].modes]


def change(table: Any, row_id: int, **values: Any) -> None:
    with transaction() as session:
        session.execute(update(table).where(table.id == row_id).values(**values))


def test_each_open_task_is_there_with_its_work_and_its_stations(floor: Floor) -> None:
    problem = made(floor)
    assert len(problem.tasks) == 7
    assert ticks(problem, floor, "C10") == [("BEND", 17)]  # 1 set-up + 4 of 4 minutes
    assert ticks(problem, floor, "D10") == [("DOOR", 17)]  # 1 + 8 of 2
    assert ticks(problem, floor, "F10") == [("ASSY1", 33), ("ASSY2", 33)]
    assert problem.order_by_id[str(floor.order_id)].due == 2 * 1440
    assert problem.resource_by_id[str(floor.plant.stations["FOAM"])].capacity == 4


def test_links_are_those_of_the_flow_and_not_the_way_back(floor: Floor) -> None:
    names = {str(floor.task(key).id): key for key in ("C10", "C20", "D10", "F10", "F20", "F30", "F40")}
    arrows = {(names[link.pred], names[link.succ]) for link in made(floor).links}
    assert arrows == {("C10", "C20"), ("C20", "F10"), ("D10", "F10"), ("F10", "F20"), ("F20", "F30"), ("F30", "F40")}


def test_what_was_reported_is_not_planned_again(floor: Floor) -> None:
    floor.report("C10", 3)
    problem = made(floor)
    task = problem.task_by_id[str(floor.task("C10").id)]
    assert ticks(problem, floor, "C10") == [("BEND", 4)]  # one piece left, set up already
    assert task.state == "free"  # reported without a station: nobody knows where it stands


def test_a_started_batch_counts_whole(app: Flask) -> None:
    with app.app_context():
        floor = Floor(build(), 5)
        assert ticks(made(floor), floor, "C20") == [("FOAM", 49)]  # two jigs of four: 1 + 8 of 6


def test_a_factor_of_a_station_makes_its_work_longer(floor: Floor) -> None:
    from app.models import TaskStation

    with transaction() as session:
        slow = (TaskStation.task_id == floor.task("F10").id, TaskStation.station_id == floor.plant.stations["ASSY2"])
        session.execute(update(TaskStation).where(*slow).values(factor=Decimal("1.25")))
    assert ticks(made(floor), floor, "F10") == [("ASSY1", 33), ("ASSY2", 42)]  # 41.25 rounded up once


def test_what_is_in_work_stays_where_it_is(floor: Floor) -> None:
    floor.report("C10", 1, station_id=floor.plant.stations["BEND"])
    task = made(floor).task_by_id[str(floor.task("C10").id)]
    assert (task.state, task.fixed_resource, task.remaining) == ("started", str(floor.plant.stations["BEND"]), 12)


def test_what_ran_out_of_parts_keeps_its_station_but_waits_for_more(floor: Floor) -> None:
    floor.report("C10", 1)
    floor.report("C20", 1, station_id=floor.plant.stations["FOAM"])
    task = made(floor).task_by_id[str(floor.task("C20").id)]
    assert (task.state, [mode.resource for mode in task.modes]) == ("free", [str(floor.plant.stations["FOAM"])])


def test_of_two_begun_tasks_a_station_works_on_the_one_reported_last(floor: Floor) -> None:
    other = Floor.__new__(Floor)
    other.plant = floor.plant
    other.order_id = orders.create_production(
        floor.plant.site_id, "FRIDGE", Decimal(4), NOW + timedelta(days=2), 3, "cli:test", NOW
    )
    release(floor.plant.site_id, other.order_id, "cli:test", NOW)
    for one in (other, floor):
        one.report("C10", 1, station_id=floor.plant.stations["BEND"])
    tasks = made(floor).task_by_id
    assert tasks[str(floor.task("C10").id)].state == "started"
    assert tasks[str(other.task("C10").id)].state == "free"


def test_scrap_upstream_shortens_what_follows_once_its_source_is_closed(floor: Floor) -> None:
    floor.report("C10", 1, "scrap")
    assert ticks(made(floor), floor, "C20")[0][1] == 25
    floor.report("C10", 3)
    change(Task, floor.task("C20").id, batch_size=None)
    assert ticks(made(floor), floor, "C20")[0][1] == 19  # three are all that will ever come


def test_breaks_and_shifts_close_a_station(floor: Floor) -> None:
    change(Station, floor.plant.stations["DOOR"], shifts=["A"])
    problem = made(floor)
    door = problem.calendar_by_id[problem.resource_by_id[str(floor.plant.stations["DOOR"])].calendar]
    both = problem.calendar_by_id["all"]
    # Tick 0 is 09:00: the break at 10:00 lasts 15 minutes, shift A ends at 14:00, B at 22:00.
    assert door.windows[:2] == ((0, 60), (75, 300))
    assert both.windows[:3] == ((0, 60), (75, 540), (570, 780))
    assert both.repeat == problem.horizon == 28 * 1440


def test_seconds_are_rounded_up_to_the_next_minute_and_never_into_the_past(floor: Floor) -> None:
    found = plans.snapshot(db.session, floor.plant.site_id, NOW + timedelta(seconds=20))
    assert found.epoch_at == NOW + timedelta(minutes=1)
    assert found.at(60) == NOW + timedelta(minutes=61)


def test_priority_and_earliest_begin_are_those_of_the_order(floor: Floor) -> None:
    change(WorkOrder, floor.order_id, priority=1, earliest_at=NOW + timedelta(hours=3))
    order = made(floor).order_by_id[str(floor.order_id)]
    assert (order.weight, order.release, order.kind) == (16, 180, "production")


def test_a_transfer_batch_lets_the_next_operation_begin_earlier(floor: Floor) -> None:
    with transaction() as session:
        link = (TaskLink.pred_id == floor.task("C10").id, TaskLink.kind == "normal")
        session.execute(update(TaskLink).where(*link).values(transfer_batch=1, lag_min=20))
    found = next(link for link in made(floor).links if link.pred == str(floor.task("C10").id))
    assert (found.overlap, found.lag) == ((1, 4), 20)


def test_parts_of_a_finished_operation_rest_until_their_lag_has_run(floor: Floor) -> None:
    with transaction() as session:
        session.execute(update(TaskLink).where(TaskLink.pred_id == floor.task("C10").id).values(lag_min=45))
    floor.report("C10", 4)
    assert made(floor).task_by_id[str(floor.task("C20").id)].release == 45


def test_start_start_waits_for_the_begin_alone(floor: Floor) -> None:
    with transaction() as session:
        link = (TaskLink.pred_id == floor.task("F30").id, TaskLink.kind == "normal")
        session.execute(update(TaskLink).where(*link).values(type="start_start", lag_min=5))
    found = next(link for link in made(floor).links if link.pred == str(floor.task("F30").id))
    assert (found.kind, found.lag) == ("start_start", 5)


def test_skipped_operations_are_bridged(floor: Floor) -> None:
    change(Task, floor.task("F20").id, status="skipped")
    found = {(link.pred, link.succ) for link in made(floor).links}
    assert (str(floor.task("F10").id), str(floor.task("F30").id)) in found


def test_a_skill_is_a_pool_of_the_people_who_have_it_today(floor: Floor) -> None:
    problem = made(floor)
    (pool,) = problem.pools
    ((calendar, count),) = pool.shifts
    assert (count, problem.calendar_by_id[calendar].windows[0]) == (1, (0, 60))  # until the break at ten
    assert problem.task_by_id[str(floor.task("F20").id)].needs == ((pool.id, 1),)


def test_without_anybody_skilled_the_task_and_what_waits_for_it_are_left_out(floor: Floor) -> None:
    with transaction() as session:
        session.execute(update(PersonSkill).values(valid_until=(NOW - timedelta(days=1)).date()))
    assert left_out(floor) == {"F20": "no_skill", "F30": "waits_for", "F40": "waits_for"}
    assert len(made(floor).tasks) == 4


def test_what_is_held_is_left_out_with_what_waits_for_it(floor: Floor) -> None:
    orders.hold(floor.plant.site_id, "task", floor.task("F10").id, None, None, None, "cli:test", NOW)
    assert left_out(floor) == {"F10": "held", "F20": "waits_for", "F30": "waits_for", "F40": "waits_for"}
    orders.hold(floor.plant.site_id, "order", floor.order_id, None, None, None, "cli:test", NOW)
    assert set(left_out(floor).values()) == {"held"}
    assert made(floor).tasks == ()


def test_a_station_that_never_opens_leaves_its_task_out(floor: Floor) -> None:
    change(Station, floor.plant.stations["PACK"], shifts=["NIGHT"])
    assert left_out(floor) == {"F40": "closed"}


def test_a_retired_station_does_no_work(floor: Floor) -> None:
    change(Station, floor.plant.stations["ASSY1"], retired=True)
    assert ticks(made(floor), floor, "F10") == [("ASSY2", 33)]
    change(Station, floor.plant.stations["ASSY2"], retired=True)
    assert left_out(floor)["F10"] == "no_station"


def test_a_stopped_machine_closes_its_station_for_the_assumed_repair(floor: Floor) -> None:
    stop(floor, "BEND", 10)
    (hole,) = made(floor).holes
    assert (hole.resource, hole.start, hole.end) == (str(floor.plant.stations["BEND"]), 0, 50)
    with transaction() as session:
        session.add(Setting(site_id=floor.plant.site_id, name="plan.repair_min", value=240))
    assert made(floor).holes[0].end == 230


def test_the_repair_of_a_stopped_machine_does_not_wait_for_it_to_run(floor: Floor) -> None:
    order_id = orders.create_maintenance(
        floor.plant.site_id, "M-BEND", "Mend it", Decimal(30), NOW + timedelta(days=1), 1, "cli:test", NOW
    )
    release(floor.plant.site_id, order_id, "cli:test", NOW)
    task_id = db.session.scalars(select(Task.id).where(Task.order_id == order_id)).one()
    bend = floor.plant.stations["BEND"]
    assert planned(floor)[task_id].resource == str(bend)
    stop(floor, "BEND", 10)
    found = planned(floor)
    assert (found[task_id].resource, found[task_id].start) == (str(-bend), 0)
    assert plan_build.station_of(found[task_id].resource) == bend
    assert found[floor.task("C10").id].start == 50  # what the machine makes waits for the assumed repair


def planned(floor: Floor) -> dict[int, Any]:
    problem = made(floor)
    plan = solve(problem).plan
    assert verify(problem, plan) == []
    return {int(row.task): row for row in plan.assignments}


def test_a_machine_that_runs_again_or_has_a_twin_closes_nothing(floor: Floor) -> None:
    from app.models import Machine

    machine_id = stop(floor, "BEND", 10)
    with transaction() as session:
        session.add(Machine(site_id=floor.plant.site_id, station_id=floor.plant.stations["BEND"], code="M2", name="M2"))
    assert made(floor).holes == ()
    with transaction() as session:
        session.add(MachineState(site_id=floor.plant.site_id, machine_id=machine_id, state="running", started_at=NOW))
    assert made(floor).holes == ()


def stop(floor: Floor, station: str, since_min: int) -> int:
    from sqlalchemy import select

    from app.models import Machine

    with transaction() as session:
        machine = session.scalars(select(Machine.id).where(Machine.station_id == floor.plant.stations[station])).one()
        session.add(MachineState(site_id=floor.plant.site_id, machine_id=machine, state="stopped",
                                 started_at=NOW - timedelta(minutes=since_min)))  # fmt: skip
    return machine


def test_drafts_and_cancelled_orders_are_not_planned(floor: Floor) -> None:
    orders.create_production(floor.plant.site_id, "FRIDGE", Decimal(1), NOW, 3, "cli:test", NOW)
    orders.cancel(floor.plant.site_id, floor.order_id, "cli:test", NOW)
    assert made(floor).tasks == ()


def test_another_site_is_not_seen(floor: Floor) -> None:
    assert plans.problem(db.session, floor.plant.site_id, NOW).tasks
    assert plans.published(db.session, floor.plant.site_id) == {}
    from app.services import sites

    db.session.rollback()
    assert plans.problem(db.session, sites.ensure("X", NOW), NOW).tasks == ()
