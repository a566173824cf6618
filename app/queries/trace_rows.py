"""The rows of a history, as plain dataclasses for pages, reports and the API."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from app.queries.trace_links import Node


class Named(NamedTuple):
    """A piece of master data: id, code and its names in both languages."""

    id: int
    code: str
    name: str | None
    name_zh: str | None


@dataclass(frozen=True)
class Step:
    """One report. ``started_at`` comes from its work session; ``dwell_min`` is the time since the unit's step before.

    ``standard_min`` is what the routing gives the operation for a piece, or a full jig: fixed and piece minutes.
    ``undone`` marks both the report that was taken back and the row that took it back (``reverses`` is set there).
    ``shared`` says that it counts for the whole order and not for this one unit.
    """

    id: int
    kind: str
    quantity: Decimal
    task_id: int
    operation: Named
    order: str
    loop_no: int
    unit_id: int | None
    serial: str | None
    station: Named | None
    machine: Named | None
    person: Named | None
    on_behalf_of: Named | None
    shift: Named | None
    business_date: date
    reason: Named | None
    channel: str
    started_at: datetime | None
    at: datetime
    device_at: datetime | None
    undone: bool
    reverses: int | None
    shared: bool = False
    dwell_min: Decimal | None = None
    standard_min: Decimal | None = None


@dataclass(frozen=True)
class Value:
    """A measured value with the limits of that time and the verdict of that time."""

    code: str
    value: Decimal
    unit: str | None
    lower: Decimal | None
    upper: Decimal | None
    verdict: str
    source: str
    instrument: str | None
    at: datetime
    operation: Named | None
    serial: str | None
    unit_id: int | None
    machine: Named | None
    person: Named | None
    undone: bool


@dataclass(frozen=True)
class Used:
    """What was used: an amount of an item, of a lot or as a serialised piece, at an operation."""

    item: Named
    quantity: Decimal
    measure: str
    lot_id: int | None
    lot: str | None
    supplier: str | None
    supplier_lot: str | None
    component_id: int | None
    component: str | None
    unit_id: int | None
    serial: str | None
    operation: Named
    order: str
    at: datetime
    shared: bool


@dataclass(frozen=True)
class Stop:
    """A hold that lies or lay over the thing, its task or its order."""

    id: int
    target: Node
    reason: Named | None
    note: str | None
    opened_by: str | None
    opened_at: datetime
    released_by: str | None
    released_at: datetime | None
    needs_second: bool = False


@dataclass(frozen=True)
class Run:
    """A batch run (jig, oven) that the thing was in, with its values."""

    id: int
    machine: Named | None
    started_at: datetime
    ended_at: datetime | None
    values: dict[str, Any]


class Count(NamedTuple):
    """A person or machine with the number of reports and the first and last of them."""

    who: Named
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class History:
    """All that happened to a thing; ``more`` says that only the first MOST rows of something are given."""

    steps: list[Step] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    used: list[Used] = field(default_factory=list)
    holds: list[Stop] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    more: bool = False

    @property
    def people(self) -> list[Count]:
        """Who reported, undone reports left out."""
        return _counted([(step.person, step.at) for step in self.steps if step.person and not step.undone])

    @property
    def machines(self) -> list[Count]:
        """Where it was worked on, undone reports left out."""
        return _counted([(step.machine, step.at) for step in self.steps if step.machine and not step.undone])


def _counted(seen: list[tuple[Named, datetime]]) -> list[Count]:
    times: dict[Named, list[datetime]] = {}
    for who, at in seen:
        times.setdefault(who, []).append(at)
    rows = [Count(who, len(moments), min(moments), max(moments)) for who, moments in times.items()]
    return sorted(rows, key=lambda row: (-row.count, row.who.code))
