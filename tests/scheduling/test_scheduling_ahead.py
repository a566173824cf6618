"""What a planner asks of a plan: events and three plans, a drag, a promise, a load, and what would help."""

from dataclasses import replace

import pytest
from scheduling_shops import cut, form, shop

from scheduling import (
    Breakdown,
    Hole,
    Late,
    Limited,
    Link,
    Missing,
    Order,
    Paced,
    Pool,
    Progress,
    Rush,
    Scrap,
    Task,
    advance,
    drop,
    load,
    pool_load,
    promise,
    read_events,
    replan,
    solve,
    verify,
    would_help,
)
from scheduling.errors import InvalidJson, SchedulingError, UnknownReference
from scheduling.generate import generate


def test_events_change_the_problem() -> None:
    problem = shop(pools=(Pool("p", (("day", 2),)),))
    assert Breakdown("saw", 500, 600).apply(problem).holes[0].end == 600
    assert Missing("p", 500, 600, 2).apply(problem).absences[0].count == 2
    rush = Rush(Order("R", 700, weight=9), (replace(cut("A"), id="R.cut", order="R"),))
    assert rush.apply(problem).task_by_id["R.cut"].order == "R"
    assert Scrap("A.cut", (1, 2)).apply(problem).task_by_id["A.cut"].modes[0].ticks == 180
    assert Late("A.cut", 900).apply(problem).task_by_id["A.cut"].material == 900
    assert Limited("saw", (1, 2)).apply(problem).resource_by_id["saw"].rate == (1, 2)
    assert Limited("saw", (1, 2), 600).apply(problem).holes[0].rate == (1, 2)
    started = cut("A", state="started", fixed_resource="saw", fixed_start=480, remaining=50)
    running = shop(tasks=(started, form("A")), links=())
    assert Paced("A.cut", 9).apply(running).task_by_id["A.cut"].remaining == 9
    assert Scrap("A.cut", (1, 2)).apply(running).task_by_id["A.cut"].remaining == 110
    for stranger in (Late("Z", 1), Limited("Z", (1, 2)), Scrap("Z", (1, 1))):
        with pytest.raises(UnknownReference):
            stranger.apply(problem)


def test_events_are_read_from_text() -> None:
    now, events = read_events(
        '{"now": 500, "events": [{"kind": "breakdown", "resource": "saw", "start": 1, "end": 2}]}'
    )
    assert (now, events) == (500, (Breakdown("saw", 1, 2),))
    assert read_events('{"kind": "limit", "resource": "saw", "rate": [1, 2]}') == (None, (Limited("saw", (1, 2)),))
    for text in ("[", "[]", '{"kind": "flood"}', '{"now": "x"}', '{"events": 3}', '{"kind": "limit", "rate": [1, 2]}'):
        with pytest.raises(InvalidJson):
            read_events(text)


def test_time_goes_on_as_planned() -> None:
    problem = shop(links=(Link("A.cut", "A.form", lag=30), Link("B.cut", "B.form")))
    old = solve(problem).plan
    later = advance(problem, old, 650)
    assert {task.id: task.state for task in later.tasks} == {"A.form": "free", "B.cut": "started", "B.form": "free"} | {
        name: "started" for name in later.task_by_id if old.by_task[name].start < 650
    }
    assert [link.pred for link in later.links] == ["B.cut"]
    new = solve(later, incumbent=old).plan
    assert new.by_task["B.cut"] == replace(old.by_task["B.cut"], bound_by="frozen", bound_ref="B.cut")
    early = advance(problem, old, 610)
    assert early.task_by_id["A.form"].release == 630


def test_three_plans_are_offered_and_the_repair_is_told_first() -> None:
    problem = generate(30, 5)
    old = solve(problem).plan
    busiest = max((row.resource for row in old.assignments), key=[row.resource for row in old.assignments].count)
    later = Breakdown(busiest, 300, 2500).apply(advance(problem, old, 300))
    heard, seen = [], list[Progress]()
    made = replan(later, old, freeze_until=400, on_repaired=heard.append, on_progress=seen.append)
    assert heard == [made.repaired]
    assert [offer.name for offer in made.offers] == ["calm", "balanced", "best"]
    for offer in made.offers:
        assert verify(later, offer.result.plan, thawed=offer.result.thawed) == []
    assert made.best.result.objective.cost <= made.calm.result.objective.cost
    assert made.calm.change.resource_changes <= made.best.change.resource_changes
    assert all(0 <= one.gap <= 1 and one.late_bound <= one.late_orders for one in seen)


