"""What orders, tasks and reports look like coming in and going out."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.web.api.values import (
    Amount,
    Asked,
    Code,
    Given,
    Id,
    Line,
    Lines,
    Moment,
    Number,
    PageWanted,
    Priority,
    Quantity,
    Raw,
    Uuid,
)

Short = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_.-]+$")]
Kind = Literal["production", "rework", "service", "maintenance"]
OrderStatus = Literal["draft", "planned", "released", "running", "completed", "closed", "cancelled", "aborted"]
TaskStatus = Literal["waiting", "ready", "dispatched", "running", "paused", "completed", "skipped", "aborted"]


class External(Asked):
    """The number another system gave to this order; sent again it gives the same order."""

    system: Short
    number: Code


class _OrderNew(Asked):
    due_at: Moment
    priority: Priority = 3


class ProductionNew(_OrderNew):
    """Make a quantity of an item."""

    kind: Literal["production"]
    item: Code
    quantity: Quantity
    earliest_at: Moment | None = None
    customer_order: Code | None = None
    customer_ref: Code | None = None
    line: Code | None = None
    external: External | None = None


class ReworkNew(_OrderNew):
    """Rework goods that were returned or already received."""

    kind: Literal["rework"]
    item: Code
    quantity: Quantity
    minutes: Quantity = Field(description="Minutes for each piece.")
    station: Code
    unit: Code | None = Field(None, description="The serial number, when it is one unit.")
    rework_of: Code | None = Field(None, description="The order that made the goods.")


class ServiceNew(_OrderNew):
    """After-sales work."""

    kind: Literal["service"]
    title: Line
    minutes: Quantity
    station: Code
    description: Lines | None = None
    customer_ref: Code | None = None
    item: Code | None = Field(None, description="The item of the unit; needed when its serial number is not unique.")
    unit: Code | None = Field(None, description="The serial number of the unit that is serviced.")
    skill: Code | None = None


class MaintenanceNew(_OrderNew):
    """Maintenance of a machine; proposed waits for a person to confirm it."""

    kind: Literal["maintenance"]
    machine: Code
    title: Line
    minutes: Quantity
    state: Literal["proposed", "confirmed"] = "confirmed"
    description: Lines | None = None
    earliest_at: Moment | None = None
    skill: Code | None = None


OrderNew = Annotated[ProductionNew | ReworkNew | ServiceNew | MaintenanceNew, Field(discriminator="kind")]


class OrderChange(Asked):
    """A new due date or priority, if the order is still at this version."""

    version: Id
    due_at: Moment | None = None
    priority: Priority | None = None


class HoldNew(Asked):
    """Why the order must wait."""

    reason: Code | None = None
    note: Lines | None = None


class HoldEnd(Asked):
    """Which hold ends; all open ones of the order when none is named."""

    hold: Id | None = None


class OrdersWanted(PageWanted):
    """Which orders."""

    kind: Kind | None = None
    status: OrderStatus | None = None
    item: Code | None = None
    due_before: Moment | None = None
    system: Short | None = Field(None, description="Only orders with a number of this other system.")
    number: Code | None = Field(None, description="That number.")


class Progress(Given):
    """How far the order is: good of what its final tasks want, scrap of all its tasks."""

    quantity: Amount
    good: Amount
    scrap: Amount
    tasks: int
    tasks_closed: int


class ExternalOut(Given):
    """The number another system gave."""

    system: str
    number: str


class Order(Given):
    """An order of any kind; what a kind does not have is null."""

    id: int
    code: str
    kind: Kind
    status: OrderStatus
    title: str
    priority: int
    due_at: Moment
    version: int
    external: list[ExternalOut]
    item: str | None
    quantity: Amount | None
    progress: Progress


class Orders(Given):
    """A page of orders, oldest first; `next` is null at the end."""

    rows: list[Order]
    next: int | None


class HoldOut(Given):
    """A hold that is open."""

    id: int
    reason: str | None
    note: str | None
    opened_at: Moment


class Task(Given):
    """One operation of an order; quantities in the item's stock unit."""

    id: int
    order: str
    operation: str
    name: str
    kind: str
    status: TaskStatus
    sequence: int
    loop: int
    item: str | None
    quantity: Amount
    available: Amount = Field(description="What has reached this task so far, used or not.")
    good: Amount
    scrap: Amount
    rework: Amount
    is_final: bool
    station: str | None
    stations: list[str]
    machine: str | None
    skill: str | None
    started_at: Moment | None
    finished_at: Moment | None


class OrderWhole(Order):
    """An order with its holds and tasks."""

    line: str | None
    created_at: Moment
    earliest_at: Moment | None
    released_at: Moment | None
    started_at: Moment | None
    completed_at: Moment | None
    holds: list[HoldOut]
    work: list[Task]


class SkipNew(Asked):
    """Why an optional operation is left out: a reason of kind skip or correction."""

    reason: Code


class TasksWanted(PageWanted):
    """Which tasks."""

    order: Code | None = None
    station: Code | None = None
    status: TaskStatus | None = None


class Tasks(Given):
    """A page of tasks; `next` is null at the end."""

    rows: list[Task]
    next: int | None


class Queue(Given):
    """What stands at a station now, the most urgent first."""

    station: str
    rows: list[Task]


class ScanNew(Asked):
    """A code as the scanner read it. `uuid` is made before the first try and never changes."""

    uuid: Uuid
    raw: Raw
    sequence: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    device_at: Moment | None = None


class Scanned(Given):
    """What the scan did: `kind` and `code` for programs, `message` and `next` for people."""

    accepted: bool
    kind: str
    code: str
    values: dict[str, Any]
    message: str
    next: str
    next_code: str | None


class UseNew(Asked):
    """A component that went in: a quantity of a lot, or one serial number."""

    item: Code
    quantity: Quantity = Field("1", validate_default=True)
    lot: Code | None = None
    unit: Code | None = None


class ValueNew(Asked):
    """A value of a check at this operation."""

    code: Code
    value: Number
    instrument: Code | None = None


class ReportNew(Asked):
    """What was made. `uuid` is made before the first try and never changes; it is the key of this write."""

    uuid: Uuid
    task: Id
    kind: Literal["good", "scrap", "rework"]
    quantity: Quantity = Field("1", validate_default=True)
    reason: Code | None = Field(None, description="Needed for scrap and rework.")
    unit: Code | None = Field(None, description="The serial number, when the item is counted one by one.")
    uses: list[UseNew] = Field(default_factory=list, max_length=50)
    values: list[ValueNew] = Field(default_factory=list, max_length=50)
    person: Code | None = Field(None, description="Badge or code of who did it; the caller's own when left out.")
    device_at: Moment | None = None


class Reported(Given):
    """What the report did."""

    report: int
    kind: str
    quantity: Amount
    task: int
    order: str
    operation: str
    unit: int | None
    serial: str | None
    good: Amount
    of: Amount
    verdicts: list[dict[str, Any]]


class UndoNew(Asked):
    """Who takes the report back; a team lead may do it later and for others, with a reason."""

    uuid: Uuid
    person: Code | None = None
    reason: Code | None = None


class Undone(Given):
    """The reversing report."""

    report: int
    reverses: int
    undone: str
    quantity: Amount
    task: int
    order: str
    operation: str
    unit: int | None
