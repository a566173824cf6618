"""The command line, run as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = """\
\ufeffParent , CHILD,Quantity,Valid From,valid_to,scrap_percent,phantom
fridge,door,2,,,5,
fridge,kit,1,,,,yes
kit,screw,12.5,,2026-06-01,,
kit,bolt,1,2026-06-01,,,no

door,"glass, clear",0.1,,,,
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bom", *(str(argument) for argument in arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, check=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path, FILE)


def write(folder: Path, text: str) -> Path:
    path = folder / "bom.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_explode_as_json_is_exact(file: Path) -> None:
    done = run("explode", file, "--item", "fridge", "--quantity", "10", "--date", "2026-05-31", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout, parse_float=Decimal) == [
        {"item": "door", "level": 1, "quantity": 21},
        {"item": "glass, clear", "level": 2, "quantity": Decimal("2.1")},
        {"item": "screw", "level": 2, "quantity": 125},
    ]


def test_explode_as_a_table_looks_at_the_date(file: Path) -> None:
    done = run("explode", file, "--item", "fridge", "--quantity", "1", "--date", "2026-06-01")
    assert done.returncode == 0
    assert [row.split()[-2:] for row in done.stdout.splitlines()][-1] == ["clear", "0.21"]
    assert "bolt" in done.stdout
    assert "screw" not in done.stdout


def test_a_leaf_needs_nothing(file: Path) -> None:
    assert json.loads(run("explode", file, "--item", "screw", "--quantity", "1", "--json").stdout) == []


def test_where_used_and_check(file: Path) -> None:
    done = run("where-used", file, "--item", "glass, clear", "--json")
    assert json.loads(done.stdout) == [{"item": "door", "level": 1}, {"item": "fridge", "level": 2}]
    assert run("where-used", file, "--item", "door").stdout.split() == ["level", "item", "1", "fridge"]
    assert "5 lines, 6 items" in run("check", file).stdout


def test_an_unknown_item_is_refused(file: Path) -> None:
    for command in (("explode", file, "--item", "Z", "--quantity", "1"), ("where-used", file, "--item", "Z")):
        done = run(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert "'Z'" in done.stderr


def test_every_bad_row_is_named_with_its_line_and_column(tmp_path: Path) -> None:
    rows = [
        "A,B,0,,",
        ",B,1,,",
        "A,C,NaN,,",
        "A,D,1,2026-13-01,",
        "A,E,1,2026-02-01,2026-01-01",
        "A,F,1,,,x",
        "A,G,1,,",
    ]
    done = run("check", write(tmp_path, "parent,child,quantity,valid_from,valid_to\n" + "\n".join(rows)))
    assert done.returncode == 1
    named = [row.split(":")[0] for row in done.stderr.splitlines()[1:]]
    assert named == [
        "line 2, column quantity", "line 3, column parent", "line 4, column quantity",
        "line 5, column valid_from", "line 6, column valid_to", "line 7, column 6",
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["-1", "1_000", "Infinity", "", "1e999", "２", "1/3", "1;5"])
def test_a_quantity_is_a_plain_positive_number(tmp_path: Path, cell: str) -> None:
    done = run("check", write(tmp_path, f"parent,child,quantity\nA,B,{cell}\n"))
    assert done.returncode == 1
    assert "line 2, column quantity" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parent,item\nA,B\n", "missing columns: child, quantity"),
        ("", "missing columns: parent, child, quantity"),
        ("parent,child,quantity,child\n", "line 1, column child"),
        ("parent,child,quantity,phantom\nA,B,1,perhaps\n", "line 2, column phantom"),
        ("parent,child,quantity,scrap_percent\nA,B,1,-3\n", "line 2, column scrap_percent"),
        ('parent,child,quantity\nA,"B,1\n', "line 2"),
        ("parent,child,quantity\nA,B,2\nB,C,1\nC,A,1\n", "cycle: A -> B -> C -> A"),
        ("parent,child,quantity\nA,A,2\n", "cycle: A -> A"),
    ],
)
def test_a_file_that_cannot_stand_is_refused_and_says_why(tmp_path: Path, text: str, said: str) -> None:
    done = run("check", write(tmp_path, text))
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bom.csv").write_bytes(b"parent,child,quantity\nA,\xff\xfe,1\n")
    assert run("check", tmp_path / "bom.csv").returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("nonsense",), ("check",), ("explode", "FILE", "--item", "fridge"), ("where-used", "FILE"),
        ("explode", "FILE", "--item", "fridge", "--quantity", "-1"),
        ("explode", "FILE", "--item", "fridge", "--quantity", "NaN"),
        ("explode", "FILE", "--item", "fridge", "--quantity", "1", "--date", "tomorrow"),
        ("check", "not-there.csv"), ("check", "."),
    ],
)  # fmt: skip
def test_bad_usage_is_two(file: Path, arguments: tuple[str, ...]) -> None:
    done = run(*(file if argument == "FILE" else argument for argument in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
