"""Two plans side by side: who is late in each, what moved and how far."""

from collections.abc import Mapping
from dataclasses import dataclass

from scheduling.plan import Assignment, Plan
from scheduling.problem import Order, Problem


@dataclass(frozen=True, slots=True)
class Move:
    """One task that differs; a side is None where the plan does not have the task; `shift` is in ticks."""

    task: str
    from_resource: str | None
    to_resource: str | None
    from_start: int | None
    to_start: int | None
    shift: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changes from plan A to plan B; late orders are (order, ticks late) and need the problem.

    `impact` are (order, ticks late before, after) of the orders that change, what weighs most for customers first.
    """

    late_before: tuple[tuple[str, int], ...]
    late_after: tuple[tuple[str, int], ...]
    moves: tuple[Move, ...]
    moved_tasks: int
    resource_changes: int
    mean_shift: int
    tardiness_before: int
    tardiness_after: int
    setup_before: int = 0
    setup_after: int = 0
    impact: tuple[tuple[str, int, int], ...] = ()


def lateness(problem: Problem, plan: Plan) -> dict[str, int]:
    """Ticks each late order ends behind its due date, by order id."""
    done: dict[str, int] = {}
    for row in plan.assignments:
        task = problem.task_by_id.get(row.task)
        if task is not None:
            done[task.order] = max(done.get(task.order, row.end), row.end)
    return {name: late for name, end in done.items() if (late := _late(problem.order_by_id[name], end)) > 0}


def _late(order: Order, end: int) -> int:
    return 0 if order.due is None else end - order.due


def compare(before: Plan, after: Plan, problem: Problem | None = None) -> Comparison:
    """Late orders, moved tasks, resource changes and the mean absolute shift of the tasks both plans have."""
    moves = tuple(sorted(_moves(before.by_task, after.by_task), key=lambda move: (-abs(move.shift), move.task)))
    both = [name for name in before.by_task if name in after.by_task]
    changes = sum(before.by_task[name].resource != after.by_task[name].resource for name in both)
    shift = sum(abs(after.by_task[name].start - before.by_task[name].start) for name in both)
    return Comparison(
        late_before=_sorted(problem, before),
        late_after=_sorted(problem, after),
        moves=moves,
        moved_tasks=len(moves),
        resource_changes=changes,
        mean_shift=shift // len(both) if both else 0,
        tardiness_before=before.objective.weighted_tardiness,
        tardiness_after=after.objective.weighted_tardiness,
        setup_before=before.objective.setup,
        setup_after=after.objective.setup,
        impact=_impact(problem, before, after) if problem is not None else (),
    )


def _impact(problem: Problem, before: Plan, after: Plan) -> tuple[tuple[str, int, int], ...]:
    was, now = lateness(problem, before), lateness(problem, after)
    rows = [(name, was.get(name, 0), now.get(name, 0)) for name in was.keys() | now.keys()]
    weight = {order.id: order.weight for order in problem.orders}
    changed = [row for row in rows if row[1] != row[2]]
    return tuple(sorted(changed, key=lambda row: (-weight[row[0]] * abs(row[2] - row[1]), row[0])))


def _sorted(problem: Problem | None, plan: Plan) -> tuple[tuple[str, int], ...]:
    late = lateness(problem, plan) if problem is not None else {}
    return tuple(sorted(late.items(), key=lambda item: (-item[1], item[0])))


def _moves(before: Mapping[str, Assignment], after: Mapping[str, Assignment]) -> list[Move]:
    out = []
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        shift = new.start - old.start if old is not None and new is not None else 0
        if old is None:
            out.append(_new(after[name]))
        elif new is None:
            out.append(Move(name, old.resource, None, old.start, None, 0))
        elif shift or old.resource != new.resource:
            out.append(Move(name, old.resource, new.resource, old.start, new.start, shift))
    return out


def _new(row: Assignment) -> Move:
    return Move(row.task, None, row.resource, None, row.start, 0)
