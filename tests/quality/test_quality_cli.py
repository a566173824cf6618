"""`python -m quality spc`: what it reads, what it says, and its exit codes."""

import json
from pathlib import Path

import pytest

from quality.cli import main
from quality.errors import BadFile
from quality.read_csv import read, singles, subgroups

RINGS = (Path(__file__).parent / "piston_rings.csv").read_text().strip()  # published, see test_spc.py
PISTON_RINGS = [tuple(map(float, row.split(","))) for row in RINGS.split("\n")]
FLOW_RATE = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def chart_of(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, *options: str) -> dict[str, object]:
    file = tmp_path / "values.csv"
    file.write_text(text, encoding="utf-8")
    assert main(["spc", str(file), "--json", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert isinstance(told, dict)
    return told


def test_a_row_is_a_subgroup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = chart_of(tmp_path, capsys, RINGS, "--chart", "xbar-r", "--lower", "73.95", "--upper", "74.05")
    assert (told["chart"], told["points"], told["size"]) == ("xbar-r", 25, 5)
    assert round(told["x"]["upper"], 4) == 74.0146  # type: ignore[index]
    assert round(told["cp"], 2) == 1.67  # type: ignore[call-overload]


def test_single_values_and_positions_from_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "time,value\n" + "\n".join(f"08:{at:02},{value}" for at, value in enumerate([*FLOW_RATE, 70]))
    told = chart_of(tmp_path, capsys, text, "--chart", "i-mr", "--phase", "10")
    assert told["i"]["hits"] == [{"rule": 1, "first": 11, "last": 11}]  # type: ignore[index]


def test_plain_lines_name_the_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "values.csv"
    file.write_text("\n".join(map(str, [*FLOW_RATE, 70])))
    assert main(["spc", str(file), "--chart", "i-mr", "--phase", "10", "--upper", "60"]) == 0
    out = capsys.readouterr().out
    assert "point 11: rule 1, one point beyond a limit" in out
    assert "Cpk" in out
    assert "Cp " not in out


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"{at},{group}" for at, group in enumerate(RINGS.split("\n"), 1)),
        "subgroup,1,2,3,4,5\n" + "\n".join(f"S{at},{group}" for at, group in enumerate(RINGS.split("\n"))),
        "shift,a,b,c,d,e\n" + "\n".join(f"early,{group}" for group in RINGS.split("\n")),
        "x1;x2;x3;x4;x5\r\n" + RINGS.replace(",", ";").replace("\n", "\r\n"),
        "\ufeff" + RINGS.replace(",", "\t") + "\n\n",
        "time,subgroup,value\n"
        + "\n".join(f"{at}:00,{at},{value}" for at, group in enumerate(PISTON_RINGS) for value in group),
    ],
    ids=["counted", "named", "words", "semicolon", "tab", "long"],
)
def test_the_ways_to_write_subgroups(text: str) -> None:
    assert subgroups(read(text)) == tuple(PISTON_RINGS)


def test_a_single_column_of_values() -> None:
    assert singles(read("value\n1\n2.5\n")) == (1, 2.5)
    assert singles(read("1\n2.5\n")) == (1, 2.5)


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("", 1, 1, "empty"),
        ("x1,x2\n", 1, 1, "no_rows"),
        ("1,2\n3,four", 2, 2, "not_a_number"),
        ("x1,x2\n1,2\n\n3,\n", 4, 2, "missing"),
        ("1.5,2\n3,nan", 2, 2, "not_finite"),
        ("1.5,2\n3,-inf", 2, 2, "not_finite"),
        ("1.5,2\n3,1_000", 2, 2, "not_a_number"),
        ("1.5,2\n3", 2, 2, "columns_expected"),
        ("1.5,2\n3,4,5", 2, 3, "columns_expected"),
        ("x1,x2\nabc,1\n2,3", 2, 1, "not_a_number"),
        ('1,2\n3,"4', 2, 1, "not_csv"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(text: str, line: int, column: int, reason: str) -> None:
    with pytest.raises(BadFile) as refused:
        read(text)
    values = refused.value.values
    assert (values["line"], values["column"], values["reason"]) == (line, column, reason)


def test_several_measured_columns_are_no_single_values() -> None:
    with pytest.raises(BadFile):
        singles(read("1.5,2.5\n1.5,2.5"))


@pytest.mark.parametrize("content", [b"1.5,2\n3,x", b"\xff\xfe1", b"1.5,2"])
def test_a_refused_file_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    assert main(["spc", str(file), "--chart", "xbar-r"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(str(file))


def test_bad_usage_and_a_missing_file_end_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spc", str(tmp_path / "none.csv"), "--chart", "i-mr"]) == 2
    for wrong in (["--chart", "pie"], [], ["--chart", "i-mr", "--lower", "nan"], ["--chart", "i-mr", "--phase", "x"]):
        with pytest.raises(SystemExit) as stopped:
            main(["spc", "x.csv", *wrong])
        assert stopped.value.code == 2
    assert "invalid choice" in capsys.readouterr().err
