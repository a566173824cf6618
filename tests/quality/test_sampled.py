"""A sample: its size, what was typed for its pieces, and how many of them do not conform."""

import doctest
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from quality import sampled
from quality.errors import BadMeasurement, BadSample, WrongUnit
from quality.inspection import Characteristic
from quality.sampled import failed, first_of, passed_mark, piece_numbers, readings, sample, slot
from quality.sampling import Severity

GAP = Characteristic("gap", lower=Decimal(1), upper=Decimal(2), unit="mm")


def test_the_module_says_what_it_does() -> None:
    assert doctest.testmod(sampled).failed == 0


@pytest.mark.parametrize(
    ("quantity", "aql", "severity", "wanted"),
    [
        ("1000", "1.0", Severity.NORMAL, (80, 2, 3)),
        ("1000", "1.0", Severity.TIGHTENED, (80, 1, 2)),
        ("1000", None, Severity.NORMAL, (1000, 0, 1)),
        ("1", "1.0", Severity.NORMAL, (1, 0, 1)),
        ("2.4", None, Severity.NORMAL, (3, 0, 1)),
    ],
)
def test_the_size_of_a_sample(quantity: str, aql: str | None, severity: Severity, wanted: tuple[int, int, int]) -> None:
    found = sample(Decimal(quantity), "II", Decimal(aql) if aql else None, severity)
    assert (found.size, found.accept, found.reject) == wanted
    assert found.accepts(found.accept)
    assert not found.accepts(found.reject)


def test_when_a_piece_is_a_first_one() -> None:
    assert first_of(None, (1, "d"), False) == "order_start"
    assert first_of((1, "d"), (1, "d"), True) == "setup"
    assert first_of((1, "d"), (2, "d"), False) == "shift"
    assert first_of((1, "d"), (1, "d"), False) is None


def test_every_so_many_pieces_or_minutes() -> None:
    assert [passed_mark(Decimal(before), Decimal(before + 1), 3) for before in range(6)] == [
        None,
        None,
        1,
        None,
        None,
        2,
    ]
    assert passed_mark(Decimal(1), Decimal(10), 3) == 3  # one report over several marks makes one inspection
    at = datetime(2026, 11, 23, 9, 59, tzinfo=UTC)
    assert slot(at, 60) + 1 == slot(at.replace(hour=10, minute=0), 60)


def test_values_are_read_as_people_type_them() -> None:
    assert readings("1.5; 1,25\n2mm", GAP, 3) == [Decimal("1.5"), Decimal("1.25"), Decimal(2)]
    for text in ("NaN", "inf", "one", "1.2.3", "1_5"):
        with pytest.raises((BadMeasurement, WrongUnit)):
            readings(text, GAP, 1)
    with pytest.raises(WrongUnit):
        readings("1.5in", GAP, 1)
    with pytest.raises(BadSample):
        readings("1.5", GAP, 2)


def test_a_piece_counts_once() -> None:
    marked = {"scratch": piece_numbers("2, 3", "scratch", 3)}
    assert failed({GAP: [Decimal("1.5"), Decimal("2.5"), Decimal("1.5")]}, marked, 3) == {2, 3}
    for text in ("0", "4", "x", "²"):
        with pytest.raises(BadMeasurement):
            piece_numbers(text, "scratch", 3)
