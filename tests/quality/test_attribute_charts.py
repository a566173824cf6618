"""Attribute charts, X-bar and s, performance and normality against published examples, and what is refused.

D. C. Montgomery, Introduction to Statistical Quality Control, chapter on charts for attributes: orange juice cans
(30 samples of 50), printed circuit boards (26 of 100), personal computers (20 samples of 5); chapter on charts for
variables: piston rings with their standard deviations. Stephens (1974) for the points of Anderson and Darling's test.
"""

import doctest
import json
import math
import random
from pathlib import Path

import pytest

from quality import attribute, complaint, normality
from quality.attribute import c, np, p, u
from quality.cli import main
from quality.errors import BadSeries
from quality.normality import anderson_darling, probability
from quality.read_csv import read
from quality.rules import WESTERN_ELECTRIC, Hit, hits
from quality.spc import c4, capability, performance, xbar_r, xbar_s

CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
BOARDS = [21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19, 17, 15]
COMPUTERS = [10, 12, 8, 14, 10, 16, 11, 7, 10, 15, 9, 5, 7, 11, 12, 6, 8, 10, 7, 5]
RINGS = read((Path(__file__).parent / "piston_rings.csv").read_text()).rows


@pytest.mark.parametrize("module", [attribute, complaint, normality])
def test_manual_examples_run(module: object) -> None:
    assert doctest.testmod(module).failed == 0


def test_orange_juice_cans_have_the_published_limits() -> None:
    chart = p(CANS, [50] * 30, rules=(1,))
    assert (round(chart.centre, 4), round(chart.lower[0], 4), round(chart.upper[0], 4)) == (0.2313, 0.0524, 0.4102)
    assert [hit.last + 1 for hit in chart.hits] == [15, 23]  # the book: samples 15 and 23 plot above
    counted = np(CANS, 50, rules=(1,))
    assert (round(counted.centre, 2), round(counted.lower[0], 2), round(counted.upper[0], 2)) == (11.57, 2.62, 20.51)
    assert counted.hits == chart.hits


def test_circuit_boards_have_the_published_limits() -> None:
    chart = c(BOARDS, rules=(1,))
    assert (round(chart.centre, 2), round(chart.lower[0], 2), round(chart.upper[0], 2)) == (19.85, 6.48, 33.21)
    assert [hit.last + 1 for hit in chart.hits] == [6, 20]


def test_computers_have_the_published_limits() -> None:
    chart = u(COMPUTERS, [5] * 20)
    assert (round(chart.centre, 2), round(chart.lower[0], 2), round(chart.upper[0], 2)) == (1.93, 0.07, 3.79)
    assert [hit for hit in chart.hits if hit.rule == 1] == []


def test_unequal_samples_have_limits_of_their_own() -> None:
    chart = p([5, 5, 5], [50, 100, 200])
    assert chart.upper[0] > chart.upper[1] > chart.upper[2] > chart.centre > chart.lower[2]
    assert chart.lower[0] == 0


def test_piston_rings_with_standard_deviations() -> None:
    chart = xbar_s(RINGS)
    assert (round(chart.main.centre, 3), round(chart.spread.centre, 4)) == (74.001, 0.0094)
    assert (round(chart.main.lower, 3), round(chart.main.upper, 3)) == (73.988, 74.015)
    assert (chart.spread.lower, round(chart.spread.upper, 4)) == (0, 0.0196)
    assert chart.sigma == pytest.approx(xbar_r(RINGS).sigma, rel=0.02)


@pytest.mark.parametrize(("size", "factor"), [(2, 0.7979), (5, 0.9400), (10, 0.9727), (25, 0.9896)])
def test_c4_is_the_published_one(size: int, factor: float) -> None:
    assert round(c4(size), 4) == factor


def test_performance_takes_all_spread_and_capability_only_that_within() -> None:
    steady = [float(value) for group in RINGS for value in group]
    shown, able = performance(steady, 73.95, 74.05), capability(74.001, xbar_r(RINGS).sigma, 73.95, 74.05)
    assert shown.cp == pytest.approx(able.cp, rel=0.05)
    drifting = [value + 0.02 * at for at, group in enumerate(RINGS) for value in group]
    assert performance(drifting, 73.0, 75.0).cp < performance(steady, 73.0, 75.0).cp / 5  # type: ignore[operator]


