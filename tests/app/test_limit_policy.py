"""Ropes over several stations, what each of several machines made of a limit, rules that are tried and paused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Device, Event, LimitRule, LimitTarget, Machine, TaskLink, TaskStation
from app.queries.limit_rules import line_of, rule_by_code, trial
from app.queries.machines import limit_rules
from app.queries.ropes import backlogs
from app.services import limit_policy, limits
from app.services.limit_policy import Policy
from devices.throttle import RopeState
from tests.app.machine_rigs import Shop, answer, notices, shop, signals
from tests.small_plant import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def waiting() -> float:
    return next(iter(backlogs(db.session, limit_rules(db.session)).values()))


def reach(made: Shop, station: str, upstream: str, **more: object) -> None:
    """Let the rule reach between other stations."""
    with transaction() as session:
        session.execute(update(LimitRule).values(
            station_id=made.plant.stations[station], upstream_station_id=made.plant.stations[upstream],
            upstream_machine_id=None, **more,
        ))  # fmt: skip


def test_a_rope_over_a_station_between_counts_what_is_under_way_anywhere() -> None:
    made = shop()
    reach(made, "ASSY1", "BEND")
    made.make("C10", 6)
    assert waiting() == 6  # all of it before the foaming station, in between
    made.make("C20", 4)
    assert waiting() == 6
    made.make("D10", 4)  # the door is another branch: it is not on this rope
    assert waiting() == 6


def in_batches(made: Shop, of: int) -> None:
    """Let the cabinets travel from bending to foaming in full batches."""
    with transaction() as session:
        session.execute(update(TaskLink).where(TaskLink.pred_id == made.task("C10").id).values(transfer_batch=of))


def test_what_waits_for_its_batch_to_be_filled_from_upstream_does_not_hold_upstream() -> None:
    made = shop()
    in_batches(made, 4)
    made.make("C10", 3)
    assert waiting() == 0
    made.make("C10", 3)
    assert waiting() == 4
    reach(made, "ASSY1", "BEND")
    assert waiting() == 4


def test_the_last_pieces_of_an_order_count_without_a_full_batch() -> None:
    made = shop(quantity=6)
    in_batches(made, 4)
    made.make("C10", 6)
    assert waiting() == 6
    reach(made, "ASSY1", "BEND")
    assert waiting() == 6


def test_of_two_parts_that_come_from_one_station_the_rarest_counts() -> None:
    made = shop()
    reach(made, "ASSY1", "FOAM")
    with transaction() as session:
        session.execute(update(TaskStation).where(TaskStation.task_id == made.task("D10").id)
                        .values(station_id=made.plant.stations["FOAM"]))  # fmt: skip
    made.make("D10", 6)
    assert waiting() == 0  # doors for three, and no cabinet: held now, none would ever come
    made.make("C10", 4)
    made.make("C20", 2)
    assert waiting() == 2


def test_two_stations_that_feed_each_other_do_not_hold_each_other() -> None:
    made = shop()
    reach(made, "ASSY1", "BEND")
    made.make("C10", 6)
    first = limit_rules(db.session)[0]
    with transaction() as session:
        session.add(LimitRule(site_id=made.plant.site_id, code="CHARGE-FOAM", station_id=made.plant.stations["CHARGE"],
                              upstream_station_id=made.plant.stations["FOAM"], high=4, low=1, on_delay_s=0,
                              dwell_s=0))  # fmt: skip
    second = next(rule for rule in limit_rules(db.session) if rule.id != first.id)
    holds = RopeState(level="hold", since=NOW, fresh_at=NOW)
    after, _ = limits.step({second.id: holds}, NOW)
    assert after[first.id].level == "run"  # what waits before a held station is no reason to hold another
    after, _ = limits.step(after, NOW + SECOND)
    assert (after[second.id].level, after[first.id].level) == ("run", "hold")


def test_a_rope_in_minutes_counts_the_work_of_the_full_station() -> None:
    made = shop()
    made.make("C10", 5)
    reach(made, "FOAM", "BEND", measure="minutes")
    task = made.task("C20")
    assert waiting() == pytest.approx(5 * float(task.piece_min) / (task.batch_size or 1))


def test_each_machine_answers_for_itself_and_the_limit_shows_the_worst() -> None:
    made = shop()
    with transaction() as session:
        second = Machine(site_id=made.plant.site_id, station_id=made.plant.stations["BEND"], code="M-B2", name="B2")
        session.add(second)
        session.flush()
        device = session.scalars(select(Device)).one()
        session.add(Device(site_id=made.plant.site_id, code="D-B2", machine_id=second.id, may_write=True, map_hash="2",
                           map=device.map | {"device": "D-B2", "machine": "M-B2"}))  # fmt: skip
        session.execute(update(LimitRule).values(upstream_machine_id=None))
        number = second.id
    made.make("C10", 4)
    ropes, demands = limits.step({}, NOW)
    assert len(demands) == 2
    other = replace(answer(made, "refused"), machine=f"machine:{number}")
    limits.keep_reports([answer(made, "effective"), other], NOW)
    status = {row.machine_id: row.status for row in db.session.scalars(select(LimitTarget))}
    assert status == {made.machines["M-BEND"]: "effective", number: "refused"}
    assert (signals()[0].status, signals()[0].verified_at) == ("refused", None)
    limits.keep_reports([replace(other, state="effective")], NOW + SECOND)
    assert signals()[0].status == "effective"
    assert signals()[0].verified_at is not None
    made.make("C20", 4)
    limits.step(ropes, NOW + SECOND)
    limits.keep_reports([answer(made, "accepted", "run"), answer(made, "accepted", "run")], NOW + SECOND)
    told = list(db.session.scalars(select(Event.topic).where(Event.topic == "limit.released")))
    assert len(told) == 1  # once for the one machine, and not yet for the other


def test_a_limit_without_effect_is_a_critical_notice() -> None:
    made = shop()
    made.make("C10", 4)
    limits.step({}, NOW)
    limits.keep_reports([answer(made, "ineffective")], NOW)
    assert [(row.severity, row.data["trouble"]) for row in notices("limit")] == [("crit", "ineffective")]


def test_a_paused_rule_lets_upstream_run_until_its_time() -> None:
    made = shop()
    site = made.plant.site_id
    made.make("C10", 4)
    ropes, _ = limits.step({}, NOW)
    limit_policy.pause(site, "FOAM-BEND", NOW + 600 * SECOND, "tool change", "t", NOW)
    ropes, demands = limits.step(ropes, NOW + SECOND)
    assert (demands, signals()[0].status) == ({}, "cleared")
    _, demands = limits.step(ropes, NOW + 601 * SECOND)
    assert demands
    limit_policy.pause(site, "FOAM-BEND", NOW + 600 * SECOND, "tool change", "t", NOW)
    limit_policy.resume(site, "FOAM-BEND", "t", NOW)
    assert limits.step({}, NOW + SECOND)[1]
    with pytest.raises(Invalid):
        limit_policy.pause(site, "FOAM-BEND", NOW + timedelta(days=2), "long", "t", NOW)
    with pytest.raises(NotFound):
        limit_policy.pause(site, "NONE", NOW + SECOND, "x", "t", NOW)


def test_a_change_is_told_with_what_it_was_and_what_it_costs() -> None:
    made = shop()
    site = made.plant.site_id
    limit_policy.change(site, "FOAM-BEND", Policy(28, 25), {"kept": 0.983}, "t", NOW)
    rule = db.session.scalars(select(LimitRule)).one()
    assert (rule.high, rule.low, rule.dwell_s) == (28, 25, 120)
    data = db.session.scalars(select(Event.data).where(Event.topic == "limit_rule.changed")).one()
    assert '"kept":0.983' in data
    assert '"high":4' in data
    limit_policy.change(site, "FOAM-BEND", Policy(28, 25), None, "t", NOW)  # nothing changed, nothing is told
    assert len(list(db.session.scalars(select(Event).where(Event.topic == "limit_rule.changed")))) == 1


@pytest.mark.parametrize(
    "wrong",
    [Policy(4, 4), Policy(4, 0), Policy(4, 2, "limit"), Policy(4, 2, "limit", 500, hold_at=3), Policy(4, 2, hold_at=9),
     Policy(4, 2, "stop"), Policy(4, 2, measure="tons"), Policy(4, 2, on_delay_s=-1)],
)  # fmt: skip
def test_a_rule_that_contradicts_itself_is_not_saved(wrong: Policy) -> None:
    made = shop()
    with pytest.raises(Invalid):
        limit_policy.change(made.plant.site_id, "FOAM-BEND", wrong, None, "t", NOW)


def test_a_rule_is_made_once_between_two_stations_of_the_site() -> None:
    made = shop(rule=False)
    site = made.plant.site_id
    limit_policy.create(site, "R", "ASSY1", "BEND", "M-BEND", Policy(6, 3, enabled=False), "t", NOW)
    assert limit_rules(db.session) == []
    for code, station, upstream, machine, refusal in (
        ("R", "ASSY1", "BEND", None, Conflict), ("S", "BEND", "BEND", None, Invalid),
        ("S", "NOWHERE", "BEND", None, NotFound), ("S", "FOAM", "BEND", "M-TEST", NotFound),
        (" ", "FOAM", "BEND", None, Invalid),
    ):  # fmt: skip
        with pytest.raises(refusal):
            limit_policy.create(site, code, station, upstream, machine, Policy(6, 3), "t", NOW)


def test_writing_is_allowed_device_by_device_and_each_time_told() -> None:
    made = shop()
    limit_policy.allow_writes(made.plant.site_id, "D-BEND", False, "t", NOW)
    made.make("C10", 4)
    limits.step({}, NOW)
    assert signals()[0].status == "notify_only"
    assert list(db.session.scalars(select(Event.topic).where(Event.topic == "device.writes_set"))) == [
        "device.writes_set"
    ]
    with pytest.raises(NotFound):
        limit_policy.allow_writes(made.plant.site_id, "D-NONE", True, "t", NOW)


def test_a_rule_is_tried_on_the_line_as_it_works() -> None:
    made = shop()
    made.make("C10", 1)
    row = rule_by_code(db.session, made.plant.site_id, "FOAM-BEND")
    line = line_of(db.session, row, NOW)
    assert (len(line.cycles_s), line.bottleneck, line.mtbf_s) == (2, 1, 0.0)
    values = {"high": 10, "low": 8, "measure": "pieces", "mode": "hold", "rate_permille": 0, "on_delay_s": 0,
              "dwell_s": 0}  # fmt: skip
    assert 0.5 < trial(line, values).kept <= 1.01
