"""The model of the line: exact where nothing is drawn, conserving pieces, going on from any state."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.forecast import Job, Live, Place, Rope, by_rate, course, forecast
from devices.verdict import Completed, Watched, errors
from devices.verdict import found as found_of

A, B = Place("A"), Place("B", limit=5)


def line(pieces: int = 10, a_s: float = 10, b_s: float = 20, **more: object) -> Live:
    """Two stations in a row, nothing drawn."""
    first = Job("1", "O", "A", pieces, a_s, pieces, 1)
    second = Job("2", "O", "B", pieces, b_s, 0, 1, (("1", 0),))
    return Live((Place("A"), Place("B", limit=3)), (first, second), 0.0)


def test_without_chance_the_model_is_exact() -> None:
    found = forecast(line(), 1000, runs=3)
    assert found.orders["O"].at_s == 10 + 10 * 20
    assert found.orders["O"].share == 1


def test_a_station_congests_when_more_lies_there_than_its_limit() -> None:
    # after 10, 20 ... s a piece comes, at 30 and 50 s one leaves: at 60 s the fourth lies there
    assert forecast(line(), 1000, runs=1).congestion["B"].at_s == 60
    assert "B" not in forecast(line(a_s=20), 1000, runs=1).congestion


def test_what_does_not_end_before_the_horizon_is_not_told() -> None:
    assert forecast(line(), 100, runs=2).orders == {}


def test_a_station_that_stands_delays_and_the_plain_guess_does_not_know_it() -> None:
    live = line()
    down = Live((Place("A", down_s=500), live.places[1]), live.jobs, 0.0)
    assert forecast(down, 5000, runs=20).orders["O"].at_s > 300
    assert by_rate(down, {"B": 0.05}) == {"O": 200}
    assert by_rate(down, {}) == {}


def test_an_assembly_waits_for_the_least_of_its_inputs() -> None:
    jobs = (
        Job("1", "O", "A", 4, 10, 4, 1), Job("2", "O", "B", 4, 50, 4, 1),
        Job("3", "O", "C", 4, 1, 0, 1, (("1", 0), ("2", 0))),
    )  # fmt: skip
    live = Live((Place("A"), Place("B"), Place("C")), jobs, 0.0)
    assert forecast(live, 1000, runs=1).orders["O"].at_s == 201


def test_rank_decides_who_goes_first() -> None:
    jobs = (Job("1", "LATE", "A", 2, 10, 2, 2), Job("2", "SOON", "A", 2, 10, 2, 1))
    found = forecast(Live((A,), jobs, 0.0), 100, runs=1)
    assert (found.orders["SOON"].at_s, found.orders["LATE"].at_s) == (20, 40)


def test_a_job_at_a_place_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        forecast(Live((A,), (Job("1", "O", "Z", 1, 1, 1, 1),)), 10, runs=1)


@given(st.integers(1, 30), st.integers(1, 3), st.integers(0, 10_000), st.integers(10, 600))
def test_going_on_from_any_state_ends_what_is_left(pieces: int, servers: int, seed: int, cut: int) -> None:
    jobs = (
        Job("1", "O", "A", pieces, 7, pieces, 1), Job("2", "O", "A", pieces, 3, pieces, 2),
        Job("3", "O", "B", pieces, 5, 0, 1, (("1", 0), ("2", 0))),
    )  # fmt: skip
    live = Live((Place("A", servers, 100, 10), Place("B")), jobs, 0.3)
    half = course(live, cut, random.Random(seed))
    assert all(0 <= job.arrived <= job.pieces for job in half.left.jobs)
    rest = course(half.left, 1e7, random.Random(seed))
    assert rest.left.jobs == ()
    assert ("O" in half.done_s) != ("O" in rest.done_s)


def test_nothing_begins_while_a_station_is_closed() -> None:
    live = line()
    shut = Live((Place("A", closed=((0, 60), (100, 200))), live.places[1]), live.jobs, 0.0)
    # A begins at 60 s; four pieces are done when it closes at 100 s, so that the fifth is not done before 210 s
    found = forecast(shut, 1000, runs=1).orders["O"]
    assert found.at_s == 210 + 6 * 20


def roped(now: float = 0, **more: object) -> Live:
    live = line(**more)  # type: ignore[arg-type]
    return Live(live.places, live.jobs, 0.0, (Rope("B", 3, 1, now, {"1": 1}, {"2": 1}, "A", is_tight=now >= 3),))


def test_a_rope_tells_congestion_and_holds_upstream_until_it_is_slack() -> None:
    # a piece at 10, 20 and 30 s, B takes 20 s each: at 40 s three are under way
    found = forecast(roped(), 1000, runs=1)
    assert found.congestion["B"].at_s == 40
    assert found.orders["O"].at_s == 10 + 10 * 20  # the full station never runs dry
    assert forecast(roped(), 15, runs=1).congestion == {}


def test_a_rope_that_is_tight_already_is_no_news_until_it_was_slack() -> None:
    assert forecast(roped(3, pieces=1), 1000, runs=1).congestion == {}
    half = course(roped(), 45, random.Random(1)).left
    assert half.ropes[0].is_tight
    assert half.ropes[0].now == 3


def test_what_was_run_until_the_time_is_up_counts() -> None:
    asked = iter([False, True])
    live = line(pieces=4000, b_s=10)
    found = forecast(live, 1e9, runs=400, stop=lambda: next(asked, True))
    assert 0 < found.runs < 400
    assert found.orders["O"].share == 1


def test_the_verdict_compares_what_was_told_with_what_came() -> None:
    told = errors([Completed(100, 160, 400), Completed(100, 90), Completed(100, 120)])
    assert (told.count, told.ours_s, told.plain_s) == (3, 20, 240)
    seen = found_of([Watched(True, True), Watched(True, False), Watched(False, True), Watched(False, False)])
    assert (seen.precision, seen.recall) == (0.5, 0.5)
    assert found_of([]).precision is None
    assert errors([]).ours_s is None


def test_inputs_add_up_and_ratios_count() -> None:
    # two doors a fridge, pressed at two places: eight doors make four fridges
    jobs = (
        Job("1", "O", "A", 4, 10, 4, 1), Job("2", "O", "B", 4, 10, 4, 1),
        Job("3", "O", "C", 4, 1, 0, 1, (("1", 0), ("2", 0)), {"1": 0.5, "2": 0.5}, {"1": "door", "2": "door"}),
    )  # fmt: skip
    live = Live((Place("A"), Place("B"), Place("C")), jobs, 0.0)
    assert forecast(live, 1000, runs=1).orders["O"].at_s == 41
