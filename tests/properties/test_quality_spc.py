"""Properties of charts and rules: moving and stretching the scale changes nothing that matters."""

from hypothesis import given, settings
from hypothesis import strategies as st

from quality.rules import hits
from quality.spc import i_mr, xbar_r

POINTS = st.lists(st.integers(-8, 8), max_size=40)
GROUPS = st.integers(2, 6).flatmap(
    lambda size: st.lists(st.tuples(*[st.integers(-1000, 1000)] * size), min_size=2, max_size=20)
)


@settings(max_examples=200, deadline=None)
@given(POINTS)
def test_a_mirrored_chart_breaks_the_same_rules(points: list[int]) -> None:
    assert hits(points, 0, -6, 6) == hits([-point for point in points], 0, -6, 6)


@settings(max_examples=200, deadline=None)
@given(POINTS, st.integers(0, 40))
def test_a_rule_once_broken_stays_broken_as_points_arrive(points: list[int], count: int) -> None:
    seen = hits(points[:count], 0, -6, 6)
    assert seen == tuple(hit for hit in hits(points, 0, -6, 6) if hit.last < count)


@settings(max_examples=200, deadline=None)
@given(GROUPS)
def test_the_centre_lies_between_the_limits(groups: list[tuple[int, ...]]) -> None:
    chart = xbar_r(groups)
    for series in (chart.main, chart.spread):
        assert series.lower <= series.centre <= series.upper


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=40), st.integers(-1000, 1000))
def test_moving_all_values_moves_only_the_centre(values: list[int], shift: int) -> None:
    here, there = i_mr(values), i_mr([value + shift for value in values])
    assert there.sigma == here.sigma
    assert abs(there.main.centre - here.main.centre - shift) < 1e-9
    assert there.spread.hits == here.spread.hits
