"""Whatever the backlog does, the rope keeps its promises: no flapping, dwell kept, stale data starts nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.throttle import STRENGTH, Backlog, Demand, RopeState, Rule, combine, decide

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)

rules = st.builds(
    lambda low, band, rate, more, delay, dwell: Rule(
        "r", "S4", ("M1", "M4"), low + band, low, delay, dwell, rate, low + band + more if rate else None, own=("M4",)
    ),
    st.integers(0, 30),
    st.integers(1, 20),
    st.sampled_from([0, 400]),
    st.integers(0, 20),
    st.sampled_from([0.0, 10.0, 30.0]),
    st.sampled_from([0.0, 60.0, 120.0]),
)
ticks = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 80), st.booleans(), st.integers(0, 60)), max_size=80)


def course(rule, steps):
    """Yield (before, after, decision, backlog, now) for each step of (seconds, pieces, good, age in s)."""
    state, now = RopeState(), START
    for seconds, pieces, good, age in steps:
        now += timedelta(seconds=seconds)
        backlog = Backlog(pieces, now - timedelta(seconds=age), good)
        before, (state, decision) = state, decide(state, backlog, rule, now)
        yield before, state, decision, backlog, now


@settings(max_examples=150, deadline=None)
@given(rules, ticks)
def test_nothing_changes_inside_the_band(rule, steps):
    steps = [(seconds, pieces, True, 0) for seconds, pieces, _, _ in steps]
    for before, after, _, backlog, _ in course(rule, steps):
        if rule.low < backlog.pieces < rule.high:
            assert after.level == before.level


@settings(max_examples=150, deadline=None)
@given(rules, ticks)
def test_dwell_passes_between_two_changes_unless_the_lease_lapsed(rule, steps):
    changed_at = None
    for before, after, decision, _, now in course(rule, steps):
        if after.level == before.level:
            continue
        lapsed = any(notice.kind == "lapsed" for notice in decision.notices)
        assert lapsed or changed_at is None or (now - changed_at).total_seconds() >= rule.min_dwell_s
        changed_at = now


@settings(max_examples=150, deadline=None)
@given(rules, ticks)
def test_stale_or_bad_data_never_starts_or_strengthens_and_ends_with_the_lease(rule, steps):
    fresh_at = None
    for before, after, decision, backlog, now in course(rule, steps):
        if backlog.good and (now - backlog.at).total_seconds() <= rule.stale_s:
            fresh_at = now
            continue
        assert STRENGTH[after.level] <= STRENGTH[before.level]
        if fresh_at is None or (now - fresh_at).total_seconds() >= rule.lease_s:
            assert decision.demands == ()


@settings(max_examples=150, deadline=None)
@given(rules, ticks)
def test_a_rise_waits_for_its_delay_and_the_bottleneck_is_never_slowed(rule, steps):
    pressed_since = None
    for before, after, decision, backlog, now in course(rule, [(s, p, True, 0) for s, p, _, _ in steps]):
        pressed_since = (pressed_since or now) if backlog.pieces >= rule.high else None
        if before.level == "run" and after.level != "run":
            assert pressed_since is not None
            assert (now - pressed_since).total_seconds() >= rule.on_delay_s
        assert {demand.target for demand in decision.demands} <= {"M1"}
        assert bool(decision.demands) == (after.level != "run")


demands = st.lists(
    st.builds(
        Demand,
        st.sampled_from(["M1", "M2"]),
        st.sampled_from(["limit", "hold"]),
        st.integers(0, 999),
        st.sampled_from(["a", "b", "c"]),
        st.just("S"),
        st.just(1.0),
        st.just(START),
    ),
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(demands, st.randoms())
def test_the_strictest_demand_wins_in_any_order(found, rng):
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert combine(found) == combine(shuffled)
    for demand in found:
        winner = combine(found)[demand.target]
        assert (STRENGTH[winner.level], -winner.rate_permille) >= (STRENGTH[demand.level], -demand.rate_permille)
