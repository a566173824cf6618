"""Each further rule of the shop twice: the plan keeps it, the checker catches a plan that does not."""

from dataclasses import replace
from typing import Any

import pytest
from scheduling_shops import ALWAYS, DAY, cut, form, one, shop

from scheduling import (
    Absence,
    Buffer,
    Calendar,
    Goal,
    Hole,
    Link,
    Mode,
    Order,
    Plan,
    Pool,
    Problem,
    Resource,
    Setup,
    Task,
    solve,
    verify,
)
from scheduling.errors import BufferStuck, InvalidRecord, NoWindow, SchedulingError, TooMuch, UnknownReference


def plan(problem: Problem) -> Plan:
    made = solve(problem).plan
    assert verify(problem, made) == []
    return made


def times(problem: Problem) -> dict[str, tuple[str, int, int]]:
    return {row.task: (row.resource, row.start, row.end) for row in plan(problem).assignments}


def bent(made: Plan, task: str, **changes: Any) -> Plan:
    rows = tuple(replace(row, **changes) if row.task == task else row for row in made.assignments)
    return replace(made, assignments=rows)


def codes(problem: Problem, made: Plan) -> set[str]:
    return {found.code for found in verify(problem, made)}


def work(name: str, resource: str, ticks: int, family: str = "", **changes: Any) -> Task:
    return Task(name, "A", (Mode(resource, ticks, family=family),), **changes)


# changeovers


def paint(*families: str, at: str = "") -> Problem:
    """Work of 30 ticks each on a booth that takes 20 to change, 50 from black to white."""
    booth = Resource("booth", "always", setup="colour", family=at)
    tasks = tuple(work(f"t{i}", "booth", 30, family) for i, family in enumerate(families))
    colour = Setup("colour", (("black", "white", 50),), 20)
    return shop(resources=(booth,), tasks=tasks, links=(), setups=(colour,), orders=(Order("A"),))


def test_a_machine_changes_over_between_families() -> None:
    made = plan(paint("white", "white", "black"))
    assert [(row.start, row.end) for row in made.assignments] == [(480, 510), (510, 540), (560, 590)]
    assert made.objective.setup == 20
    assert made.by_task["t2"].bound_by == "resource_busy"
    assert times(paint("white", at="black"))["t0"] == ("booth", 530, 560)
    assert times(paint("white", "", "white"))["t2"][1] == 540


def test_a_missing_changeover_is_caught() -> None:
    problem = paint("white", "black")
    assert codes(problem, bent(plan(problem), "t1", start=529, end=559)) == {"setup_missing"}
    first = paint("white", at="black")
    assert codes(first, bent(plan(first), "t0", start=529, end=559)) == {"setup_missing"}


def test_work_slips_into_a_gap_only_with_both_changeovers() -> None:
    problem = paint("white", "white", "black")
    fixed = {"state": "pinned", "fixed_resource": "booth"}
    tasks = (
        replace(problem.tasks[0], **fixed, fixed_start=480),
        replace(problem.tasks[1], **fixed, fixed_start=610),
        problem.tasks[2],
    )
    assert times(replace(problem, tasks=tasks))["t2"][1] == 530  # 510 + 20, and 560 + 50 is just 610
    earlier = replace(tasks[1], fixed_start=609)
    assert times(replace(problem, tasks=(tasks[0], earlier, tasks[2])))["t2"][1] == 659


def test_changeovers_can_be_a_price() -> None:
    problem = replace(paint("white", "black"), goal=Goal(setup=3))
    assert solve(problem).objective.cost == 60


# ovens


def oven(*families: str, capacity: int = 2, ticks: int = 60) -> Problem:
    """Work for an oven that takes two of one family at once."""
    place = Resource("oven", "always", capacity, batching=True)
    tasks = tuple(work(f"t{i}", "oven", ticks, family) for i, family in enumerate(families))
    return shop(resources=(place,), tasks=tasks, links=(), orders=(Order("A"),))


def test_an_oven_takes_one_family_together() -> None:
    made = times(oven("x", "y", "x", "x"))
    assert made["t0"][1] == made["t2"][1] == 480
    assert sorted({row[1] for row in made.values()}) == [480, 540, 600]


def test_mixed_late_and_full_batches_are_caught() -> None:
    problem = oven("x", "y", "x", "x")
    made = plan(problem)
    assert codes(problem, bent(made, "t1", start=480, end=540)) >= {"batch_mixed"}
    assert "batch_mixed" in codes(problem, bent(made, "t2", start=500, end=560))
    full = plan(oven("x", "x", "x"))
    last = next(row.task for row in full.assignments if row.start > 480)
    assert "overlap" in codes(oven("x", "x", "x"), bent(full, last, start=480, end=540))


# tools and people


