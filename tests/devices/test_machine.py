"""The simulated machine: its work, its breakdowns, its obedience, and the lease that ends by itself."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from device_rigs import Hands, maps, plant, press

from devices import signal
from devices.actuator import LimitKeeper
from devices.chaos import Chaos
from devices.errors import BadBlock, LinkError, PlantError
from devices.link import Link
from devices.modbus import ModbusDriver
from devices.signal import Command
from devices.simulator import Plant
from devices.tags import Behaviour, Noise
from devices.virtual import IDLE, OFF, RUNNING, STOPPED, VirtualMachine


def machine(**behaviour) -> VirtualMachine:
    """Return a machine with ten-second cycles and a hundred jobs."""
    return VirtualMachine(Behaviour(**{"cycle_s": 10.0, "jobs": 100, **behaviour}), seed=3)


def test_it_makes_a_piece_each_cycle_until_nothing_is_left():
    one = machine(jobs=3)
    seen = []
    for second in (5, 10, 25, 31, 60):
        one.advance(second)
        seen.append((one.count, one.state))
    assert seen == [(0, RUNNING), (1, RUNNING), (2, RUNNING), (3, IDLE), (3, IDLE)]
    one.add_job(1)
    one.advance(70)
    assert (one.count, one.todo) == (4, 0)


def test_speed_scales_its_work_and_one_seed_is_one_course():
    quick = VirtualMachine(Behaviour(cycle_s=10, spread=0.2, mtbf_s=200, mttr_s=50, jobs=1000), speed=10, seed=5)
    slow = VirtualMachine(Behaviour(cycle_s=10, spread=0.2, mtbf_s=200, mttr_s=50, jobs=1000), speed=1, seed=5)
    for second in range(0, 300, 7):
        quick.advance(second)
    slow.advance(quick.now * 10)
    assert quick.count == slow.count > 100
    assert quick.count < quick.now


def test_it_breaks_and_mends_and_a_forced_fault_stays():
    one = machine(mtbf_s=100, mttr_s=30, jobs=10000)
    states = set()
    for second in range(2000):
        one.advance(second)
        states.add((one.state, one.alarm > 0))
    assert states == {(RUNNING, False), (STOPPED, True)}
    one = machine()
    one.advance(5)
    one.force_fault(17)
    one.advance(500)
    assert (one.state, one.count) == (STOPPED, 0)
    one.force_fault(0)
    one.advance(505)
    assert one.count == 1
    one.powered = False
    assert one.state == OFF


def test_a_hold_finishes_the_piece_in_hand_and_lapses_with_its_lease():
    one = machine()
    one.advance(12)
    one.obey(Command(1, "hold", 0, 15, 1))
    one.advance(26.9)
    assert (one.count, one.state, one.mode) == (2, IDLE, "hold")
    one.advance(37.1)
    assert (one.count, one.mode) == (3, "run")


def test_a_limit_slows_it_and_an_override_frees_it():
    one = machine()
    one.obey(Command(1, "limit", 500, 1000, 1))
    one.advance(40)
    assert (one.count, one.answer.mode, one.answer.rate_permille) == (2, "limit", 500)
    one.override = True
    one.advance(60)
    assert (one.count, one.answer.mode, one.answer.override) == (4, "run", True)


def test_values_are_drawn_for_each_piece_and_wear_shows():
    one = machine(jobs=1000, values={"torque": Noise(12.0, 0.1, 0.01)})
    seen = []
    for second in range(10, 2000, 10):
        one.advance(second)
        seen.append(one.values["torque"])
    assert len(set(seen)) == len(seen)
    assert sum(seen[-20:]) > sum(seen[:20]) + 20
    one.force_fault(0)
    one.advance(2010)
    assert one.values["torque"] < 13


def test_a_limit_block_survives_its_registers_and_a_changed_one_does_not():
    command = Command(7, "limit", 400, 15, 3, 12)
    words = signal.encode_command(command)
    assert signal.decode_command(words) == command
    for at in range(len(words)):
        broken = [*words[:at], words[at] ^ 1, *words[at + 1 :]]
        with pytest.raises(BadBlock):
            signal.decode_command(broken)
    with pytest.raises(BadBlock):
        signal.decode_command([0] * 8)
    with pytest.raises(BadBlock):
        signal.encode_command(Command(1, "limit", 1001, 15, 1))
    assert [signal.next_number(n) for n in (0, 1, 65535)] == [1, 2, 1]


def test_when_the_server_falls_silent_the_machine_runs_again():
    hands = Hands()

    async def story():
        async with plant(press(lease=15), clock=lambda: hands.seconds) as running:
            (device,) = running.maps
            link = Link(device.link.host, device.link.port)
            keeper = LimitKeeper(ModbusDriver(device, link), hands.clock)
            keeper.demand("hold", 0, 4)
            told = [(await keeper.write()).effective]
            for seconds in (14.9, 15.1):
                hands.seconds = seconds
                told.append((await keeper.watch()).effective)
            next_server = LimitKeeper(ModbusDriver(device, link), hands.clock)
            next_server.demand("hold", 0, 4)
            report = await next_server.write()
            link.drop()
            return told, keeper.sequence, report

    told, sequence, report = asyncio.run(story())
    assert told == ["hold", "hold", "run"]
    assert (report.sequence, report.state) == (sequence + 1, "accepted")


def test_registers_nobody_may_write_are_refused():
    async def story():
        async with plant(press()) as running:
            link = Link("127.0.0.1", running.maps[0].link.port)
            driver = ModbusDriver(running.maps[0], link)
            results = [await driver.write_words(0, [5]), await driver.write_words(20, [5, 0, 1])]
            link.drop()
            return [(r.state, r.reason) for r in results]

    assert asyncio.run(story()) == [("refused", "exception_2")] * 2


@pytest.mark.parametrize("mode", ["late", "short", "wrong", "silent", "reset"])
def test_each_chaos_on_the_wire_is_a_failure_never_a_value(mode):
    async def story():
        chaos = Chaos(mode, share=0.4, seed=1, late_s=0.03)
        async with plant(press(jobs=0), chaos=chaos) as running:
            link, seen, failures = Link("127.0.0.1", running.maps[0].link.port, timeout_s=0.02), set(), 0
            for _ in range(40):
                try:
                    seen.add(tuple(await link.read(1, "holding", 0, 4)))
                except LinkError:
                    failures += 1
            link.drop()
            return seen, failures

    seen, failures = asyncio.run(story())
    assert seen == {(0, 0, 2, 0)}
    assert failures > 5


def test_stuck_and_jumping_values_look_like_it():
    hands = Hands()

    async def story(mode):
        async with plant(press(), chaos=Chaos(mode, share=0.3, seed=2), clock=lambda: hands.seconds) as running:
            link, counts = Link("127.0.0.1", running.maps[0].link.port), []
            for _ in range(30):
                hands.seconds += 1
                counts.append((await link.read(1, "holding", 1, 1))[0])
            link.drop()
            return counts

    assert set(asyncio.run(story("stuck"))) == {0}
    steps = asyncio.run(story("jump"))
    assert any(abs(b - a) > 1 for a, b in pairwise(steps))


def test_a_taken_port_is_told_and_nothing_stays_open():
    async def story():
        async with plant(press("a")) as running:
            taken = running.maps[0].link.port
            with pytest.raises(PlantError):
                await Plant(maps(press("b"), press("c", port=taken))).start()

    asyncio.run(story())
