"""ISO 2859-1: code letters, single plans of tables 2-A and 2-B, arrows, switching, and what is refused."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality import sampling
from quality.errors import BadSampling
from quality.sampling import AQLS, LEVELS, Severity, code_letter, severity_after, single


def test_manual_examples_run() -> None:
    assert doctest.testmod(sampling).failed == 0


@pytest.mark.parametrize(
    ("lot", "level", "letter"),
    [(2, "II", "A"), (8, "II", "A"), (9, "II", "B"), (150, "II", "F"), (151, "II", "G"), (500_000, "II", "P"),
     (500_001, "II", "Q"), (1000, "I", "G"), (1000, "III", "K"), (1000, "S-1", "C"), (1000, "S-4", "F"),
     (10**9, "III", "R")],
)  # fmt: skip
def test_code_letters(lot: int, level: str, letter: str) -> None:
    assert code_letter(lot, level) == letter


@pytest.mark.parametrize(
    ("lot", "aql", "size", "accept"),
    [
        (1000, 1.0, 80, 2), (1000, 2.5, 80, 5), (1000, 0.65, 80, 1), (500, 1.0, 50, 1), (5000, 1.0, 200, 5),
        (100, 1.0, 13, 0), (200, 1.0, 50, 1), (100, 2.5, 20, 1), (100, 4.0, 20, 2), (3000, 0.10, 125, 0),
        (8, 6.5, 2, 0), (200_000, 1.0, 800, 14), (200_000, 4.0, 315, 21), (600_000, 1.0, 1250, 21),
    ],
)  # fmt: skip
def test_single_plans_for_normal_inspection(lot: int, aql: float, size: int, accept: int) -> None:
    plan = single(lot, "II", aql)
    assert (plan.size, plan.accept, plan.reject) == (size, accept, accept + 1)
    assert plan.accepts(accept)
    assert not plan.accepts(accept + 1)


@pytest.mark.parametrize(("lot", "size", "accept"), [(1000, 80, 1), (5000, 200, 3), (20_000, 315, 5), (100_000, 500, 8),
                                                     (200_000, 800, 12), (140, 20, 0)])  # fmt: skip
def test_tightened_inspection_accepts_less(lot: int, size: int, accept: int) -> None:
    plan = single(lot, "II", 1.0, Severity.TIGHTENED)
    assert (plan.size, plan.accept) == (size, accept)


@given(st.integers(2, 10**6), st.sampled_from(sorted(LEVELS)), st.sampled_from(AQLS), st.sampled_from(list(Severity)))
def test_every_lot_has_a_plan(lot: int, level: str, aql: float, severity: Severity) -> None:
    plan = single(lot, level, aql, severity)
    assert 1 <= plan.size <= lot
    assert plan.reject == plan.accept + 1


def test_a_sample_as_large_as_the_lot_is_the_lot() -> None:
    assert single(20, "III", 0.065).size == 20


def test_switching() -> None:
    good, bad = True, False
    assert severity_after([]) is Severity.NORMAL
    assert severity_after([bad, good, good, good, good, bad]) is Severity.NORMAL  # not within five
    assert severity_after([bad, good, good, good, bad]) is Severity.TIGHTENED
    assert severity_after([bad, bad, good, good, good, good]) is Severity.TIGHTENED
    assert severity_after([bad, bad, good, good, good, good, good]) is Severity.NORMAL


@pytest.mark.parametrize(("lot", "level", "aql"), [(1, "II", 1.0), (100, "IV", 1.0), (100, "II", 1.1)])
def test_what_has_no_plan_is_refused(lot: int, level: str, aql: float) -> None:
    with pytest.raises(BadSampling):
        single(lot, level, aql)
