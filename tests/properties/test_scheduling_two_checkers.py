"""The checker against a second one that walks tick by tick: both agree on every plan, good or bent."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from test_scheduling_plans import good_problems, planned

from scheduling import Assignment, Link, Mode, Plan, Problem, Task, verify


def is_open(problem: Problem, calendar: str, tick: int) -> bool:
    record = problem.calendar_by_id[calendar]
    if tick >= problem.horizon:
        tick = problem.horizon - record.repeat + (tick - problem.horizon) % record.repeat
    return any(start <= tick < end for start, end in record.windows)


def people(problem: Problem, pool: str, tick: int) -> int:
    return sum(count for calendar, count in problem.pool_by_id[pool].shifts if is_open(problem, calendar, tick))


def works(problem: Problem, task: Task, resource: str, tick: int) -> bool:
    """Whether this task could be worked on at this tick, nobody else being there."""
    return (
        is_open(problem, problem.resource_by_id[resource].calendar, tick)
        and not any(hole.resource == resource and hole.start <= tick < hole.end for hole in problem.holes)
        and all(people(problem, pool, tick) >= quantity for pool, quantity in task.needs)
    )


def worked(problem: Problem, row: Assignment, start: int, end: int) -> int:
    task = problem.task_by_id[row.task]
    return sum(works(problem, task, row.resource, tick) for tick in range(start, end))


def alone(problem: Problem, row: Assignment) -> bool:
    """The rules of one free task by itself."""
    task = problem.task_by_id[row.task]
    mode = task.mode(row.resource)
    earliest = max(problem.now, task.release, problem.order_by_id[task.order].release)
    if mode is None or row.start < earliest or not works(problem, task, row.resource, row.start):
        return False
    if mode.ticks == 0 or row.end <= row.start:
        return mode.ticks == 0 and row.end == row.start
    whole = task.splittable or row.end - row.start == mode.ticks
    return (
        whole
        and worked(problem, row, row.start, row.end) == mode.ticks
        and works(problem, task, row.resource, row.end - 1)
    )


def linked(problem: Problem, link: Link, pred: Assignment, succ: Assignment) -> bool:
    if link.kind == "start_start":
        return succ.start >= pred.start + link.lag
    if link.kind == "end_start" and link.overlap is None:
        return succ.start >= pred.end + link.lag
    if succ.end < pred.end + link.lag:
        return False
    if link.overlap is None:
        return True
    part, whole = link.overlap
    first, last = mode_of(problem, pred).ticks, mode_of(problem, succ).ticks
    done = worked(problem, pred, pred.start, min(succ.start - link.lag, pred.end))
    rest = worked(problem, succ, max(pred.end + link.lag, succ.start), succ.end)
    return done * whole >= first * part and rest * whole >= last * part


def mode_of(problem: Problem, row: Assignment) -> Mode:
    mode = problem.task_by_id[row.task].mode(row.resource)
    assert mode is not None
    return mode


def together(problem: Problem, rows: tuple[Assignment, ...], tick: int) -> bool:
    """Capacities of resources and pools at one tick."""
    held: dict[str, int] = {}
    called: dict[str, int] = {}
    for row in rows:
        if not row.start <= tick < row.end:
            continue
        held[row.resource] = held.get(row.resource, 0) + mode_of(problem, row).load
        task = problem.task_by_id[row.task]
        for pool, quantity in task.needs:
            working = works(problem, task, row.resource, tick)
            called[pool] = called.get(pool, 0) + quantity * working
    return all(load <= problem.resource_by_id[name].capacity for name, load in held.items()) and all(
        count <= people(problem, pool, tick) for pool, count in called.items()
    )


def good(problem: Problem, rows: tuple[Assignment, ...]) -> bool:
    by_task = {row.task: row for row in rows}
    last = max(row.end for row in rows)
    return (
        all(alone(problem, row) for row in rows)
        and all(linked(problem, link, by_task[link.pred], by_task[link.succ]) for link in problem.links)
        and all(together(problem, rows, tick) for tick in range(problem.now, last))
    )


@st.composite
def bent(draw: st.DrawFn) -> tuple[Problem, Plan]:
    """A plan in which up to two tasks were shifted, stretched or put elsewhere."""
    problem = draw(good_problems())
    plan = planned(problem)
    rows = list(plan.assignments)
    for _ in range(draw(st.integers(0, 2))):
        i = draw(st.integers(0, len(rows) - 1))
        row, shift = rows[i], draw(st.integers(-12, 12))
        kind = draw(st.sampled_from(("shift", "shift", "stretch", "elsewhere")))
        if kind == "shift":
            rows[i] = replace(row, start=row.start + shift, end=row.end + shift)
        elif kind == "stretch":
            rows[i] = replace(row, end=row.end + shift)
        else:
            names = [resource.id for resource in problem.resources]
            rows[i] = replace(row, resource=draw(st.sampled_from(names)))
    return problem, replace(plan, assignments=tuple(rows))


@given(bent())
@settings(max_examples=150, deadline=None)
def test_both_checkers_agree(case: tuple[Problem, Plan]) -> None:
    problem, plan = case
    assert (verify(problem, plan) == []) == good(problem, plan.assignments)
