"""What machines cost and survive: `python -m tests.bench.machines chaos|many|silent|gateway|merge|store [--seconds N]`.

The servers run in a process of their own; CPU is that of the polling process alone.
"""

import argparse
import asyncio
import multiprocessing
import random
import struct
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from app.cli.poll import SWITCH_S
from devices.blocks import coalesce
from devices.errors import LinkError
from devices.link import Link
from devices.poller import Poller
from devices.tags import DeviceMap, Endpoint, Tag

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "devices"))
from device_rigs import black_hole, hostile, listening


async def chaos(_seconds: float) -> None:
    """Wrong values in 10 000 reads with 15 % faults, in three styles of device."""
    for style, framing in (("tid", "tcp"), ("no_tid", "tcp"), ("rtu", "rtu_over_tcp")):
        rng, wrong, failed = random.Random(5), 0, 0
        async with listening(hostile(random.Random(7), 0.15, style)) as port:
            link = Link("127.0.0.1", port, timeout_s=0.008, framing=framing, first_s=0)
            for _ in range(10_000):
                first, count = rng.randrange(1000), rng.choice((1, 2, 10))
                try:
                    wrong += await link.read(1, "holding", first, count) != list(range(first, first + count))
                except LinkError:
                    failed += 1
            link.drop()
        print(f"{style:7} {wrong} wrong values, {failed} failures told, {link.connects} connections")


