"""Which driver speaks to a device: the one place that knows every protocol."""

from __future__ import annotations

import random
from collections.abc import Sequence

from devices.broker import Broker
from devices.clock import SYSTEM, Clock
from devices.driver import Connection, Driver
from devices.link import Link
from devices.modbus import ModbusDriver
from devices.mqtt import MqttDriver
from devices.tags import DeviceMap


def line_of(
    devices: Sequence[DeviceMap], *, most_s: float = 30.0, clock: Clock = SYSTEM, rng: random.Random | None = None
) -> tuple[Connection, list[Driver]]:
    """Return the connection that these devices share (by `Endpoint.line`) and a driver for each; nothing is opened."""
    place = devices[0].link
    if place.protocol == "mqtt":
        broker = Broker(place, most_s=most_s, clock=clock, rng=rng)
        return broker, [MqttDriver(device, broker) for device in devices]
    link = Link(
        place.host, place.port, timeout_s=place.timeout_s, framing=place.framing, most_s=most_s, clock=clock, rng=rng,
        endpoint=place,
    )  # fmt: skip
    return link, [ModbusDriver(device, link) for device in devices]
