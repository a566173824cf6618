"""Shops with everything in them: every plan passes the checker, bent plans are caught, reasons still add up."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling import (
    Absence,
    Assignment,
    Buffer,
    Calendar,
    Hole,
    Link,
    Mode,
    Order,
    Plan,
    Pool,
    Problem,
    Resource,
    SchedulingError,
    Setup,
    Task,
    explain_all,
    lateness,
    repair,
    solve,
    verify,
)
from scheduling.errors import BufferStuck, NoWindow, Unverified

CALENDARS = (
    Calendar("day", ((8, 20), (24, 40)), repeat=60),
    Calendar("always", ((0, 60),), repeat=60),
    Calendar("gate", ((10, 14), (50, 53)), repeat=60),
)
SETUPS = (Setup("colour", (("a", "b", 5), ("b", "a", 1)), 2),)
PLACES = (
    Resource("paint", "always", setup="colour", family="a"),
    Resource("oven", "always", 2, batching=True, setup="colour"),
    Resource("saw", "day", rate=(2, 3)),
    Resource("rack", "always", 3),
    Resource("plater", "always", kind="outside", send="gate", receive="gate"),
)
POOLS = (Pool("crew", (("day", 2), ("always", 1))), Pool("mould", (("always", 1),), "tool"))
ORDERS = (Order("o0", 20, weight=3), Order("o1", 45, release=5), Order("o2", risk=((10, 1), (40, 3))))


@st.composite
def tasks_of(draw: st.DrawFn, count: int) -> tuple[Task, ...]:
    """Tasks of families on machines of every kind, some with people, tools, windows or material to come."""
    out = []
    for i in range(count):
        names = draw(st.lists(st.sampled_from([one.id for one in PLACES]), min_size=1, max_size=2, unique=True))
        family, piece = draw(st.sampled_from(("a", "b", ""))), draw(st.sampled_from(((0, 1), (50, 3))))
        modes = tuple(Mode(name, draw(st.integers(0, 6)), family=family, piece_s=piece) for name in names)
        needs = draw(st.sampled_from(((), (), (("crew", 1),), (("mould", 1),), (("crew", 2), ("mould", 1)))))
        windows = draw(st.sampled_from(((), (), (), ((0, 30), (55, 400)))))
        out.append(
            Task(
                f"t{i}",
                f"o{draw(st.integers(0, 2))}",
                modes,
                needs=needs,
                windows=windows,
                quantity=(draw(st.integers(1, 5)), 1),
                material=draw(st.sampled_from((0, 0, 12))),
                splittable=draw(st.booleans()),
                stored=draw(st.sampled_from(((), (), (), (("shelf", 1),)))),
            )
        )
    return tuple(out)


@st.composite
def links_of(draw: st.DrawFn, count: int) -> tuple[Link, ...]:
    """Chains and joins, some through the shelf."""
    out = []
    for succ in range(1, count):
        for pred in draw(st.lists(st.integers(0, succ - 1), max_size=2, unique=True)):
            shelf = draw(st.sampled_from((None, "shelf", "bin")))
            out.append(Link(f"t{pred}", f"t{succ}", lag=draw(st.sampled_from((0, 0, 4))), buffer=shelf))
    return tuple(out)


@st.composite
def rich(draw: st.DrawFn) -> tuple[Problem, Plan]:
    """A planned shop; draws that are impossible fall back to one task."""
    count = draw(st.integers(1, 9))
    try:
        problem = Problem(
            now=draw(st.integers(0, 15)),
            horizon=60,
            calendars=CALENDARS,
            resources=PLACES,
            orders=ORDERS,
            tasks=draw(tasks_of(count)),
            links=draw(links_of(count)),
            pools=POOLS,
            holes=(Hole("saw", 10, 30, "limit", (1, 3)), Hole("paint", 5, 9)),
            setups=SETUPS,
            buffers=(Buffer("shelf", 2), Buffer("bin", 1)),
            absences=draw(st.sampled_from(((), (Absence("crew", 10, 30, 2),)))),
        )
        return problem, solve(problem).plan
    except Unverified:
        raise
    except SchedulingError:
        problem = Problem(0, 60, CALENDARS, PLACES, ORDERS, (Task("t0", "o0", (Mode("rack", 30),)),), setups=SETUPS)
        return problem, solve(problem).plan


@given(rich())
@settings(max_examples=200, deadline=None)
def test_every_rich_plan_keeps_every_rule(case: tuple[Problem, Plan]) -> None:
    problem, plan = case
    assert verify(problem, plan) == []
    chains = explain_all(problem, plan)
    assert {order: sum(part.ticks for part in chain) for order, chain in chains.items()} == lateness(problem, plan)
    assert Problem.from_json(problem.to_json()) == problem


@given(rich(), st.integers(0, 8), st.sampled_from(("earlier", "stretch", "drop", "elsewhere")))
@settings(max_examples=150, deadline=None)
def test_a_bent_plan_is_caught(case: tuple[Problem, Plan], which: int, how: str) -> None:
    """Every start is the earliest its limits allow, so an earlier one breaks a rule; so does any other length."""
    problem, plan = case
    row = plan.assignments[which % len(plan.assignments)]
    assert verify(problem, _bent(plan, row, how)) != []


def _bent(plan: Plan, row: Assignment, how: str) -> Plan:
    if how == "drop":
        return replace(plan, assignments=tuple(one for one in plan.assignments if one != row))
    wrong = {
        "earlier": replace(row, start=-1, end=row.end - row.start - 1),
        "stretch": replace(row, end=row.end + 1),
        "elsewhere": replace(row, resource="nowhere"),
    }[how]
    return replace(plan, assignments=tuple(wrong if one == row else one for one in plan.assignments))


@given(rich(), st.integers(0, 20))
@settings(max_examples=80, deadline=None)
def test_a_rich_plan_survives_a_breakdown(case: tuple[Problem, Plan], begin: int) -> None:
    problem, plan = case
    try:
        broken = replace(problem, holes=(*problem.holes, Hole("oven", begin, begin + 25), Hole("rack", 3, 8)))
        result = repair(broken, plan, problem.now + 10)
    except (NoWindow, BufferStuck):
        return
    assert verify(broken, result.plan, thawed=result.thawed) == []