def serve(ports: "multiprocessing.Queue[list[int]]", count: int, mute_units: tuple[int, ...]) -> None:
    """So many Modbus TCP servers in one loop; every register holds the second of the server's clock."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readexactly(12)
                words = struct.unpack(">H", request[10:12])[0]
                if request[6] in mute_units:
                    continue
                body = bytes([request[6], request[7], 2 * words]) + struct.pack(">H", int(time.time()) % 50_000) * words
                writer.write(request[:4] + len(body).to_bytes(2, "big") + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        servers = [await asyncio.start_server(handler, "127.0.0.1", 0) for _ in range(count)]
        ports.put([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.Event().wait()

    asyncio.run(run())


class Servers:
    """Servers in a process of their own, ended with the block."""

    def __init__(self, count: int, mute_units: tuple[int, ...] = ()) -> None:
        self.queue: multiprocessing.Queue[list[int]] = multiprocessing.Queue()
        self.process = multiprocessing.Process(target=serve, args=(self.queue, count, mute_units), daemon=True)

    def __enter__(self) -> list[int]:
        self.process.start()
        return self.queue.get(timeout=30)

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.join()


def device(name: str, port: int, unit: int = 1, timeout_s: float = 0.5, registers: int = 50) -> DeviceMap:
    """One block of registers, ten values of it."""
    tags = tuple(Tag(f"t{n}", "holding", n * (registers // 10), "uint16", scale=Decimal("0.1"), heartbeat_s=60)
                 for n in range(10))  # fmt: skip
    return DeviceMap(name, name, Endpoint("127.0.0.1", port, unit, timeout_s), tags)


async def polled(
    maps: list[DeviceMap], period: float, seconds: float, sink: object = None
) -> tuple[Poller, Counter, float]:
    """Poll for some seconds; gives the poller, reads that were answered by device, and CPU seconds."""
    reads: Counter[str] = Counter()

    async def nothing(_batches: object) -> None:
        return

    poller = Poller(maps, sink or nothing, periods={"fast": period, "normal": period, "slow": period})  # type: ignore[arg-type]
    for line in poller._lines:
        for unit in line.units:
            _count(unit, reads)
    await poller.start()
    await asyncio.sleep(2 * period)
    reads.clear()
    for line in poller._lines:
        line.missed = 0
        line.late_s.clear()
    began = time.process_time()
    await asyncio.sleep(seconds)
    return poller, Counter(reads), time.process_time() - began


def _count(unit: object, reads: Counter) -> None:
    driver = unit.driver  # type: ignore[attr-defined]
    ask = driver.read

    async def read(cadence: str) -> list:
        readings = await ask(cadence)
        reads[driver.device.device] += any(reading.answered for reading in readings)
        return readings

    driver.read = read


def stores(folder: str) -> dict[str, str]:
    """The addresses of a store of its own."""
    return {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/a.db", "READINGS_URL": f"sqlite:///{folder}/a-readings.db"}


async def many(seconds: float) -> None:
    """500 devices of one block, each second, decoded and stored by one process."""
    sys.setswitchinterval(SWITCH_S)
    from app.factory import create_app
    from app.services import readings, schema
    from app.services.readings import Told

    with tempfile.TemporaryDirectory() as folder, Servers(500) as ports:
        app = create_app(**stores(folder))
        with app.app_context():
            schema.upgrade()
            readings.prepare()
        stored = 0

        def sink(batches: list) -> None:
            nonlocal stored
            with app.app_context():
                stored += readings.store(Told(int(b.device), s, b.at) for b in batches for s in b.samples)
            time.sleep(0.5)

        maps = [device(str(n + 1), port) for n, port in enumerate(ports)]
        poller, reads, cpu = await polled(maps, 1.0, seconds, sink)
        late = sorted(s for line in poller._lines for s in line.late_s)
        print(f"{sum(reads.values()) / seconds:.0f} reads/s of 500, CPU {cpu / seconds:.1%} of a core, lateness p99 "
              f"{late[len(late) * 99 // 100] * 1000:.1f} ms, longest {late[-1] * 1000:.0f} ms, missed periods "
              f"{sum(line.missed for line in poller._lines)}, {stored} samples stored")  # fmt: skip
        await poller.stop()


async def silent(seconds: float) -> None:
    """25 of 75 links accept and say nothing; 0.5 s plan, 1 s timeout."""
    async with listening(black_hole) as hole:
        with Servers(50) as ports:
            maps = [device(f"live{n}", port, timeout_s=1.0) for n, port in enumerate(ports)]
            mute = [device(f"mute{n}", hole, n + 1, 1.0) for n in range(25)]
            mute = [replace(one, link=replace(one.link, host=f"127.0.0.{n + 2}")) for n, one in enumerate(mute)]
            poller, reads, _ = await polled(maps + mute, 0.5, seconds)
            plan = 50 * seconds / 0.5
            live = sum(count for name, count in reads.items() if name.startswith("live"))
            worst = max((line.late_s and max(line.late_s)) or 0 for line in poller._lines if len(line.late_s) > 4)
            print(f"live links {live / plan:.1%} of plan, the latest read {worst * 1000:.0f} ms late")
            await poller.stop()


async def gateway(seconds: float) -> None:
    """1 silent unit of 10 behind one connection; 0.4 s plan, 0.5 s timeout."""
    with Servers(1, mute_units=(5,)) as ports:
        poller, reads, _ = await polled([device(f"u{n}", ports[0], n, 0.5) for n in range(1, 11)], 0.4, seconds)
        live = sum(count for name, count in reads.items() if name != "u5")
        print(f"the other nine {live / (9 * seconds / 0.4):.1%} of plan")
        await poller.stop()


async def merge(_seconds: float) -> None:
    """100 scattered tags, gaps up to 16 bridged."""
    ratios = []
    for seed in range(20):
        places = random.Random(seed).sample(range(1000), 100)
        blocks = coalesce([Tag(f"t{a}", "holding", a, "uint16") for a in places], max_gap=16)
        ratios.append(100 / len(blocks))
    ratios.sort()
    print(f"{ratios[10]:.1f} times fewer requests ({ratios[0]:.1f} to {ratios[-1]:.1f}, 20 maps over 1000 registers)")


async def store(seconds: float) -> None:
    """5000 samples a second, a commit each second: how long a commit holds the file."""
    from app.db import now_utc
    from app.factory import create_app
    from app.services import readings, schema
    from app.services.readings import Told
    from devices.sample import Sample

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(**stores(folder))
        with app.app_context():
            schema.upgrade()
            readings.prepare()
            took, cpu, start = [], time.process_time(), now_utc()
            for second in range(int(seconds)):
                at = start + timedelta(seconds=second)
                told = [Told(n // 10, Sample(f"t{n % 10}", second + n / 7, "good", None, None, at), at)
                        for n in range(5000)]  # fmt: skip
                began = time.perf_counter()
                readings.store(told)
                took.append(time.perf_counter() - began)
            took.sort()
            middle, used = took[len(took) // 2], (time.process_time() - cpu) / seconds
            print(f"5000 samples: median {middle * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms, "
                  f"{5000 / middle:.0f} samples/s, CPU {used * 1000:.0f} ms for each 5000")  # fmt: skip


RUNS = {"chaos": chaos, "many": many, "silent": silent, "gateway": gateway, "merge": merge, "store": store}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", choices=RUNS)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    asyncio.run(RUNS[options.run](options.seconds))


if __name__ == "__main__":
    main()
