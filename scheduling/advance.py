"""Time goes on as planned: what the plan has finished leaves the problem, what it has begun runs."""

from dataclasses import replace

from scheduling.jobs import Task
from scheduling.plan import Plan
from scheduling.problem import Problem


def advance(problem: Problem, plan: Plan, now: int) -> Problem:
    """The problem at a later moment when everything went as planned until then.

    Tasks that ended are gone; what waits for them keeps the lag that is still to pass as a release. Tasks that began
    are started where they stand.
    """
    rows = plan.by_task
    gone = {task.id for task in problem.tasks if rows[task.id].end <= now}
    release: dict[str, int] = {}
    for link in problem.links:
        if link.pred in gone:
            since = rows[link.pred].start if link.kind == "start_start" else rows[link.pred].end
            if link.kind != "end_end":
                release[link.succ] = max(release.get(link.succ, 0), since + link.lag)
    tasks = tuple(_later(task, plan, now, release) for task in problem.tasks if task.id not in gone)
    links = tuple(link for link in problem.links if not {link.pred, link.succ} & gone)
    families = _families(problem, plan, gone)
    resources = tuple(replace(one, family=families.get(one.id, one.family)) for one in problem.resources)
    return replace(problem, now=now, tasks=tasks, links=links, resources=resources)


def _later(task: Task, plan: Plan, now: int, release: dict[str, int]) -> Task:
    row = plan.by_task[task.id]
    if task.state == "started":
        left = None if task.remaining is None else max(0, row.end - now)
        return replace(task, remaining=left)
    if row.start < now:
        return replace(task, state="started", fixed_resource=row.resource, fixed_start=row.start)
    return replace(task, release=max(task.release, release.get(task.id, 0)))


def _families(problem: Problem, plan: Plan, gone: set[str]) -> dict[str, str]:
    """What each machine stands ready for after the last task that ended on it."""
    last: dict[str, tuple[int, str]] = {}
    for task in problem.tasks:
        row = plan.by_task[task.id]
        mode = task.mode(row.resource)
        if task.id in gone and mode is not None and row.end > row.start:
            last[row.resource] = max(last.get(row.resource, (row.end, mode.family)), (row.end, mode.family))
    return {resource: family for resource, (_, family) in last.items()}