@pytest.mark.parametrize(("statistic", "risk"), [(0.631, 0.10), (0.752, 0.05), (0.873, 0.025), (1.035, 0.01)])
def test_the_points_of_stephens(statistic: float, risk: float) -> None:
    assert probability(statistic) == pytest.approx(risk, rel=0.04)


def test_normal_values_pass_and_skewed_ones_do_not() -> None:
    rng = random.Random(3)
    bell, skewed = [rng.gauss(10, 1) for _ in range(200)], [rng.expovariate(1) for _ in range(200)]
    fit, bent = anderson_darling(bell), anderson_darling(skewed)
    assert fit is not None
    assert fit.is_normal
    assert bent is not None
    assert not bent.is_normal
    assert anderson_darling([1.0] * 20) is None
    assert anderson_darling([1.0, 2.0]) is None


def rule(number: int, points: list[float]) -> list[Hit]:
    return list(hits(points, 0, -3, 3, (number,)))


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("number", "breaks", "holds"),
    [
        (5, [2.1, 0, 2.1], [2.1, 0, 2.0]), (5, [0, 2.1, 2.1], [2.1, 0, -2.1]),
        (6, [1.1, 1.1, 0, 1.1, 1.1], [1.1, 1.1, 0, 1.1, 1.0]),
        (7, [0.5, -0.5] * 8, [0.5] * 14 + [1.0]), (8, [1.1, -1.1] * 4, [1.1] * 8), (9, [1, 2] * 4, [1, 2] * 3 + [1]),
    ],
)  # fmt: skip
def test_zone_rules(number: int, breaks: list[float], holds: list[float], side: int) -> None:
    found = rule(number, [point * side for point in breaks])
    assert found[-1].last == len(breaks) - 1
    assert rule(number, [point * side for point in holds]) == []


def test_western_electric_is_warned_by_eight_where_nelson_waits_for_nine() -> None:
    eight = [1.0] * 8
    assert [hit.rule for hit in hits(eight, 0, -4, 4, WESTERN_ELECTRIC)] == [9]
    assert hits(eight, 0, -4, 4) == ()


def test_a_series_without_spread_breaks_no_zone_rule() -> None:
    assert hits([5.0] * 20, 5, 5, 5) == ()


@pytest.mark.parametrize(
    "work",
    [
        lambda: p([3, 60], [50, 50]), lambda: p([3], [50]), lambda: p([-1, 2], [50, 50]), lambda: c([1]),
        lambda: u([1, 2], [5]), lambda: u([1, 2], [5, 0]), lambda: np([math.nan, 2], 50), lambda: c([1, 2], phase=5),
        lambda: xbar_s([[1.0], [2.0]]), lambda: xbar_s([[1.0, 2.0], [1.0, 2.0, 3.0]]),
    ],
)  # fmt: skip
def test_what_makes_no_chart_is_refused(work: object) -> None:
    with pytest.raises(BadSeries):
        work()  # type: ignore[operator]


def test_the_command_line_draws_each_chart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cans.csv"
    file.write_text("bad,all\n" + "\n".join(f"{count},50" for count in CANS))
    for chart in ("p", "np", "u"):
        assert main(["spc", str(file), "--chart", chart, "--json", "--rules", "western-electric"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert {hit["last"] for hit in told[chart]["hits"]} >= {15, 23}
    assert main(["spc", str(file), "--chart", "p"]) == 0
    assert "point 15: rule 1, one point beyond a limit" in capsys.readouterr().out
    assert main(["spc", str(file), "--chart", "c"]) == 1
    assert "line 2" in capsys.readouterr().err
    file.write_text("\n".join(f"{count}" for count in BOARDS))
    assert main(["spc", str(file), "--chart", "c", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["c"]["centre"] == pytest.approx(19.846, abs=1e-3)
    file.write_text("1.5\n2\n")
    assert main(["spc", str(file), "--chart", "c"]) == 1


def test_capability_is_told_with_normality(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rings = str(Path(__file__).parent / "piston_rings.csv")
    assert main(["spc", rings, "--chart", "xbar-s", "--lower", "73.95", "--upper", "74.05"]) == 0
    out = capsys.readouterr().out
    assert "Ppk" in out
    assert "nothing speaks against normal values" in out
