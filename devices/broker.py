"""One connection to an MQTT broker, shared by the devices that speak through it; comes back by itself."""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from devices.clock import SYSTEM, Clock
from devices.errors import LinkError
from devices.tags import Endpoint
from devices.transport import context

LARGEST = 1 << 16
Taker = Callable[[str, bytes, bool], None]


class Broker:
    """Listens to topics and hands each message (topic, payload, retained) to those who asked; times in s.

    Back-off between tries as for a Modbus link. `reason` says why there is no connection, None while there is one.
    """

    def __init__(
        self, endpoint: Endpoint, *, first_s: float = 0.25, most_s: float = 30.0, clock: Clock = SYSTEM,
        rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        """Prepare without connecting."""
        self.endpoint, self.clock, self.rng = endpoint, clock, rng or random.Random()
        self.first_s, self.most_s = first_s, most_s
        self.connects, self.failed_connects = 0, 0
        self.reason: str | None = "not_connected"
        self.changed = asyncio.Event()
        self._takers: dict[str, list[Taker]] = {}
        self._client: Any = None
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, topic: str, taker: Taker) -> None:
        """Hand messages of a topic to `taker`; before the first connection."""
        self._takers.setdefault(topic, []).append(taker)

    def ensure(self) -> None:
        """Have the listening task run; needs a running loop."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    async def publish(self, topic: str, payload: bytes) -> None:
        """Send with confirmation by the broker (QoS 1); raises LinkError."""
        if self._client is None:
            raise LinkError(self.reason or "refused", host=self.endpoint.host, port=self.endpoint.port)
        try:
            await asyncio.wait_for(self._client.publish(topic, payload, qos=1), self.endpoint.timeout_s * 2)
        except Exception as error:
            raise LinkError("timeout", host=self.endpoint.host, port=self.endpoint.port) from error

    def drop(self) -> None:
        """Stop listening; `ensure` begins anew."""
        task, self._task = self._task, None
        if task:
            task.cancel()
        self._client, self.reason = None, "not_connected"

    async def _listen(self) -> None:
        """Connect and listen, for ever: whatever goes wrong is told in `reason` and tried again."""
        while True:
            self.connects += 1
            try:
                await self._session()
                self.reason = "closed"
            except asyncio.CancelledError:
                raise
            except Exception:
                self.reason = "refused" if self.reason is not None else "closed"
            self._client = None
            self._wake()
            whole = min(self.most_s, self.first_s * 2**self.failed_connects)
            self.failed_connects = min(self.failed_connects + 1, 30)
            await asyncio.sleep(whole * self.rng.uniform(0.5, 1.0))

    async def _session(self) -> None:
        import aiomqtt

        place = self.endpoint
        async with aiomqtt.Client(
            place.host, place.port, username=place.user or None, password=os.environ.get(place.password_env) or None,
            identifier=f"gongxu-{uuid.uuid4().hex[:12]}", timeout=max(place.timeout_s, 1.0), keepalive=10,
            tls_context=context(place.security) if place.security else None,
        ) as client:  # fmt: skip
            for topic in self._takers:
                await client.subscribe(topic, qos=1)
            self._client, self.reason, self.failed_connects = client, None, 0
            self._wake()
            async for message in client.messages:
                self._take(str(message.topic), message.payload, bool(message.retain))

    def _take(self, topic: str, payload: Any, retained: bool) -> None:
        data = payload if isinstance(payload, bytes | bytearray) else b""
        for taker in self._takers.get(topic, ()):
            with suppress(Exception):  # a message nobody understands must not end the listening
                taker(topic, bytes(data[: LARGEST + 1]), retained)
        self._wake()

    def _wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()
