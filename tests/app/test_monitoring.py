"""What machines told: values with their age, states as slices of time, stops for the lead."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.db import db, transaction
from app.models import Device, Event, LatestValue, Machine, MachineState
from app.queries.machines import known_devices
from app.queries.readings import series
from app.services import limits, monitoring, readings
from devices.sample import Batch
from tests.app.machine_rigs import Shop, answer, edge, notices, sample, shop, signals
from tests.small_plant import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        readings.prepare()
        yield shop()


def value(tag: str) -> LatestValue | None:
    query = select(LatestValue).where(LatestValue.tag == tag).execution_options(populate_existing=True)
    return db.session.scalars(query).first()


def slices() -> list[tuple[str, str | None, float, float | None]]:
    query = select(MachineState).order_by(MachineState.id).execution_options(populate_existing=True)
    return [
        (row.state, row.reason, (row.started_at - NOW).total_seconds(),
         None if row.ended_at is None else (row.ended_at - NOW).total_seconds())
        for row in db.session.scalars(query)
    ]  # fmt: skip


def states() -> list[str]:
    return list(db.session.scalars(select(Event.data).where(Event.topic == "machine.state").order_by(Event.id)))


def test_the_newest_value_stays_with_its_time_unit_and_meaning(made: Shop) -> None:
    monitoring.ingest([sample(made, "torque", 11.5, NOW), sample(made, "torque", 12.0, NOW + SECOND)], NOW)
    row = value("torque")
    assert row
    assert (row.value, row.quality, row.meaning, row.received_at) == (12.0, "good", "torque", NOW + SECOND)
    assert series(made.devices["D-BEND"], "torque", NOW, NOW + 9 * SECOND)["value"] == [11.5, 12.0]


def test_a_machine_that_falls_silent_keeps_its_value_and_its_time(made: Shop) -> None:
    monitoring.ingest([sample(made, "torque", 12.0, NOW)], NOW)
    monitoring.ingest([sample(made, "torque", 12.0, NOW, "bad", "timeout")], NOW + 9 * SECOND)
    row = value("torque")
    assert row
    assert (row.value, row.quality, row.reason, row.received_at) == (12.0, "bad", "timeout", NOW)


def test_what_never_arrived_has_no_value(made: Shop) -> None:
    monitoring.ingest([sample(made, "torque", None, None, "bad", "refused")], NOW)
    assert value("torque") is None
    monitoring.ingest([sample(made, "torque", 12.0, NOW)], NOW)
    monitoring.ingest([sample(made, "torque", None, None, "bad", "refused")], NOW)
    row = value("torque")
    assert row
    assert (row.value, row.quality, row.reason) == (12.0, "bad", "refused")


def test_a_tag_the_map_does_not_know_is_left_out(made: Shop) -> None:
    monitoring.ingest([sample(made, "gone", 1, NOW)], NOW)
    assert value("gone") is None


def test_states_are_slices_without_a_gap(made: Shop) -> None:
    monitoring.ingest([edge(made, "running", NOW), edge(made, "stopped", NOW + 5 * SECOND, "alarm:11")], NOW)
    monitoring.ingest([edge(made, "running", NOW + 8 * SECOND)], NOW)
    assert slices() == [
        ("running", None, 0, 5), ("stopped", "alarm:11", 5, 8), ("running", None, 8, None),
    ]  # fmt: skip
    assert len(states()) == 3
    assert '"state":"stopped"' in states()[1]
    assert '"was":"running"' in states()[1]


def test_the_same_told_twice_is_one_slice(made: Shop) -> None:
    for _ in range(2):
        monitoring.ingest([edge(made, "running", NOW)], NOW)
    assert (len(slices()), len(states())) == (1, 1)


def test_a_clock_that_steps_back_makes_no_negative_time(made: Shop) -> None:
    monitoring.ingest([edge(made, "running", NOW)], NOW)
    monitoring.ingest([edge(made, "idle", NOW - 5 * SECOND)], NOW)
    assert slices() == [("running", None, 0, 0), ("idle", None, 0, None)]


def test_a_stop_is_a_notice_until_the_machine_runs(made: Shop) -> None:
    monitoring.ingest([edge(made, "stopped", NOW, "alarm:11")], NOW)
    (row,) = notices("stop")
    assert (row.severity, row.subject_id, row.data["reason"]) == ("crit", made.machines["M-BEND"], "alarm:11")
    assert row.station_id == made.plant.stations["BEND"]
    monitoring.ingest([edge(made, "no_data", NOW + SECOND, "timeout")], NOW)
    assert len(notices("stop")) == 1
    monitoring.ingest([edge(made, "running", NOW + 2 * SECOND)], NOW)
    assert notices("stop") == []


def test_a_machine_switched_off_is_less_than_an_alarm(made: Shop) -> None:
    monitoring.ingest([edge(made, "stopped", NOW, "off")], NOW)
    assert [row.severity for row in notices("stop")] == ["warn"]


def test_a_new_poller_knows_nothing_of_the_time_before(made: Shop) -> None:
    monitoring.ingest([edge(made, "running", NOW)], NOW)
    assert monitoring.lose_sight(NOW + 30 * SECOND) == 1
    assert monitoring.lose_sight(NOW + 40 * SECOND) == 0
    monitoring.ingest([edge(made, "running", NOW + 60 * SECOND)], NOW)
    assert slices() == [("running", None, 0, 30), ("no_data", "poller", 30, 60), ("running", None, 60, None)]


def test_a_device_without_a_machine_has_values_but_no_states(made: Shop) -> None:
    with transaction() as session:
        session.get_one(Device, made.devices["D-BEND"]).machine_id = None
    (known,) = known_devices(db.session)
    assert known.map
    assert known.map.machine == f"device:{known.id}"
    lone = edge(made, "running", NOW).edges[0].__class__(known.map.machine, "no_data", "running", NOW, None)
    monitoring.ingest([Batch(str(known.id), known.map.machine, NOW, NOW, edges=(lone,))], NOW)
    assert slices() == []


def test_a_machine_that_was_removed_is_passed_over(made: Shop) -> None:
    with transaction() as session:
        session.execute(delete(Device))
        session.execute(delete(Machine).where(Machine.code == "M-TEST"))
    gone = edge(made, "running", NOW, machine="M-TEST")
    monitoring.ingest([gone], NOW)
    assert slices() == []


def test_limit_answers_come_in_with_the_batches(made: Shop) -> None:
    made.make("C10", 4)
    limits.step({}, NOW)
    told = answer(made, "accepted")
    monitoring.ingest([Batch(str(made.devices["D-BEND"]), told.machine, NOW, NOW, limits=(told,))], NOW)
    assert signals()[0].status == "accepted"


def test_a_map_with_codes_of_states_survives_the_store(made: Shop) -> None:
    with transaction() as session:
        row = session.get_one(Device, made.devices["D-BEND"])
        row.map, row.map_hash = row.map | {"states": {7: "running", 8: "stopped"}}, "2"
    (known,) = known_devices(db.session)
    assert known.problem is None
    assert known.map
    assert dict(known.map.states) == {7: "running", 8: "stopped"}


def test_a_broken_map_is_told_and_harms_no_other(made: Shop) -> None:
    with transaction() as session:
        row = session.get_one(Device, made.devices["D-BEND"])
        session.add(Device(site_id=row.site_id, code="D-X", map={"device": "D-X"}, map_hash="9"))
    found = {one.code: one for one in known_devices(db.session)}
    assert found["D-BEND"].map
    assert found["D-X"].map is None
    assert found["D-X"].problem
