"""The link: no wrong number from any device, honest failures, own back-off."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import contextmanager

import pytest
from device_rigs import Hands, black_hole, hostile, listening
from pyModbusTCP.server import DataBank, ModbusServer

from devices.errors import LinkError, Refused
from devices.link import Link


@contextmanager
def foreign_server():
    """A Modbus server this project did not write, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bank = DataBank()
    server = ModbusServer("127.0.0.1", port, no_block=True, data_bank=bank)
    server.start()
    try:
        yield port, bank
    finally:
        server.stop()


async def _asked(port: int, reads: int, seed: int, framing: str) -> tuple[int, int]:
    """Return (wrong values, failures) of so many reads of a device whose register a holds a."""
    rng, wrong, failed = random.Random(seed), 0, 0
    link = Link("127.0.0.1", port, timeout_s=0.008, framing=framing, first_s=0)
    for _ in range(reads):
        first, count = rng.randrange(1000), rng.choice((1, 2, 10))
        try:
            wrong += await link.read(1, "holding", first, count) != list(range(first, first + count))
        except LinkError:
            failed += 1
    link.drop()
    return wrong, failed


@pytest.mark.parametrize("style", ["tid", "no_tid", "rtu"])
def test_no_wrong_value_from_a_hostile_device(style):
    framing = "rtu_over_tcp" if style == "rtu" else "tcp"

    async def story():
        async with listening(hostile(random.Random(7), 0.15, style)) as port:
            return await _asked(port, 1200, 5, framing)

    wrong, failed = asyncio.run(story())
    assert wrong == 0
    assert 50 < failed < 600


def test_an_honest_device_never_fails():
    async def story():
        async with listening(hostile(random.Random(7), 0.0)) as port:
            link = Link("127.0.0.1", port)
            values = [await link.read(1, "holding", a, 3) for a in range(50)]
            link.drop()
            return values, link.connects

    values, connects = asyncio.run(story())
    assert values == [[a, a + 1, a + 2] for a in range(50)]
    assert connects == 1


def test_a_silent_device_costs_one_timeout_and_its_connection():
    async def story():
        async with listening(black_hole) as port:
            link = Link("127.0.0.1", port, timeout_s=0.05)
            for _ in range(2):
                with pytest.raises(LinkError) as caught:
                    await link.read(1, "holding", 0, 1)
                assert caught.value.code == "timeout"
            link.drop()
            return link.connects

    assert asyncio.run(story()) == 2


def test_refused_connects_back_off_with_jitter_and_come_back():
    hands = Hands()
    with foreign_server() as (port, _):
        pass  # the port is free again: nobody listens

    async def story():
        link = Link("127.0.0.1", port, clock=hands.clock, rng=random.Random(3), first_s=1, most_s=8)
        gaps = []
        for _ in range(6):
            with pytest.raises(LinkError, match="refused"):
                await link.read(1, "holding", 0, 1)
            with pytest.raises(LinkError, match="backing_off"):
                await link.read(1, "holding", 0, 1)
            gaps.append(link.not_before - hands.seconds)
            hands.seconds = link.not_before
        return gaps

    gaps = asyncio.run(story())
    for gap, whole in zip(gaps, (1, 2, 4, 8, 8, 8), strict=True):
        assert whole / 2 <= gap <= whole
    assert len({round(gap, 6) for gap in gaps[3:]}) == 3


def test_a_foreign_server_is_read_and_written():
    async def story(port, bank):
        bank.set_holding_registers(10, [1, 65535, 3])
        bank.set_coils(5, [True, False, True])
        link = Link("127.0.0.1", port)
        assert await link.read(1, "holding", 10, 3) == [1, 65535, 3]
        assert await link.read(1, "coil", 5, 3) == [1, 0, 1]
        await link.write_registers(1, 20, [7, 8, 9])
        await link.write_coil(1, 9, True)
        link.drop()
        return bank.get_holding_registers(20, 3), bank.get_coils(9, 1)

    with foreign_server() as (port, bank):
        words, coils = asyncio.run(story(port, bank))
    assert words == [7, 8, 9]
    assert coils == [True]


def test_an_exception_reply_is_an_answer_and_keeps_the_connection():
    async def refusing(reader, writer):
        while True:
            request = await reader.readexactly(12)
            writer.write(request[:4] + b"\0\3" + request[6:7] + b"\x83\x02")

    async def story():
        async with listening(refusing) as port:
            link = Link("127.0.0.1", port)
            for _ in range(3):
                with pytest.raises(Refused) as caught:
                    await link.read(1, "holding", 0, 1)
            link.drop()
            return caught.value.values["exception"], link.connects

    assert asyncio.run(story()) == (2, 1)


def test_a_write_whose_echo_names_another_address_fails():
    async def liar(reader, writer):
        while True:
            request = await reader.readexactly(15)
            writer.write(request[:4] + b"\0\6" + request[6:8] + b"\0\x63" + request[10:12])

    async def story():
        async with listening(liar) as port:
            link = Link("127.0.0.1", port)
            with pytest.raises(LinkError, match="malformed"):
                await link.write_registers(1, 5, [1])

    asyncio.run(story())
