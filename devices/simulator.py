"""Virtual machines that speak real Modbus TCP, one server for each host:port of their maps."""

from __future__ import annotations

import asyncio
import logging
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from devices.chaos import Chaos
from devices.errors import PlantError
from devices.memory import ILLEGAL_ADDRESS, READ_TABLES, WRITE_TABLES, RegisterImage
from devices.tags import DeviceMap
from devices.virtual import VirtualMachine

if TYPE_CHECKING:
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import SimDevice


class Plant:
    """All simulated devices of some maps; port 0 takes a free port, and `maps` then names the real one.

    `speed` makes machines work faster than life, `seed` fixes their breakdowns and values; `clock` gives real s.
    """

    def __init__(
        self,
        maps: Sequence[DeviceMap],
        speed: float = 1.0,
        seed: int = 0,
        chaos: Chaos | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Build the machines; nothing listens yet."""
        self.maps: tuple[DeviceMap, ...] = tuple(maps)
        self.chaos = chaos or Chaos(seed=seed)
        self.machines = {
            m.device: VirtualMachine(m.behaviour, speed, seed ^ zlib.crc32(m.device.encode()), clock()) for m in maps
        }
        self._images = {m.device: RegisterImage(m, self.machines[m.device], clock, self.chaos) for m in maps}
        self._servers: list[ModbusTcpServer] = []

    async def start(self) -> None:
        """Listen; raises PlantError when a port is taken, with nothing left listening."""
        logging.getLogger("pymodbus").setLevel(logging.CRITICAL + 1)
        groups: dict[tuple[str, int, str], list[DeviceMap]] = {}
        for device in self.maps:
            if device.link.protocol != "modbus" or device.link.framing not in ("tcp", "rtu_over_tcp"):
                raise PlantError("cannot_simulate", device=device.device)
            alone = device.device if device.link.port == 0 else ""
            groups.setdefault((device.link.host, device.link.port, alone), []).append(device)
        ports: dict[str, int] = {}
        for (host, port, _), devices in groups.items():
            try:
                found = await self._listen(host, port, devices)
            except (RuntimeError, OSError) as error:
                await self.stop()
                raise PlantError("cannot_listen", host=host, port=port) from error
            ports |= {device.device: found for device in devices}
        self.maps = tuple(replace(m, link=replace(m.link, port=ports[m.device])) for m in self.maps)

    async def stop(self) -> None:
        """Close every server and its connections; safe to call twice."""
        servers, self._servers = self._servers, []
        for server in servers:
            await server.shutdown()  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)

    async def _listen(self, host: str, port: int, devices: list[DeviceMap]) -> int:
        from pymodbus import FramerType
        from pymodbus.server import ModbusTcpServer

        framer = FramerType.RTU if devices[0].link.framing == "rtu_over_tcp" else FramerType.SOCKET
        server: ModbusTcpServer | None = None

        def hang_up() -> None:
            for connection in list(server.active_connections.values()) if server else ():
                connection.close()

        server = ModbusTcpServer(
            [self._device(device, hang_up) for device in devices],
            framer=framer,
            address=(host, port),
            trace_packet=self.chaos.mangled,
        )
        await server.serve_forever(background=True)
        self._servers.append(server)
        transport: Any = server.transport
        return int(transport.sockets[0].getsockname()[1])

    def _device(self, device: DeviceMap, hang_up: Callable[[], None]) -> SimDevice:
        from pymodbus.simulator import DataType, SimData, SimDevice

        image = self._images[device.device]

        def registers(table: str) -> list[SimData]:
            return [SimData(0, count=len(image.cells[table]), values=0, datatype=DataType.REGISTERS)]

        def bits(table: str) -> list[SimData]:
            return [SimData(0, count=-(-len(image.cells[table]) // 16), values=0, datatype=DataType.BITS)]

        blocks = bits("coil"), bits("discrete"), registers("holding"), registers("input")
        return SimDevice(device.link.unit, simdata=blocks, action=_action(image, self.chaos, hang_up))


def _action(image: RegisterImage, chaos: Chaos, hang_up: Callable[[], None]) -> Callable[..., Any]:
    """Return what pymodbus calls for each request: it fills or judges the cells before they are used."""

    async def action(
        code: int, start: int, address: int, count: int, registers: list[int], values: list[int] | list[bool] | None
    ) -> Any:
        from pymodbus.constants import ExcCodes

        await chaos.delay()
        if chaos.strikes("reset"):
            hang_up()
        if values is not None and code in WRITE_TABLES:
            taken = image.write(WRITE_TABLES[code], address, values)
            return None if taken else ExcCodes(ILLEGAL_ADDRESS)
        table = READ_TABLES.get(code) or WRITE_TABLES[code]
        bits = table in ("coil", "discrete")
        # pymodbus counts bit requests in registers of sixteen
        image.read(table, address, count * 16 if bits else count)
        registers[:] = _packed(image.cells[table]) if bits else image.cells[table]
        return None

    return action


def _packed(bits: list[int]) -> list[int]:
    padded = bits + [0] * (-len(bits) % 16)
    return [sum(bit << i for i, bit in enumerate(padded[at : at + 16])) for at in range(0, len(padded), 16)]
