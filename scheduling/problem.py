"""The planning problem: what must be done, by whom it can be done, when they are there; checked where it is built."""

import hashlib
from dataclasses import dataclass, field, fields
from functools import cached_property

from scheduling import checks, json_form
from scheduling.errors import InvalidRecord, NoWindow, TooMuch
from scheduling.jobs import Goal, Link, Mode, Order, Task, work
from scheduling.reach import Reach, loads_fit
from scheduling.records import Absence, Buffer, Calendar, Hole, Pool, Resource, Setup

__all__ = [
    "Absence", "Buffer", "Calendar", "Goal", "Hole", "Link", "Mode", "Order", "Pool", "Problem", "Resource", "Setup",
    "Task",
]  # fmt: skip


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
    setups: tuple[Setup, ...] = ()
    buffers: tuple[Buffer, ...] = ()
    absences: tuple[Absence, ...] = ()

    def __post_init__(self) -> None:
        """Run every check; the first one broken is raised."""
        if self.tick_s < 1:
            raise InvalidRecord(kind="problem", id="", field="tick_s", value=self.tick_s)
        self._check_ids()
        checks.windows_in_horizon(self.calendars, self.horizon)
        self._check_references()
        checks.acyclic(self.tasks, self.links)
        checks.pins_apart(self.tasks, self.resource_by_id, self.work)
        checks.buffers_hold(self.links, self.tasks, self.buffer_by_id)
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
    def buffer_by_id(self) -> dict[str, Buffer]:
        """Buffers by their id."""
        return {record.id: record for record in self.buffers}

    @cached_property
    def setup_by_id(self) -> dict[str, Setup]:
        """Changeover tables by their id."""
        return {record.id: record for record in self.setups}

    @cached_property
    def _changes(self) -> dict[str, dict[tuple[str, str], int]]:
        return {table.id: {(a, b): ticks for a, b, ticks in table.times} for table in self.setups}

    @cached_property
    def order_by_id(self) -> dict[str, Order]:
        """Orders by their id."""
        return {record.id: record for record in self.orders}

    @cached_property
    def task_by_id(self) -> dict[str, Task]:
        """Tasks by their id."""
        return {record.id: record for record in self.tasks}

    def work(self, task: Task, mode: Mode) -> int:
        """Ticks of work of a task in one of its modes, see `scheduling.jobs.work`."""
        if not mode.fixed_s and not mode.piece_s[0] and mode.resource not in self._slowed:
            return mode.ticks
        return work(task, mode, self.resource_by_id[mode.resource], self.tick_s)

    @cached_property
    def _slowed(self) -> frozenset[str]:
        """Resources that do not work at their full rate."""
        return frozenset(record.id for record in self.resources if record.rate[0] != record.rate[1])

    def changeover(self, resource: str, before: str, after: str) -> int:
        """Open ticks the resource needs between work of two families."""
        name = self.resource_by_id[resource].setup
        if name is None:
            return 0
        exact = self._changes[name].get((before, after))
        if exact is not None:
            return exact
        return 0 if before == after or not before or not after else self.setup_by_id[name].ticks

    def people(self, task: Task) -> tuple[tuple[str, int], ...]:
        """The (pool, quantity) a task needs of people: they decide when it can be worked on."""
        return self._needs(task, "people") if task.needs else ()

    def tools(self, task: Task) -> tuple[tuple[str, int], ...]:
        """The (pool, quantity) a task needs of tools: they are held from its start to its end."""
        return self._needs(task, "tool") if task.needs else ()

    def _needs(self, task: Task, kind: str) -> tuple[tuple[str, int], ...]:
        return tuple(need for need in task.needs if self.pool_by_id[need[0]].kind == kind)

    @cached_property
    def reach(self) -> Reach:
        """The longest open window of each resource with each set of pools."""
        return Reach(self.now, self.horizon, self.calendar_by_id, self.pool_by_id, self.holes, self.absences)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON: equal problems have equal hashes."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def __getstate__(self) -> dict[str, object]:
        """Travel to other processes without what can be computed again."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

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
        checks.unique("setup", (record.id for record in self.setups))
        checks.unique("buffer", (record.id for record in self.buffers))
        checks.unique("order", (record.id for record in self.orders))
        checks.unique("task", (record.id for record in self.tasks))

    def _check_references(self) -> None:
        for resource in self.resources:
            for field_name, name in (
                ("calendar", resource.calendar),
                ("send", resource.send),
                ("receive", resource.receive),
            ):
                if name is not None:
                    checks.known("resource", resource.id, field_name, name, self.calendar_by_id)
            if resource.setup is not None:
                checks.known("resource", resource.id, "setup", resource.setup, self.setup_by_id)
        for pool in self.pools:
            for calendar, _ in pool.shifts:
                checks.known("pool", pool.id, "shifts", calendar, self.calendar_by_id)
        for hole in self.holes:
            checks.known("hole", f"{hole.start}-{hole.end}", "resource", hole.resource, self.resource_by_id)
        for absence in self.absences:
            checks.known("absence", f"{absence.start}-{absence.end}", "pool", absence.pool, self.pool_by_id)
        self._check_links()
        self._check_tasks()

    def _check_links(self) -> None:
        tasks = self.task_by_id
        for link in self.links:
            if link.pred in tasks and link.succ in tasks and link.buffer is None:
                continue  # nearly all, and the name of a link costs more than the look
            name = f"{link.pred}→{link.succ}"
            for end in (link.pred, link.succ):
                checks.known("link", name, "task", end, tasks)
            if link.buffer is not None:
                checks.known("link", name, "buffer", link.buffer, self.buffer_by_id)

    def _check_tasks(self) -> None:
        resources, orders = self.resource_by_id, self.order_by_id
        for task in self.tasks:
            checks.known("task", task.id, "order", task.order, orders)
            for mode in task.modes:
                if mode.resource not in resources:
                    checks.known("task", task.id, "modes", mode.resource, resources)
            for pool, quantity in task.needs:
                checks.known("task", task.id, "needs", pool, self.pool_by_id)
                most = sum(count for _, count in self.pool_by_id[pool].shifts)
                if quantity > most:
                    raise TooMuch(task=task.id, of=pool, asked=quantity, available=most)
            for buffer, _ in task.stored:
                checks.known("task", task.id, "stored", buffer, self.buffer_by_id)
            loads_fit(task, resources)
            if task.state == "started" and task.fixed_start is not None and task.fixed_start > self.now:
                raise InvalidRecord(kind="task", id=task.id, field="fixed_start", value=task.fixed_start)

    def _check_reach(self) -> None:
        for task in self.tasks:
            if task.state != "started":
                self.reach.check(task, self.people(task), self.resource_by_id, self.work)
                if task.windows:
                    self._check_windows(task)

    def _check_windows(self, task: Task) -> None:
        least = min(self.work(task, mode) for mode in task.modes)
        since = max(self.now, task.release, task.material, self.order_by_id[task.order].release)
        if all(end - max(start, since) < least for start, end in task.windows):
            raise NoWindow(task=task.id)
