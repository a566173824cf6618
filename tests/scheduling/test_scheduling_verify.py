"""The checker: a good plan passes, and every plan that breaks one rule is caught under its code."""

from dataclasses import replace
from typing import Any

import pytest
from scheduling_shops import ALWAYS, DAY, cut, form, one, shop

from scheduling import Assignment, Calendar, Hole, Link, Mode, Order, Plan, Pool, Problem, Resource, Task, solve, verify

PINNED = cut("B", state="pinned", fixed_resource="saw", fixed_start=600)
RUNNING = cut("A", state="started", fixed_resource="saw", fixed_start=470)


def changed(plan: Plan, task: str, **changes: Any) -> Plan:
    rows = tuple(replace(row, **changes) if row.task == task else row for row in plan.assignments)
    return replace(plan, assignments=rows)


def codes(problem: Problem, plan: Plan) -> set[str]:
    return {violation.code for violation in verify(problem, plan)}


@pytest.mark.parametrize(
    ("problem", "task", "changes", "code"),
    [
        (shop(), "A.cut", {"start": 470, "end": 590}, "in_the_past"),
        (shop(), "A.cut", {"end": 601}, "wrong_duration"),
        (shop(), "A.cut", {"end": 599}, "wrong_duration"),
        (shop(), "A.cut", {"end": 480}, "wrong_duration"),
        (shop(), "A.cut", {"resource": "press1"}, "wrong_resource"),
        (shop(), "A.cut", {"resource": "mill"}, "wrong_resource"),
        (shop(), "A.form", {"resource": "press2"}, "wrong_duration"),
        (shop(), "B.cut", {"start": 590, "end": 710}, "overlap"),
        (shop(), "B.form", {"start": 720}, "closed_calendar"),
        (shop(), "B.cut", {"end": 730}, "closed_calendar"),
        (shop(), "A.form", {"start": 590, "end": 680}, "link_broken"),
        (shop(orders=(Order("A", release=500), Order("B"))), "A.cut", {"start": 490, "end": 610}, "release_broken"),
        (one(cut("A", release=500)), "A.cut", {"start": 499, "end": 619}, "release_broken"),
        (one(cut("A"), holes=(Hole("saw", 620, 640),)), "A.cut", {"start": 540, "end": 660}, "wrong_duration"),
        (one(cut("A", splittable=False)), "A.cut", {"start": 660, "end": 840}, "paused"),
        (shop(tasks=(cut("A"), PINNED), links=()), "B.cut", {"start": 780, "end": 900}, "frozen_moved"),
        (one(RUNNING), "A.cut", {"start": 480}, "frozen_moved"),
        (one(RUNNING), "A.cut", {"end": 620}, "wrong_duration"),
        (one(replace(RUNNING, remaining=0)), "A.cut", {"end": 500}, "wrong_duration"),
        (one(Task("m", "A", (Mode("saw", 0),))), "m", {"end": 490}, "wrong_duration"),
        (shop(links=(Link("A.cut", "A.form", lag=30),)), "A.form", {"start": 629, "end": 719}, "link_broken"),
        (shop(links=(Link("A.cut", "A.form", "start_start", 9),)), "A.form", {"start": 488, "end": 578}, "link_broken"),
        (shop(links=(Link("A.cut", "A.form", "end_end"),)), "A.form", {"start": 509, "end": 599}, "link_broken"),
        (
            shop(links=(Link("A.cut", "A.form", overlap=(1, 10)),)),
            "A.form",
            {"start": 518, "end": 608},
            "link_broken",
        ),
        (
            shop(tasks=(form("A"), cut("A")), links=(Link("A.form", "A.cut", overlap=(1, 3)),)),
            "A.cut",
            {"start": 509, "end": 629},
            "link_broken",
        ),
    ],
)
def test_a_plan_that_breaks_one_rule_is_caught(problem: Problem, task: str, changes: dict[str, Any], code: str) -> None:
    plan = solve(problem).plan
    assert verify(problem, plan) == []
    assert code in codes(problem, changed(plan, task, **changes))


def test_missing_doubled_and_unknown_tasks_are_caught() -> None:
    plan = solve(shop()).plan
    assert codes(shop(), replace(plan, assignments=plan.assignments[1:])) == {"missing_task"}
    assert codes(shop(), replace(plan, assignments=(*plan.assignments, plan.assignments[0]))) == {"double_task"}
    stray = Assignment("Z", "saw", 480, 600)
    assert codes(shop(), replace(plan, assignments=(*plan.assignments, stray))) == {"unknown_task"}


def test_a_full_jig_is_caught() -> None:
    tasks = tuple(Task(f"t{i}", "A", (Mode("jig", 60),)) for i in range(3))
    problem = shop(resources=(Resource("jig", "always", capacity=2),), tasks=tasks, links=())
    plan = solve(problem).plan
    late = next(row for row in plan.assignments if row.start == 540)
    crowded = changed(plan, late.task, start=539, end=599)
    [violation] = verify(problem, crowded)
    assert (violation.code, violation.objects, violation.tick) == ("overlap", ("jig", "t0", "t1", "t2"), 539)


def test_a_pool_with_too_few_people_is_caught() -> None:
    tasks = (cut("A", needs=(("p", 1),)), form("A", needs=(("p", 1),)))
    problem = shop(tasks=tasks, links=(), pools=(Pool("p", (("day", 1),)),))
    plan = solve(problem).plan
    assert verify(problem, plan) == []
    assert codes(problem, changed(plan, "A.form", start=480, end=570)) | codes(
        problem, changed(plan, "A.cut", start=480, end=600)
    ) == {"pool_exceeded"}


def test_work_outside_the_shift_of_its_people_is_caught() -> None:
    late = Calendar("late", ((600, 1200),), repeat=1440)
    problem = one(cut("A", needs=(("p", 1),)), calendars=(DAY, ALWAYS, late), pools=(Pool("p", (("late", 1),)),))
    plan = solve(problem).plan
    assert codes(problem, changed(plan, "A.cut", start=480, end=600)) == {"closed_calendar", "wrong_duration"}


def test_running_tasks_may_overlap_but_nothing_is_added() -> None:
    fixed = {"state": "started", "fixed_resource": "saw", "fixed_start": 480}
    tasks = (cut("A", **fixed), cut("B", **fixed), Task("t", "A", (Mode("saw", 20),)))
    problem = shop(tasks=tasks, links=())
    plan = solve(problem).plan
    assert verify(problem, plan) == []
    assert codes(problem, changed(plan, "t", start=500, end=520)) == {"overlap"}


def test_frozen_and_thawed_are_told_to_the_checker() -> None:
    problem = shop(tasks=(cut("A"), form("A")), links=(Link("A.cut", "A.form"),))
    plan = solve(problem).plan
    assert verify(problem, plan, frozen={"A.cut": ("saw", 480)}) == []
    assert [found.code for found in verify(problem, plan, frozen={"A.cut": ("saw", 490)})] == ["frozen_moved"]
    pinned = shop(tasks=(PINNED, cut("A")), links=())
    moved = changed(changed(solve(pinned).plan, "B.cut", start=480, end=600), "A.cut", start=600, end=720)
    assert verify(pinned, moved, thawed=("B.cut",)) == []
