"""`python -m devices`: lint a register map, simulate its machines, probe and write a device, decode pictures."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from devices.chaos import MODES, Chaos
from devices.errors import DevicesError, MapError
from devices.link import Link
from devices.modbus import ModbusDriver
from devices.simulator import Plant
from devices.tagmap import lint, load, text_of
from devices.tags import DeviceMap, Endpoint

if TYPE_CHECKING:
    from devices.vision import Sandbox

OK, REFUSED, USAGE = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns 0 done, 1 refused, 2 bad usage."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except MapError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
    except DevicesError as error:
        print(error, file=sys.stderr)
    except (OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return USAGE
    return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devices", description="Machines over Modbus TCP, and codes in pictures."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("lint", help="name everything wrong in a register map")
    one.add_argument("file", type=Path)
    one.set_defaults(run=_lint)
    one = commands.add_parser("simulate", help="serve the machines of a map until stopped")
    one.add_argument("file", type=Path)
    one.add_argument("--speed", type=_positive, default=1.0)
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--chaos", choices=MODES, default="none")
    one.set_defaults(run=lambda o: asyncio.run(_simulate(o)))
    one = commands.add_parser("probe", help="ask a device what it answers")
    _target(one)
    one.add_argument("--map", type=Path)
    one.set_defaults(run=lambda o: asyncio.run(_probe(o)))
    one = commands.add_parser("write", help="write one holding register")
    _target(one)
    one.add_argument("--address", type=int, required=True)
    one.add_argument("--value", type=int, required=True)
    one.add_argument("--verify", action="store_true", help="read it back")
    one.set_defaults(run=lambda o: asyncio.run(_write(o)))
    one = commands.add_parser("decode", help="read the codes in pictures, one line of JSON each")
    one.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    one.add_argument("--budget-ms", type=_positive, default=60.0, help="CPU time for one picture")
    one.set_defaults(run=_decode)
    return parser


def _target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("endpoint", type=_endpoint, metavar="HOST:PORT")
    parser.add_argument("--unit", type=int, default=1, choices=range(256), metavar="N")
    parser.add_argument("--timeout", type=_positive, default=1.0)


def _endpoint(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text} is not HOST:PORT")
    return host, int(port)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return number


def _lint(options: argparse.Namespace) -> int:
    problems = lint(text_of(options.file))
    for problem in problems:
        print(problem)
    if not problems:
        maps = load(options.file)
        print(f"ok {len(maps)} devices, {sum(len(m.tags) for m in maps)} tags")
    return REFUSED if problems else OK


async def _simulate(options: argparse.Namespace) -> int:
    plant = Plant(load(options.file), options.speed, options.seed, Chaos(options.chaos, seed=options.seed))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await plant.start()
    places = (f"{m.device}={m.link.host}:{m.link.port}/{m.link.unit}" for m in plant.maps)
    print("ready", *places, flush=True)
    await stop.wait()
    await plant.stop()
    return OK


async def _probe(options: argparse.Namespace) -> int:
    host, port = options.endpoint
    link = Link(host, port, timeout_s=options.timeout)
    try:
        if options.map is None:
            words = await link.read(options.unit, "holding", 0, 10)
            print("holding 0..9", *words)
            return OK
        return await _probe_map(link, load(options.map), options)
    finally:
        link.drop()


async def _probe_map(link: Link, maps: tuple[DeviceMap, ...], options: argparse.Namespace) -> int:
    wanted = [m for m in maps if m.link.unit == options.unit and m.link.port in (0, link.port)] or [
        m for m in maps if m.link.unit == options.unit
    ]
    answered = False
    for device in wanted[:1]:
        driver = ModbusDriver(device, link)
        for cadence in dict.fromkeys(tag.cadence for tag in device.tags):
            for reading in await driver.read(cadence):
                shown = reading.reason if reading.value is None else f"{reading.value} {reading.tag.unit}".rstrip()
                print(f"{reading.tag.name}: {shown}")
                answered |= reading.answered
    return OK if answered else REFUSED


async def _write(options: argparse.Namespace) -> int:
    host, port = options.endpoint
    link = Link(host, port, timeout_s=options.timeout)
    device = DeviceMap("cli", "cli", Endpoint(host, port, options.unit), ())
    if not 0 <= options.value < 1 << 16 or not 0 <= options.address < 1 << 16:
        print("address and value are 0..65535", file=sys.stderr)
        return USAGE
    try:
        driver = ModbusDriver(device, link)
        result = await driver.write_words(options.address, [options.value], verify=options.verify)
    finally:
        link.drop()
    back = "" if result.read_back is None else f" read back {result.read_back[0]}"
    print(f"{result.state}{back}" + (f" ({result.reason})" if result.reason else ""))
    return OK if result.state == ("verified" if options.verify else "written") else REFUSED


def _decode(options: argparse.Namespace) -> int:
    from devices.vision import Sandbox

    sandbox = Sandbox()
    try:
        lines = [_decoded(sandbox, image, options.budget_ms) for image in options.images]
    finally:
        sandbox.close()
    return REFUSED if any("error" in line for line in lines) else OK


def _decoded(sandbox: Sandbox, image: Path, budget_ms: float) -> dict[str, object]:
    """Print what one picture holds, or why it was not looked at."""
    line: dict[str, object] = {"file": str(image), "reads": [], "ms": 0.0}
    try:
        result = sandbox.decode(image.read_bytes(), budget_ms)
        line["reads"] = [{"symbology": r.symbology, "text": r.text, "engine": r.engine} for r in result.reads]
        line["ms"] = result.ms
    except DevicesError as error:
        line["error"] = error.code
    except OSError as error:
        line["error"] = error.strerror or type(error).__name__
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return line


if __name__ == "__main__":
    sys.exit(main())
