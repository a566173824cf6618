"""The decoder: each rule of the shop seen in a plan small enough to read."""

import pytest
from scheduling_shops import ALWAYS, DAY, cut, form, one, shop

from scheduling import Calendar, Goal, Hole, Link, Mode, Order, Plan, Pool, Resource, Task, solve
from scheduling.errors import HorizonTooShort
from scheduling.lane import Lane
from scheduling.problem import Problem


def times(problem: Problem) -> dict[str, tuple[str, int, int]]:
    return {row.task: (row.resource, row.start, row.end) for row in solve(problem).plan.assignments}


def bounds(problem: Problem) -> dict[str, tuple[str, str]]:
    return {row.task: (row.bound_by, row.bound_ref) for row in solve(problem).plan.assignments}


def test_two_orders_follow_each_other() -> None:
    assert times(shop()) == {
        "A.cut": ("saw", 480, 600),
        "A.form": ("press1", 600, 690),
        "B.cut": ("saw", 600, 720),
        "B.form": ("press1", 780, 870),
    }
    assert bounds(shop()) == {
        "A.cut": ("now", ""),
        "A.form": ("predecessor", "A.cut"),
        "B.cut": ("resource_busy", "A.cut"),
        "B.form": ("calendar_closed", "press1"),
    }


def test_work_pauses_over_a_break_or_waits_behind_it() -> None:
    long = (Mode("saw", 200),)
    assert times(one(Task("t", "A", long, release=600)))["t"] == ("saw", 600, 860)
    whole = one(Task("t", "A", long, release=600, splittable=False))
    assert times(whole)["t"] == ("saw", 780, 980)
    assert bounds(whole)["t"] == ("calendar_closed", "saw")


def test_release_of_task_and_order_hold() -> None:
    problem = shop(orders=(Order("A", 900, release=500), Order("B")), tasks=(cut("A"), cut("B", release=650)), links=())
    assert times(problem)["A.cut"][1] == 500
    assert bounds(problem)["A.cut"] == ("release", "A")
    assert times(problem)["B.cut"][1] == 650


def test_a_hole_closes_a_resource() -> None:
    assert times(one(cut("A"), holes=(Hole("saw", 500, 560),)))["A.cut"] == ("saw", 480, 660)
    assert times(one(cut("A"), holes=(Hole("saw", 480, 560),)))["A.cut"] == ("saw", 560, 680)
    assert times(one(form("A"), holes=(Hole("press1", 480, 5000),)))["A.form"] == ("press2", 480, 580)


def test_a_gap_is_filled() -> None:
    pinned = cut("A", state="pinned", fixed_resource="saw", fixed_start=600)
    problem = shop(tasks=(pinned, cut("B")), links=())
    assert times(problem) == {"A.cut": ("saw", 600, 780 - 60), "B.cut": ("saw", 480, 600)}
    assert bounds(problem)["A.cut"] == ("frozen", "A.cut")


def test_a_running_task_goes_on_with_what_is_left() -> None:
    running = cut("A", state="started", fixed_resource="saw", fixed_start=450)
    assert times(one(running))["A.cut"] == ("saw", 450, 600)  # the day began at 480
    assert times(one(cut("A", state="started", fixed_resource="saw", fixed_start=490), now=500))["A.cut"][2] == 610
    overdue = cut("A", state="started", fixed_resource="saw", fixed_start=480)
    assert times(one(overdue, now=700))["A.cut"] == ("saw", 480, 701)
    slow = cut("A", state="started", fixed_resource="saw", fixed_start=480, remaining=40)
    assert times(one(slow, now=700))["A.cut"] == ("saw", 480, 800)
    over = cut("A", state="started", fixed_resource="saw", fixed_start=480, remaining=0)
    assert times(one(over, now=700))["A.cut"] == ("saw", 480, 700)


def test_two_running_tasks_on_one_resource_are_facts() -> None:
    fixed = {"state": "started", "fixed_resource": "saw", "fixed_start": 480}
    problem = shop(tasks=(cut("A", **fixed, remaining=60), cut("B", **fixed, remaining=100), form("A")), links=())
    assert times(problem)["B.cut"] == ("saw", 480, 580)
    third = shop(
        tasks=(cut("A", **fixed, remaining=60), cut("B", **fixed, remaining=100), Task("t", "A", (Mode("saw", 5),))),
        links=(),
    )
    assert times(third)["t"][1] == 580


def test_what_runs_holds_its_machine_while_its_people_are_away() -> None:
    late = Calendar("late", ((700, 1440),), repeat=1440)
    started = cut("A", state="started", fixed_resource="saw", fixed_start=400, remaining=10, needs=(("crew", 1),))
    problem = shop(
        calendars=(DAY, ALWAYS, late), pools=(Pool("crew", (("late", 1),)),), tasks=(started, cut("B")), links=()
    )
    rows = times(problem)
    assert rows["A.cut"] == ("saw", 400, 710)
    assert rows["B.cut"][1] == 710


def test_of_two_running_tasks_the_longer_one_keeps_what_the_other_leaves() -> None:
    lane = Lane()
    lane.take(5, 8, 1, "", 1)
    lane.take(3, 10, 1, "", 2)
    assert list(zip(lane.starts, lane.ends, lane.tasks, strict=True)) == [(3, 5, 2), (5, 8, 1), (8, 10, 2)]
    assert lane.fit(2, 2, 1, "") == (10, 2)


