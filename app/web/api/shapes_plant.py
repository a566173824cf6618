"""What master data, machines, limits, notices, plans and feeds look like."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from app.web.api.shapes import ExternalOut, Kind, OrderStatus, Progress, Short, TaskStatus
from app.web.api.values import Amount, Code, Given, Moment, PageWanted


class _Thing(Given):
    id: int
    code: str
    name: str
    name_zh: str | None
    retired: bool


class Item(_Thing):
    """A material; quantities of it are counted in `unit` with at most `decimals` decimals."""

    unit: str
    decimals: int
    supply: str
    is_serialised: bool
    is_lot_tracked: bool


class Items(Given):
    """A page of items."""

    rows: list[Item]
    next: int | None


class Station(_Thing):
    """Where tasks queue."""

    line: str
    position: int
    capacity: int


class Stations(Given):
    """A page of stations."""

    rows: list[Station]
    next: int | None


class Person(Given):
    """Who works here; the name is null unless the caller may see it. Badges are never given."""

    id: int
    code: str
    name: str | None
    name_zh: str | None
    line: str | None
    is_lead: bool
    retired: bool


class People(Given):
    """A page of people."""

    rows: list[Person]
    next: int | None


class Reason(_Thing):
    """A reason people choose."""

    kind: str


class Reasons(Given):
    """A page of reasons."""

    rows: list[Reason]
    next: int | None


class ReasonsWanted(PageWanted):
    """Which reasons."""

    kind: Short | None = None


class Machine(_Thing):
    """Equipment with its present state; null before the first reading."""

    station: str | None
    state: str | None
    reason: str | None
    since: Moment | None


class Machines(Given):
    """A page of machines."""

    rows: list[Machine]
    next: int | None


class LatestValue(Given):
    """The last value of a tag. `quality` is good, uncertain or bad; the time is that of the reading."""

    device: str
    tag: str
    meaning: str
    value: Any
    unit: str | None
    quality: str
    reason: str | None
    received_at: Moment


class MachineWhole(Machine):
    """A machine with what it last said."""

    values: list[LatestValue]


class OpenWanted(PageWanted):
    """Open ones, past ones, or all when left out."""

    open: bool | None = None


class Limit(Given):
    """A limit on an upstream machine because the station after it is full."""

    id: int
    rule: str
    station: str
    upstream: str
    machine: str | None
    mode: str
    rate_permille: int
    backlog: int
    status: str
    requested_at: Moment
    verified_at: Moment | None
    cleared_at: Moment | None


class Limits(Given):
    """A page of limits."""

    rows: list[Limit]
    next: int | None


class Notice(Given):
    """Something a person must look at."""

    id: int
    kind: str
    severity: str
    line: str | None
    station: str | None
    data: dict[str, Any]
    note: str | None
    opened_at: Moment
    acknowledged_at: Moment | None
    cleared_at: Moment | None


class Notices(Given):
    """A page of notices."""

    rows: list[Notice]
    next: int | None


class Plan(Given):
    """The plan that counts; `based_on` is the event position it was made from."""

    id: int
    version: int
    based_on: int
    run: int | None
    published_at: Moment
    objective: dict[str, Any]


class PlannedWanted(PageWanted):
    """Which planned tasks."""

    station: Code | None = None


class Planned(Given):
    """Where and when a task is planned; `id` is the task's."""

    id: int
    order: str
    operation: str
    status: TaskStatus
    station: str
    start_at: Moment
    end_at: Moment
    bound_by: str
    bound_ref: str | None
    is_late: bool
    is_pinned: bool


class PlannedTasks(Given):
    """A page of the current plan; `plan` tells when it was replaced meanwhile."""

    plan: int
    rows: list[Planned]
    next: int | None


class PlanRun(Given):
    """A wish for a plan: queued, running, done, failed or superseded."""

    id: int
    status: Literal["queued", "running", "done", "failed", "superseded"]
    requested_at: Moment
    finished_at: Moment | None
    outcome: dict[str, Any]


class EventsWanted(PageWanted):
    """Which events."""

    topic: Short | None = None


class FeedReport(Given):
    """A report in the feed; an undo is a row of its own with a negative quantity."""

    position: int
    report: int
    uuid: str
    reverses: int | None
    quantity: Amount
    task: int
    operation: str
    is_final: bool
    order_id: int
    order: str
    external: list[ExternalOut]
    item: str | None
    unit: str | None
    station: str | None
    machine: str | None
    person: str | None
    reason: str | None
    business_date: date
    at: Moment


class ReportFeed(Given):
    """Reports beyond a position. Keep `next` and ask for what comes after it; `more` says that there is more now."""

    rows: list[FeedReport]
    next: int
    more: bool


class FeedConsumption(Given):
    """What went into what; an undo gives it back with a negative quantity."""

    position: int
    id: int
    report: int
    task: int
    order_id: int
    order: str
    external: list[ExternalOut]
    item: str
    stock_unit: str
    lot: str | None
    supplier_lot: str | None
    component: str | None
    into: str | None = Field(description="The serial number of the unit it went into.")
    quantity: Amount
    at: Moment


class ConsumptionFeed(Given):
    """Consumption beyond a position; `limit` counts reports, whose rows stay together."""

    rows: list[FeedConsumption]
    next: int
    more: bool


class FeedLabour(Given):
    """A slice of somebody's time on a task that ended; `kind` is run, setup or pause."""

    position: int
    id: int
    kind: str
    task: int
    operation: str
    order_id: int
    order: str
    external: list[ExternalOut]
    station: str | None
    person: str | None
    reason: str | None
    started_at: Moment
    ended_at: Moment
    minutes: Amount


class LabourFeed(Given):
    """Working time beyond a position."""

    rows: list[FeedLabour]
    next: int
    more: bool


class FeedDowntime(Given):
    """A stop of a machine that is over, with the reason the machine or a person gave."""

    position: int
    id: int
    machine: str
    station: str | None
    reason: str | None
    started_at: Moment
    ended_at: Moment
    minutes: Amount


class DowntimeFeed(Given):
    """Downtime beyond a position."""

    rows: list[FeedDowntime]
    next: int
    more: bool


class FeedOrder(Given):
    """What happened to an order, with how far it is now."""

    position: int
    topic: str
    at: Moment
    order_id: int
    order: str
    kind: Kind
    status: OrderStatus
    due_at: Moment
    progress: Progress
    external: list[ExternalOut]


class OrderFeed(Given):
    """Order progress beyond a position."""

    rows: list[FeedOrder]
    next: int
    more: bool


class Subject(Given):
    """What an event is about."""

    type: str
    id: int


class Event(Given):
    """A sealed event; people stand in it as ids only."""

    position: int
    id: int
    topic: str
    subject: Subject
    actor: str | None
    occurred_at: Moment
    recorded_at: Moment
    data: dict[str, Any]


class EventFeed(Given):
    """Events beyond a position, in their one order."""

    rows: list[Event]
    next: int
    more: bool
