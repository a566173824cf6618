"""Limits: what waits is counted right, a limit comes and goes with hysteresis, and its rows tell the truth."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.models import Event, LimitRule, Line, Station
from app.queries.machines import limit_rules
from app.queries.ropes import backlogs
from app.services import leases, limits
from tests.app.machine_rigs import answer, notices, shop, signals
from tests.small_plant import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def waiting() -> float:
    return next(iter(backlogs(db.session, limit_rules(db.session)).values()))


def topics() -> list[str]:
    return list(db.session.scalars(select(Event.topic).where(Event.topic.startswith("limit.")).order_by(Event.id)))


def test_what_waits_is_what_came_and_was_not_used() -> None:
    made = shop()
    assert waiting() == 0
    made.make("C10", 5)
    assert waiting() == 5
    made.make("C20", 4)
    assert waiting() == 1


def test_an_assembly_counts_what_came_from_the_station_that_is_slowed() -> None:
    made = shop()
    with transaction() as session:
        session.execute(
            update(LimitRule).values(station_id=made.plant.stations["ASSY1"],
                                     upstream_station_id=made.plant.stations["DOOR"])
        )  # fmt: skip
    made.make("D10", 6)
    assert made.task("F10").quantity_input == 0
    assert waiting() == 3


def test_without_a_way_from_upstream_everything_before_the_station_counts() -> None:
    made = shop()
    made.make("C10", 2)
    with transaction() as session:
        session.execute(update(LimitRule).values(upstream_station_id=made.plant.stations["PACK"]))
    assert waiting() == 2


def test_work_of_another_station_does_not_count() -> None:
    made = shop()
    made.make("D10", 6)
    assert waiting() == 0


def test_a_limit_comes_at_high_and_goes_at_low() -> None:
    made = shop()
    made.make("C10", 3)
    ropes, demands = limits.step({}, NOW)
    assert (demands, signals()) == ({}, [])
    made.make("C10", 1)
    ropes, demands = limits.step(ropes, NOW + SECOND)
    (demand,) = demands.values()
    assert (demand.target, demand.level) == (f"machine:{made.machines['M-BEND']}", "hold")
    (signal,) = signals()
    assert (signal.mode, signal.status, signal.backlog) == ("hold", "requested", 4)
    (notice,) = notices("limit")
    assert (notice.severity, notice.data["backlog"], notice.data["high"]) == ("warn", 4, 4)
    made.make("C20", 2)
    ropes, demands = limits.step(ropes, NOW + 2 * SECOND)
    assert demands
    assert signals()[0].cleared_at is None
    made.make("C20", 1)
    ropes, demands = limits.step(ropes, NOW + 3 * SECOND)
    assert demands == {}
    assert (signals()[0].status, signals()[0].cleared_at) == ("cleared", NOW + 3 * SECOND)
    assert (notices("limit"), topics()) == ([], ["limit.requested", "limit.cleared"])


def test_a_limit_waits_for_its_delay_and_stays_for_its_dwell() -> None:
    made = shop(on_delay_s=10, dwell_s=60)
    made.make("C10", 4)
    ropes, demands = limits.step({}, NOW)
    assert not demands
    ropes, demands = limits.step(ropes, NOW + 10 * SECOND)
    assert demands
    made.make("C20", 4)
    ropes, demands = limits.step(ropes, NOW + 69 * SECOND)
    assert demands
    ropes, demands = limits.step(ropes, NOW + 70 * SECOND)
    assert not demands


def test_a_rate_limit_names_its_rate() -> None:
    made = shop(mode="limit", rate_permille=400)
    made.make("C10", 4)
    _, demands = limits.step({}, NOW)
    assert [(d.level, d.rate_permille) for d in demands.values()] == [("limit", 400)]
    assert (signals()[0].mode, signals()[0].rate_permille) == ("limit", 400)


def test_a_restart_goes_on_with_what_stands_and_clears_what_is_over() -> None:
    made = shop()
    made.make("C10", 4)
    limits.step({}, NOW)
    made.make("C20", 2)
    _, demands = limits.step(limits.recall(), NOW + 9 * SECOND)
    assert demands
    assert len(signals()) == 1
    made.make("C20", 2)
    limits.step(limits.recall(), NOW + 10 * SECOND)
    assert signals()[0].cleared_at == NOW + 10 * SECOND


def test_a_rule_switched_off_clears_its_limit() -> None:
    made = shop()
    made.make("C10", 4)
    ropes, _ = limits.step({}, NOW)
    with transaction() as session:
        session.execute(update(LimitRule).values(enabled=False))
    _, demands = limits.step(ropes, NOW + SECOND)
    assert not demands
    assert signals()[0].status == "cleared"
    assert not notices("limit")


def test_a_rule_without_a_band_limits_nothing_and_stops_nobody() -> None:
    made = shop(low=4)
    made.make("C10", 4)
    assert limits.step({}, NOW)[1] == {}


def test_the_answer_of_the_machine_is_kept_and_told_once() -> None:
    made = shop()
    made.make("C10", 4)
    limits.step({}, NOW)
    limits.keep_reports([answer(made, "verified"), answer(made, "verified")], NOW + SECOND)
    (signal,) = signals()
    assert (signal.status, signal.verified_at) == ("verified", NOW)
    assert signal.written["registers"] == signal.read_back["registers"] != []
    limits.keep_reports([answer(made, "effective")], NOW + SECOND)
    assert (signals()[0].status, signals()[0].read_back["mode"]) == ("effective", "hold")
    assert topics() == ["limit.requested", "limit.verified", "limit.effective"]
    limits.keep_reports([answer(made, "verified", "run")], NOW + SECOND)
    assert signals()[0].status == "effective"


def test_a_machine_that_does_not_take_it_is_a_critical_notice() -> None:
    made = shop()
    made.make("C10", 4)
    limits.step({}, NOW)
    limits.keep_reports([replace(answer(made, "lost"), write=None)], NOW)
    assert (signals()[0].status, signals()[0].verified_at) == ("lost", None)
    assert [(row.severity, row.data["trouble"]) for row in notices("limit")] == [("crit", "lost")]


def test_a_machine_without_a_way_to_write_is_told_by_people() -> None:
    made = shop()
    with transaction() as session:
        session.execute(update(LimitRule).values(upstream_machine_id=made.machines["M-TEST"]))
    made.make("C10", 4)
    limits.step({}, NOW)
    assert signals()[0].status == "notify_only"
    assert len(notices("limit")) == 1


def test_the_leads_of_both_lines_are_told() -> None:
    made = shop()
    with transaction() as session:
        other = Line(site_id=made.plant.site_id, code="L2", name="Line 2")
        session.add(other)
        session.flush()
        session.execute(update(Station).where(Station.code == "BEND").values(line_id=other.id))
    made.make("C10", 4)
    ropes, _ = limits.step({}, NOW)
    assert len({row.line_id for row in notices("limit")}) == 2
    made.make("C20", 4)
    limits.step(ropes, NOW + SECOND)
    assert not notices("limit")


def test_who_lost_the_lease_changes_nothing() -> None:
    made = shop()
    made.make("C10", 4)
    fence = leases.take("poller", "one", NOW, 10) or 0
    leases.take("poller", "two", NOW + 11 * SECOND, 10)
    with pytest.raises(leases.LeaseLost):
        limits.step({}, NOW, lambda session: leases.confirm(session, "poller", "one", fence))
    assert (signals(), notices("limit"), topics()) == ([], [], [])


def test_events_name_both_stations_and_the_queue() -> None:
    made = shop()
    made.make("C10", 5)
    limits.step({}, NOW)
    data = db.session.scalars(select(Event.data).where(Event.topic == "limit.requested")).one()
    assert '"backlog":5' in data
    assert f'"upstream":{made.plant.stations["BEND"]}' in data
    assert f'"station":{made.plant.stations["FOAM"]}' in data


def test_without_a_rule_nothing_is_limited() -> None:
    shop(rule=False).make("C10", 9)
    assert limits.step({}, NOW) == ({}, {})
