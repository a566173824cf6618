"""Why an order is late, and what differs between two plans."""

import doctest

import pytest
from scheduling_shops import cut, form, shop

import scheduling
from scheduling import Link, Order, Pool, Problem, compare, explain, explain_all, lateness, solve
from scheduling.errors import PlanIncomplete, UnknownOrder


def parts(problem: Problem, order: str) -> list[tuple[str, str, int]]:
    return [(part.tag, part.ref, part.ticks) for part in explain(problem, solve(problem).plan, order)]


def test_an_order_in_time_has_no_chain() -> None:
    assert parts(shop(), "A") == []
    assert parts(shop(orders=(Order("A"), Order("B"))), "A") == []
    assert parts(shop(orders=(Order("A", 900), Order("B", 900), Order("C", 0))), "C") == []


def test_waiting_work_and_breaks_are_told_apart() -> None:
    problem = shop(orders=(Order("A", due=480), Order("B", due=500)))
    assert parts(problem, "B") == [
        ("work", "B.form", 90),
        ("calendar_closed", "press1", 60),
        ("work", "B.cut", 120),
        ("resource_busy", "A.cut", 100),
    ]


def test_a_due_date_in_the_past_is_told_as_such() -> None:
    problem = shop(tasks=(cut("A"),), links=(), orders=(Order("A", due=400),))
    assert parts(problem, "A") == [("work", "A.cut", 120), ("now", "", 80)]


def test_release_lag_and_frozen_are_reasons() -> None:
    late = shop(orders=(Order("A", due=400, release=500),), tasks=(cut("A"),), links=())
    assert parts(late, "A") == [("work", "A.cut", 120), ("release", "A", 100)]
    lag = shop(orders=(Order("A", due=550),), tasks=(cut("A"), form("A")), links=(Link("A.cut", "A.form", lag=30),))
    assert parts(lag, "A") == [("work", "A.form", 90), ("lag", "A.cut", 30), ("work", "A.cut", 50)]
    pin = cut("A", state="pinned", fixed_resource="saw", fixed_start=550)
    assert parts(shop(orders=(Order("A", due=520),), tasks=(pin,), links=()), "A") == [
        ("work", "A.cut", 120),
        ("frozen", "A.cut", 30),
    ]
    running = cut("A", state="started", fixed_resource="saw", fixed_start=470, remaining=10)
    assert parts(shop(orders=(Order("A", due=460),), tasks=(running,), links=()), "A")[-1] == ("frozen", "A.cut", 10)


def test_people_are_a_reason() -> None:
    tasks = (cut("A", needs=(("p", 1),)), form("B", needs=(("p", 1),)))
    problem = shop(tasks=tasks, links=(), pools=(Pool("p", (("day", 1),)),), orders=(Order("A", 480), Order("B", 490)))
    chains = explain_all(problem, solve(problem).plan)
    assert ("pool_busy", "p") in {(part.tag, part.ref) for chain in chains.values() for part in chain}


def test_a_transfer_batch_is_followed_into_the_predecessor() -> None:
    links = (Link("A.form", "A.cut", overlap=(1, 3)),)
    problem = shop(tasks=(form("A"), cut("A")), links=links, orders=(Order("A", due=485),))
    assert parts(problem, "A") == [("work", "A.cut", 120), ("work", "A.form", 25)]


def test_unknown_orders_and_missing_tasks_are_refused() -> None:
    plan = solve(shop()).plan
    with pytest.raises(UnknownOrder):
        explain(shop(), plan, "Z")
    with pytest.raises(PlanIncomplete):
        explain(shop(tasks=(*shop().tasks, cut("C")), orders=(Order("A"), Order("B"), Order("C"))), plan, "A")


def test_two_plans_side_by_side() -> None:
    tight = shop(orders=(Order("A", due=680), Order("B", due=800)))
    rush = shop(orders=(Order("A", due=2000), Order("B", due=690)))
    before, after = solve(tight).plan, solve(rush).plan
    made = compare(before, after, tight)
    assert lateness(tight, before) == {"A": 10, "B": 70}
    assert made.late_before == (("B", 70), ("A", 10))
    assert made.moved_tasks == len(made.moves) == 4
    assert {move.task: move.shift for move in made.moves}["A.cut"] == 120
    assert made.impact == (("A", 10, 190), ("B", 70, 0))
    same = compare(before, before, tight)
    assert (same.moves, same.resource_changes, same.mean_shift) == ((), 0, 0)


def test_the_manual_is_true() -> None:
    assert doctest.testmod(scheduling).failed == 0