def test_a_drop_that_fits_changes_nothing_else() -> None:
    problem = shop()
    plan = solve(problem).plan
    made = drop(problem, plan, "B.form", "press2", 790)
    assert (made.ok, made.start, made.end, made.violations, made.moves) == (True, 790, 890, (), ())
    assert made.plan is not None
    assert made.plan.by_task["B.form"].resource == "press2"


def test_a_drop_that_collides_tells_what_it_breaks_and_pushes() -> None:
    problem = shop()
    plan = solve(problem).plan
    made = drop(problem, plan, "B.cut", "saw", 500)
    assert not made.ok
    assert {found.code for found in made.violations} == {"overlap"}
    assert {move.task for move in made.moves} >= {"A.cut", "A.form"}
    assert all(landing.start >= 600 for landing in made.landings)
    early = drop(problem, plan, "A.form", "press1", 500)
    assert {found.code for found in early.violations} == {"link_broken"}
    assert early.plan is None
    wrong = drop(problem, plan, "A.form", "saw", 500)
    assert "wrong_resource" in {found.code for found in wrong.violations}
    assert wrong.plan is None
    assert {landing.resource for landing in wrong.landings} == {"press1", "press2"}
    for task, resource in (("Z", "saw"), ("A.cut", "Z")):
        with pytest.raises(UnknownReference):
            drop(problem, plan, task, resource, 500)


def test_a_promise_costs_nobody_a_tick() -> None:
    problem = shop()
    plan = solve(problem).plan
    order = Order("N", due=700)
    tasks = (Task("N.cut", "N", cut("A").modes), Task("N.form", "N", form("A").modes))
    made = promise(problem, plan, order, tasks, (Link("N.cut", "N.form"),))
    assert [(row.task, row.start, row.end) for row in made.rows] == [("N.cut", 780, 900), ("N.form", 900, 990)]
    assert (made.end, made.in_time) == (990, False)
    assert promise(problem, plan, replace(order, due=990), tasks).in_time


def test_a_promise_leaves_room_for_what_is_not_planned_yet() -> None:
    known = shop()
    later = shop(tasks=(*known.tasks, replace(cut("A"), id="more")))
    made = promise(later, solve(known).plan, Order("N"), (Task("N.cut", "N", cut("A").modes),))
    assert [(row.start, row.end) for row in made.rows] == [(900, 1020)]


def test_load_counts_open_and_busy_time() -> None:
    problem = shop(
        tasks=(cut("A", needs=(("p", 1),)), form("A", needs=(("p", 2),))), pools=(Pool("p", (("day", 2),)),), links=()
    )
    plan = solve(problem).plan
    rows = load(problem, plan, 480, 1440, 480)
    assert [(one.open, one.busy) for one in rows["saw"]] == [(420, 120), (60, 0)]
    assert rows["saw"][0].share == pytest.approx(120 / 420)
    people = pool_load(problem, plan, 480, 960, 480)["p"][0]
    assert (people.open, people.busy) == (840, 120 + 180)


def test_what_would_help_is_planned_not_guessed() -> None:
    problem = shop(orders=(Order("A", due=600), Order("B", due=700)), holes=(Hole("saw", 480, 540),))
    plan = solve(problem).plan
    found = would_help(problem, plan, "B")
    assert {one.kind for one in found} >= {"another_machine", "repaired_now"}
    best = found[0]
    assert best.saved > 0
    assert all(one.late + one.saved == found[0].late + found[0].saved for one in found)
    assert would_help(shop(), solve(shop()).plan, "A") == ()
    with pytest.raises(SchedulingError):
        would_help(problem, plan, "nobody")
