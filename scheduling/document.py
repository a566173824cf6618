"""Plans as files: the JSON document the command line writes, and plans read back from it."""

import json
from collections import defaultdict
from typing import Any

from scheduling import json_form
from scheduling.compare import lateness
from scheduling.errors import InvalidJson
from scheduling.plan import Assignment, Objective, Plan
from scheduling.problem import Problem
from scheduling.solve import Result


def document(problem: Problem, result: Result, seconds: float, whole: bool) -> dict[str, Any]:
    """The output form: status, objective, lower_bound, seconds and tasks counted from 0 in the order of the input.

    A `whole` document also names tasks, orders and resources, says what bound each start and carries the problem,
    so that it can be explained and compared by itself.
    """
    out: dict[str, Any] = {
        "status": result.status,
        "objective": result.objective.cost,
        "lower_bound": result.lower_bound,
        "seconds": round(seconds, 3),
        "tasks": _rows(problem, result.plan, whole),
    }
    if whole:
        out["parts"] = json_form.plain(result.objective)
        out["thawed"] = list(result.thawed)
        out["problem"] = json_form.plain(problem)
    return out


def _rows(problem: Problem, plan: Plan, whole: bool) -> list[dict[str, Any]]:
    jobs = {order.id: number for number, order in enumerate(problem.orders)}
    machines = {resource.id: number for number, resource in enumerate(problem.resources)}
    count: dict[str, int] = defaultdict(int)
    out = []
    for task in problem.tasks:
        row = plan.by_task[task.id]
        entry: dict[str, Any] = {"job": jobs[task.order], "operation": count[task.order]}
        entry |= {"machine": machines[row.resource], "start": row.start, "end": row.end}
        count[task.order] += 1
        if whole:
            entry |= {"task": task.id, "order": task.order, "resource": row.resource}
            entry |= {"bound_by": row.bound_by, "bound_ref": row.bound_ref}
        out.append(entry)
    return out


def read(text: str) -> dict[str, Any]:
    """A plan document from its text; InvalidJson when it is no object with tasks."""
    try:
        data = json.loads(text)
    except ValueError as fault:
        raise InvalidJson(path="$", expected=f"JSON text ({fault})") from fault
    if not isinstance(data, dict) or not isinstance(data.get("tasks"), list):
        raise InvalidJson(path="$.tasks", expected="a list of planned tasks")
    return data


def problem_in(data: dict[str, Any]) -> Problem | None:
    """The problem a whole document carries, None when it carries none."""
    found = data.get("problem")
    return None if found is None else json_form.build(Problem, found, "$.problem")


def plan_in(data: dict[str, Any], problem: Problem | None = None) -> Plan:
    """The plan of a document, its objective counted anew when the problem is known."""
    names = _names(problem) if problem is not None else {}
    rows = tuple(_row(entry, f"$.tasks[{i}]", names, problem) for i, entry in enumerate(data["tasks"]))
    return Plan(rows, _worth(rows, problem))


def _names(problem: Problem) -> dict[tuple[int, int], str]:
    """(job, operation) counted from 0 → task id."""
    jobs = {order.id: number for number, order in enumerate(problem.orders)}
    count: dict[str, int] = defaultdict(int)
    out = {}
    for task in problem.tasks:
        out[jobs[task.order], count[task.order]] = task.id
        count[task.order] += 1
    return out


def _row(entry: Any, path: str, names: dict[tuple[int, int], str], problem: Problem | None) -> Assignment:
    if not isinstance(entry, dict):
        raise InvalidJson(path=path, expected="an object")
    start, end = (json_form.build(int, entry.get(field), f"{path}.{field}") for field in ("start", "end"))
    bound = (entry.get("bound_by", "now"), str(entry.get("bound_ref", "")))
    if "task" in entry:
        task, on = (json_form.build(str, entry.get(field), f"{path}.{field}") for field in ("task", "resource"))
        return Assignment(task, on, start, end, *bound)
    job, operation, machine = (
        json_form.build(int, entry.get(field), f"{path}.{field}") for field in ("job", "operation", "machine")
    )
    known = problem is not None and 0 <= machine < len(problem.resources)
    on = problem.resources[machine].id if problem is not None and known else str(machine)
    return Assignment(names.get((job, operation), f"{job}.{operation}"), on, start, end, *bound)


def _worth(rows: tuple[Assignment, ...], problem: Problem | None) -> Objective:
    now, end = (problem.now if problem else 0), max((row.end for row in rows), default=0)
    makespan = max(end - now, 0)
    if problem is None:
        return Objective(0, 0, makespan, 0, makespan)
    late = lateness(problem, Plan(rows, Objective(0, 0, 0, 0, 0)))
    tardiness = sum(problem.order_by_id[order].weight * ticks for order, ticks in late.items())
    goal = problem.goal
    return Objective(tardiness, len(late), makespan, 0, goal.tardiness * tardiness + goal.makespan * makespan)