def test_a_tool_is_held_over_the_break_people_are_not() -> None:
    pools = (Pool("mould", (("always", 1),), "tool"), Pool("crew", (("always", 1),)))
    for kind, start in (("mould", 790), ("crew", 720)):
        tasks = (
            work("t0", "saw", 70, needs=((kind, 1),), release=660),
            work("t1", "night", 60, needs=((kind, 1),), release=700),
        )
        places = (Resource("saw", "day"), Resource("night", "always"))
        problem = shop(resources=places, tasks=tasks, links=(), pools=pools, orders=(Order("A"),))
        assert times(problem)["t1"][1] == start
    bad = bent(plan(problem), "t1", start=700, end=760)
    assert codes(problem, bad) == {"pool_exceeded"}


def test_who_is_absent_does_not_work() -> None:
    people = (Pool("crew", (("always", 2),)),)
    tasks = (work("t0", "saw", 60, needs=(("crew", 2),)),)
    problem = shop(tasks=tasks, links=(), pools=people, absences=(Absence("crew", 400, 500),), orders=(Order("A"),))
    assert times(problem)["t0"] == ("saw", 500, 560)
    assert "closed_calendar" in codes(problem, bent(plan(problem), "t0", start=490, end=550))
    with pytest.raises(UnknownReference):
        shop(absences=(Absence("nobody", 0, 1),))


# buffers


def buffered(capacity: int) -> Problem:
    """Three orders cut quickly and formed slowly, with room for so many between saw and press."""
    tasks = tuple(
        task for i in range(3) for task in (work(f"c{i}", "saw", 10), work(f"f{i}", "press1", 100))
    )  # fmt: skip
    links = tuple(Link(f"c{i}", f"f{i}", buffer="rack") for i in range(3))
    return shop(tasks=tasks, links=links, buffers=(Buffer("rack", capacity),), orders=(Order("A"),))


def test_a_full_buffer_holds_the_one_before_up() -> None:
    assert sorted(row[1] for name, row in times(buffered(9)).items() if name[0] == "c") == [480, 490, 500]
    made = plan(buffered(1))
    assert sorted(row.start for row in made.assignments if row.task[0] == "c") == [480, 490, 580]
    held = next(row for row in made.assignments if row.start == 580)
    assert (held.bound_by, held.bound_ref) == ("buffer_full", "rack")
    assert codes(buffered(1), bent(made, held.task, start=500, end=510)) == {"buffer_full"}


def test_what_lies_in_a_buffer_now_takes_room() -> None:
    problem = buffered(1)
    waiting = Task("w", "A", (Mode("press1", 50),), stored=(("rack", 1),))
    made = plan(replace(problem, tasks=(*problem.tasks, waiting)))
    assert min(row.end for row in made.assignments if row.task[0] == "c") >= made.by_task["w"].start


def test_a_buffer_that_can_never_be_emptied_is_refused() -> None:
    tasks = (work("a", "saw", 10), work("b", "press1", 10), work("c", "press2", 10))
    links = (Link("a", "c", buffer="rack"), Link("b", "c", buffer="rack"))
    with pytest.raises(TooMuch):
        shop(tasks=tasks, links=links, buffers=(Buffer("rack", 1),))
    with pytest.raises(TooMuch):
        both = (Link("a", "b", buffer="rack"), Link("a", "c", buffer="rack"))
        shop(tasks=tasks, links=both, buffers=(Buffer("rack", 1),))
    last = (*tasks, work("d", "press2", 10))
    jam = (Link("a", "d", buffer="rack"), Link("a", "b"), Link("b", "c", buffer="rack"), Link("c", "d"))
    with pytest.raises(BufferStuck):
        solve(shop(tasks=last, links=jam, buffers=(Buffer("rack", 1),)))
    loose = tuple(link for link in jam if (link.pred, link.succ) != ("a", "b"))
    assert plan(shop(tasks=last, links=loose, buffers=(Buffer("rack", 1),)))


# outside


def outside(ticks: int) -> Problem:
    """Plating outside: the van leaves from 600 to 660, goods are received from 480 to 720 every day."""
    van, gate = Calendar("van", ((600, 660),), repeat=1440), Calendar("gate", ((480, 720),), repeat=1440)
    plater = Resource("plater", "always", kind="outside", send="van", receive="gate")
    tasks = tuple(work(f"t{i}", "plater", ticks) for i in range(3))
    return shop(
        resources=(plater,), calendars=(DAY, ALWAYS, van, gate), tasks=tasks, links=(), orders=(Order("A"),)
    )  # fmt: skip


