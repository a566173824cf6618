"""The records a planning problem is made of; every time and duration is a whole number of ticks."""

from dataclasses import dataclass
from typing import Literal

from scheduling.errors import InvalidRecord, NoMode

State = Literal["free", "started", "pinned"]
LinkKind = Literal["end_start", "start_start", "end_end"]
Window = tuple[int, int]


def _refuse(kind: str, of: object, field: str, value: object) -> None:
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
            _refuse("calendar", self.id, "repeat", self.repeat)
        last: int | None = None
        for start, end in self.windows:
            if start >= end or (last is not None and start < last):
                _refuse("calendar", self.id, "windows", (start, end))
            last = end


@dataclass(frozen=True, slots=True)
class Resource:
    """A station, machine or jig (ISA-95 equipment); `capacity` counts what it holds at once."""

    id: str
    calendar: str
    capacity: int = 1

    def __post_init__(self) -> None:
        """Refuse a capacity below one."""
        if self.capacity < 1:
            _refuse("resource", self.id, "capacity", self.capacity)


@dataclass(frozen=True, slots=True)
class Pool:
    """People (or tools) of one skill: `shifts` are (calendar, count) and add up to the capacity by time."""

    id: str
    shifts: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        """Refuse negative counts."""
        for calendar, count in self.shifts:
            if count < 0:
                _refuse("pool", self.id, f"shifts[{calendar}]", count)


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch in which a resource is closed whatever its calendar says: breakdown, maintenance, holiday."""

    resource: str
    start: int
    end: int
    reason: str = "breakdown"

    def __post_init__(self) -> None:
        """Refuse a hole that ends before it begins."""
        if self.start >= self.end:
            _refuse("hole", self.resource, "end", self.end)


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to do a task: resource, ticks of work, ticks of dislike, units of capacity taken."""

    resource: str
    ticks: int
    preference: int = 0
    load: int = 1

    def __post_init__(self) -> None:
        """Refuse negative durations and preferences, and a load below one."""
        if self.ticks < 0:
            _refuse("mode", self.resource, "ticks", self.ticks)
        if self.preference < 0:
            _refuse("mode", self.resource, "preference", self.preference)
        if self.load < 1:
            _refuse("mode", self.resource, "load", self.load)


@dataclass(frozen=True, slots=True)
class Task:
    """A job order (ISA-95): one operation of an order, done in one of its modes.

    `splittable` work may pause over closed time. `needs` are (pool, quantity). A started task works on from now
    for `remaining` ticks (when None: its ticks less the open ticks since its start, at least one); a pinned task
    begins at `fixed_start` on `fixed_resource`.
    """

    id: str
    order: str
    modes: tuple[Mode, ...]
    release: int = 0
    state: State = "free"
    fixed_resource: str | None = None
    fixed_start: int | None = None
    remaining: int | None = None
    splittable: bool = True
    needs: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a task without modes, with doubled modes, or fixed without place and time."""
        if not self.modes:
            raise NoMode(task=self.id)
        names = [mode.resource for mode in self.modes]
        if len(set(names)) != len(names):
            _refuse("task", self.id, "modes", tuple(names))
        if self.state != "free" and (self.fixed_start is None or self.fixed_resource not in names):
            _refuse("task", self.id, "fixed_resource", self.fixed_resource)
        if self.remaining is not None and self.remaining < 0:
            _refuse("task", self.id, "remaining", self.remaining)
        pools = [pool for pool, _ in self.needs]
        if len(set(pools)) != len(pools) or any(quantity < 1 for _, quantity in self.needs):
            _refuse("task", self.id, "needs", self.needs)

    def mode(self, resource: str) -> Mode | None:
        """The mode on this resource, or None when the resource cannot do the task."""
        return next((mode for mode in self.modes if mode.resource == resource), None)


@dataclass(frozen=True, slots=True)
class Link:
    """`succ` waits for `pred`, `lag` ticks of real time apart.

    `overlap` (numerator, denominator) on an end_start link is the share of the quantity that flows on as one
    transfer batch: the successor may start once that share of the predecessor's work is done, and still has that
    share of its own work to do when the predecessor ends.
    """

    pred: str
    succ: str
    kind: LinkKind = "end_start"
    lag: int = 0
    overlap: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse negative lags and overlaps that are not a share in (0, 1]."""
        name = f"{self.pred}→{self.succ}"
        if self.lag < 0:
            _refuse("link", name, "lag", self.lag)
        if self.overlap is None:
            return
        part, whole = self.overlap
        if not 0 < part <= whole or self.kind != "end_start":
            _refuse("link", name, "overlap", self.overlap)


@dataclass(frozen=True, slots=True)
class Order:
    """An operations request (ISA-95) of any kind; `due` None means nobody waits for it."""

    id: str
    due: int | None = None
    release: int = 0
    weight: int = 1
    kind: str = "production"

    def __post_init__(self) -> None:
        """Refuse a weight below zero."""
        if self.weight < 0:
            _refuse("order", self.id, "weight", self.weight)


@dataclass(frozen=True, slots=True)
class Goal:
    """What one tick of weighted lateness, one tick of makespan and one moved task cost."""

    tardiness: int = 1
    makespan: int = 0
    moved: int = 0

    def __post_init__(self) -> None:
        """Refuse negative prices: they would reward lateness."""
        if min(self.tardiness, self.makespan, self.moved) < 0:
            _refuse("goal", "", "weights", (self.tardiness, self.makespan, self.moved))
