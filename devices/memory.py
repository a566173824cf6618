"""A virtual machine behind registers: its map decides where each thing shows, and what a write does to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devices import codec, signal
from devices.chaos import Chaos
from devices.errors import BadBlock, BadValue
from devices.tags import BIT_TABLES, DeviceMap, Tag, Value
from devices.virtual import VirtualMachine

READ_TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
WRITE_TABLES = {5: "coil", 15: "coil", 6: "holding", 16: "holding", 22: "holding", 23: "holding"}
ILLEGAL_ADDRESS = 2


class RegisterImage:
    """The registers and bits of one simulated device, as addresses 0..top of each table."""

    def __init__(self, device: DeviceMap, machine: VirtualMachine, clock: Callable[[], float], chaos: Chaos) -> None:
        """Lay out the tables; `clock` gives real seconds."""
        self.device, self.machine, self.clock, self.chaos = device, machine, clock, chaos
        self.cells = {table: [0] * self._top(table) for table in READ_TABLES.values()}

    def read(self, table: str, address: int, count: int) -> None:
        """Bring the machine to the present and show it in the cells of this range."""
        if not self.chaos.is_stuck:
            self.machine.advance(self.clock())
        self.machine.count = self.chaos.jumped(self.machine.count)
        for tag in self.device.tags:
            if tag.table == table and tag.address < address + count and tag.end > address:
                self._show(tag)
        if self.device.limit and table == "holding":
            self._put("holding", self.device.limit.answer, signal.encode_answer(self.machine.answer))

    def write(self, table: str, address: int, values: Sequence[int]) -> bool:
        """Take a write if every cell of it may be written; tells whether it was taken."""
        if not all(self._may_write(table, a) for a in range(address, address + len(values))):
            return False
        self.machine.advance(self.clock())
        self._put(table, address, [int(value) for value in values])
        for tag in self.device.tags:
            if tag.writable and tag.table == table and tag.address < address + len(values) and tag.end > address:
                self._act(tag)
        if self.device.limit and table == "holding" and address <= self.device.limit.address < address + len(values):
            self._obey(self.device.limit.address)
        return True

    def _top(self, table: str) -> int:
        ends = [tag.end for tag in self.device.tags if tag.table == table]
        if self.device.limit and table == "holding":
            ends += [self.device.limit.address + signal.COMMAND_WORDS, self.device.limit.answer + signal.ANSWER_WORDS]
        return max(ends, default=1)

    def _may_write(self, table: str, address: int) -> bool:
        limit = self.device.limit
        if table == "holding" and limit and limit.address <= address < limit.address + signal.COMMAND_WORDS:
            return True
        return any(t.writable and t.table == table and t.address <= address < t.end for t in self.device.tags)

    def _put(self, table: str, address: int, values: Sequence[int]) -> None:
        self.cells[table][address : address + len(values)] = values

    def _act(self, tag: Tag) -> None:
        """Do what a written register means; a job register keeps what was written, so that it can be read back."""
        try:
            value = codec.decode(tag, self.cells[tag.table][tag.address : tag.end])
        except BadValue:
            return
        if isinstance(value, str):
            return
        if tag.meaning == "job":
            self.machine.add_job(int(value))
        elif tag.meaning == "fault":
            self.machine.force_fault(int(value))
        elif tag.meaning == "override":
            self.machine.override = bool(value)

    def _obey(self, address: int) -> None:
        """A block that does not hold is ignored, as a machine's program must."""
        try:
            words = self.cells["holding"][address : address + signal.COMMAND_WORDS]
            self.machine.obey(signal.decode_command(words))
        except BadBlock:
            return

    def _show(self, tag: Tag) -> None:
        if tag.meaning == "job":
            return
        value = self._value(tag)
        if tag.type == "bit":
            bit = 1 << tag.bit
            cell = self.cells[tag.table][tag.address]
            self._put(tag.table, tag.address, [cell | bit if value else cell & ~bit])
        elif tag.table in BIT_TABLES or isinstance(value, str):
            self._put(tag.table, tag.address, codec.encode(tag, value))
        else:
            self._put(tag.table, tag.address, codec.encode(tag, codec.nearest(tag, value)))

    def _value(self, tag: Tag) -> Value:
        machine = self.machine
        if tag.name in machine.values:
            return machine.values[tag.name]
        if tag.type == "string":
            return self.device.machine
        known: dict[str, float] = {
            "count": machine.count,
            "state": machine.state,
            "alarm": machine.forced or machine.alarm,
            "queue": machine.todo,
            "cycle": machine.cycle_s,
            "fault": machine.forced,
            "override": machine.override,
        }
        if tag.meaning in known:
            return self._wrapped(tag, known[tag.meaning])
        # a process value nobody described sits in the middle of what its map calls plausible
        return sum(tag.plausible) / 2 if tag.plausible else 0.0

    def _wrapped(self, tag: Tag, number: float) -> float:
        """Counters wrap where their register ends, like those of a real machine."""
        return number % (1 << 16 * tag.count) if tag.meaning == "count" and tag.type.startswith("u") else number
