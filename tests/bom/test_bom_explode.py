"""Explosion and where-used."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from bom.errors import BadQuantity, UnknownChoice, UnknownItem
from bom.explode import Need, Rounded, requirements, round_needs, rounded_up
from bom.structure import BomLine, Structure, Supply
from bom.where_used import Use, where_used

TODAY, LATER = date(2026, 11, 22), date(2027, 1, 1)


def line(key: str, parent: str, child: str, quantity: object = 1, **more: object) -> BomLine:
    return BomLine(key, parent, child, quantity, **more)  # type: ignore[arg-type]


def amounts(needs: tuple[Need, ...]) -> dict[str, Fraction]:
    return {need.item: need.quantity for need in needs}


def test_shared_items_are_totalled_at_their_deepest_level() -> None:
    structure = Structure([line("1", "A", "B", 2), line("2", "A", "S", 3), line("3", "B", "S", 4)])
    assert requirements(structure, "A", 5, TODAY) == (Need("B", 1, Fraction(10)), Need("S", 2, Fraction(55)))


def test_an_item_in_the_middle_explodes_from_there_and_a_leaf_needs_nothing() -> None:
    structure = Structure([line("1", "A", "B", 2), line("2", "B", "C", 4)])
    assert requirements(structure, "B", 1, TODAY) == (Need("C", 1, Fraction(4)),)
    assert requirements(structure, "C", 1, TODAY) == ()


def test_thirds_and_tenths_stay_exact() -> None:
    structure = Structure([line("1", "A", "B", 1, per=3), line("2", "B", "C", Decimal("0.1"))])
    assert amounts(requirements(structure, "A", Decimal("0.3"), TODAY)) == {"B": Fraction(1, 10), "C": Fraction(1, 100)}


def test_scrap_compounds_from_level_to_level() -> None:
    structure = Structure([
        line("1", "A", "B", 1, scrap_percent=Decimal(10)),
        line("2", "B", "C", 2, scrap_percent=Decimal("2.5")),
    ])  # fmt: skip
    assert amounts(requirements(structure, "A", 100, TODAY)) == {"B": 110, "C": Fraction("225.5")}


def test_a_phantom_is_passed_through_and_listed_only_on_demand() -> None:
    structure = Structure([line("1", "A", "P", 2), line("2", "P", "C", 3)], {"P": Supply.PHANTOM})
    assert requirements(structure, "A", 1, TODAY) == (Need("C", 2, Fraction(6)),)
    assert amounts(requirements(structure, "A", 1, TODAY, phantoms=True)) == {"P": 2, "C": 6}


def test_a_phantom_line_passes_through_what_another_line_lists() -> None:
    structure = Structure([line("1", "A", "P", 2, phantom=True), line("2", "A", "P", 1), line("3", "P", "C", 3)])
    assert amounts(requirements(structure, "A", 1, TODAY)) == {"P": 1, "C": 9}


def test_release_stops_below_stock_and_buy_but_a_plan_does_not() -> None:
    structure = Structure(
        [line("1", "A", "S", 1), line("2", "S", "C", 5), line("3", "A", "M", 1), line("4", "M", "C", 1)],
        {"S": Supply.STOCK},
    )
    assert amounts(requirements(structure, "A", 1, TODAY)) == {"S": 1, "M": 1, "C": 6}
    assert amounts(requirements(structure, "A", 1, TODAY, stop_at_supply=True)) == {"S": 1, "M": 1, "C": 1}
    assert amounts(requirements(structure, "S", 1, TODAY, stop_at_supply=True)) == {"C": 5}  # the root is what is made


def test_only_the_part_that_passes_through_a_stocked_item_goes_on() -> None:
    structure = Structure(
        [line("1", "A", "S", 1), line("2", "A", "S", 2, phantom=True), line("3", "S", "C", 5)], {"S": Supply.STOCK}
    )
    assert amounts(requirements(structure, "A", 1, TODAY, stop_at_supply=True)) == {"S": 1, "C": 10}


def test_a_line_counts_within_its_dates() -> None:
    structure = Structure([line("1", "A", "old", valid_to=LATER), line("2", "A", "new", valid_from=LATER)])
    assert amounts(requirements(structure, "A", 1, TODAY)) == {"old": 1}
    assert amounts(requirements(structure, "A", 1, LATER)) == {"new": 1}


ALTERNATES = (
    line("1", "A", "dear", 1, alternate_group="g", priority=2),
    line("2", "A", "cheap", 2, alternate_group="g", priority=1, valid_to=LATER),
    line("3", "A", "kept", 1),
)


def test_the_first_valid_alternate_is_taken() -> None:
    structure = Structure(ALTERNATES)
    assert amounts(requirements(structure, "A", 1, TODAY)) == {"cheap": 2, "kept": 1}
    assert amounts(requirements(structure, "A", 1, LATER)) == {"dear": 1, "kept": 1}


def test_a_choice_goes_before_priority_and_must_be_possible() -> None:
    structure = Structure(ALTERNATES)
    assert amounts(requirements(structure, "A", 1, TODAY, choices={("A", "g"): "1"})) == {"dear": 1, "kept": 1}
    for impossible in ({("A", "g"): "3"}, {("A", "h"): "1"}):
        with pytest.raises(UnknownChoice):
            requirements(structure, "A", 1, TODAY, choices=impossible)
    with pytest.raises(UnknownChoice):
        requirements(structure, "A", 1, LATER, choices={("A", "g"): "2"})


def test_a_chosen_phantom_is_passed_through() -> None:
    structure = Structure(
        [line("1", "A", "B", alternate_group="g"), line("2", "A", "P", alternate_group="g"), line("3", "P", "C")],
        {"P": Supply.PHANTOM},
    )
    assert amounts(requirements(structure, "A", 1, TODAY)) == {"B": 1}
    assert amounts(requirements(structure, "A", 1, TODAY, choices={("A", "g"): "2"})) == {"C": 1}


def test_an_unknown_item_and_an_impossible_quantity_are_refused() -> None:
    structure = Structure([line("1", "A", "B")])
    with pytest.raises(UnknownItem):
        requirements(structure, "Z", 1, TODAY)
    for quantity in (0, -1, Decimal("NaN")):
        with pytest.raises(BadQuantity):
            requirements(structure, "A", quantity, TODAY)


def test_needs_round_up_to_the_decimals_of_the_item() -> None:
    assert rounded_up(Fraction(10, 3)) == Decimal(4)
    assert rounded_up(Fraction(10, 3), 2) == Decimal("3.34")
    assert rounded_up(Fraction(4)) == Decimal(4)
    assert rounded_up(Fraction(10**40 + 1)) == Decimal(10**40 + 1)
    assert round_needs([Need("B", 1, Fraction(1, 3))], {"B": 3}) == (Rounded("B", 1, Decimal("0.334")),)


def test_where_used_finds_every_level_nearest_first() -> None:
    structure = Structure([line("1", "A", "B"), line("2", "B", "C"), line("3", "A", "C"), line("4", "X", "A")])
    assert where_used(structure, "C", TODAY) == (Use("A", 1), Use("B", 1), Use("X", 2))
    assert where_used(structure, "X", TODAY) == ()
    with pytest.raises(UnknownItem):
        where_used(structure, "Z", TODAY)


def test_where_used_looks_at_the_date_and_at_every_alternate() -> None:
    structure = Structure(ALTERNATES)
    assert where_used(structure, "dear", TODAY) == (Use("A", 1),)
    assert where_used(structure, "cheap", TODAY) == (Use("A", 1),)
    assert where_used(structure, "cheap", LATER) == ()
