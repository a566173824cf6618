"""Lines and structures: what may stand and what is refused where it is built."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from bom.errors import BadQuantity, BadValue, DuplicateKey, StructureCycle
from bom.structure import BomLine, Structure, Supply

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def line(key: str, parent: str, child: str, quantity: object = Fraction(1), **more: object) -> BomLine:
    return BomLine(key, parent, child, quantity, **more)  # type: ignore[arg-type]


def test_a_line_takes_whole_and_decimal_numbers_exactly() -> None:
    made = line("1", "A", "B", Decimal("0.1"), per=3, scrap_percent=Decimal("2.5"))
    assert made.net == Fraction(1, 30)
    assert made.gross == Fraction(1, 30) * Fraction(1025, 1000)


@pytest.mark.parametrize(
    "bad", [0, -1, Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), 0.5, True, "2", None, Decimal("1e999999")]
)
def test_a_quantity_that_cannot_be_is_refused(bad: object) -> None:
    with pytest.raises(BadQuantity) as refused:
        line("7", "A", "B", bad)
    assert refused.value.code == "bad_quantity"
    assert refused.value.values["of"] == "line 7"


def test_scrap_and_per_are_checked_too() -> None:
    with pytest.raises(BadQuantity):
        line("1", "A", "B", scrap_percent=Decimal(-1))
    with pytest.raises(BadQuantity):
        line("1", "A", "B", per=Fraction(0))


@pytest.mark.parametrize("names", [("", "A", "B"), ("1", "", "B"), ("1", "A", " "), ("1", "A ", "B")])
def test_a_name_must_say_something(names: tuple[str, str, str]) -> None:
    with pytest.raises(BadValue):
        line(*names)


def test_the_start_counts_and_the_end_does_not() -> None:
    dated = line("1", "A", "B", valid_from=JAN, valid_to=FEB)
    assert dated.valid_on(JAN)
    assert not dated.valid_on(FEB)
    with pytest.raises(BadValue):
        line("1", "A", "B", valid_from=FEB, valid_to=FEB)


def test_a_key_is_given_once() -> None:
    with pytest.raises(DuplicateKey) as refused:
        Structure([line("1", "A", "B"), line("1", "A", "C")])
    assert refused.value.values["key"] == "1"


def test_supply_is_made_with_lines_and_bought_without_unless_said() -> None:
    structure = Structure([line("1", "A", "B"), line("2", "B", "C")], {"B": Supply.STOCK})
    assert [structure.supply_of(item) for item in "ABC"] == [Supply.MAKE_TO_ORDER, Supply.STOCK, Supply.BUY]


def test_a_cycle_is_refused_with_its_path() -> None:
    with pytest.raises(StructureCycle) as refused:
        Structure([line("1", "A", "B"), line("2", "B", "C"), line("3", "C", "B"), line("4", "C", "D")])
    path = refused.value.values["path"]
    assert path in (("B", "C", "B"), ("C", "B", "C"))
    assert str(refused.value) == f"cycle: {' -> '.join(path)}"  # type: ignore[arg-type]


def test_the_shortest_cycle_is_an_item_in_itself() -> None:
    with pytest.raises(StructureCycle) as refused:
        Structure([line("1", "A", "A")])
    assert refused.value.values["path"] == ("A", "A")


def test_a_loop_counts_only_where_its_dates_meet() -> None:
    there = line("1", "A", "B", valid_to=FEB)
    Structure([there, line("2", "B", "A", valid_from=FEB)])
    with pytest.raises(StructureCycle):
        Structure([there, line("2", "B", "A", valid_from=JAN, valid_to=MAR)])


def test_three_ranges_that_never_all_meet_make_no_loop() -> None:
    Structure([
        line("1", "A", "B", valid_from=JAN, valid_to=FEB),
        line("2", "B", "C", valid_from=FEB, valid_to=MAR),
        line("3", "C", "A"),
    ])  # fmt: skip


def test_the_line_that_would_close_a_loop_is_found_with_its_path() -> None:
    structure = Structure([line("1", "A", "B"), line("2", "B", "C")])
    assert structure.loop_with(line("3", "C", "A")) == ("C", "A", "B", "C")
    assert structure.loop_with(line("3", "C", "C")) == ("C", "C")
    assert structure.loop_with(line("3", "A", "C")) == ()
    assert structure.loop_with(line("3", "C", "new")) == ()
    assert structure.loop_with(line("3", "new", "A")) == ()


def test_a_closing_line_is_harmless_outside_the_dates_of_the_others() -> None:
    structure = Structure([line("1", "A", "B", valid_to=FEB), line("2", "B", "C", valid_from=JAN)])
    assert structure.loop_with(line("3", "C", "A")) == ("C", "A", "B", "C")
    assert structure.loop_with(line("3", "C", "A", valid_from=FEB)) == ()
    assert structure.loop_with(line("3", "C", "A", valid_to=JAN)) == ()


def test_an_order_of_items_exists_for_each_date_even_when_they_swap_places() -> None:
    structure = Structure([line("1", "A", "B", valid_to=FEB), line("2", "B", "A", valid_from=FEB)])
    assert structure.on(JAN).items == ("A", "B")
    assert structure.on(FEB).items == ("B", "A")
    assert structure.loop_with(line("3", "B", "A", valid_to=JAN)) == ("B", "A", "B")
