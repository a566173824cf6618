"""From complaints to the cause: the statistic against published values, and against causes it never sees."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.market import SORTS, columns, past
from quality.complaint import bands, causes, rate_ratio, tail
from quality.errors import BadComplaints


def test_fishers_tea() -> None:
    """Fisher, The Design of Experiments: all four cups named rightly, and three of four."""
    assert tail(4, 4, 4, 8) == pytest.approx(1 / 70)
    assert tail(3, 4, 4, 8) == pytest.approx(17 / 70)
    assert tail(0, 4, 4, 8) == 1.0


def test_the_rate_ratio_of_the_physicians_health_study() -> None:
    """Aspirin and myocardial infarction: 104 of 11037 against 189 of 11034, ratio 0.55 (0.43 to 0.70)."""
    ratio, low, high = rate_ratio(104, 11037, 189, 11034)
    assert (round(ratio, 2), round(low, 2), round(high, 2)) == (0.55, 0.43, 0.70)


def test_an_empty_cell_still_has_an_interval() -> None:
    ratio, low, high = rate_ratio(5, 50, 0, 950)
    assert ratio > 100
    assert 1 < low < ratio < high < math.inf
    assert rate_ratio(5, 50, 0, 0) == (math.inf, 0.0, math.inf)


def test_the_hidden_cause_is_first_in_90_of_100_and_hardly_ever_claimed_where_there_is_none() -> None:
    told = {True: 0, False: 0}
    asked = {True: 0, False: 0}
    for seed in range(100):
        story = past(seed, sort=SORTS[seed % 5])
        first = causes(story.failed, columns(story)).candidates[0]
        asked[True] += 1
        named = (set(parts) for parts in (first.parts, *first.same))
        told[True] += first.claimed and set(story.cause) in named
        quiet = past(seed, 600, sort="none")
        asked[False] += 1
        told[False] += bool(causes(quiet.failed, columns(quiet)).claimed)
    assert asked == {True: 100, False: 100}
    assert told[True] >= 90, told
    assert told[False] <= 5, told


def test_each_sort_of_cause_can_be_found() -> None:
    for sort in ("machine", "shift", "lot", "person", "two"):
        found = 0
        for seed in range(4):
            story = past(seed, sort=sort)
            first = causes(story.failed, columns(story)).candidates[0]
            found += first.claimed and set(story.cause) in (set(parts) for parts in (first.parts, *first.same))
        assert found >= 2, sort


def test_what_cannot_be_told_apart_stands_together() -> None:
    machines = ["M1" if unit % 4 else "M2" for unit in range(400)]
    stations = ["S1" if unit % 4 else "S2" for unit in range(400)]
    found = causes([unit % 8 == 0 for unit in range(400)], {"machine": machines, "station": stations})
    first = found.candidates[0]
    assert first.parts == (("machine", "M2"),)
    assert first.same == ((("station", "S2"),),)
    assert found.singles_tried == 2  # and not four: the same division is tried once


def test_what_is_left_beside_the_first_tells_a_fellow_traveller() -> None:
    lots = ["L2" if unit < 100 else "L1" for unit in range(1000)]
    shifts = ["N" if unit < 150 else "A" for unit in range(1000)]
    bad = [(unit < 100 and unit % 5 == 0) or unit % 100 == 99 for unit in range(1000)]
    found = causes(bad, {"lot": lots, "shift": shifts})
    first, second = found.candidates[:2]
    assert first.parts == (("lot", "L2"),)
    assert first.apart is None
    assert second.parts == (("shift", "N"),)
    assert second.ratio > 3
    assert second.apart is not None
    assert second.apart < 3


def test_nothing_to_compare() -> None:
    assert causes([], {}).candidates == ()
    assert causes([True] * 9, {"lot": ["L"] * 9}).candidates == ()
    assert causes([False] * 9, {"lot": ["L"] * 9}).candidates == ()
    assert causes([True] + [False] * 9, {"lot": [None] * 10}).candidates == ()


def test_a_factor_without_a_level_for_each_unit_is_refused() -> None:
    with pytest.raises(BadComplaints, match="2 levels for 3 units"):
        causes([True, False, False], {"lot": ["a", "b"]})


def test_bands_are_even_and_leave_out_what_is_not_known() -> None:
    found = bands([1.0, 2.0, 3.0, 4.0, 5.0, None, math.nan])
    assert found == [1, 2, 3, 4, 5, None, None]
    assert bands([None, None]) == [None, None]
    assert set(bands([7.0] * 20)) == {1}


_UNITS = st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.sampled_from("xyz")), min_size=2, max_size=60)


@settings(max_examples=40, deadline=None)
@given(_UNITS)
def test_figures_hold_together_whatever_the_units(units: list[tuple[bool, str, str]]) -> None:
    found = causes([unit[0] for unit in units], {"f": [unit[1] for unit in units], "g": [unit[2] for unit in units]})
    for one in found.candidates:
        mine = [unit for unit in units if all(unit["fg".index(str(key)) + 1] == level for key, level in one.parts)]
        assert (one.units, one.complaints) == (len(mine), sum(unit[0] for unit in mine))
        assert 0 <= one.p <= one.adjusted <= 1
        assert one.low <= one.ratio <= one.high
