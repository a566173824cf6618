"""What the device tests are run on: maps, a simulated plant, a foreign server, a device that misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from devices.clock import Clock
from devices.poller import Poller
from devices.sample import Batch, Sample
from devices.simulator import Plant
from devices.tagmap import parse

QUICK = {"fast": 0.02, "normal": 0.04, "slow": 0.1}
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)

PRESS = """
  - device: {name}
    machine: M-{name}
    link: {{host: 127.0.0.1, port: {port}, unit: {unit}, timeout_s: {timeout}}}
    writes: {writes}
    limit: {{address: 100, answer: 110, lease_s: {lease}, min_permille: 200}}
    tags:
      - {{name: pieces, table: holding, address: 0, type: uint32, meaning: count, cadence: fast}}
      - {{name: state, table: holding, address: 2, type: uint16, meaning: state, cadence: fast}}
      - {{name: alarm, table: holding, address: 3, type: uint16, meaning: alarm, cadence: fast}}
      - {{name: torque, table: holding, address: 4, type: float32, word_order: little, meaning: torque, cadence: fast}}
      - {{name: waiting, table: holding, address: 6, type: uint16, meaning: queue, cadence: fast, heartbeat_s: 0.1}}
      - {{name: job, table: holding, address: 20, type: uint16, writable: [1, 500], meaning: job, cadence: slow}}
      - {{name: fault, table: holding, address: 21, type: uint16, writable: [0, 999], meaning: fault, cadence: slow}}
      - {{name: local, table: coil, address: 3, type: bool, writable: [0, 1], meaning: override}}
    simulate: {{cycle_s: 1, jobs: {jobs}, values: {{torque: {{mean: 12.0, sigma: 0.4}}}}}}
"""


def press(name="press", port=0, unit=1, timeout=0.3, writes="true", lease=15, jobs=100000) -> str:
    """Return the YAML of one press as an item of `devices`."""
    return PRESS.format(name=name, port=port, unit=unit, timeout=timeout, writes=writes, lease=lease, jobs=jobs)


def maps(*items: str):
    """Return the device maps of these YAML items."""
    return parse("version: 1\ndevices:" + "".join(items))


@dataclass
class Hands:
    """A clock that moves only by hand."""

    seconds: float = 0.0

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: START + timedelta(seconds=self.seconds), tick=lambda: self.seconds)


@dataclass
class Basin:
    """A sink that keeps what it is given and lets a test wait for something in it."""

    batches: list[Batch] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def sink(self, batches) -> None:
        self.batches.extend(batches)
        self.changed.set()

    def samples(self, tag: str, device: str | None = None) -> list[Sample]:
        return [s for b in self.batches for s in b.samples if s.tag == tag and device in (None, b.device)]

    def edges(self):
        return [e for b in self.batches for e in b.edges]

    def limits(self):
        return [report for b in self.batches for report in b.limits]

    def pieces(self, device: str) -> int:
        return sum(c.delta for b in self.batches if b.device == device for c in b.counts)

    async def until(self, holds: Callable[[], bool], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


@contextlib.asynccontextmanager
async def polled(devices, periods=None, **options) -> AsyncIterator[tuple[Poller, Basin]]:
    """Give a running poller and its sink."""
    basin = Basin()
    poller = Poller(devices, basin.sink, periods=periods or QUICK, rng=random.Random(1), **options)
    await poller.start()
    try:
        yield poller, basin
    finally:
        await poller.stop()


@contextlib.asynccontextmanager
async def plant(*items: str, **options) -> AsyncIterator[Plant]:
    """Give a listening plant of these YAML items."""
    running = Plant(maps(*items), **options)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


@contextlib.asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[int]:
    """Serve raw bytes on a free loopback port; yields the port and leaves no connection behind."""
    writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task] = set()

    async def serve(reader, writer):
        writers.add(writer)
        tasks.add(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await handler(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def black_hole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept everything and answer nothing."""
    while await reader.read(1024):
        pass


def hostile(rng: random.Random, share: float, style: str = "tid") -> Handler:
    """Return a device whose register a holds a, and which misbehaves in every known way in `share` of its replies.

    `style` is tid (Modbus TCP), no_tid (its transaction id is always 0) or rtu (serial frames over TCP).
    """

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        late: set[asyncio.Task] = set()
        while True:
            request = await reader.readexactly(8 if style == "rtu" else 12)
            tid = request[:2] if style == "tid" else b"\0\0"
            first, count = struct.unpack(">HH", request[2:6] if style == "rtu" else request[8:12])
            words = b"".join((first + i).to_bytes(2, "big") for i in range(count))

            def frame(body: bytes, tid: bytes = tid) -> bytes:
                if style == "rtu":
                    return body + crc(body)
                return tid + b"\0\0" + len(body).to_bytes(2, "big") + body

            whole = frame(bytes([1, 3, 2 * count]) + words)
            fault = rng.choice(FAULTS) if rng.random() < share else "none"
            if fault == "late":
                late.add(asyncio.create_task(_later(writer, whole)))
            elif fault == "short":
                writer.write(frame(b"\1\3\2" + words[:2]))
            elif fault == "empty":
                writer.write(frame(b"\1\3\0"))
            elif fault == "code":
                writer.write(frame(bytes([1, 4, 2 * count]) + words))
            elif fault == "unit":
                writer.write(frame(bytes([9, 3, 2 * count]) + words))
            elif fault == "garbage":
                writer.write(rng.randbytes(30))
            elif fault == "twice":
                writer.write(whole + whole)
            elif fault == "close":
                return
            elif fault == "split":
                writer.write(whole[:5])
                await asyncio.sleep(0.001)
                writer.write(whole[5:])
            elif fault == "none":
                writer.write(whole)

    return handler


def crc(data: bytes) -> bytes:
    """Return the check bytes of a serial Modbus frame (Modbus over serial line 6.2.2)."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


FAULTS = ("late", "short", "empty", "code", "unit", "garbage", "twice", "close", "split", "silent")


async def _later(writer: asyncio.StreamWriter, data: bytes) -> None:
    await asyncio.sleep(0.012)
    if not writer.is_closing():
        writer.write(data)
