"""The panel of each machine: starts pieces, reads what it made, breaks it, and looks into its limit block."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from devices import signal
from devices.errors import DevicesError
from devices.link import Link
from devices.tagmap import load
from devices.tags import DeviceMap, Tag

__all__ = ["DevicesError", "Panel", "Panels"]


@dataclass(frozen=True)
class Held:
    """What stands in a machine's limit block and what it says to that."""

    command: signal.Command
    answer: signal.Answer


class Panel:
    """One machine over Modbus TCP."""

    def __init__(self, device: DeviceMap) -> None:
        self.map = device
        self._link = Link(device.link.host, device.link.port, timeout_s=2.0, most_s=1.0)

    @property
    def name(self) -> str:
        """The machine's code."""
        return self.map.machine

    async def start(self, pieces: int = 1) -> None:
        """Press the start button for some more pieces (or jig loads)."""
        await self._write("job", pieces)

    async def count(self) -> int:
        """Pieces made since it was switched on."""
        return await self._read("count")

    async def waiting(self) -> int:
        """Pieces that were asked for and not begun."""
        return await self._read("queue")

    async def state(self) -> int:
        """0 off, 1 running, 2 idle, 3 stopped."""
        return await self._read("state")

    async def break_down(self, alarm: int) -> None:
        """Break it with an alarm code; 0 mends it."""
        await self._write("fault", alarm)

    async def held(self) -> Held:
        """The limit block, and the machine's answer; raises BadBlock where no server ever wrote one."""
        block = self.map.limit
        if block is None:
            raise DevicesError("no_limit_block", machine=self.name)
        words = await self._link.read(self.map.link.unit, "holding", block.address, signal.COMMAND_WORDS)
        answer = await self._link.read(self.map.link.unit, "holding", block.answer, signal.ANSWER_WORDS)
        return Held(signal.decode_command(words), signal.decode_answer(answer))

    def close(self) -> None:
        """Hang up."""
        self._link.drop()

    async def _read(self, meaning: str) -> int:
        tag = self._tag(meaning)
        words = await self._link.read(self.map.link.unit, tag.table, tag.address, tag.end - tag.address)
        return sum(word << 16 * place for place, word in enumerate(reversed(words)))

    async def _write(self, meaning: str, value: int) -> None:
        await self._link.write_registers(self.map.link.unit, self._tag(meaning).address, [value])

    def _tag(self, meaning: str) -> Tag:
        return next(tag for tag in self.map.tags if tag.meaning == meaning)


class Panels:
    """All machines of some register maps, by code."""

    def __init__(self, maps: list[Path]) -> None:
        self._panels = {device.machine: Panel(device) for path in maps for device in load(path)}

    def at(self, machine: str | None) -> Panel | None:
        """The panel of a machine; None when it has none."""
        return self._panels.get(machine or "")

    def __len__(self) -> int:
        return len(self._panels)

    async def ready(self) -> bool:
        """Whether every machine answers."""
        try:
            for panel in self._panels.values():
                await panel.count()
        except DevicesError:
            return False
        return True

    def __enter__(self) -> "Panels":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for panel in self._panels.values():
            panel.close()
