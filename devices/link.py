"""One connection to Modbus devices that never gives a wrong number.

pymodbus 3.16 accepts replies that are short, of another function or late, and its own reconnecting and retrying
hide failures; so it does framing only, and this class owns connecting, back-off with jitter, the checks of every
reply, and drops the connection after any exchange that failed, because what arrives later on it belongs to nobody.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any

from devices.clock import SYSTEM, Clock
from devices.errors import LinkError, Refused
from devices.tags import BIT_TABLES, Endpoint
from devices.transport import client_for

if TYPE_CHECKING:
    from pymodbus.client.base import ModbusBaseClient

READS = {"coil": "read_coils", "discrete": "read_discrete_inputs"}
READS |= {"holding": "read_holding_registers", "input": "read_input_registers"}
CODES = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
ANSWERED = (1, 2, 3)  # exceptions that are a proper answer; the others leave the device's state open


class Link:
    """One connection (TCP, TLS or a serial line), shared by every unit behind it; one request at a time.

    `framing` is tcp, rtu_over_tcp, rtu (`host` is the port's path) or tls; `endpoint` tells the rest. Times in s.
    Back-off after a refused connect doubles from `first_s` to
    `most_s`, each delay drawn between half and the whole, so that five hundred devices do not come back at once.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout_s: float = 0.5,
        framing: str = "tcp",
        first_s: float = 0.25,
        most_s: float = 30.0,
        clock: Clock = SYSTEM,
        rng: random.Random | None = None,
        endpoint: Endpoint | None = None,
    ) -> None:
        """Prepare a link without connecting."""
        self.endpoint = endpoint or Endpoint(host, port, timeout_s=timeout_s, framing=framing)
        self.host, self.port, self.timeout_s, self.framing = host, port, timeout_s, framing
        self.first_s, self.most_s, self.clock, self.rng = first_s, most_s, clock, rng or random.Random()
        self.connects = 0
        self.failed_connects = 0
        self.not_before = 0.0
        self._client: ModbusBaseClient | None = None
        self._asking = False
        self._tainted = False
        self._turn = asyncio.Lock()

    async def read(self, unit: int, table: str, address: int, count: int) -> list[int]:
        """Return exactly `count` registers (or bits as 0/1); raises LinkError, or Refused with the exception code."""
        async with self._turn:
            client = await self._connected()
            call = getattr(client, READS[table])
            reply = await self._exchange(call(address, count=count, device_id=unit), unit, CODES[table])
            if table in BIT_TABLES:
                return self._bits(reply, count)
            words = list(reply.registers)
            self._insist(len(words) == count, "malformed")
            return words

    async def write_registers(self, unit: int, address: int, words: Sequence[int]) -> None:
        """Write holding registers with function 16 in one frame, sent once; the echo must name what was asked."""
        async with self._turn:
            client = await self._connected()
            call = client.write_registers(address, list(words), device_id=unit)
            reply = await self._exchange(call, unit, 16)
            self._insist(reply.address == address and reply.count == len(words), "malformed")

    async def write_coil(self, unit: int, address: int, value: bool) -> None:
        """Write one coil with function 5, sent once."""
        async with self._turn:
            client = await self._connected()
            reply = await self._exchange(client.write_coil(address, value, device_id=unit), unit, 5)
            self._insist(reply.address == address and list(reply.bits)[:1] == [value], "malformed")

    def drop(self) -> None:
        """Close the connection; the next exchange opens a fresh one."""
        client, self._client = self._client, None
        self._asking = self._tainted = False
        if client:
            client.close()

    async def _connected(self) -> ModbusBaseClient:
        """Return a clean, open client; a connection on which something arrived unasked is not clean."""
        if self._client and (self._tainted or not self._client.connected):
            self.drop()
        if self._client:
            return self._client
        if self.clock.tick() < self.not_before:
            raise LinkError("backing_off", host=self.host, port=self.port)
        self.connects += 1
        client = self._fresh()
        if client is None or not await self._opens(client):
            if client:
                client.close()
            self._back_off()
            raise LinkError("refused", host=self.host, port=self.port)
        self.failed_connects, self.not_before, self._client = 0, 0.0, client
        return client

    async def _opens(self, client: ModbusBaseClient) -> bool:
        try:
            return bool(await asyncio.wait_for(client.connect(), self.timeout_s))
        except (TimeoutError, OSError, ValueError):  # a serial port refuses settings with a ValueError
            return False

    def _fresh(self) -> ModbusBaseClient | None:
        # it prints an error line for every failure; the poller records failures itself
        logging.getLogger("pymodbus").setLevel(logging.CRITICAL + 1)
        try:
            return client_for(self.endpoint, self.timeout_s, self._trace)
        except OSError:  # a certificate that cannot be read, a serial port that is not there
            return None

    def _trace(self, sending: bool, data: bytes) -> bytes:
        if not sending and not self._asking:
            self._tainted = True
        return data

    def _back_off(self) -> None:
        whole = min(self.most_s, self.first_s * 2**self.failed_connects)
        self.failed_connects = min(self.failed_connects + 1, 30)
        self.not_before = self.clock.tick() + whole * self.rng.uniform(0.5, 1.0)

    async def _exchange(self, call: Awaitable[Any], unit: int, code: int) -> Any:
        from pymodbus.exceptions import ModbusException

        self._asking = True
        try:
            reply = await asyncio.wait_for(call, self.timeout_s * 2)
        except (ModbusException, TimeoutError, OSError) as error:
            self.drop()
            raise LinkError("timeout", host=self.host, port=self.port, unit=unit) from error
        except BaseException:
            # a cancelled or failed exchange leaves a reply under way
            self.drop()
            raise
        finally:
            self._asking = False
        self._insist(reply.dev_id == unit, "foreign")
        if reply.isError():
            self._refused(reply, code)
        self._insist(reply.function_code == code, "foreign")
        return reply

    def _refused(self, reply: Any, code: int) -> None:
        self._insist(reply.function_code == code | 0x80, "foreign")
        if reply.exception_code not in ANSWERED:
            self.drop()
        raise Refused(exception=reply.exception_code)

    def _bits(self, reply: Any, count: int) -> list[int]:
        """Bits come padded to whole bytes; anything else than the padding is a malformed reply."""
        bits = list(reply.bits)
        self._insist(len(bits) == -(-count // 8) * 8, "malformed")
        return [int(bit) for bit in bits[:count]]

    def _insist(self, holds: bool, code: str) -> None:
        if not holds:
            self.drop()
            raise LinkError(code, host=self.host, port=self.port)
