"""Plans are wished, claimed with a lease, made outside any transaction and published against the store as it is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import events
from app.db import db, transaction
from app.errors import Conflict
from app.models import Event, Machine, MachineState, Plan, PlannedTask, PlanRun, Setting, Task, WorkOrder
from app.queries import plans
from app.services import orders, planning
from app.services.release import release
from app.services.replanning import Follower, follow
from app.workers.solve import Worker, work
from scheduling import Violation, solve, verify
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        yield Floor(build(), 4)


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def ask(floor: Floor, now: datetime = NOW) -> planning.Claim:
    planning.wish(floor.plant.site_id, {"type": "person", "at_once": True}, "cli:test", now)
    held = planning.claim(now)
    assert held is not None
    return held


def plan_now(floor: Floor, now: datetime = NOW) -> int:
    plan_id = work(ask(floor, now), now)
    assert plan_id is not None, run(floor).outcome
    return plan_id


def snapshot(floor: Floor, now: datetime = NOW) -> plans.Snapshot:
    found = plans.snapshot(db.session, floor.plant.site_id, now)
    db.session.rollback()
    return found


def run(floor: Floor) -> PlanRun:
    query = select(PlanRun).where(PlanRun.site_id == floor.plant.site_id).order_by(PlanRun.id.desc())
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def rows(plan_id: int) -> dict[int, PlannedTask]:
    found = db.session.scalars(select(PlannedTask).where(PlannedTask.plan_id == plan_id)).all()
    db.session.rollback()
    return {row.task_id: row for row in found}


def seal() -> None:
    with transaction() as session:
        events.seal(session, events.unsealed(session, 0))


def stop_machine(floor: Floor, station: str, now: datetime, state: str = "stopped") -> None:
    with transaction() as session:
        machine = session.scalars(select(Machine).where(Machine.station_id == floor.plant.stations[station])).one()
        session.add(MachineState(site_id=floor.plant.site_id, machine_id=machine.id, state=state, started_at=now))
        events.record(session, floor.plant.site_id, "machine.state", ("machine", machine.id), None, now,
                      {"state": state, "was": "running"})  # fmt: skip


def setting(floor: Floor, name: str, value: int) -> None:
    with transaction() as session:
        session.merge(Setting(site_id=floor.plant.site_id, name=f"plan.{name}", value=value))


def more(floor: Floor, quantity: int = 2) -> int:
    order_id = orders.create_production(
        floor.plant.site_id, "FRIDGE", Decimal(quantity), NOW + timedelta(days=1), 2, "cli:test", NOW
    )
    release(floor.plant.site_id, order_id, "cli:test", NOW)
    return order_id


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
    made = plans.incumbent(db.session, floor.plant.site_id, found.epoch_at)
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
    made = plans.incumbent(db.session, floor.plant.site_id, found.epoch_at)
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


# runs


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
    assert work(ask(floor), NOW, check=lambda problem, plan: [broken]) is None
    assert db.session.scalars(select(Plan)).all() == []
    assert run(floor).outcome == {"code": "plan.unverified", "codes": "overlap", "count": 1}


def test_a_run_overtaken_by_the_store_is_tried_again(floor: Floor) -> None:
    def release_meanwhile(problem: Any, plan: Any) -> list[Any]:
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


# following the shop


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
