"""What a shop has: calendars, resources, people, buffers, holes; every time is a whole number of ticks."""

from dataclasses import dataclass
from typing import Literal

from scheduling.errors import InvalidRecord

Window = tuple[int, int]
Share = tuple[int, int]  # numerator, denominator: exact, where a float would drift


def refuse(kind: str, of: object, field: str, value: object) -> None:
    """Raise InvalidRecord for a value no shop can have."""
    raise InvalidRecord(kind=kind, id=of, field=field, value=value)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Open windows [start, end) from the epoch; the last `repeat` ticks before the horizon come again for ever."""

    id: str
    windows: tuple[Window, ...]
    repeat: int = 0

    def __post_init__(self) -> None:
        """Refuse empty, unsorted or overlapping windows; touching ones are joined when they are used."""
        if self.repeat < 0:
            refuse("calendar", self.id, "repeat", self.repeat)
        last: int | None = None
        for start, end in self.windows:
            if start >= end or (last is not None and start < last):
                refuse("calendar", self.id, "windows", (start, end))
            last = end


@dataclass(frozen=True, slots=True)
class Resource:
    """A station, machine, oven or supplier (ISA-95 equipment); `capacity` counts what it holds at once.

    `setup` names the changeover table and `family` what the machine stands ready for now. A `batching` resource
    takes work together only when family, start and length are equal, up to its capacity. `kind` "outside" is a
    supplier: no capacity; work is sent while the calendar `send` is open and comes back with the first open tick of
    `receive`. `rate` is the share of its speed a machine runs at until further notice (a limit from throttling).
    """

    id: str
    calendar: str
    capacity: int = 1
    kind: Literal["machine", "outside"] = "machine"
    setup: str | None = None
    family: str = ""
    batching: bool = False
    rate: Share = (1, 1)
    send: str | None = None
    receive: str | None = None

    def __post_init__(self) -> None:
        """Refuse a capacity below one, speeds outside (0, 1] and rules that contradict each other."""
        if self.capacity < 1:
            refuse("resource", self.id, "capacity", self.capacity)
        if not 0 < self.rate[0] <= self.rate[1]:
            refuse("resource", self.id, "rate", self.rate)
        outside = self.kind == "outside"
        if self.setup is not None and (outside or (self.capacity > 1 and not self.batching)):
            refuse("resource", self.id, "setup", self.setup)
        if outside and self.batching:
            refuse("resource", self.id, "batching", self.batching)
        if not outside and (self.send or self.receive):
            refuse("resource", self.id, "send", self.send or self.receive)


@dataclass(frozen=True, slots=True)
class Setup:
    """A changeover table: `times` are (from family, to family, ticks); other changes take `ticks`, the same family 0.

    The empty family stands for work that needs no changeover unless a row names it.
    """

    id: str
    times: tuple[tuple[str, str, int], ...] = ()
    ticks: int = 0

    def __post_init__(self) -> None:
        """Refuse negative and doubled times."""
        pairs = [(before, after) for before, after, _ in self.times]
        if self.ticks < 0 or any(ticks < 0 for _, _, ticks in self.times):
            refuse("setup", self.id, "times", self.ticks if self.ticks < 0 else self.times)
        if len(set(pairs)) != len(pairs):
            refuse("setup", self.id, "times", pairs)


@dataclass(frozen=True, slots=True)
class Pool:
    """People or tools of one kind: `shifts` are (calendar, count) and add up to the capacity by time.

    People leave a task while it pauses over closed time; a "tool" (fixture, mould) is held from start to end.
    """

    id: str
    shifts: tuple[tuple[str, int], ...]
    kind: Literal["people", "tool"] = "people"

    def __post_init__(self) -> None:
        """Refuse negative counts."""
        for calendar, count in self.shifts:
            if count < 0:
                refuse("pool", self.id, f"shifts[{calendar}]", count)


@dataclass(frozen=True, slots=True)
class Absence:
    """So many of a pool who are not there in [start, end), whatever their shift says."""

    pool: str
    start: int
    end: int
    count: int = 1

    def __post_init__(self) -> None:
        """Refuse an absence that ends before it begins or of nobody."""
        if self.start >= self.end:
            refuse("absence", self.pool, "end", self.end)
        if self.count < 1:
            refuse("absence", self.pool, "count", self.count)


@dataclass(frozen=True, slots=True)
class Buffer:
    """A limited place for work that waits between two tasks; links name it and say how many units they put there."""

    id: str
    capacity: int

    def __post_init__(self) -> None:
        """Refuse a capacity below one."""
        if self.capacity < 1:
            refuse("buffer", self.id, "capacity", self.capacity)


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch in which a resource is closed whatever its calendar says: breakdown, maintenance, holiday.

    With a `rate` (p, q) it is only limited: p of each q ticks stay open, so that paused work goes on at that pace.
    """

    resource: str
    start: int
    end: int
    reason: str = "breakdown"
    rate: Share = (0, 1)

    def __post_init__(self) -> None:
        """Refuse a hole that ends before it begins and a rate outside [0, 1)."""
        if self.start >= self.end:
            refuse("hole", self.resource, "end", self.end)
        if not 0 <= self.rate[0] < self.rate[1]:
            refuse("hole", self.resource, "rate", self.rate)

    def closed(self) -> list[Window]:
        """The closed stretches: the hole itself, or what a limit takes of each of its turns."""
        part, whole = self.rate
        if part == 0:
            return [(self.start, self.end)]
        return [
            (turn + part, min(turn + whole, self.end))
            for turn in range(self.start, self.end, whole)
            if turn + part < self.end
        ]
