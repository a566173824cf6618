"""What a shop has to do: orders, their tasks, the ways to do them and what waits for what."""

from dataclasses import dataclass
from typing import Literal

from scheduling.errors import NoMode
from scheduling.records import Resource, Share, Window, refuse

State = Literal["free", "started", "pinned"]
LinkKind = Literal["end_start", "start_start", "end_end"]


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to do a task: resource, ticks of work, ticks of dislike, units of capacity taken, setup family.

    Work beyond `ticks` is given in seconds: `fixed_s` once and `piece_s` (numerator, denominator) for each piece of
    the task's quantity; the sum is rounded up to ticks once, see `work`.
    """

    resource: str
    ticks: int = 0
    preference: int = 0
    load: int = 1
    family: str = ""
    fixed_s: int = 0
    piece_s: Share = (0, 1)

    def __post_init__(self) -> None:
        """Refuse negative durations and preferences, and a load below one."""
        for field, value in (("ticks", self.ticks), ("preference", self.preference), ("fixed_s", self.fixed_s)):
            if value < 0:
                refuse("mode", self.resource, field, value)
        if self.load < 1:
            refuse("mode", self.resource, "load", self.load)
        if self.piece_s[0] < 0 or self.piece_s[1] < 1:
            refuse("mode", self.resource, "piece_s", self.piece_s)


@dataclass(frozen=True, slots=True)
class Task:
    """A job order (ISA-95): one operation of an order, done in one of its modes.

    `splittable` work may pause over closed time. `needs` are (pool, quantity). `material` is the tick at which what
    it consumes is there. Work with `windows` lies inside one of them from start to end (maintenance, a visit).
    `stored` are (buffer, units) of its input that lie in a buffer now and until it starts. A started task works on
    from now for `remaining` ticks (when None: its ticks less the open ticks since its start, at least one); a pinned
    task begins at `fixed_start` on `fixed_resource`.
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
    quantity: Share = (1, 1)
    material: int = 0
    windows: tuple[Window, ...] = ()
    stored: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a task without modes, with doubled modes, or fixed without place and time."""
        if not self.modes:
            raise NoMode(task=self.id)
        names = [mode.resource for mode in self.modes]
        if len(set(names)) != len(names):
            refuse("task", self.id, "modes", tuple(names))
        if self.state != "free" and (self.fixed_start is None or self.fixed_resource not in names):
            refuse("task", self.id, "fixed_resource", self.fixed_resource)
        if self.remaining is not None and self.remaining < 0:
            refuse("task", self.id, "remaining", self.remaining)
        for field, asked in (("needs", self.needs), ("stored", self.stored)):
            of = [name for name, _ in asked]
            if len(set(of)) != len(of) or any(quantity < 1 for _, quantity in asked):
                refuse("task", self.id, field, asked)
        if self.quantity[0] < 0 or self.quantity[1] < 1:
            refuse("task", self.id, "quantity", self.quantity)
        if any(start >= end for start, end in self.windows) or list(self.windows) != sorted(self.windows):
            refuse("task", self.id, "windows", self.windows)

    def mode(self, resource: str) -> Mode | None:
        """The mode on this resource, or None when the resource cannot do the task."""
        for mode in self.modes:
            if mode.resource == resource:
                return mode
        return None


def work(task: Task, mode: Mode, resource: Resource, tick_s: int) -> int:
    """Ticks of work of a task in a mode: seconds for the quantity at the resource's rate, rounded up once."""
    part, whole = mode.piece_s
    slow, full = resource.rate
    if not part and not mode.fixed_s and slow == full:
        return mode.ticks
    count, of = task.quantity
    seconds = ((mode.ticks * tick_s + mode.fixed_s) * whole * of + part * count) * full
    return -(-seconds // (whole * of * slow * tick_s))


@dataclass(frozen=True, slots=True)
class Link:
    """`succ` waits for `pred`, `lag` ticks of real time apart.

    `overlap` (numerator, denominator) on an end_start link is the share of the quantity that flows on as one
    transfer batch: the successor may start once that share of the predecessor's work is done, and still has that
    share of its own work to do when the predecessor ends. With a `buffer`, `units` lie there from the end of `pred`
    to the start of `succ`.
    """

    pred: str
    succ: str
    kind: LinkKind = "end_start"
    lag: int = 0
    overlap: Share | None = None
    buffer: str | None = None
    units: int = 1

    def __post_init__(self) -> None:
        """Refuse negative lags, overlaps that are not a share in (0, 1], and buffers where nothing lies."""
        name = f"{self.pred}→{self.succ}"
        if self.lag < 0:
            refuse("link", name, "lag", self.lag)
        if self.buffer is not None and (self.kind != "end_start" or self.overlap is not None):
            refuse("link", name, "buffer", self.buffer)
        if self.units < 1:
            refuse("link", name, "units", self.units)
        if self.overlap is None:
            return
        part, whole = self.overlap
        if not 0 < part <= whole or self.kind != "end_start":
            refuse("link", name, "overlap", self.overlap)


@dataclass(frozen=True, slots=True)
class Order:
    """An operations request (ISA-95) of any kind; `due` None means nobody waits for it.

    `risk` are (tick, cost): ending one tick later costs so much more from that tick on, the rates rising. It is how
    maintenance says that a bearing is more likely to fail every day.
    """

    id: str
    due: int | None = None
    release: int = 0
    weight: int = 1
    kind: str = "production"
    risk: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a weight below zero and a risk that falls."""
        if self.weight < 0:
            refuse("order", self.id, "weight", self.weight)
        ticks, rates = [tick for tick, _ in self.risk], [rate for _, rate in self.risk]
        if ticks != sorted(set(ticks)) or rates != sorted(rates) or any(rate < 0 for rate in rates):
            refuse("order", self.id, "risk", self.risk)

    def risk_at(self, end: int) -> int:
        """What ending at this tick costs in risk."""
        total, before = 0, 0
        for tick, rate in self.risk:
            total += (rate - before) * max(0, end - tick)
            before = rate
        return total


@dataclass(frozen=True, slots=True)
class Goal:
    """Prices: one tick of weighted lateness, of makespan, of risk and of changeover; one task moved at all, one on
    another resource than in the old plan, and one tick by which a start shifts against it."""

    tardiness: int = 1
    makespan: int = 0
    moved: int = 0
    risk: int = 1
    setup: int = 0
    changed: int = 0
    shift: int = 0

    def __post_init__(self) -> None:
        """Refuse negative prices: they would reward lateness."""
        prices = (self.tardiness, self.makespan, self.moved, self.risk, self.setup, self.changed, self.shift)
        if min(prices) < 0:
            refuse("goal", "", "weights", prices)
