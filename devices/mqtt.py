"""A device that tells by itself, in plain JSON over MQTT: values come when they come, and grow old when they do not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from devices.broker import LARGEST, Broker
from devices.driver import Reading, failed
from devices.errors import BadValue, LinkError, NotWritable, OutOfRange
from devices.sample import WriteResult
from devices.tags import DeviceMap, Tag, Value

ECHO_S = 2.0  # how long a device may take to tell the value it was given


class MqttDriver:
    """One device behind a broker; it has no limit block, so its people are told instead."""

    caps = frozenset({"read", "write", "subscribe"})

    def __init__(self, device: DeviceMap, broker: Broker) -> None:
        """Ask the broker for the topics of the map; nothing is opened yet."""
        self.device, self.broker = device, broker
        self._came: dict[str, Reading] = {}
        self._last: dict[str, Value] = {}
        for topic in dict.fromkeys(tag.topic for tag in device.tags):
            broker.subscribe(topic, self._take)

    async def open(self) -> None:
        """Have the broker's connection open, or opening."""
        self.broker.ensure()

    async def close(self) -> None:
        """Forget what came and was not fetched."""
        self._came.clear()

    async def read(self, cadence: str) -> list[Reading]:
        """Return what came since the last time; without a broker a reason for each tag. Never raises."""
        self.broker.ensure()
        tags = [tag for tag in self.device.tags if tag.cadence == cadence]
        came = [self._came.pop(tag.name) for tag in tags if tag.name in self._came]
        if came or self.broker.reason is None:
            return came
        return failed(tags, self.broker.reason)

    async def write(self, tag: Tag, value: Value, verify: bool = True) -> WriteResult:
        """Publish to the tag's set topic; verified when the device then tells that value within two seconds.

        Raises NotWritable or OutOfRange before anything is sent.
        """
        if not self.device.writes or tag.writable is None or not tag.set_topic:
            raise NotWritable(device=self.device.device, tag=tag.name)
        if isinstance(value, str) or not tag.writable[0] <= value <= tag.writable[1]:
            raise OutOfRange(tag=tag.name, value=value)
        self._last.pop(tag.name, None)
        try:
            await self.broker.publish(tag.set_topic, json.dumps(_wrapped(tag.path, value)).encode())
        except LinkError as error:
            return WriteResult((), None, "lost", error.code)
        told = verify and await self._tells(tag, value)
        return WriteResult((), None, "verified" if told else "written", None if told or not verify else "not_told_back")

    async def write_words(self, address: int, words: Sequence[int], tries: int = 1) -> WriteResult:
        """Refuse: messages have no registers."""
        return WriteResult(tuple(words), None, "refused", "no_write_path")

    async def read_words(self, address: int, count: int) -> list[int]:
        """Refuse: messages have no registers."""
        raise LinkError("no_registers", device=self.device.device)

    async def _tells(self, tag: Tag, value: Value) -> bool:
        try:
            async with asyncio.timeout(ECHO_S):
                while self._last.get(tag.name) != value:
                    await self.broker.changed.wait()
        except TimeoutError:
            return False
        return True

    def _take(self, topic: str, payload: bytes, retained: bool) -> None:
        now, tick = self.broker.clock.now(), self.broker.clock.tick()
        try:
            message = _parsed(payload)
        except BadValue as error:
            for tag in (tag for tag in self.device.tags if tag.topic == topic):
                self._came[tag.name] = Reading(tag, None, error.code, True, now, tick)
            return
        for tag in (tag for tag in self.device.tags if tag.topic == topic):
            if (reading := _reading(tag, message, retained, now, tick)) is not None:
                self._came[tag.name] = reading
                if reading.value is not None:
                    self._last[tag.name] = reading.value


def _reading(tag: Tag, message: Any, retained: bool, now: datetime, tick: float) -> Reading | None:
    """The reading of one tag; None when the message does not speak of it.

    What the broker kept from before may be of any age: without a time of the device it is doubted.
    """
    told, value = _at(message, tag.path)
    if not told:
        return None
    source = _time(_at(message, tag.time_path)[1]) if tag.time_path else None
    try:
        return Reading(tag, _typed(tag, value), "retained" if retained and source is None else None, True, now, tick,
                       source)  # fmt: skip
    except BadValue as error:
        return Reading(tag, None, error.code, True, now, tick, source)


def _parsed(payload: bytes) -> Any:
    if len(payload) > LARGEST:
        raise BadValue("too_long")
    try:
        return json.loads(payload, parse_constant=_not_finite)
    except (ValueError, RecursionError) as error:
        raise BadValue("undecodable") from error


def _not_finite(word: str) -> Any:
    raise BadValue("not_finite", value=word)


def _at(message: Any, path: str) -> tuple[bool, Any]:
    """Whether the message has something at a path, and what."""
    for key in path.split(".") if path else ():
        if not isinstance(message, dict) or key not in message:
            return False, None
        message = message[key]
    return True, message


def _wrapped(path: str, value: Value) -> Any:
    wrapped: Any = value
    for key in reversed(path.split(".") if path else ()):
        wrapped = {key: wrapped}
    return wrapped


def _typed(tag: Tag, value: Any) -> Value:
    """A JSON value as the tag's type; a number is scaled, whatever does not fit is no value."""
    if tag.type == "string" and isinstance(value, str):
        return value[: 2 * tag.length] if tag.length > 1 else value[:250]
    if tag.type == "bool" and (isinstance(value, bool) or value in (0, 1)):
        return bool(value)
    if tag.type in ("bool", "string") or isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue("undecodable", tag=tag.name)
    if abs(value) > 1e300:
        raise BadValue("not_finite", tag=tag.name)
    scaled = float(value) * float(tag.scale) + float(tag.offset)
    plain = tag.scale == 1 and tag.offset == 0
    if tag.type.startswith("float"):
        return float(value) if plain else scaled
    if value != int(value):
        raise BadValue("undecodable", tag=tag.name)
    return int(value) if plain else scaled


def _time(value: Any) -> datetime | None:
    """The device's own time: ISO 8601 with a zone, or seconds or milliseconds since 1970; None for anything else."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
