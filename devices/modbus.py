"""A device over Modbus: reads its blocks, learns which it refuses, writes with read-back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from devices import codec
from devices.blocks import Block, coalesce, halves
from devices.driver import Reading, failed
from devices.errors import BadValue, DevicesError, LinkError, NotWritable, OutOfRange, Refused
from devices.link import Link
from devices.sample import WriteResult
from devices.tags import DeviceMap, Tag, Value

TOO_WIDE = (2, 3)  # illegal address, illegal value: what a block that is too wide gets for an answer
DAMAGED = 2  # in a row, before a block is taken to be too wide for a device that cannot say so
LONGEST_S = 10.0


class ModbusDriver:
    """One device behind a link; several devices of a gateway share the link, each with its own back-off."""

    caps = frozenset({"read", "write", "limit"})

    def __init__(self, device: DeviceMap, link: Link) -> None:
        """Bind a map to a link; nothing is sent yet."""
        self.device, self.link = device, link
        self.silent = 0
        self.requests = 0
        self._not_before = 0.0
        self._plans: dict[str, list[Block]] = {}
        self._damaged: Counter[Block] = Counter()

    async def open(self) -> None:
        """Nothing to do: the link opens with the first request, and again after each failure."""

    async def close(self) -> None:
        """Nothing to do: the link belongs to all of its devices."""

    async def read(self, cadence: str) -> list[Reading]:
        """Return one reading for each tag of a cadence; a failure is a reading with a reason, never an exception."""
        blocks = list(self._plans.setdefault(cadence, self._plan(cadence)))
        if self.link.clock.tick() < self._not_before:
            return [r for b in blocks for r in failed(b.tags, "unit_silent")]
        found: list[Reading] = []
        for index, block in enumerate(blocks):
            try:
                found += await self._block(cadence, block)
            except LinkError as error:
                self._failed(cadence, block, error)
                return found + [r for b in blocks[index:] for r in failed(b.tags, error.code)]
        return found

    async def write(self, tag: Tag, value: Value, verify: bool = True) -> WriteResult:
        """Write one tag within its writable range; raises NotWritable or OutOfRange before anything is sent."""
        if not self.device.writes or tag.writable is None:
            raise NotWritable(device=self.device.device, tag=tag.name)
        if isinstance(value, str) or not tag.writable[0] <= value <= tag.writable[1]:
            raise OutOfRange(tag=tag.name, value=value)
        return await self.write_words(tag.address, codec.encode(tag, value), verify=verify, table=tag.table)

    async def write_words(
        self, address: int, words: Sequence[int], tries: int = 1, verify: bool = True, table: str = "holding"
    ) -> WriteResult:
        """Write registers in one function 16 (or one coil) and read them back.

        More than one try only for writes that may safely arrive twice: each try is a fresh connection.
        """
        result = WriteResult(tuple(words), None, "requested")
        for _ in range(tries):
            result = await self._write_once(address, tuple(words), verify, table)
            if result.state not in ("lost", "written") or not verify:
                break
        return result

    async def read_words(self, address: int, count: int) -> list[int]:
        """Return holding registers; raises LinkError or Refused."""
        return await self.link.read(self.device.link.unit, "holding", address, count)

    async def _write_once(self, address: int, words: tuple[int, ...], verify: bool, table: str) -> WriteResult:
        unit = self.device.link.unit
        try:
            if table == "coil":
                await self.link.write_coil(unit, address, bool(words[0]))
            else:
                await self.link.write_registers(unit, address, words)
        except Refused as refusal:
            return WriteResult(words, None, "refused", f"exception_{refusal.values['exception']}")
        except LinkError as error:
            return WriteResult(words, None, "lost", error.code)
        if not verify:
            return WriteResult(words, None, "written")
        try:
            back = tuple(await self.link.read(unit, table, address, len(words)))
        except DevicesError as error:
            return WriteResult(words, None, "written", error.code)
        same = back == words
        return WriteResult(words, back, "verified" if same else "refused", None if same else "read_back_differs")

    def _plan(self, cadence: str) -> list[Block]:
        tags = (tag for tag in self.device.tags if tag.cadence == cadence)
        return list(coalesce(tags, self.device.max_gap, self.device.max_span, self.device.readable))

    async def _block(self, cadence: str, block: Block) -> list[Reading]:
        """Read a block; a refused one is cut in two until what the device does not have stands alone."""
        self.requests += 1
        try:
            words = await self.link.read(self.device.link.unit, block.table, block.address, block.count)
        except Refused as refusal:
            self._heard(block)
            reason = f"exception_{refusal.values['exception']}"
            if refusal.values["exception"] not in TOO_WIDE or len(block.tags) < 2:
                return failed(block.tags, reason, answered=True)
            return [r for half in self._cut(cadence, block) for r in await self._block(cadence, half)]
        self._heard(block)
        return list(_readings(block, words))

    def _cut(self, cadence: str, block: Block) -> tuple[Block, ...]:
        """Remember the block as its halves, so that the next round asks only for what the device has."""
        parts, plan = halves(block), self._plans[cadence]
        at = plan.index(block)
        plan[at : at + 1] = parts
        return parts

    def _heard(self, block: Block) -> None:
        self.silent, self._not_before = 0, 0.0
        if self._damaged:
            self._damaged.pop(block, None)

    def _failed(self, cadence: str, block: Block, error: LinkError) -> None:
        """A silent unit is asked less often, so that it does not slow the others on its line.

        Some devices answer a block that is too wide with nothing at all inside; after twice it is cut as well.
        """
        if error.code == "timeout":
            self.silent = min(self.silent + 1, 16)
            if self.silent < 2:  # once is an accident
                return
            whole = min(LONGEST_S, self.link.most_s, self.link.timeout_s * 2**self.silent)
            self._not_before = self.link.clock.tick() + whole * self.link.rng.uniform(0.5, 1.0)
        elif error.code == "malformed" and block in self._plans[cadence] and len(block.tags) > 1:
            self._damaged[block] += 1
            if self._damaged[block] >= DAMAGED:
                del self._damaged[block]
                self._cut(cadence, block)


def _readings(block: Block, words: Sequence[int]) -> Iterable[Reading]:
    for tag in block.tags:
        at = tag.address - block.address
        try:
            yield Reading(tag, codec.decode(tag, words[at : at + tag.count]), None, True)
        except BadValue as error:
            yield Reading(tag, None, error.code, True)
