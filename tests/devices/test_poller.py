"""The poller on real TCP: live links are never held up by dead ones, values age honestly, limits are leases."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from device_rigs import QUICK, START, black_hole, listening, maps, plant, polled, press

from devices.errors import DevicesError, NotWritable, OutOfRange, UnknownDevice
from devices.simulator import Plant
from devices.throttle import Demand


def test_states_counts_and_values_arrive():
    async def story():
        async with plant(press(), speed=50) as running, polled(running.maps) as (_, basin):
            await basin.until(lambda: basin.pieces("press") >= 5 and len(basin.samples("torque")) >= 3)
        assert basin.edges()[0].was == "no_data"
        assert basin.edges()[0].state == "running"
        assert all(s.quality == "good" and s.received_at is not None for s in basin.samples("torque"))
        assert all(9 < s.value < 15 for s in basin.samples("torque"))
        assert {s.value for s in basin.samples("state")} == {1}

    asyncio.run(story())


def test_a_dead_and_a_silent_link_do_not_delay_a_live_one():
    async def story():
        async with listening(black_hole) as hole, plant(press("live"), speed=100) as running:
            dead = maps(press("silent", port=hole, timeout=0.2), press("absent", port=_closed_port(), timeout=0.2))
            async with polled([*running.maps, *dead]) as (poller, basin):
                live = running.maps[0].device
                before = basin.samples("pieces", live)
                await basin.until(lambda: len(basin.samples("pieces", live)) - len(before) >= 60)
                await basin.until(lambda: any(s.reason for s in basin.samples("pieces", "silent")))
                health = {h.devices[0]: h for h in poller.health()}
        assert health["live"].state == "up"
        assert health["silent"].state == health["absent"].state == "down"
        assert all(s.value is None and s.quality == "bad" for s in basin.samples("pieces", "silent"))
        # behind a barrier the live link would be read exactly as often as the silent one is tried
        assert len(basin.samples("pieces", live)) > 3 * health["silent"].connects

    asyncio.run(story())


def test_quality_falls_and_the_time_is_never_refreshed():
    async def story():
        async with plant(press(), speed=20) as running, polled(running.maps) as (_, basin):
            await basin.until(lambda: len(basin.samples("pieces")) >= 3)
            await running.stop()
            await basin.until(lambda: any(e.state == "no_data" for e in basin.edges()))
        pieces = basin.samples("pieces")
        ladder = [s.quality for s in pieces if s.received_at == pieces[-1].received_at]
        # a loaded machine may miss the moment of "uncertain"; the two steps themselves are proved without a clock
        assert ladder in (["good", "uncertain", "bad"], ["good", "bad"])
        assert len({s.value for s in pieces[-len(ladder) :]}) == 1
        assert basin.edges()[-1].at <= pieces[-1].received_at

    asyncio.run(story())


def test_a_device_that_returns_is_read_again():
    async def story():
        async with plant(press()) as running, polled(running.maps, most_backoff_s=0.05) as (_, basin):
            await basin.until(lambda: bool(basin.edges()))
            await running.stop()
            await basin.until(lambda: basin.edges()[-1].state == "no_data")
            again = Plant(running.maps)
            await again.start()
            await basin.until(lambda: basin.edges()[-1].state == "running")
            await again.stop()

    asyncio.run(story())


def test_a_hold_stops_the_machine_and_is_released_by_a_clean_stop():
    async def story():
        async with plant(press(), speed=50) as running:
            machine = running.machines["press"]
            async with polled(running.maps) as (poller, basin):
                report = await poller.limit("press", "hold", source=4)
                assert (report.state, report.effective, report.write.state) == ("accepted", "hold", "verified")
                await basin.until(lambda: basin.limits()[-1:] != [] and basin.limits()[-1].state == "effective")
                await basin.until(lambda: basin.edges()[-1:] != [] and basin.edges()[-1].state == "idle")
                slower = await poller.limit("press", "limit", 100)
                assert (slower.rate_permille, slower.sequence) == (200, report.sequence + 1)
                assert [r.demanded for r in basin.limits()][-1] in ("hold", "limit")
            assert machine.mode == "run"

    asyncio.run(story())


def test_a_hold_is_renewed_within_its_lease():
    async def story():
        async with plant(press(lease=2)) as running, polled(running.maps) as (poller, basin):
            await poller.limit("press", "hold")
            first = running.machines["press"].command.heartbeat
            # three renewals later the lease of the first write is over
            await basin.until(lambda: running.machines["press"].command.heartbeat > first + 2)
            assert running.machines["press"].mode == "hold"

    asyncio.run(story())


def test_demands_are_applied_as_a_whole_and_only_changes_are_written():
    async def story():
        async with plant(press("a"), press("b")) as running, polled(running.maps) as (poller, _):
            hold = Demand("M-a", "hold", 0, "r", "S4", 30, START)
            first = await poller.apply({"M-a": hold, "M-elsewhere": hold})
            again = await poller.apply({"M-a": hold})
            asked = await poller.apply({"M-a": hold}, unanswered={"M-a", "M-b"})
            modes = [running.machines[name].mode for name in ("a", "b")]
            last = await poller.apply({})
            return first, again, asked, modes, last, running.machines["a"].mode

    first, again, asked, modes, last, mode = asyncio.run(story())
    assert [(r.machine, r.state) for r in first] == [("M-a", "accepted")]
    assert (again, modes) == ((), ["hold", "run"])
    assert [(r.machine, r.demanded, r.sequence) for r in asked] == [("M-a", "hold", first[0].sequence)]
    assert ([r.demanded for r in last], mode) == (["run"], "run")


def test_a_demand_nobody_repeats_is_released():
    async def story():
        async with plant(press(lease=2)) as running, polled(running.maps, stand_s=0.1) as (poller, basin):
            await poller.limit("M-press", "hold")
            await basin.until(lambda: basin.limits()[-1:] != [] and basin.limits()[-1].demanded == "run")
            return running.machines["press"].mode

    assert asyncio.run(story()) == "run"


def test_a_machine_whose_map_forbids_writing_is_told_through_people():
    async def story():
        async with plant(press(writes="false")) as running, polled(running.maps) as (poller, _):
            report = await poller.limit("press", "hold")
            with pytest.raises(NotWritable):
                await poller.write("press", "job", 5)
            return report, running.machines["press"].command

    report, command = asyncio.run(story())
    assert report.state == "notify_only"
    assert command is None


def test_a_local_override_wins_and_is_shown():
    async def story():
        async with plant(press()) as running, polled(running.maps) as (poller, _):
            await poller.write("press", "local", True)
            return await poller.limit("press", "hold")

    report = asyncio.run(story())
    assert (report.state, report.override, report.effective) == ("overridden", True, "run")


def test_writes_are_verified_and_out_of_range_ones_are_not_sent():
    async def story():
        async with plant(press(jobs=0)) as running, polled(running.maps) as (poller, _):
            result = await poller.write("press", "job", 7)
            assert (result.state, result.requested, result.read_back) == ("verified", (7,), (7,))
            with pytest.raises(OutOfRange):
                await poller.write("press", "job", 501)
            with pytest.raises(NotWritable):
                await poller.write("press", "pieces", 1)
            with pytest.raises(UnknownDevice):
                await poller.write("press", "nothing", 1)
            machine = running.machines["press"]
            return machine.todo + machine.count + (machine.state == 1)

    assert asyncio.run(story()) == 7


def test_a_lost_write_is_told_as_lost():
    async def story():
        async with listening(black_hole) as hole:
            devices = maps(press(port=hole, timeout=0.02))
            async with polled(devices) as (poller, _):
                limit = await poller.limit("press", "hold")
                write = await poller.write("press", "job", 5)
        return limit.state, write.state

    assert asyncio.run(story()) == ("lost", "lost")


def test_a_command_that_comes_too_late_is_refused_not_forgotten():
    async def story():
        async with listening(black_hole) as hole:
            async with polled(maps(press(port=hole, timeout=0.05))) as (poller, _):
                asked = [asyncio.create_task(poller.limit("press", "hold")) for _ in range(3)]
                await asyncio.sleep(0)
            outcomes = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 5)
            with pytest.raises(DevicesError, match="stopping"):
                await poller.write("press", "job", 5)
        return {o.code if isinstance(o, DevicesError) else o.state for o in outcomes}

    assert asyncio.run(story()) <= {"lost", "stopping"}


def test_two_units_share_one_port_and_one_link():
    async def story():
        port = _closed_port()
        items = press("a", port=port, unit=1), press("b", port=port, unit=2)
        async with plant(*items, speed=50) as running, polled(running.maps) as (poller, basin):
            await basin.until(lambda: basin.pieces("a") > 2 and basin.pieces("b") > 2)
            return poller.health()

    (health,) = asyncio.run(story())
    assert (health.devices, health.connects) == (("a", "b"), 1)


def test_a_sink_that_fails_is_asked_again_and_nothing_is_lost():
    async def story():
        from devices.poller import Poller

        taken, refusals = [], [OSError("disk full"), OSError("disk full")]
        done = asyncio.Event()

        async def sink(batches):
            if refusals:
                raise refusals.pop()
            taken.extend(batches)
            if any(batch.edges for batch in taken):
                done.set()

        async with plant(press()) as running:
            poller = Poller(running.maps, sink, periods=QUICK)
            poller.outlet.first_s = 0.01
            await poller.start()
            async with asyncio.timeout(5):
                await done.wait()
            await poller.stop()
        return taken, poller.outlet

    taken, outlet = asyncio.run(story())
    assert [edge.state for batch in taken for edge in batch.edges] == ["running"]
    assert (outlet.failures, outlet.dropped) == (2, 0)


def test_a_refused_register_does_not_blind_its_neighbours():
    async def story():
        async with plant(press()) as running:
            device = running.maps[0]
            beyond = replace(device.tags[3], name="beyond", address=118)
            async with polled([replace(device, tags=(*device.tags, beyond), max_gap=125)]) as (_, basin):
                await basin.until(lambda: any(s.quality == "good" for s in basin.samples("pieces")))
                await basin.until(lambda: any(s.reason == "exception_2" for s in basin.samples("beyond")))
                await basin.until(lambda: any(s.quality == "good" for s in basin.samples("torque")))

    asyncio.run(story())


def _closed_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
