"""Needs of many demands together, and as a command."""

import json
import subprocess
import sys
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from bom import BomLine, Need, Structure, aggregated
from bom.errors import BadQuantity, UnknownItem
from bom.explode import ratio

ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 22)
HALF = Fraction(1, 2)
CHAIN = Structure([BomLine("1", "fridge", "door", Fraction(2)), BomLine("2", "door", "screw", HALF),
                   BomLine("3", "shelf", "screw", Fraction(3))])  # fmt: skip


def test_what_is_demanded_itself_is_no_need_but_what_others_need_of_it_is() -> None:
    found = aggregated(CHAIN, {"fridge": 3, "door": Fraction(1, 3), "shelf": 1}, ON)
    assert found == (Need("door", 1, Fraction(6)), Need("screw", 2, Fraction(37, 6)))


def test_nothing_is_needed_for_nothing_and_wrong_demands_are_refused() -> None:
    assert aggregated(CHAIN, {}, ON) == ()
    assert aggregated(CHAIN, {"screw": 5}, ON) == ()
    with pytest.raises(UnknownItem):
        aggregated(CHAIN, {"ghost": 1}, ON)
    with pytest.raises(BadQuantity):
        aggregated(CHAIN, {"fridge": -1}, ON)


@pytest.mark.parametrize(("over", "under"), [(6, 4), (0, 7), (10**40, 5), (-3, 9), (7, 1)])
def test_a_ratio_is_a_fraction_in_lowest_terms(over: int, under: int) -> None:
    assert ratio(over, under) == Fraction(over, under)
    assert hash(ratio(over, under)) == hash(Fraction(over, under))
    assert str(ratio(over, under) + HALF) == str(Fraction(over, under) + HALF)


def run(folder: Path, demands: str) -> subprocess.CompletedProcess[str]:
    (folder / "bom.csv").write_text("parent,child,quantity\nfridge,door,2\ndoor,screw,0.5\n")
    (folder / "demands.csv").write_text(demands)
    command = [sys.executable, "-m", "bom", "needs", str(folder / "bom.csv"), str(folder / "demands.csv"), "--json"]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, check=False)


def test_the_command_adds_up_what_stands_twice_and_names_a_bad_row(tmp_path: Path) -> None:
    done = run(tmp_path, "Item, quantity\nfridge,1\nfridge,2\ndoor,1\n")
    assert json.loads(done.stdout) == [{"item": "door", "level": 1, "quantity": 6},
                                       {"item": "screw", "level": 2, "quantity": 3.5}]  # fmt: skip
    refused = run(tmp_path, "item,quantity\nfridge,-1\n")
    assert (refused.returncode, "line 2, column quantity" in refused.stderr) == (1, True)
    assert "quantity" in run(tmp_path, "item\nfridge\n").stderr
