"""An operation, the stations that can do it, and the links between operations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from bom.errors import BadQuantity, BadValue, SelfLoop
from bom.lines import ONE, exact, named

ZERO = Fraction(0)


class LinkType(StrEnum):
    """What of the predecessor the successor waits for (ISA-95: segment dependency AfterEnd, AfterStart)."""

    FINISH_START = "finish_start"
    START_START = "start_start"


class LinkKind(StrEnum):
    """Why pieces take this way: always, because they failed, or because this branch was chosen."""

    NORMAL = "normal"
    REWORK = "rework"
    ALTERNATE = "alternate"


@dataclass(frozen=True)
class StationChoice:
    """A station (and machine) that can do an operation; it takes `factor` times the minutes, 1 is preferred."""

    station: str
    machine: str | None = None
    factor: Fraction = ONE
    preference: int = 1

    def __post_init__(self) -> None:
        """Refuse an empty station and a factor that is not above zero."""
        named(self.station, "station", "station choice")
        object.__setattr__(self, "factor", exact(self.factor, "factor", self.station))


@dataclass(frozen=True)
class Operation:
    """One step of a routing (ISA-95: operations segment); minutes are exact, `checks` are codes of inspections.

    A batch operation (`batch_size` pieces at once, a foaming jig) costs full batches. Operations that
    share an `alternate_group` replace each other. `max_loops` bounds how often a piece may come back.
    """

    key: str
    name: str
    minutes_per_piece: Fraction
    fixed_minutes: Fraction = ZERO
    optional: bool = False
    skills: tuple[str, ...] = ()
    stations: tuple[StationChoice, ...] = ()
    checks: tuple[str, ...] = ()
    instruction: str | None = None
    alternate_group: str | None = None
    max_loops: int = 1
    batch_size: int | None = None

    def __post_init__(self) -> None:
        """Refuse an empty key, negative minutes, and bounds below one."""
        named(self.key, "key", "operation")
        for field in ("minutes_per_piece", "fixed_minutes"):
            object.__setattr__(self, field, exact(getattr(self, field), field, self.key, zero=True))
        if self.max_loops < 1:
            raise BadQuantity(of=self.key, field="max_loops", value=self.max_loops)
        if self.batch_size is not None and self.batch_size < 1:
            raise BadQuantity(of=self.key, field="batch_size", value=self.batch_size)

    def minutes(self, quantity: Fraction) -> Fraction:
        """Return the minutes for so many pieces at a station of factor 1, set-up included."""
        return self.fixed_minutes + self.run_minutes(quantity)

    def run_minutes(self, quantity: Fraction) -> Fraction:
        """Return the minutes for so many pieces without set-up; a started batch counts whole."""
        size = self.batch_size
        pieces = quantity if size is None else Fraction(-(-quantity // size) * size)
        return self.minutes_per_piece * pieces


@dataclass(frozen=True)
class Link:
    """Pieces go from `pred` to `succ`, after `lag_min` minutes; alternate links name their group.

    `transfer_batch` pieces at least are passed at a time. None: planned as a whole, passed as reported.
    """

    pred: str
    succ: str
    type: LinkType = LinkType.FINISH_START
    lag_min: Fraction = ZERO
    transfer_batch: Fraction | None = None
    kind: LinkKind = LinkKind.NORMAL
    alternate_group: str | None = None

    def __post_init__(self) -> None:
        """Refuse a self loop, a negative lag, an empty batch, and a group where it has no meaning."""
        of = f"link {self.pred} - {self.succ}"
        if self.pred == self.succ:
            raise SelfLoop(operation=self.pred)
        object.__setattr__(self, "type", LinkType(self.type))
        object.__setattr__(self, "kind", LinkKind(self.kind))
        object.__setattr__(self, "lag_min", exact(self.lag_min, "lag_min", of, zero=True))
        if self.transfer_batch is not None:
            object.__setattr__(self, "transfer_batch", exact(self.transfer_batch, "transfer_batch", of))
        if (self.kind is LinkKind.ALTERNATE) != bool(self.alternate_group):
            raise BadValue(of=of, field="alternate_group", value=self.alternate_group)
