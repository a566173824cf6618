"""Nelson's rules 1 to 4: each just broken and just not."""

import pytest

from quality.rules import Hit, hits


def broken(points: list[float]) -> list[Hit]:
    return list(hits(points, 0, -3, 3, (1, 2, 3, 4)))


@pytest.mark.parametrize("point", [3.01, -3.01])
def test_rule_1_a_point_beyond_a_limit(point: float) -> None:
    assert broken([0, point, 0]) == [Hit(1, 1, 1)]


@pytest.mark.parametrize("point", [3, -3])
def test_rule_1_holds_on_the_limit(point: float) -> None:
    assert broken([0, point, 0]) == []


NINE = [1, 2, 1, 1, 2, 2, 1, 1, 2]


@pytest.mark.parametrize("side", [1, -1])
def test_rule_2_nine_on_one_side(side: int) -> None:
    assert broken([point * side for point in NINE]) == [Hit(2, 0, 8)]
    assert broken([point * side for point in [*NINE, 2]]) == [Hit(2, 0, 8), Hit(2, 1, 9)]


def test_rule_2_holds_for_eight_and_across_the_centre() -> None:
    assert broken(NINE[:8]) == []
    assert broken([*NINE[:4], 0, *NINE[4:]]) == []
    assert broken([0] * 20) == []


@pytest.mark.parametrize("way", [1, -1])
def test_rule_3_six_in_one_direction(way: int) -> None:
    assert broken([point * way for point in [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]]) == [Hit(3, 0, 5)]


def test_rule_3_holds_for_five_and_for_equal_neighbours() -> None:
    assert broken([-2, -1, 0, 1, 2]) == []
    assert broken([-2, -1, -1, 0, 1, 2]) == []


def test_rule_4_fourteen_up_and_down() -> None:
    assert broken([1, -1] * 7) == [Hit(4, 0, 13)]
    assert broken([-1, 1] * 7) == [Hit(4, 0, 13)]


def test_rule_4_holds_for_thirteen_and_for_a_missed_turn() -> None:
    assert broken([1, -1] * 6 + [1]) == []
    assert broken([1, -1] * 4 + [-1, 1] * 4) == []


def test_no_points_break_no_rule() -> None:
    assert broken([]) == []
