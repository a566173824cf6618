"""The shape of a device's register map: pure data, as read from a file and used by everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

Value = int | float | bool | str

BIT_TABLES: Final = ("coil", "discrete")
MODBUS_TABLES: Final = ("coil", "discrete", "holding", "input")
MESSAGE: Final = "message"  # the table of values that come as messages of a broker
TABLES: Final = (*MODBUS_TABLES, MESSAGE)
PROTOCOLS: Final = ("modbus", "mqtt")
FRAMINGS: Final = ("tcp", "rtu_over_tcp", "rtu", "tls")
WIDTHS: Final[Mapping[str, int]] = {
    "bool": 1, "bit": 1, "int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2,
    "int64": 4, "uint64": 4, "float64": 4, "string": 0,
}  # fmt: skip
STATE_CODES: Final[Mapping[int, str]] = {0: "stopped", 1: "running", 2: "idle", 3: "stopped"}
CADENCES: Final[Mapping[str, float]] = {"fast": 0.5, "normal": 2.0, "slow": 30.0}
MEANINGS: Final = (
    "count", "state", "alarm", "torque", "queue", "vibration", "temperature", "current",
    "charge", "leak", "pressure", "job", "cycle", "fault", "override", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Security:
    """The files of an encrypted link: who is trusted (`ca`), and who we are; `name` is what the certificate says."""

    ca: str = ""
    certificate: str = ""
    key: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a device answers: host, port (0 = any free port, for simulation), Modbus unit id, timeout in s.

    A serial line (`framing` rtu) has the path of its port for a host, and `baud`, `parity` N|E|O, `stop_bits`.
    A broker may want a `user`, whose password stands in the environment variable `password_env`.
    """

    host: str
    port: int = 502
    unit: int = 1
    timeout_s: float = 0.5
    framing: str = "tcp"
    protocol: str = "modbus"
    baud: int = 19200
    parity: str = "E"
    stop_bits: int = 1
    security: Security | None = None
    user: str = ""
    password_env: str = ""

    @property
    def line(self) -> tuple[str, str, int]:
        """Return what devices share when they share a connection: protocol, host and port."""
        return self.protocol, self.host, self.port

    @property
    def address(self) -> str:
        """Return the address that only one device may have; empty where there is none (port 0, a broker)."""
        if self.protocol == "mqtt" or (self.port == 0 and self.framing != "rtu"):
            return ""
        return f"{self.host}/{self.unit}" if self.framing == "rtu" else f"{self.host}:{self.port}/{self.unit}"


@dataclass(frozen=True, slots=True)
class Tag:
    """One value of a device (ISA-95 equipment property): where it lies, how it is coded, how often it is read.

    In the table `message` it comes with each message on `topic`: the value at `path` (dots between keys, empty for
    the whole), the device's own time at `time_path`; it is written to `set_topic`.
    """

    name: str
    table: str
    address: int
    type: str
    byte_order: str = "big"
    word_order: str = "big"
    bit: int = 0
    length: int = 0
    scale: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    unit: str = ""
    plausible: tuple[float, float] | None = None
    deadband: float = 0.0
    heartbeat_s: float = 60.0
    cadence: str = "normal"
    writable: tuple[float, float] | None = None
    meaning: str = "other"
    max_step: int | None = None
    topic: str = ""
    path: str = ""
    time_path: str = ""
    set_topic: str = ""

    @property
    def count(self) -> int:
        """Return how many registers (or bits, in a bit table) the value takes."""
        return self.length if self.type == "string" else WIDTHS[self.type]

    @property
    def end(self) -> int:
        """Return the first address behind the value."""
        return self.address + self.count


@dataclass(frozen=True, slots=True)
class LimitBlock:
    """Where a machine takes the throttling signal: first register of command and answer, lease in s, rate floor."""

    address: int
    answer: int
    lease_s: int = 15
    min_permille: int = 0


@dataclass(frozen=True, slots=True)
class Noise:
    """How a simulated value is drawn for each piece: mean + drift per piece since the last repair + noise."""

    mean: float
    sigma: float = 0.0
    drift: float = 0.0


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a simulated machine works: cycle in s, spread of the cycle, breakdowns (0 = never), drawn values."""

    cycle_s: float = 10.0
    spread: float = 0.0
    mtbf_s: float = 0.0
    mttr_s: float = 300.0
    jobs: int = 0
    values: Mapping[str, Noise] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceMap:
    """One device: its place, the machine it belongs to, its tags, and whether and how it may be written."""

    device: str
    machine: str
    link: Endpoint
    tags: tuple[Tag, ...]
    limit: LimitBlock | None = None
    writes: bool = False
    version: int = 1
    max_gap: int = 16
    max_span: int = 125
    readable: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    states: Mapping[int, str] = field(default_factory=lambda: STATE_CODES)
    behaviour: Behaviour = Behaviour()

    def meaning(self, word: str) -> tuple[Tag, ...]:
        """Return the tags that carry this meaning, in map order."""
        return tuple(tag for tag in self.tags if tag.meaning == word)

    def tag(self, name: str) -> Tag | None:
        """Return the tag of that name, or None."""
        return next((tag for tag in self.tags if tag.name == name), None)