def test_outside_work_is_sent_and_received_by_calendar() -> None:
    assert set(times(outside(200)).values()) == {("plater", 600, 1920)}
    assert set(times(outside(60)).values()) == {("plater", 600, 660)}
    problem = outside(200)
    assert "closed_calendar" in codes(problem, bent(plan(problem), "t0", start=599))
    for end in (1919, 1921, 800):
        assert "wrong_duration" in codes(problem, bent(plan(problem), "t0", end=end))


# windows, risk, material


def test_maintenance_lies_inside_a_window() -> None:
    visit = work("m", "saw", 60, windows=((500, 550), (900, 1000)))
    problem = shop(tasks=(visit, cut("B")), links=())
    assert times(problem)["m"] == ("saw", 900, 960)
    assert plan(problem).by_task["m"].bound_by == "window"
    assert codes(problem, bent(plan(problem), "m", start=890, end=950)) == {"window_missed"}
    with pytest.raises(NoWindow):
        one(work("m", "saw", 60, windows=((500, 550),)))


def test_rising_risk_is_a_price() -> None:
    order = Order("A", risk=((500, 1), (560, 4)))
    assert [order.risk_at(end) for end in (400, 500, 560, 561, 600)] == [0, 0, 60, 64, 220]
    problem = shop(orders=(order,), tasks=(cut("A"),), links=())
    assert solve(problem).objective.cost == solve(problem).objective.risk == 220
    with pytest.raises(InvalidRecord):
        Order("A", risk=((0, 5), (10, 1)))


def test_material_is_waited_for() -> None:
    problem = one(cut("A", material=700))
    assert times(problem)["A.cut"][1] == 700
    assert plan(problem).by_task["A.cut"].bound_by == "material"
    assert codes(problem, bent(plan(problem), "A.cut", start=690, end=870)) == {"release_broken"}


# times and limits


def test_seconds_a_piece_are_rounded_once() -> None:
    mode = Mode("saw", fixed_s=30, piece_s=(7, 3))
    problem = one(Task("t", "A", (mode,), quantity=(100, 1)))
    assert problem.work(problem.tasks[0], mode) == 5  # 30 + 233.3 seconds
    assert problem.work(replace(problem.tasks[0], quantity=(1, 3)), mode) == 1
    fast = replace(problem, tick_s=10, calendars=(DAY, ALWAYS))
    assert fast.work(problem.tasks[0], mode) == 27


def test_a_limited_machine_is_slower() -> None:
    slow = shop(resources=(Resource("saw", "day", rate=(2, 3)), Resource("press1", "day"), Resource("press2", "day")))
    assert times(slow)["A.cut"] == ("saw", 480, 660)
    for_now = one(cut("A"), holes=(Hole("saw", 480, 600, "limit", (1, 2)),))
    assert times(for_now)["A.cut"] == ("saw", 480, 660)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Resource("r", "day", 2, setup="s"),
        lambda: Resource("r", "day", kind="outside", setup="s"),
        lambda: Resource("r", "day", send="day"),
        lambda: Resource("r", "day", rate=(3, 2)),
        lambda: Setup("s", (("a", "b", -1),)),
        lambda: Setup("s", (("a", "b", 1), ("a", "b", 2))),
        lambda: Buffer("b", 0),
        lambda: Absence("p", 5, 5),
        lambda: Link("a", "b", "start_start", buffer="rack"),
        lambda: Mode("r", piece_s=(1, 0)),
        lambda: work("t", "saw", 5, windows=((5, 3),)),
        lambda: work("t", "saw", 5, quantity=(-1, 1)),
        lambda: Hole("saw", 0, 5, rate=(2, 2)),
        lambda: shop(resources=(Resource("saw", "day", setup="none"),)),
        lambda: shop(links=(Link("A.cut", "A.form", buffer="none"),)),
        lambda: Goal(changed=-1),
    ],
)
def test_what_no_shop_can_have_is_refused(wrong: Any) -> None:
    with pytest.raises(SchedulingError):
        wrong()


def test_the_new_fields_travel_as_json() -> None:
    problem = replace(paint("white", at="black"), absences=(), buffers=(Buffer("rack", 2),))
    assert Problem.from_json(problem.to_json()) == problem
    assert form("A") == form("A")


def test_a_search_passes_over_orders_of_work_that_lead_nowhere() -> None:
    """Placed late, the visit misses its only window; the search goes on and keeps a plan that holds."""
    visits = tuple(work(f"v{i}", "saw", 100, windows=((480, 700),), release=480) for i in range(2))
    problem = shop(tasks=(*visits, cut("A"), form("A"), cut("B")), links=(Link("A.cut", "A.form"),))
    result = solve(problem, iterations=50)
    assert verify(problem, result.plan) == []
    crowded = shop(tasks=(*visits, work("v2", "saw", 100, windows=((480, 700),))), links=(), orders=(Order("A"),))
    with pytest.raises(NoWindow):
        solve(crowded)
