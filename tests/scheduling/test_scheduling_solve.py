"""Rules, bounds and OR-Tools: the better plan wins, nothing found is lost, a proof is a proof."""

import sys

import pytest
from scheduling_shops import cut, flexible, form, hard, shop

from scheduling import Goal, Link, Mode, Order, Plan, Pool, Problem, Resource, Task, solve, verify
from scheduling.bounds import lower_bound
from scheduling.cpsat import polish
from scheduling.dispatch import RULES, dispatch, rank
from scheduling.errors import Unverified
from scheduling.generate import generate
from scheduling.instances import read_flexible, read_job_shop
from scheduling.schedule import Schedule
from scheduling.shop import Shop


def two_jobs(goal: Goal) -> Problem:
    """Long-short against short-long on two machines: 11 ticks at best, 16 in the wrong order."""
    tasks = (
        Task("a0", "A", (Mode("saw", 5),)),
        Task("a1", "A", (Mode("press1", 1),)),
        Task("b0", "B", (Mode("saw", 1),)),
        Task("b1", "B", (Mode("press1", 9),)),
    )
    links = (Link("a0", "a1"), Link("b0", "b1"))
    return shop(orders=(Order("A", 485), Order("B", 2000)), tasks=tasks, links=links, goal=goal)


def test_the_goal_decides_which_rule_wins() -> None:
    assert solve(two_jobs(Goal(tardiness=0, makespan=1))).objective.makespan == 11
    in_time = solve(two_jobs(Goal(tardiness=10, makespan=1)))
    assert in_time.objective.weighted_tardiness == 1
    assert set(RULES) >= {"edd", "slack", "weighted_slack", "critical_ratio", "most_work"}


def test_heavy_orders_go_first() -> None:
    orders = (Order("A", 600, weight=1), Order("B", 601, weight=5))
    plan = solve(shop(orders=orders, tasks=(cut("A"), cut("B")), links=())).plan
    assert plan.by_task["B.cut"].start == 480


def test_the_best_rule_is_best_by_rank() -> None:
    made = Shop(generate(25, 3))
    name, best = dispatch(made)
    assert name in RULES
    assert rank(made, best) <= rank(made, dispatch(made)[1])
    assert lower_bound(made) <= rank(made, best)[1]


def test_a_proven_plan_is_called_optimal() -> None:
    result = solve(shop())
    assert (result.status, result.objective.cost, result.lower_bound) == ("optimal", 0, 0)


def test_a_search_with_time_improves_and_tells_every_step() -> None:
    problem = generate(9, 3, stations=8)
    heard: list[Plan] = []
    rule = solve(problem)
    result = solve(problem, budget_s=20, workers=2, on_improve=lambda plan, bound: heard.append(plan))
    assert result.objective.cost < rule.objective.cost
    assert heard[-1] == result.plan
    assert [plan.objective.cost for plan in heard] == sorted((plan.objective.cost for plan in heard), reverse=True)


def test_or_tools_polishes_what_rules_leave() -> None:
    shop = Shop(generate(9, 3, stations=8))
    _, start = dispatch(shop)
    found: list[tuple[int, ...]] = []

    def offer(_: str, made: Schedule) -> bool:
        found.append(rank(shop, made))
        return True

    assert polish(shop, start, offer, 20, workers=2) >= 0
    assert min(found) < rank(shop, start)


def test_a_makespan_is_proven_by_a_process_beside_this_one() -> None:
    result = solve(read_job_shop(hard(6)), budget_s=60, workers=2)
    assert (result.status, result.notes) == ("optimal", ())
    assert result.objective.cost == result.lower_bound
    assert {who for who, _ in result.trace[1:]} <= {"tabu", "cp_sat"}


def test_a_flexible_instance_is_searched_and_repeats_exactly() -> None:
    problem, _ = read_flexible(flexible(8, 5))
    first, again = (solve(problem, seed=2, iterations=400) for _ in range(2))
    assert first.plan == again.plan
    assert first.objective.makespan < solve(problem).objective.makespan
    hurried = solve(problem, seed=2, budget_s=1.2, workers=2)
    assert verify(problem, hurried.plan) == []


def test_a_solver_that_dies_leaves_the_incumbent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["scheduling.team"].sys, "executable", "/bin/false")
    problem = read_job_shop(hard(6))
    result = solve(problem, budget_s=0.4, workers=2)
    assert "solver_died" in result.notes
    assert result.objective.cost <= solve(problem).objective.cost


def test_or_tools_knows_pools_jigs_and_running_work() -> None:
    resources = (Resource("saw", "day"), Resource("press1", "day", 2), Resource("press2", "day"))
    fixed = {"state": "started", "fixed_resource": "saw", "fixed_start": 480}
    tasks = (
        cut("A", **fixed),
        cut("B", **fixed),
        *(Task(f"j{i}", "A", (Mode("press1", 50 + i),), needs=(("p", 1),)) for i in range(4)),
        form("B", state="pinned", fixed_resource="press2", fixed_start=800),
        Task("m", "A", (Mode("press2", 0),)),
    )
    links = (Link("B.cut", "B.form"), Link("j0", "j3", overlap=(1, 2)), Link("j1", "j2", "end_end"), Link("j3", "m"))
    orders = (Order("A", 500), Order("B", 700))
    problem = shop(resources=resources, tasks=tasks, links=links, orders=orders, pools=(Pool("p", (("day", 1),)),))
    result = solve(problem, budget_s=2, workers=1, seed=7)
    assert verify(problem, result.plan) == []
    assert result.objective.cost <= solve(problem).objective.cost


def test_a_cancelled_search_gives_the_best_so_far() -> None:
    problem = generate(9, 3, stations=8)
    assert solve(problem, budget_s=3600, cancel=lambda: True).plan == solve(problem).plan
    found: list[Plan] = []
    problem = read_job_shop(hard())
    result = solve(
        problem, budget_s=3600, workers=1, on_improve=lambda plan, _: found.append(plan), cancel=lambda: len(found) > 3
    )
    assert result.status == "feasible"
    assert result.objective.cost <= solve(problem).objective.cost


def test_more_free_work_is_searched_and_repeats_exactly() -> None:
    problem = generate(40, 1)
    first, again = (solve(problem, seed=3, iterations=60) for _ in range(2))
    assert first.plan == again.plan
    assert first.objective.cost < solve(problem).objective.cost
    assert {who for who, _ in first.trace[1:]} <= {"search", *RULES}
    assert solve(problem, seed=4, iterations=60).plan != first.plan


def test_a_plan_that_breaks_a_rule_is_never_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(shop: Shop, *_: object) -> tuple[str, Schedule]:
        name, schedule = dispatch(shop)
        schedule.start[0] -= 100
        return name, schedule

    monkeypatch.setattr(sys.modules["scheduling.solve"], "dispatch", wrong)
    with pytest.raises(Unverified):
        solve(shop())


def test_the_same_seed_makes_the_same_shop() -> None:
    assert generate(12, 5).content_hash == generate(12, 5).content_hash
    assert generate(12, 5).content_hash != generate(12, 6).content_hash
