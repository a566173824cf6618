"""The rope rule by rule, its size, and what it costs a line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devices.errors import RuleError
from devices.line import Line, fitted, rope_rule, simulate, tried
from devices.throttle import Backlog, RopeState, Rule, decide, rope_size

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
RULE = Rule("rope", "S4", ("M1",), 24, 20, on_delay_s=10, min_dwell_s=120, warn=22)


def after(seconds: float, pieces: float, state: RopeState, rule: Rule = RULE, age_s: float = 0, good: bool = True):
    """Decide so many seconds after the start."""
    now = START + timedelta(seconds=seconds)
    return decide(state, Backlog(pieces, now - timedelta(seconds=age_s), good), rule, now)


def held(rule: Rule = RULE) -> RopeState:
    """Return a state in which the rule has held since second 10."""
    state, _ = after(0, 24, RopeState(), rule)
    state, decision = after(10, 24, state, rule)
    assert decision.demands
    return state


def test_a_backlog_at_its_limit_holds_after_the_delay():
    state, decision = after(0, 24, RopeState())
    assert (state.level, decision.demands) == ("run", ())
    state, decision = after(10, 25, state)
    assert [(d.target, d.level, d.rate_permille, d.pieces) for d in decision.demands] == [("M1", "hold", 0, 25)]
    assert [n.kind for n in decision.notices] == ["hold"]


def test_a_short_peak_holds_nothing():
    state, _ = after(0, 24, RopeState())
    state, _ = after(5, 23, state)
    state, decision = after(10, 24, state)
    assert (state.level, decision.demands) == ("run", ())


def test_release_waits_for_the_low_mark_and_the_dwell():
    state, decision = after(60, 19, held())
    assert state.level == "hold"
    state, decision = after(140, 21, state)
    assert state.level == "hold"
    state, decision = after(141, 20, state)
    assert (state.level, decision.demands, decision.notices[0].kind) == ("run", (), "run")


def test_stale_data_starts_nothing_and_lets_a_hold_lapse():
    state, _ = after(0, 40, RopeState(), age_s=31)
    state, decision = after(60, 40, state, age_s=31)
    assert (state.level, decision.demands) == ("run", ())
    state, decision = after(20, 40, held(), good=False)
    assert (state.level, len(decision.demands)) == ("hold", 1)
    state, decision = after(26, 40, state, good=False)
    assert (state.level, decision.demands, [n.kind for n in decision.notices]) == ("run", (), ["lapsed"])


def test_limiting_becomes_holding_higher_up_and_warning_comes_first():
    rule = Rule("r", "S4", ("M1",), 10, 6, 0, 0, rate_permille=600, hold_at=15, warn=8)
    levels, kinds, state = [], [], RopeState()
    for second, pieces in enumerate((7, 8, 10, 14, 15, 11, 7, 6)):
        state, decision = after(second, pieces, state, rule)
        levels.append(state.level)
        kinds += [n.kind for n in decision.notices]
    assert levels == ["run", "run", "limit", "limit", "hold", "hold", "hold", "run"]
    assert kinds == ["warn", "limit", "hold", "run", "warn_over"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"high": 5, "low": 5},
        {"high": 5, "low": 2, "rate_permille": 1000},
        {"high": 5, "low": 2, "hold_at": 4},
        {"high": 5, "low": 2, "warn": 2},
        {"high": 5, "low": 2, "min_dwell_s": -1},
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(RuleError):
        Rule("r", "S", ("M",), **wrong)


@pytest.mark.parametrize(
    ("line", "rope"),
    [
        (Line(), (28, 25)),
        (Line((48, 50, 47, 50, 60), bottleneck=4), (37, 33)),
        (Line((48, 60, 50, 47, 50), bottleneck=1), (10, 8)),
        (Line(mttr_s=60, mtbf_s=720), (12, 10)),
        (Line(mtbf_s=0), (12, 10)),
    ],
)
def test_the_sizing_rule_gives_the_measured_ropes(line, rope):
    assert line.rope() == rope
    with pytest.raises(RuleError):
        rope_size(100, 3, 60, 0)


def test_the_rope_keeps_the_output_with_a_fraction_of_the_work_in_process():
    line = Line()
    trial = tried(line, rope_rule(line), range(4), 150_000)
    assert trial.kept >= 0.98
    assert trial.roped.mean_wip <= 28
    assert trial.roped.mean_wip < 0.2 * trial.free.mean_wip
    assert trial.roped.switches_per_hour <= 10
    one = simulate(line, rope_rule(line), seed=0, horizon_s=20_000)
    assert one == simulate(line, rope_rule(line), seed=0, horizon_s=20_000)


def test_a_rope_that_is_too_short_is_made_longer_until_it_keeps_what_is_wanted():
    line = Line((48, 60, 50, 47, 50), bottleneck=1)
    short = tried(line, rope_rule(line), range(2))
    long = fitted(line, 0.98, range(2))
    assert short.kept < 0.98 <= long.kept
    assert (short.high, short.low) == line.rope()
    assert long.high > short.high
    assert long.high - long.low == short.high - short.low
    assert fitted(line, 0.5, range(1)).high == short.high


def test_the_time_down_does_not_count_as_work():
    line = Line((10.0,), 0.0, mtbf_s=30.0, mttr_s=20.0, bottleneck=0)
    one = simulate(line, seed=1, horizon_s=400_000)
    # up 30 s of 50 s: 360 pieces an hour become 216
    assert one.per_hour == pytest.approx(216, rel=0.03)
    assert simulate(Line((10.0,), 0.0, mtbf_s=0, bottleneck=0)).per_hour == pytest.approx(360, rel=0.001)
