"""The poller as a whole: real Modbus machines, the real store, a limit that is written, read back and lifted."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, now_utc, transaction
from app.models import Device, Event, LatestValue, Lease, LimitSignal, LimitTarget, MachineState
from app.queries.machines import known_devices
from app.queries.readings import series
from app.services import leases, limits
from app.workers.fleet import Fleet, Funnel
from app.workers.poll import LEASE, _Polling
from devices.poller import Poller
from devices.sample import Batch
from devices.simulator import Plant
from devices.throttle import Demand
from tests.app.machine_rigs import Shop, notices, shop, signals
from tests.app.poll_rigs import QUICK, Watch, ask, polling, simulated
from tests.devices.device_rigs import maps, press
from tests.small_plant import NOW


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        yield shop()


@pytest.fixture
def watch(app: Flask) -> Watch:
    return Watch(app)


@pytest.fixture
def plant(made: Shop) -> Iterator[Plant]:
    """A press that listens where the stored map of D-BEND says."""
    with simulated(maps(press("D-BEND", lease=2))) as running:
        listen_to(made, running)
        yield running


def listen_to(made: Shop, running: Plant, version: str = "real") -> None:
    with transaction() as session:
        row = session.get_one(Device, made.devices["D-BEND"])
        row.map = row.map | {"link": row.map["link"] | {"port": running.maps[0].link.port}}
        row.map_hash = version


def value(tag: str, quality: str = "good") -> Any:
    query = select(LatestValue).where(LatestValue.tag == tag, LatestValue.quality == quality)
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def state() -> str | None:
    return db.session.scalars(select(MachineState.state).where(MachineState.ended_at.is_(None))).first()


def lease() -> Lease:
    db.session.rollback()
    return db.session.get(Lease, LEASE, populate_existing=True) or Lease(name=LEASE, holder="", fence=0, info={})


def signal(*statuses: str) -> Any:
    query = select(LimitSignal).where(LimitSignal.status.in_(statuses)).order_by(LimitSignal.id.desc())
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def test_values_states_and_health_arrive(app: Flask, plant: Plant, watch: Watch) -> None:
    with polling(app):
        row = watch.until(lambda: value("pieces"))
        watch.until(lambda: state() == "running")
        link = watch.until(lambda: lease().info.get("links"))[0]
        watch.until(lambda: lease().info["links"][0]["state"] == "up")
    assert (row.meaning, link["devices"]) == ("count", ["D-BEND"])
    until = now_utc() + timedelta(minutes=1)
    assert series(row.device_id, "torque", until - timedelta(hours=1), until)["value"]


def test_a_machine_that_dies_becomes_bad_and_never_zero(app: Flask, plant: Plant, watch: Watch) -> None:
    with polling(app):
        before = watch.until(lambda: value("pieces"))
        watch.until(lambda: state() == "running")
        count, seen_at = before.value, before.received_at
        ask(plant.loop, plant.stop())  # type: ignore[attr-defined]
        row = watch.until(lambda: value("pieces", "bad"))
        watch.until(lambda: state() == "no_data")
    assert row.value >= count
    assert row.received_at >= seen_at
    assert row.reason
    until = now_utc() + timedelta(minutes=1)
    course = series(row.device_id, "pieces", until - timedelta(hours=1), until)["value"]
    assert course[-1] is None
    assert min(one for one in course if one is not None) >= count


def test_a_stopped_machine_is_the_leads_business(app: Flask, plant: Plant, watch: Watch) -> None:
    with polling(app):
        watch.until(lambda: state() == "running")
        plant.machines["D-BEND"].force_fault(12)
        watch.until(lambda: notices("stop"))
        plant.machines["D-BEND"].force_fault(0)
        watch.until(lambda: not notices("stop"))
    told = db.session.scalars(select(Event.data).where(Event.topic == "machine.state")).all()
    assert any('"reason":"alarm:12"' in data for data in told)


def test_congestion_holds_the_machine_upstream_and_lets_it_go(
    app: Flask, made: Shop, plant: Plant, watch: Watch
) -> None:
    machine = plant.machines["D-BEND"]
    with polling(app):
        watch.until(lambda: state() == "running")
        made.make("C10", 4)
        held = watch.until(lambda: signal("effective"))
        assert machine.mode == "hold"
        assert held.written["registers"] == held.read_back["registers"] != []
        assert held.written["registers"][6] == lease().fence
        assert held.verified_at is not None
        assert len(notices("limit")) == 1
        watch.until(lambda: state() == "idle")
        count = machine.count
        made.make("C20", 4)
        watch.until(lambda: signal("cleared"))
        watch.until(lambda: state() == "running")
        assert machine.mode == "run"
    assert machine.count >= count
    assert not notices("limit")
    assert machine.command is not None


def test_a_new_poller_goes_on_where_a_killed_one_ended(app: Flask, made: Shop, plant: Plant, watch: Watch) -> None:
    machine = plant.machines["D-BEND"]
    made.make("C10", 4)
    limits.step({}, now_utc())
    with polling(app):
        watch.until(lambda: signal("effective"))
    assert machine.mode == "run"  # a clean stop leaves nothing held
    assert len(signals()) == 1
    made.make("C20", 4)
    with polling(app):
        watch.until(lambda: signal("cleared"))
    assert len(signals()) == 1


def test_a_limit_that_never_got_its_answer_gets_it(app: Flask, made: Shop, plant: Plant, watch: Watch) -> None:
    """A second rule asks for what stands already, or the store refused the answer: the machine is asked again."""
    with polling(app):
        made.make("C10", 4)
        watch.until(lambda: signal("effective"))
        with transaction() as session:
            session.execute(update(LimitSignal).values(status="requested", written={}))
            session.execute(update(LimitTarget).values(status="requested", written={}))
        assert watch.until(lambda: signal("effective")).written["mode"] == "hold"
        assert plant.machines["D-BEND"].mode == "hold"


def test_what_a_dead_poller_held_is_let_go(app: Flask, made: Shop, plant: Plant, watch: Watch) -> None:
    machine = plant.machines["D-BEND"]
    device = known_devices(db.session)[0].map
    assert device

    async def hold_and_die() -> None:
        poller = Poller([device], lambda _: None, may_write=lambda: False, periods=QUICK.periods)
        await poller.start()
        assert (await poller.limit(device.device, "hold")).state in ("verified", "accepted", "effective")
        await poller.stop()

    asyncio.run(hold_and_die())
    assert machine.mode == "hold"  # who may not write does not let go either: another may hold it
    with polling(app):
        watch.until(lambda: state() == "running", 3.0)
    assert machine.command
    assert machine.command.source == lease().fence


def test_a_second_poller_waits(app: Flask, plant: Plant, watch: Watch) -> None:
    with polling(app) as first:
        watch.until(lambda: value("pieces"))
        holder = lease().holder
        assert asyncio.run(_Polling(app, QUICK)._take()) is False
        with polling(app):
            assert lease().holder == holder
            first.end()
            watch.until(lambda: lease().fence == 2)
            assert lease().holder != holder
            watch.until(lambda: lease().info.get("links"))


def test_a_lost_lease_ends_the_work_and_it_begins_again(app: Flask, plant: Plant, watch: Watch) -> None:
    with polling(app):
        watch.until(lambda: value("pieces"))
        with transaction() as session:
            session.execute(update(Lease).values(holder="other", fence=Lease.fence + 1, until=now_utc()))
        watch.until(lambda: lease().fence == 3 and lease().info.get("links"))
    assert lease().holder != "other"


def test_devices_may_come_change_and_go_while_it_runs(app: Flask, made: Shop, watch: Watch) -> None:
    with transaction() as session:
        session.get_one(Device, made.devices["D-BEND"]).enabled = False
    with polling(app), simulated(maps(press("D-BEND"))) as running:
        watch.until(lambda: lease().info.get("links") == [])
        listen_to(made, running)
        with transaction() as session:
            session.get_one(Device, made.devices["D-BEND"]).enabled = True
        watch.until(lambda: value("pieces"))
        with simulated(maps(press("D-BEND"))) as other:
            listen_to(made, other, "moved")
            port = other.maps[0].link.port
            watch.until(lambda: [one["link"] for one in lease().info["links"]] == [f"127.0.0.1:{port}"])
            watch.until(lambda: lease().info["links"][0]["state"] == "up")
            with transaction() as session:
                session.get_one(Device, made.devices["D-BEND"]).enabled = False
            watch.until(lambda: lease().info["links"] == [])


def test_a_broken_map_is_told_in_the_health(app: Flask, made: Shop, watch: Watch) -> None:
    with transaction() as session:
        row = session.get_one(Device, made.devices["D-BEND"])
        row.map, row.map_hash = {"device": "D-BEND"}, "broken"
    with polling(app):
        assert "D-BEND" in watch.until(lambda: lease().info.get("problems"))


def test_a_clean_end_gives_the_lease_back(app: Flask, made: Shop, watch: Watch) -> None:
    with polling(app):
        watch.until(lambda: db.session.get(Lease, LEASE))
    assert lease().until <= now_utc()
    assert leases.take(LEASE, "next", now_utc(), 5) == 2


def test_what_could_not_be_kept_is_delivered_again(app: Flask) -> None:
    taken: list[int] = []

    async def take(batches: list[Batch]) -> None:
        taken.append(len(batches))
        if len(taken) == 1:
            raise OSError("disk")

    async def deliver() -> None:
        funnel = Funnel(take, 0)
        flow = asyncio.create_task(funnel.run())
        batch = Batch("1", "machine:1", NOW, NOW)
        with pytest.raises(OSError, match="disk"):
            await funnel.sink([batch])
        await asyncio.gather(funnel.sink([batch]), funnel.sink([batch, batch]))
        flow.cancel()

    asyncio.run(deliver())
    assert taken[0] == 1
    assert sum(taken[1:]) == 3


def test_a_fleet_slows_what_a_rule_names_and_nothing_else(app: Flask, plant: Plant) -> None:
    device = known_devices(db.session)[0].map
    assert device
    demand = Demand(device.machine, "hold", 0, "1", "station:1", 9, NOW)

    async def slow() -> list[str]:
        fleet = Fleet(lambda _: None, lambda: True, QUICK.periods)
        await fleet.bring(known_devices_kept)
        first = await fleet.apply({"machine:999": demand}, 7)
        then = await fleet.apply({device.machine: demand}, 7)
        await fleet.stop()
        return [report.demanded for report in (*first, *then)]

    known_devices_kept = known_devices(db.session)
    assert asyncio.run(slow()) == ["run", "hold"]
    assert plant.machines["D-BEND"].mode == "run"
