"""Capable to promise: when would a new order be ready, with everything that is planned staying where it is.

The order is broken down as a release would do it and put into the gaps of the plan, by one decode; nothing is written.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.errors import Conflict, NotFound
from app.events import Store
from app.queries import plan_drafts, plans
from app.queries.engineering import Engineering, engineering, item_row
from app.queries.plans import Snapshot
from bom.errors import BomError
from bom.operation import LinkKind, LinkType
from bom.specs import BreakDown, Chosen, LinkSpec, TaskSpec
from bom.tasks import break_down
from scheduling import Link, Mode, Order, SchedulingError, Task, promise

NEW = "new"


@dataclass(frozen=True)
class Step:
    """One task of the order that is asked for: where and when."""

    name: str
    name_zh: str | None
    item: str
    station: int
    start_at: datetime
    end_at: datetime
    bound_by: str
    bound_ref: str


@dataclass(frozen=True)
class Promised:
    """When the order would be ready, whether the wished date holds, and its way through the stations."""

    ready_at: datetime
    in_time: bool
    steps: tuple[Step, ...]


def promised(
    store: Store, site_id: int, item: str, quantity: Decimal, due_at: datetime | None, now: datetime
) -> Promised:
    """The earliest date an order could be promised for.

    NotFound for an unknown item, Conflict ``order.bom`` when it cannot be broken down, ``plan.data`` when stations or
    people are missing.
    """
    row = item_row(store, site_id, item)
    if row is None:
        raise NotFound("plan.no_item", item=item)
    rows = plans.published(store, site_id)
    try:
        data = engineering(store, site_id, row.id)
        made = break_down(data.structure, data.routings, row.code, quantity, now.date(), Chosen(), data.decimals)
    except BomError as error:
        raise Conflict("order.bom", problem=str(error), cause=error.code) from error
    stations = tuple(sorted(set(data.stations.values())))
    found = plans.snapshot(store, site_id, now, locks=plan_drafts.locks(rows), also=(stations, _skills(made, data)))
    try:
        return _promised(found, rows, data, made, due_at)
    except SchedulingError as error:
        raise Conflict("plan.data", problem=error.code) from error


def _promised(
    found: Snapshot, rows: plan_drafts.Places, data: Engineering, made: BreakDown, due_at: datetime | None
) -> Promised:
    problem = found.problem
    old = plan_drafts.in_ticks(rows, found.epoch_at, problem)
    due = found.tick(due_at) if due_at is not None else None
    kept = [task for task in made.tasks if task.op_key not in _unchosen(made)]
    here = {task.op_key for task in kept}
    tasks = [_task(found, task, data) for task in kept]
    links = [_link(link, {t.op_key: t for t in kept}) for link in made.links
             if link.pred in here and link.succ in here and link.kind is not LinkKind.REWORK]  # fmt: skip
    answer = promise(problem, old, Order(NEW, due, 0, 4), tasks, list(dict.fromkeys(links)))
    names = {f"{NEW}:{task.op_key}": task for task in kept}
    steps = []
    for row in sorted(answer.rows, key=lambda one: (one.start, one.end, one.task)):
        task = names[row.task]
        operation = data.operations[task.item, task.operation.key]
        steps.append(Step(operation.name, operation.name_zh, task.item, abs(int(row.resource)), found.at(row.start),
                          found.at(row.end), row.bound_by, row.bound_ref.lstrip("-")))  # fmt: skip
    return Promised(found.at(answer.end), answer.in_time, tuple(steps))


def _skills(made: BreakDown, data: Engineering) -> tuple[int, ...]:
    found = {data.operations[task.item, task.operation.key].skill_id for task in made.tasks}
    return tuple(sorted(skill for skill in found if skill))


def _unchosen(made: BreakDown) -> set[str]:
    """Of operations that replace each other the first is taken, as a release does."""
    first: dict[Any, str] = {}
    for task in made.tasks:
        if task.operation.alternate_group:
            first.setdefault((task.node, task.operation.alternate_group), task.op_key)
    return {
        task.op_key for task in made.tasks
        if task.operation.alternate_group and first[task.node, task.operation.alternate_group] != task.op_key
    }  # fmt: skip


def _task(found: Snapshot, task: TaskSpec, data: Engineering) -> Task:
    row = data.operations[task.item, task.operation.key]
    known = found.problem.resource_by_id
    places = [(str(data.stations[choice.station]), choice) for choice in task.stations]
    modes = tuple(
        Mode(name, _ticks(found, row, task, choice.factor), _whole(found, Fraction(choice.preference)),
             _load(found, name, task), row.setup_family or "")
        for name, choice in places if name in known
    )  # fmt: skip
    skill = f"skill:{row.skill_id}"
    needs = ((skill, 1),) if skill in found.problem.pool_by_id else ()
    return Task(f"{NEW}:{task.op_key}", NEW, modes, needs=needs)


def _ticks(found: Snapshot, row: Any, task: TaskSpec, factor: Fraction) -> int:
    if row.outside_min:
        return _whole(found, Fraction(row.outside_min))
    return _whole(found, task.minutes * factor)


def _whole(found: Snapshot, minutes: Fraction) -> int:
    return math.ceil(minutes * 60 / found.problem.tick_s)


def _load(found: Snapshot, name: str, task: TaskSpec) -> int:
    """A jig that is filled together takes pieces, everything else one task."""
    resource = found.problem.resource_by_id[name]
    return min(resource.capacity, max(1, math.ceil(task.quantity))) if resource.batching else 1


def _link(link: LinkSpec, tasks: dict[str, TaskSpec]) -> Link:
    """Parts flow on as they do between released tasks."""
    ends, lag = (f"{NEW}:{link.pred}", f"{NEW}:{link.succ}"), math.ceil(link.lag_min)
    if link.type is LinkType.START_START:
        return Link(*ends, "start_start", lag)
    pred, succ = tasks[link.pred], tasks[link.succ]
    rest = max(1, math.ceil(pred.quantity))
    enough = math.ceil(max(1, succ.operation.batch_size or 1) / link.ratio)
    batch = math.ceil(link.transfer_batch) if link.transfer_batch else max(pred.operation.batch_size or 1, enough)
    return Link(*ends, "end_start", lag, (min(batch, rest), rest))
