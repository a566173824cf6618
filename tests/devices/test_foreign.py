"""Servers this project did not write, over TCP, a serial line and TLS: read, written, refused, silent."""

from __future__ import annotations

import asyncio
import random
import ssl
import subprocess

import pytest
from device_rigs import Hands, maps, press
from foreign_servers import modbus_tk_server, serial_server, umodbus_server

from devices.errors import LinkError, Refused
from devices.link import Link
from devices.modbus import ModbusDriver
from devices.tags import Endpoint, Security

# modbus-tk uses an old name of the standard library
pytestmark = pytest.mark.filterwarnings("ignore:isSet:DeprecationWarning")
VALUES = {0: 7, 1: 65535, 2: 3, 3: 0}


async def _round(link: Link) -> list[int]:
    """Read, write with read-back; return what stands there afterwards."""
    assert await link.read(1, "holding", 0, 3) == [7, 65535, 3]
    await link.write_registers(1, 2, [9, 10])
    back = await link.read(1, "holding", 2, 2)
    link.drop()
    return back


def test_modbus_tk_is_read_written_and_keeps_silent_for_another_unit():
    async def story(port):
        link = Link("127.0.0.1", port, timeout_s=1)
        with pytest.raises(Refused) as refused:
            await link.read(1, "holding", 95, 10)
        link.timeout_s = 0.05
        with pytest.raises(LinkError, match="timeout"):
            await link.read(5, "holding", 0, 1)
        link.timeout_s = 1
        return refused.value.values["exception"], await _round(link)

    with modbus_tk_server(VALUES) as (port, _):
        assert asyncio.run(story(port)) == (2, [9, 10])


def test_umodbus_is_read_written_and_refuses_what_has_no_route():
    async def story(port):
        link = Link("127.0.0.1", port, timeout_s=1)
        for unit, address in ((1, 50), (4, 0)):
            with pytest.raises(Refused) as refused:
                await link.read(unit, "holding", address, 1)
            assert refused.value.values["exception"] == 2
        return await _round(link)

    with umodbus_server(dict(VALUES)) as port:
        assert asyncio.run(story(port)) == [9, 10]


def test_a_block_over_registers_that_are_not_there_heals_in_one_round():
    text = press().replace("address: 20", "address: 97").replace("address: 21", "address: 120")
    # the registers 97 and 120 are one block for us; modbus-tk ends at 99
    (device,) = maps(text.replace("cadence: slow", "cadence: fast").replace("limit:", "max_gap: 125\n    limit:"))

    async def story(port):
        driver = ModbusDriver(device, Link("127.0.0.1", port, timeout_s=1))
        rounds = []
        for _ in range(2):
            before = driver.requests
            readings = {r.tag.name: r for r in await driver.read("fast")}
            rounds.append((driver.requests - before, readings["job"].reason, readings["fault"].reason))
            assert readings["pieces"].value == (7 << 16) + 65535
        driver.link.drop()
        return rounds

    with modbus_tk_server(VALUES) as (port, _):
        first, second = asyncio.run(story(port))
    assert first[1:] == second[1:] == (None, "exception_2")
    assert first[0] > second[0] <= 4


def test_a_serial_line_is_read_and_written_over_a_pair_of_terminals():
    async def story(path):
        place = Endpoint(path, 0, timeout_s=1, framing="rtu", parity="N")
        return await _round(Link(path, 0, timeout_s=1, endpoint=place))

    with serial_server(VALUES) as (path, _):
        assert asyncio.run(story(path)) == [9, 10]


def test_a_serial_port_that_is_not_there_is_a_refused_link():
    async def story():
        place = Endpoint("/dev/no-such-port", 0, framing="rtu")
        with pytest.raises(LinkError, match="refused"):
            await Link(place.host, 0, endpoint=place).read(1, "holding", 0, 1)

    asyncio.run(story())


def test_tls_needs_certificates_on_both_sides_and_takes_split_replies(tmp_path):
    paths = _certificate(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(*paths)
    server_side.load_verify_locations(paths[0])
    server_side.verify_mode = ssl.CERT_REQUIRED
    trusted = Security(paths[0], paths[0], paths[1])
    stranger = Security(_certificate(tmp_path, "other")[0])

    async def story():
        server = await asyncio.start_server(_split, "127.0.0.1", 0, ssl=server_side)
        port = server.sockets[0].getsockname()[1]

        def link(security):
            place = Endpoint("127.0.0.1", port, timeout_s=1, framing="tls", security=security)
            return Link("127.0.0.1", port, timeout_s=1, first_s=0, endpoint=place)

        good = link(trusted)
        value = await good.read(1, "holding", 40, 3)
        good.drop()
        for refused in (stranger, Security(str(tmp_path / "missing.pem"))):
            with pytest.raises(LinkError, match="refused"):
                await link(refused).read(1, "holding", 0, 1)
        server.close()
        return value

    assert asyncio.run(story()) == [40, 41, 42]


def test_a_silent_unit_behind_a_gateway_is_asked_less_and_the_others_go_on():
    hands = Hands()

    async def story(port):
        link = Link("127.0.0.1", port, timeout_s=0.03, clock=hands.clock, rng=random.Random(1))
        live, mute = (ModbusDriver(one, link) for one in maps(press("a", unit=1), press("b", unit=2)))
        reasons = set()
        for _ in range(30):
            hands.seconds += 0.1
            assert all(reading.value is not None for reading in (await live.read("fast")))
            reasons |= {reading.reason for reading in await mute.read("fast")}
        link.drop()
        return live.requests, mute.requests, reasons

    with modbus_tk_server(VALUES) as (port, _):
        live, mute, reasons = asyncio.run(story(port))
    assert live == 30
    assert 2 <= mute <= 12
    assert reasons == {"timeout", "unit_silent"}


async def _split(reader, writer):
    """Answer with the address as value, each reply in two records; swallow what a closing client leaves."""
    try:
        while True:
            request = await reader.readexactly(12)
            first, count = int.from_bytes(request[8:10]), int.from_bytes(request[10:12])
            body = bytes([1, 3, 2 * count]) + b"".join((first + i).to_bytes(2, "big") for i in range(count))
            whole = request[:4] + len(body).to_bytes(2, "big") + body
            writer.write(whole[:5])
            await writer.drain()
            writer.write(whole[5:])
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        writer.close()


def _certificate(folder, name: str = "us") -> tuple[str, str]:
    certificate, key = str(folder / f"{name}.pem"), str(folder / f"{name}.key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         key, "-out", certificate, "-days", "2", "-subj", f"/CN={name}"],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key
