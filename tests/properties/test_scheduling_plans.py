"""Generated shops by the hundred: every plan passes the independent checker, every explanation adds up."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling import (
    Assignment,
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
    SchedulingError,
    Task,
    explain_all,
    lateness,
    repair,
    solve,
    verify,
)

CALENDARS = (
    Calendar("day", ((8, 20), (24, 40)), repeat=60),
    Calendar("night", ((0, 10), (42, 60)), repeat=60),
    Calendar("always", ((0, 60),), repeat=60),
    Calendar("early", ((4, 30),), repeat=60),
)
RESOURCES = ("m0", "m1", "m2", "m3", "m4")
MANY = settings(max_examples=150, deadline=None)


@st.composite
def tasks_of(draw: st.DrawFn, count: int, orders: int) -> tuple[Task, ...]:
    """Tasks with one to three modes, some that may not pause, some that need people."""
    out = []
    for i in range(count):
        names = draw(st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=3, unique=True))
        modes = tuple(
            Mode(
                name,
                draw(st.integers(0, 9)),
                draw(st.sampled_from((0, 0, 5))),
                1 + (name == "m4") * draw(st.booleans()),
            )
            for name in names
        )
        needs = draw(st.sampled_from(((), (), (), (("crew", 1),), (("crew", 2),))))
        order, release = f"o{draw(st.integers(0, orders - 1))}", draw(st.sampled_from((0, 0, 25)))
        out.append(Task(f"t{i}", order, modes, release, splittable=draw(st.booleans()), needs=needs))
    return tuple(out)


@st.composite
def links_of(draw: st.DrawFn, count: int) -> tuple[Link, ...]:
    """Forward links of every kind, at most one per pair."""
    out = []
    for succ in range(1, count):
        for pred in draw(st.lists(st.integers(0, succ - 1), max_size=2, unique=True)):
            kind = draw(st.sampled_from(("end_start", "end_start", "start_start", "end_end")))
            overlap = draw(st.sampled_from((None, (1, 3), (2, 7), (1, 1)))) if kind == "end_start" else None
            out.append(Link(f"t{pred}", f"t{succ}", kind, draw(st.sampled_from((0, 0, 3, 14))), overlap))
    return tuple(out)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """A shop of up to twelve tasks on five resources of all calendars, with holes and a crew of three."""
    count, orders = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    calendars = st.sampled_from([calendar.id for calendar in CALENDARS])
    holes = draw(st.lists(st.tuples(st.sampled_from(RESOURCES), st.integers(0, 90), st.integers(1, 40)), max_size=3))
    return Problem(
        now=draw(st.integers(0, 70)),
        horizon=60,
        calendars=CALENDARS,
        resources=tuple(Resource(name, draw(calendars), 3 if name == "m4" else 1) for name in RESOURCES),
        orders=tuple(
            Order(f"o{i}", draw(st.none() | st.integers(0, 120)), draw(st.integers(0, 30)), draw(st.integers(0, 5)))
            for i in range(orders)
        ),
        tasks=draw(tasks_of(count, orders)),
        links=draw(links_of(count)),
        pools=(Pool("crew", (("day", 2), ("early", 1), ("night", 2))),),
        holes=tuple(Hole(name, start, start + length) for name, start, length in holes),
        goal=draw(st.sampled_from((Goal(), Goal(1, 1), Goal(0, 1)))),
    )


def planned(problem: Problem) -> Plan:
    """The plan of a problem; `solve` itself raises when its checker finds anything."""
    result = solve(problem)
    assert verify(problem, result.plan, thawed=result.thawed) == []
    assert result.objective.cost >= result.lower_bound
    return result.plan


@st.composite
def good_problems(draw: st.DrawFn) -> Problem:
    """A problem nobody refuses: draws that are impossible fall back to work anybody can do at any time."""
    try:
        return draw(problems())
    except SchedulingError:
        always = (Resource("m0", "always"),)
        return Problem(0, 60, CALENDARS, always, (Order("o0", 3),), (Task("t0", "o0", (Mode("m0", 9),)),))


@given(good_problems())
@MANY
def test_every_plan_keeps_every_rule(problem: Problem) -> None:
    planned(problem)


@given(good_problems())
@MANY
def test_the_reasons_of_a_late_order_add_up_to_its_lateness(problem: Problem) -> None:
    plan = planned(problem)
    late, chains = lateness(problem, plan), explain_all(problem, plan)
    assert {order: sum(part.ticks for part in chain) for order, chain in chains.items()} == late
    assert all(part.ticks > 0 for chain in chains.values() for part in chain)


@given(good_problems())
@settings(max_examples=40, deadline=None)
def test_the_same_problem_gives_the_same_plan_and_text(problem: Problem) -> None:
    again = Problem.from_json(problem.to_json())
    assert again == problem
    assert solve(again).plan.to_json() == planned(problem).to_json()


def _begun(task: Task, row: Assignment, now: int) -> Task:
    if row.start >= now:
        return task
    return replace(task, state="started", fixed_resource=row.resource, fixed_start=row.start)


@st.composite
def disturbed(draw: st.DrawFn) -> tuple[Problem, Plan, Problem, int]:
    """A planned shop some time later: what should have begun runs, and a machine is down."""
    problem = draw(good_problems())
    plan = planned(problem)
    now = problem.now + draw(st.integers(0, 30))
    name = draw(st.sampled_from([resource.id for resource in problem.resources]))
    begin = now + draw(st.integers(0, 20))
    hole = Hole(name, begin, begin + draw(st.integers(1, 50)))
    tasks = tuple(_begun(task, plan.by_task[task.id], now) for task in problem.tasks)
    try:
        later = replace(problem, now=now, tasks=tasks, holes=(*problem.holes, hole))
    except SchedulingError:  # the hole makes it impossible
        later = replace(problem, now=now, tasks=tasks)
    return problem, plan, later, now + draw(st.integers(0, 30))


@given(disturbed(), st.sampled_from((None, 0, 5)))
@MANY
def test_repair_moves_nothing_that_runs_or_is_frozen(
    case: tuple[Problem, Plan, Problem, int], penalty: int | None
) -> None:
    _, plan, later, freeze_until = case
    result = repair(later, plan, freeze_until, penalty)
    assert verify(later, result.plan, thawed=result.thawed) == []
    for task in later.tasks:
        old, new = plan.by_task[task.id], result.plan.by_task[task.id]
        if task.state == "started" or (old.start < freeze_until and task.id not in result.thawed):
            assert (new.resource, new.start) == (old.resource, old.start)


@given(disturbed())
@settings(max_examples=60, deadline=None)
def test_a_plan_is_never_worse_than_the_old_one_on_the_new_data(case: tuple[Problem, Plan, Problem, int]) -> None:
    _, plan, later, _ = case
    carried = dict(solve(later, incumbent=plan).trace)
    assert solve(later, incumbent=plan).objective.cost <= carried["incumbent"]
    assert solve(later, incumbent=plan).objective.cost <= repair(later, plan, later.now, 0).objective.cost
