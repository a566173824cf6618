"""After a breakdown: what runs and what is frozen stays, the rest follows calmly, and the difference is told."""

from dataclasses import replace

from scheduling_shops import cut, form, shop

from scheduling import Hole, Problem, compare, diff, repair, solve, verify
from scheduling.generate import generate


def broken(resource: str, start: int, end: int, now: int = 480) -> Problem:
    return shop(now=now, holes=(Hole(resource, start, end),))


def test_frozen_tasks_keep_their_place_and_the_rest_moves() -> None:
    old = solve(shop()).plan
    assert old.by_task["A.form"].resource == "press1"
    new = repair(broken("press1", 610, 2000), old, freeze_until=481, change_penalty=0)
    assert new.status == "repaired"
    assert new.plan.by_task["A.cut"].bound_by == "frozen"
    assert {move.task for move in diff(old, new.plan)} == {"A.form", "B.form"}
    assert new.plan.by_task["A.form"].resource == "press2"


def test_a_frozen_task_whose_predecessor_is_late_is_thawed() -> None:
    old = solve(shop()).plan
    new = repair(broken("saw", 500, 560), old, freeze_until=601)
    assert new.thawed == ("A.form", "B.cut")
    assert new.plan.by_task["A.cut"].start == 480
    assert new.plan.by_task["A.form"].start == 660


def test_the_penalty_keeps_the_machine() -> None:
    old = solve(shop()).plan
    hole = broken("press1", 600, 620)
    eager, calm = (repair(hole, old, 480, penalty).plan.by_task["A.form"] for penalty in (0, 240))
    assert (eager.resource, calm.resource) == ("press2", "press1")
    # without a number it is 60 minutes, whatever a tick is
    assert repair(hole, old, 480).plan.by_task["A.form"].resource == "press1"


def test_new_and_finished_tasks_do_not_disturb() -> None:
    old = solve(shop()).plan
    fewer = shop(tasks=(form("A"), cut("B"), form("B")), links=(), now=600)
    result = repair(fewer, old, 600)
    assert verify(fewer, result.plan) == []
    more = shop(tasks=(*shop().tasks, replace(cut("A"), id="A.extra")))
    moves = {move.task: move for move in diff(old, repair(more, old, 480).plan)}
    assert moves["A.extra"].from_start is None
    gone = {move.task: move for move in diff(old, result.plan)}
    assert gone["A.cut"].to_resource is None


def test_the_incumbent_is_a_candidate() -> None:
    problem = shop()
    old = solve(problem).plan
    result = solve(broken("press1", 600, 700), incumbent=old)
    assert result.trace[0][0] == "incumbent"
    assert result.objective.cost <= result.trace[0][1]


def test_a_calm_repair_changes_fewer_machines() -> None:
    problem = generate(60, 4)
    old = solve(problem).plan
    busiest = max((row.resource for row in old.assignments), key=[row.resource for row in old.assignments].count)
    later = replace(problem, holes=(Hole(busiest, 300, 2000),))
    free, calm = (repair(later, old, 240, penalty).plan for penalty in (0, 60))
    assert compare(old, calm).resource_changes < compare(old, free).resource_changes
