"""Machines behind a broker: values with honest times, writes told back, a broker that goes away and comes back."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import aiomqtt
import pytest
from device_rigs import maps, polled
from foreign_servers import broker

from devices.errors import OutOfRange
from devices.mqtt import _time

OVEN = """
  - device: oven
    machine: M-oven
    link: {{protocol: mqtt, host: 127.0.0.1, port: {port}}}
    writes: true
    tags:
      - {{name: state, topic: plant/oven, path: state, type: uint16, meaning: state, cadence: fast, heartbeat_s: 0.2}}
      - {{name: pieces, topic: plant/oven, path: n.good, type: uint32, meaning: count, cadence: fast}}
      - {{name: heat, topic: plant/oven, path: heat, time_path: at, type: float64, meaning: temperature, cadence: fast,
          plausible: [0, 300]}}
      - {{name: aim, topic: plant/oven/aim, set_topic: plant/oven/aim/set, type: float64, writable: [20, 250],
          cadence: fast}}
"""
SAID = {"state": 1, "n": {"good": 41}, "heat": 180.5, "at": "2026-03-02T07:00:00+01:00"}


async def _say(port: int, topic: str, payload: object, retain: bool = False) -> None:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.publish(topic, data, qos=1, retain=retain)


async def _connected(poller) -> None:
    link = poller._lines[0].link
    async with asyncio.timeout(10):
        while link.reason is not None:
            await link.changed.wait()


def test_values_come_with_the_time_of_the_device_and_damaged_ones_are_none():
    async def story(port):
        async with polled(maps(OVEN.format(port=port))) as (poller, basin):
            await _connected(poller)
            await _say(port, "plant/oven", SAID)
            await basin.until(lambda: basin.samples("heat") and basin.samples("heat")[-1].quality == "good")
            for damaged in (b"not json", b'{"heat": NaN}', b'{"heat": "hot"}', b"[" * 100_000):
                await _say(port, "plant/oven", damaged)
            await basin.until(lambda: basin.samples("heat")[-1].quality == "bad")
            await _say(port, "plant/oven", SAID | {"heat": 999})
            await basin.until(lambda: basin.samples("heat")[-1].reason == "implausible")
            await basin.until(lambda: basin.edges() and basin.edges()[-1].state == "no_data")  # its heartbeats end
        return basin

    with broker() as one:
        basin = asyncio.run(story(one.port))
    good = next(s for s in basin.samples("heat") if s.quality == "good")
    assert (good.value, good.source_at) == (180.5, datetime(2026, 3, 2, 6, tzinfo=UTC))
    assert basin.samples("pieces")[0].value is None or basin.samples("pieces")[0].value == 41
    assert basin.edges()[0].state == "running"


def test_what_the_broker_kept_is_doubted_and_a_lost_broker_comes_back():
    async def story(one):
        await _say(one.port, "plant/oven", SAID, retain=True)
        async with polled(maps(OVEN.format(port=one.port)), most_backoff_s=0.05) as (poller, basin):
            await basin.until(lambda: any(s.reason == "retained" for s in basin.samples("state")))
            # its own time says how old the temperature is, so nothing has to be doubted
            assert any(s.quality == "good" for s in basin.samples("heat"))
            one.kill()
            await basin.until(lambda: basin.edges()[-1].state == "no_data")
            assert poller.health()[0].state == "down"
            one.start()
            await _connected(poller)
            await _say(one.port, "plant/oven", SAID)
            await basin.until(lambda: basin.edges()[-1].state == "running")

    with broker() as one:
        asyncio.run(story(one))


def test_a_write_is_verified_by_what_the_device_tells_and_a_limit_is_left_to_people(monkeypatch):
    monkeypatch.setattr("devices.mqtt.ECHO_S", 0.3)

    async def story(port):
        async with polled(maps(OVEN.format(port=port))) as (poller, _):
            await _connected(poller)
            silent = await poller.write("oven", "aim", 120)
            async with aiomqtt.Client("127.0.0.1", port) as oven:
                await oven.subscribe("plant/oven/aim/set", qos=1)
                asked = asyncio.create_task(poller.write("oven", "aim", 121.5))
                async for message in oven.messages:
                    await oven.publish("plant/oven/aim", message.payload, qos=1)
                    break
                told = await asked
            with pytest.raises(OutOfRange):
                await poller.write("oven", "aim", 251)
            return silent, told, await poller.limit("oven", "hold")

    with broker() as one:
        silent, told, limit = asyncio.run(story(one.port))
    assert (silent.state, silent.reason, told.state) == ("written", "not_told_back", "verified")
    assert (limit.state, limit.reason) == ("notify_only", "no_write_path")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (1772431200, datetime(2026, 3, 2, 6, tzinfo=UTC)),
        (1772431200000, datetime(2026, 3, 2, 6, tzinfo=UTC)),
        ("2026-03-02T06:00:00Z", datetime(2026, 3, 2, 6, tzinfo=UTC)),
        ("2026-03-02T06:00:00", None),  # no zone: it could be any
        ("soon", None),
        (True, None),
        (1e300, None),
    ],
)
def test_the_time_of_a_device(said, meant):
    assert _time(said) == meant
