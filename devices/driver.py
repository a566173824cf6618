"""A device over Modbus: reads a plan into readings without ever raising, writes with read-back.

This is the seam for other protocols: `read`, `write`, `write_words`, `read_words` and `caps` know nothing of
registers' meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devices import codec
from devices.blocks import Block, coalesce, halves
from devices.errors import BadValue, DevicesError, LinkError, NotWritable, OutOfRange, Refused
from devices.link import Link
from devices.sample import WriteResult
from devices.tags import DeviceMap, Tag, Value

ILLEGAL_ADDRESS = 2
MOST_SKIPS = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """What came back for one tag: a value, or a reason; `answered` tells whether the device answered at all."""

    tag: Tag
    value: Value | None
    reason: str | None
    answered: bool


class ModbusDriver:
    """One device behind a link; several devices of a gateway share the link, each with its own back-off."""

    caps = frozenset({"read", "write"})

    def __init__(self, device: DeviceMap, link: Link) -> None:
        """Bind a map to a link; nothing is sent yet."""
        self.device, self.link = device, link
        self.silent = 0
        self._skip = 0
        self._plans: dict[str, list[Block]] = {}

    async def read(self, cadence: str) -> list[Reading]:
        """Return one reading for each tag of a cadence; a failure is a reading with a reason, never an exception."""
        blocks = self._plans.setdefault(cadence, self._plan(cadence))
        if self._skip > 0:
            self._skip -= 1
            return [r for b in blocks for r in _failed(b, "unit_silent")]
        found: list[Reading] = []
        for index, block in enumerate(list(blocks)):
            try:
                found += _readings(block, await self._words(block))
                self.silent = 0
            except Refused as refusal:
                found += await self._smaller(cadence, block, refusal)
            except LinkError as error:
                self._went_silent(error)
                rest = list(blocks)[index:]
                return found + [r for b in rest for r in _failed(b, error.code)]
        return found

    async def write(self, tag: Tag, value: Value, verify: bool = True) -> WriteResult:
        """Write one tag within its writable range; raises NotWritable or OutOfRange before anything is sent."""
        if not self.device.writes or tag.writable is None:
            raise NotWritable(device=self.device.device, tag=tag.name)
        if isinstance(value, str) or not tag.writable[0] <= value <= tag.writable[1]:
            raise OutOfRange(tag=tag.name, value=value)
        words = codec.encode(tag, value)
        return await self.write_words(tag.address, words, verify, table=tag.table)

    async def write_words(
        self, address: int, words: Sequence[int], verify: bool = True, tries: int = 1, table: str = "holding"
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

    async def _words(self, block: Block) -> list[int]:
        return await self.link.read(self.device.link.unit, block.table, block.address, block.count)

    async def _smaller(self, cadence: str, block: Block, refusal: Refused) -> list[Reading]:
        """A refused block is cut in two and remembered so; the halves are read in the next round."""
        self.silent = 0
        if refusal.values["exception"] == ILLEGAL_ADDRESS and len(block.tags) > 1:
            plan = self._plans[cadence]
            at = plan.index(block)
            plan[at : at + 1] = halves(block)
            return _failed(block, "block_refused")
        return _failed(block, f"exception_{refusal.values['exception']}", answered=True)

    def _went_silent(self, error: LinkError) -> None:
        """A unit that keeps silent behind a live gateway is asked less often, so that it does not slow the others."""
        if error.code == "timeout":
            self.silent += 1
            self._skip = min(MOST_SKIPS, 2 ** min(self.silent, 5) // 2 - 1)


def _failed(block: Block, reason: str, answered: bool = False) -> list[Reading]:
    return [Reading(tag, None, reason, answered) for tag in block.tags]


def _readings(block: Block, words: Sequence[int]) -> Iterable[Reading]:
    for tag in block.tags:
        at = tag.address - block.address
        try:
            yield Reading(tag, codec.decode(tag, words[at : at + tag.count]), None, True)
        except BadValue as error:
            yield Reading(tag, None, error.code, True)
