"""The planning problem: what must be done, by whom it can be done, when they are there; checked where it is built."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from scheduling import checks, json_form
from scheduling.errors import InvalidRecord, TooMuch
from scheduling.reach import Reach, loads_fit
from scheduling.records import Calendar, Goal, Hole, Link, Mode, Order, Pool, Resource, Task

__all__ = ["Calendar", "Goal", "Hole", "Link", "Mode", "Order", "Pool", "Problem", "Resource", "Task"]


@dataclass(frozen=True)
class Problem:
    """One shop at one moment; times are ticks of `tick_s` seconds from an epoch the caller chooses.

    Calendars are explicit up to `horizon`; behind it they repeat or end (HorizonTooShort). Nothing free starts
    before `now`. A problem that cannot be planned is refused here with an error that names the objects.
    """

    now: int
    horizon: int
    calendars: tuple[Calendar, ...]
    resources: tuple[Resource, ...]
    orders: tuple[Order, ...]
    tasks: tuple[Task, ...]
    links: tuple[Link, ...] = ()
    pools: tuple[Pool, ...] = ()
    holes: tuple[Hole, ...] = ()
    tick_s: int = 60
    goal: Goal = field(default_factory=Goal)

    def __post_init__(self) -> None:
        """Run every check; the first one broken is raised."""
        if self.tick_s < 1:
            raise InvalidRecord(kind="problem", id="", field="tick_s", value=self.tick_s)
        self._check_ids()
        checks.windows_in_horizon(self.calendars, self.horizon)
        self._check_references()
        checks.acyclic(self.tasks, self.links)
        checks.pins_apart(self.tasks, self.resource_by_id)
        self._check_reach()

    @cached_property
    def calendar_by_id(self) -> dict[str, Calendar]:
        """Calendars by their id."""
        return {record.id: record for record in self.calendars}

    @cached_property
    def resource_by_id(self) -> dict[str, Resource]:
        """Resources by their id."""
        return {record.id: record for record in self.resources}

    @cached_property
    def pool_by_id(self) -> dict[str, Pool]:
        """Pools by their id."""
        return {record.id: record for record in self.pools}

    @cached_property
    def order_by_id(self) -> dict[str, Order]:
        """Orders by their id."""
        return {record.id: record for record in self.orders}

    @cached_property
    def task_by_id(self) -> dict[str, Task]:
        """Tasks by their id."""
        return {record.id: record for record in self.tasks}

    @cached_property
    def reach(self) -> Reach:
        """The longest open window of each resource with each set of pools."""
        return Reach(self.now, self.horizon, self.calendar_by_id, self.pool_by_id, self.holes)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON: equal problems have equal hashes."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Canonical JSON text; fields at their default are left out."""
        return json_form.dump(self)

    @classmethod
    def from_json(cls, text: str) -> "Problem":
        """A checked problem from JSON text; InvalidJson names the path, other errors the objects."""
        return json_form.load(cls, text)

    def _check_ids(self) -> None:
        checks.unique("calendar", (record.id for record in self.calendars))
        checks.unique("resource", (record.id for record in self.resources))
        checks.unique("pool", (record.id for record in self.pools))
        checks.unique("order", (record.id for record in self.orders))
        checks.unique("task", (record.id for record in self.tasks))

    def _check_references(self) -> None:
        for resource in self.resources:
            checks.known("resource", resource.id, "calendar", resource.calendar, self.calendar_by_id)
        for pool in self.pools:
            for calendar, _ in pool.shifts:
                checks.known("pool", pool.id, "shifts", calendar, self.calendar_by_id)
        for hole in self.holes:
            checks.known("hole", f"{hole.start}-{hole.end}", "resource", hole.resource, self.resource_by_id)
        for link in self.links:
            for end in (link.pred, link.succ):
                checks.known("link", f"{link.pred}→{link.succ}", "task", end, self.task_by_id)
        self._check_tasks()

    def _check_tasks(self) -> None:
        for task in self.tasks:
            checks.known("task", task.id, "order", task.order, self.order_by_id)
            for mode in task.modes:
                checks.known("task", task.id, "modes", mode.resource, self.resource_by_id)
            for pool, quantity in task.needs:
                checks.known("task", task.id, "needs", pool, self.pool_by_id)
                most = sum(count for _, count in self.pool_by_id[pool].shifts)
                if quantity > most:
                    raise TooMuch(task=task.id, of=pool, asked=quantity, available=most)
            loads_fit(task, self.resource_by_id)
            if task.state == "started" and task.fixed_start is not None and task.fixed_start > self.now:
                raise InvalidRecord(kind="task", id=task.id, field="fixed_start", value=task.fixed_start)

    def _check_reach(self) -> None:
        for task in self.tasks:
            if task.state != "started":
                self.reach.check(task, self.resource_by_id)
