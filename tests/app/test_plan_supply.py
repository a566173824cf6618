"""What planning reads beyond orders: rosters, limits, flow of parts, setups, jigs, work outside, material dates."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.models import (
    ExpectedReceipt,
    Hold,
    LimitRule,
    LimitSignal,
    Lot,
    PersonSkill,
    Roster,
    SetupTime,
    ShiftPattern,
    Skill,
    Station,
    Task,
)
from app.queries import plan_material, plans
from app.services.stock import Move, post
from scheduling import Problem, solve, verify
from tests.app.planning_floor import later, more
from tests.app.test_execution import Floor
from tests.app.test_plan_problem import change, made
from tests.small_plant import NOW, build

DAY = date(2026, 11, 23)


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        yield Floor(build(), 4)


def add(*rows: Any) -> None:
    with transaction() as session:
        session.add_all(rows)


def shift(code: str) -> int:
    return db.session.scalars(select(ShiftPattern.id).where(ShiftPattern.code == code)).one()


def rostered(floor: Floor, person: str, code: str, days: int, absent: bool = False) -> None:
    site, pattern = floor.plant.site_id, shift(code)
    add(*(Roster(site_id=site, person_id=floor.plant.people[person], day=DAY + timedelta(days=n), shift_id=pattern,
                 absent=absent) for n in range(days)))  # fmt: skip


def crew(problem: Problem) -> list[tuple[datetime, datetime, int]]:
    """When people of the only pool are there, in real time."""
    (pool,) = problem.pools
    return [
        (NOW + timedelta(minutes=a), NOW + timedelta(minutes=b), count)
        for name, count in pool.shifts for a, b in problem.calendar_by_id[name].windows
    ]  # fmt: skip


def test_people_are_there_in_the_shift_they_are_rostered_for_and_later_in_their_usual_one(floor: Floor) -> None:
    rostered(floor, "LI", "B", 2)
    spans = crew(made(floor))
    assert spans[0][0] == NOW.replace(hour=14)  # not in the early shift that runs now
    assert {begins.hour for begins, _ends, _count in spans} == {14, 18}
    assert max(ends for _begins, ends, _count in spans) > later(7 * 1440)


def test_absent_people_are_missing_and_nobody_else_comes_on_that_day(floor: Floor) -> None:
    rostered(floor, "LI", "A", 1, absent=True)
    rostered(floor, "WANG", "A", 1)
    assert min(begins for begins, _ends, _count in crew(made(floor))).day == 24
    result = solve(made(floor))
    charge = next(row for row in result.plan.assignments if row.task == str(floor.task("F20").id))
    assert charge.start >= 15 * 60  # tomorrow


def test_two_people_in_two_shifts_are_not_two_at_once(floor: Floor) -> None:
    skill = db.session.scalars(select(Skill.id)).one()
    add(PersonSkill(person_id=floor.plant.people["WANG"], skill_id=skill))
    rostered(floor, "LI", "A", 1)
    rostered(floor, "WANG", "B", 1)
    today = [(a.hour, count) for a, _b, count in crew(made(floor)) if a.day == 23]
    assert sorted(today) == [(9, 1), (10, 1), (14, 1), (18, 1)]


def limit(floor: Floor, mode: str, permille: int, status: str = "verified") -> int:
    with transaction() as session:
        rule = LimitRule(site_id=floor.plant.site_id, code="R", station_id=floor.plant.stations["FOAM"],
                         upstream_station_id=floor.plant.stations["BEND"], high=4, low=2, dwell_s=1800)  # fmt: skip
        session.add(rule)
        session.flush()
        signal = LimitSignal(site_id=floor.plant.site_id, rule_id=rule.id, mode=mode, rate_permille=permille,
                             backlog=9, status=status, requested_at=NOW)  # fmt: skip
        session.add(signal)
        session.flush()
        return signal.id


def test_a_limited_station_works_at_its_rate_until_the_limit_is_cleared(floor: Floor) -> None:
    signal = limit(floor, "limit", 500)
    problem = made(floor)
    bend = problem.task_by_id[str(floor.task("C10").id)]
    assert problem.work(bend, bend.modes[0]) == 34  # seventeen minutes at half the speed
    change(LimitSignal, signal, cleared_at=later(1))
    assert made(floor).resource_by_id[str(floor.plant.stations["BEND"])].rate == (1, 1)


def test_a_held_station_waits_and_one_whose_machine_refused_does_not(floor: Floor) -> None:
    signal = limit(floor, "hold", 0)
    (hole,) = made(floor).holes
    assert (hole.resource, hole.end, hole.reason) == (str(floor.plant.stations["BEND"]), 30, "limit")
    change(LimitSignal, signal, status="refused")
    assert made(floor).holes == ()


def overlap(floor: Floor, pred: str, succ: str) -> Any:
    ends = (str(floor.task(pred).id), str(floor.task(succ).id))
    return next(link for link in made(floor).links if (link.pred, link.succ) == ends)


def test_parts_flow_on_as_they_are_reported(floor: Floor) -> None:
    assert overlap(floor, "F10", "F20").overlap == (1, 4)  # one by one
    assert overlap(floor, "C10", "C20").overlap == (4, 4)  # a filling of the jig
    assert overlap(floor, "D10", "F10").overlap == (2, 8)  # two doors for a fridge
    floor.report("D10", 4)
    floor.report("C10", 4)
    assert overlap(floor, "D10", "F10").overlap == (2, 4)


def test_what_came_already_is_worked_on_and_only_the_end_waits(floor: Floor) -> None:
    for key, pieces in (("C10", 4), ("C20", 4), ("D10", 2)):
        floor.report(key, pieces)
    assert overlap(floor, "D10", "F10").kind == "end_end"


def test_setting_up_is_planned_between_families(floor: Floor) -> None:
    other = more(floor)
    with transaction() as session:
        session.execute(update(Task).where(Task.op_key.endswith("/C10")).values(setup_family="white"))
        session.execute(update(Task).where(Task.order_id == other).values(setup_family="black"))
        session.add(SetupTime(station_id=floor.plant.stations["BEND"], from_family="*", to_family="black",
                              minutes=Decimal(25)))  # fmt: skip
    problem = made(floor)
    bend = str(floor.plant.stations["BEND"])
    assert (problem.changeover(bend, "white", "black"), problem.changeover(bend, "black", "white")) == (25, 0)
    result = solve(problem)
    assert verify(problem, result.plan) == []
    change(Task, floor.task("C10").id, started_at=NOW, station_id=floor.plant.stations["BEND"], status="running")
    assert made(floor).resource_by_id[bend].family == "white"


def test_a_jig_takes_work_of_one_family_together(floor: Floor) -> None:
    change(Station, floor.plant.stations["FOAM"], capacity=1)
    other = more(floor, 2)
    change(Task, floor.task("C20").id, quantity=Decimal(2))
    problem = made(floor)
    foam = problem.resource_by_id[str(floor.plant.stations["FOAM"])]
    assert (foam.batching, foam.capacity) == (True, 4)
    mine = problem.task_by_id[str(floor.task("C20").id)]
    query = select(Task.id).where(Task.order_id == other, Task.op_key.endswith("/C20"))
    theirs = problem.task_by_id[str(db.session.scalars(query).one())]
    assert (mine.modes[0].load, theirs.modes[0].load, mine.modes[0].family) == (2, 2, theirs.modes[0].family)
    assert mine.modes[0].ticks == theirs.modes[0].ticks == 25  # a filling counts whole


def test_work_outside_takes_its_real_time_and_no_capacity(floor: Floor) -> None:
    change(Task, floor.task("D10").id, outside_min=3 * 1440)
    problem = made(floor)
    door = problem.resource_by_id[str(floor.plant.stations["DOOR"])]
    assert door.kind == "outside"
    assert problem.task_by_id[str(floor.task("D10").id)].modes[0].ticks == 3 * 1440
    link = overlap(floor, "D10", "F10")
    assert (link.kind, link.overlap) == ("end_start", None)  # it comes back whole
    result = solve(problem)
    assert result.plan.by_task[str(floor.task("D10").id)].end >= 3 * 1440


def empty(floor: Floor, item: str) -> None:
    with transaction() as session:
        for key in (floor.plant.lots.get(item), None):
            have = plan_material._stock(session, floor.plant.site_id, {floor.plant.items[item]})
            rest = have.get(floor.plant.items[item], Decimal(0))
            if rest > 0:
                move = Move("adjust", floor.plant.items[item], -int(rest * 10**6), key)
                post(session, move, floor.plant.site_id, floor.plant.location_id, "cli:test", NOW)


def receipt(floor: Floor, item: str, quantity: int, at: datetime, code: str = "PO-1") -> None:
    add(ExpectedReceipt(site_id=floor.plant.site_id, code=code, item_id=floor.plant.items[item],
                        quantity=Decimal(quantity), due_at=at))  # fmt: skip


def test_work_waits_for_the_material_that_is_expected_and_says_so(floor: Floor) -> None:
    assert made(floor).task_by_id[str(floor.task("C10").id)].material == 0
    empty(floor, "SHEET")
    receipt(floor, "SHEET", 30, later(600), "PO-1")
    receipt(floor, "SHEET", 500, later(1450), "PO-2")
    problem = made(floor)
    assert problem.task_by_id[str(floor.task("C10").id)].material == 1450  # fifty kilograms: both receipts
    row = solve(problem).plan.by_task[str(floor.task("C10").id)]
    assert (row.start, row.bound_by) == (1450, "material")


def test_material_that_nobody_expects_is_told_and_planned_all_the_same(floor: Floor) -> None:
    empty(floor, "SHEET")
    found = plans.snapshot(db.session, floor.plant.site_id, NOW)
    short = {one.task: (one.item, one.quantity) for one in found.short}
    sheet = floor.plant.items["SHEET"]
    assert short == {
        floor.task("C10").id: (sheet, Decimal(50)), floor.task("D10").id: (sheet, Decimal("26.664")),
    }  # fmt: skip
    assert found.problem.task_by_id[str(floor.task("C10").id)].material == 0


def test_the_more_urgent_order_gets_what_lies_there(floor: Floor) -> None:
    empty(floor, "SHEET")
    receipt(floor, "SHEET", 25, later(60), "PO-1")
    receipt(floor, "SHEET", 500, later(3000), "PO-2")
    urgent = more(floor, 2)  # priority 2, two fridges: twenty-five kilograms
    problem = made(floor)
    query = select(Task.id).where(Task.order_id == urgent, Task.op_key.endswith("/C10"))
    assert problem.task_by_id[str(db.session.scalars(query).one())].material == 60
    assert problem.task_by_id[str(floor.task("C10").id)].material == 3000


def test_a_lot_on_hold_is_no_stock(floor: Floor) -> None:
    lots = db.session.scalars(select(Lot.id).where(Lot.item_id == floor.plant.items["SHEET"])).all()
    add(*(Hold(site_id=floor.plant.site_id, target_type="lot", target_id=lot, opened_at=NOW) for lot in lots))
    assert floor.plant.items["SHEET"] in {
        one.item for one in plans.snapshot(db.session, floor.plant.site_id, NOW).short
    }


def test_shifts_of_people_are_read_in_the_zone_of_the_site(app: Flask) -> None:
    with app.app_context():
        floor = Floor(build("Europe/Berlin"), 1)
        assert crew(made(floor))[0][0] == NOW + timedelta(minutes=15)  # ten o'clock there: the break of the early shift