def test_lags_pass_in_real_time() -> None:
    problem = shop(links=(Link("A.cut", "A.form", lag=150), Link("B.cut", "B.form")))
    assert times(problem)["A.form"] == ("press1", 780, 870)
    free = shop(tasks=(cut("A"), form("A")), links=(Link("A.cut", "A.form", lag=30),))
    assert bounds(free)["A.form"] == ("lag", "A.cut")


def test_start_start_and_end_end() -> None:
    beside = shop(tasks=(cut("A"), form("A")), links=(Link("A.cut", "A.form", "start_start", lag=10),))
    assert times(beside)["A.form"][1] == 490
    together = shop(tasks=(cut("A"), form("A")), links=(Link("A.cut", "A.form", "end_end", lag=10),))
    assert times(together)["A.form"][2] == 610
    assert bounds(together)["A.form"] == ("predecessor", "A.cut")


def test_a_transfer_batch_flows_on_before_the_whole() -> None:
    problem = shop(tasks=(cut("A"), form("A")), links=(Link("A.cut", "A.form", overlap=(1, 10)),))
    # a tenth of the cut is done at 492; a tenth of the forming (9 ticks) is left when the cut ends at 600
    assert times(problem)["A.form"] == ("press1", 519, 609)
    slow = shop(tasks=(form("A"), cut("A")), links=(Link("A.form", "A.cut", overlap=(1, 3)),))
    assert times(slow)["A.cut"] == ("saw", 510, 630)


def test_a_jig_holds_several_at_once() -> None:
    jig = (Resource("jig", "always", capacity=4),)
    tasks = tuple(Task(f"t{i}", "A", (Mode("jig", 60, load=2),)) for i in range(3))
    problem = shop(resources=jig, tasks=tasks, links=())
    assert sorted(start for _, start, _ in times(problem).values()) == [480, 480, 540]
    assert ("resource_busy" in {bound for bound, _ in bounds(problem).values()}) is True


def test_a_pool_works_only_with_its_people() -> None:
    late = Calendar("late", ((600, 1200),), repeat=1440)
    problem = one(cut("A", needs=(("p", 1),)), calendars=(DAY, ALWAYS, late), pools=(Pool("p", (("late", 1),)),))
    assert times(problem)["A.cut"] == ("saw", 600, 720)
    tasks = (cut("A", needs=(("p", 2),)), form("A", needs=(("p", 1),)))
    crowded = shop(tasks=tasks, links=(), pools=(Pool("p", (("day", 2),)),))
    starts = {name: row[1] for name, row in times(crowded).items()}
    assert sorted(starts.values()) in ([480, 570], [480, 600])
    assert ("pool_busy", "p") in bounds(crowded).values()


def test_a_resource_is_held_while_its_pool_has_a_break() -> None:
    early = Calendar("early", ((480, 540), (600, 1440)), repeat=1440)
    tasks = (cut("A", needs=(("p", 1),)), Task("t", "B", (Mode("saw", 30),), release=500))
    problem = shop(tasks=tasks, links=(), calendars=(DAY, ALWAYS, early), pools=(Pool("p", (("early", 1),)),))
    assert times(problem) == {"A.cut": ("saw", 480, 660), "t": ("saw", 660, 690)}


def test_preference_is_weighed_in_ticks() -> None:
    liked = Task("t", "A", (Mode("press1", 90, preference=20), Mode("press2", 100)))
    assert times(one(liked))["t"][0] == "press2"


def test_zero_ticks_take_no_room() -> None:
    mark = Task("m", "A", (Mode("saw", 0),))
    problem = shop(tasks=(cut("A"), mark), links=(Link("A.cut", "m"),))
    assert times(problem)["m"] == ("saw", 600, 600)


def test_a_calendar_that_ends_is_told_with_its_resource() -> None:
    short = Calendar("day", ((480, 560),))
    with pytest.raises(HorizonTooShort) as caught:
        solve(one(cut("A"), calendars=(short, ALWAYS)))
    assert caught.value.values == {"resource": "saw", "tick": 1440}
    two = (Resource("press1", "day"), Resource("press2", "always"), Resource("saw", "always"))
    assert times(one(form("A"), calendars=(short, ALWAYS), resources=two))["A.form"][0] == "press2"


def test_a_pin_that_cannot_hold_is_thawed_and_named() -> None:
    early = form("A", state="pinned", fixed_resource="press1", fixed_start=590)
    result = solve(shop(tasks=(cut("A"), early, cut("B"), form("B"))))
    assert result.thawed == ("A.form",)
    in_time = form("B", state="pinned", fixed_resource="press2", fixed_start=610)
    result = solve(shop(tasks=(cut("A"), form("A"), cut("B"), in_time)))
    assert result.thawed == ()
    assert result.plan.by_task["B.cut"].start == 480  # what a pin waits for goes first
    for start, holes in ((470, ()), (730, ()), (700, (Hole("press1", 650, 710),))):
        pinned = form("A", state="pinned", fixed_resource="press1", fixed_start=start)
        assert solve(one(pinned, holes=holes)).thawed == ("A.form",)


def test_an_empty_problem_has_an_empty_plan() -> None:
    result = solve(shop(tasks=(), links=()))
    assert result.plan.assignments == ()
    assert result.status == "optimal"


def test_ten_second_ticks_and_a_plan_in_json() -> None:
    plan = solve(shop(tick_s=10, goal=Goal(tardiness=2, makespan=1))).plan
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.objective.makespan == 390
