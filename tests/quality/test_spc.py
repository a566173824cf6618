"""Control charts against published examples, and what is refused.

Piston rings: D. C. Montgomery, Introduction to Statistical Quality Control, chapter on charts for variables (inside
diameters in mm, 25 subgroups of 5). Flow rate: NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2, individuals
charts. Viscosity: Montgomery, the same chapter, aircraft primer paint, 15 batches. Hard bake: Montgomery, later
editions, flow width of resist, of which the summary figures are used.
"""

import doctest
import math
from pathlib import Path

import numpy as np
import pytest

import quality
from quality import genealogy, inspection, kpi, nonconformance, spc
from quality.errors import BadSeries
from quality.read_csv import read
from quality.spc import CONSTANTS, capability, i_mr, xbar_r

PISTON_RINGS = read((Path(__file__).parent / "piston_rings.csv").read_text()).rows
FLOW_RATE = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
VISCOSITY = [33.75, 33.05, 34.00, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.20, 33.62, 33.00, 33.54, 33.12, 33.84]


@pytest.mark.parametrize("module", [quality, genealogy, inspection, kpi, nonconformance, spc])
def test_manual_examples_run(module: object) -> None:
    assert doctest.testmod(module).failed == 0


def test_piston_rings_have_the_published_limits() -> None:
    # The book goes on with R-bar rounded to 0.023, so its limits differ from ours by up to a micrometre.
    chart = xbar_r(PISTON_RINGS)
    assert (round(chart.main.centre, 3), round(chart.spread.centre, 3)) == (74.001, 0.023)
    assert (chart.main.lower, chart.main.upper) == (pytest.approx(73.988, abs=1e-3), pytest.approx(74.014, abs=1e-3))
    assert (chart.spread.lower, round(chart.spread.upper, 3)) == (0, 0.049)
    assert (chart.main.hits, chart.spread.hits) == ((), ())


def test_constants_give_the_published_limits_of_the_hard_bake_process() -> None:
    assert 1.5056 + CONSTANTS[5].a2 * 0.32521 == pytest.approx(1.69325, abs=1e-5)
    assert 1.5056 - CONSTANTS[5].a2 * 0.32521 == pytest.approx(1.31795, abs=1e-5)
    assert CONSTANTS[5].d4 * 0.32521 == pytest.approx(0.68749, abs=1e-5)
    assert 0.32521 / CONSTANTS[5].d2 == pytest.approx(0.1398, abs=5e-5)


def test_flow_rate_has_the_published_limits() -> None:
    chart = i_mr(FLOW_RATE)
    assert chart.main.centre == pytest.approx(50.81)
    assert chart.spread.centre == pytest.approx(1.8778, abs=5e-5)
    assert (chart.main.lower, chart.main.upper) == (pytest.approx(45.8159, abs=2e-4), pytest.approx(55.8041, abs=2e-4))


def test_viscosity_has_the_published_limits() -> None:
    chart = i_mr(VISCOSITY)
    assert (round(chart.main.centre, 2), round(chart.spread.centre, 2)) == (33.52, 0.48)
    assert (round(chart.main.lower, 2), round(chart.main.upper, 2)) == (32.24, 34.80)
    assert round(chart.spread.upper, 2) == 1.57
    assert chart.main.hits == ()


@pytest.mark.parametrize("size", CONSTANTS)
def test_constants_agree_with_the_range_of_normal_values(size: int) -> None:
    """d2 and d3 are the mean and deviation of the range of n standard normal values, here by quadrature."""
    x = np.linspace(-8, 8, 2001)
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x])
    step = x[1] - x[0]
    d2 = step * np.sum(1 - (1 - below) ** size - below**size)
    low, high = below[:, None], below[None, :]
    joint = 1 - high**size - (1 - low) ** size + np.clip(high - low, 0, None) ** size
    d3 = math.sqrt(2 * step * step * np.sum(np.triu(joint, 1)) + step * step * np.trace(joint) - d2 * d2)
    table = CONSTANTS[size]
    assert table.d2 == pytest.approx(d2, abs=6e-4)
    assert table.a2 == pytest.approx(3 / (d2 * math.sqrt(size)), abs=6e-4)
    assert table.d3 == pytest.approx(max(0.0, 1 - 3 * d3 / d2), abs=2e-3)
    assert table.d4 == pytest.approx(1 + 3 * d3 / d2, abs=2e-3)


def test_limits_of_a_phase_judge_the_later_points() -> None:
    chart = i_mr([*FLOW_RATE, 60.0], phase=10)
    assert chart.main.centre == pytest.approx(50.81)
    assert [(hit.rule, hit.last) for hit in chart.main.hits] == [(1, 10)]
    assert [(hit.rule, hit.last) for hit in chart.spread.hits] == [(1, 9)]


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([], "subgroup_size"),
        ([(1.0,), (2.0,)], "subgroup_size"),
        ([(1.0,) * 26] * 2, "subgroup_size"),
        ([(1.0, 2.0)], "too_few_points"),
        ([(1.0, 2.0), (1.0, 2.0, 3.0)], "unequal_subgroup"),
        ([(1.0, 2.0), (math.nan, 2.0)], "not_finite"),
        ([(1.0, 2.0), (-1e308, 1e308)], "not_finite"),
    ],
)
def test_subgroups_that_make_no_chart_are_refused(groups: list[tuple[float, ...]], reason: str) -> None:
    with pytest.raises(BadSeries) as refused:
        xbar_r(groups)
    assert refused.value.values["reason"] == reason


@pytest.mark.parametrize(("values", "phase"), [([], None), ([1.0], None), ([1.0, 2.0], 1), ([1.0, 2.0], 3)])
def test_too_few_single_values_are_refused(values: list[float], phase: int | None) -> None:
    with pytest.raises(BadSeries) as refused:
        i_mr(values, phase)
    assert refused.value.values["reason"] == "too_few_points"


def test_equal_values_break_no_rule_and_have_no_capability() -> None:
    chart = i_mr([0.1] * 20)
    assert (chart.main.hits, chart.sigma) == ((), 0)
    assert capability(chart.main.centre, chart.sigma, 0, 1).cpk is None


def test_capability_of_the_piston_rings() -> None:
    # Montgomery: 74.000 +- 0.05 mm with sigma 0.0099 gives 1.68.
    able = capability(74.001, 0.0099, 73.95, 74.05)
    assert able.cp == pytest.approx(1.68, abs=5e-3)
    assert able.cpk == pytest.approx(0.049 / 0.0297)


def test_one_sided_limits_have_cpk_only_and_crossed_ones_are_refused() -> None:
    assert capability(10, 1, None, 16) == spc.Capability(None, 2.0)
    assert capability(10, 1, 4, None) == spc.Capability(None, 2.0)
    assert capability(10, 1, None, None) == spc.Capability(None, None)
    with pytest.raises(BadSeries):
        capability(10, 1, 5, 5)
