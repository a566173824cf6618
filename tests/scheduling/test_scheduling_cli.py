"""The command line on files: the documented form, exit codes, and wrong files told with line and column."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from scheduling_shops import hard

from scheduling.cli import main
from scheduling.errors import InvalidInstance
from scheduling.generate import generate
from scheduling.instances import read_flexible, read_job_shop

JOBS = "# a comment\n2 2\n0 3 1 2\n 1 4 0 1\n"
FLEXIBLE = "2 2 1.5\n2 1 1 3 2 1 2 2 4\n1 1 2 5\n"


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def solved(folder: Path, text: str, form: str) -> dict[str, Any]:
    (folder / "in").write_text(text)
    assert run("solve", folder / "in", "--format", form, "--out", folder / "out.json", "--quiet") == 0
    assert run("verify", folder / "in", folder / "out.json", "--format", form) == 0
    data: dict[str, Any] = json.loads((folder / "out.json").read_text())
    return data


def test_a_job_shop_in_the_documented_form(tmp_path: Path) -> None:
    data = solved(tmp_path, JOBS, "jsplib")
    assert set(data) == {"status", "objective", "lower_bound", "seconds", "tasks"}
    assert (data["status"], data["objective"], data["lower_bound"]) == ("optimal", 6, 6)
    assert data["tasks"][2] == {"job": 1, "operation": 0, "machine": 1, "start": 0, "end": 4}


def test_flexible_machines_are_counted_from_what_the_data_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = read_flexible(FLEXIBLE), read_flexible("2 2\n2 1 0 3 2 0 2 1 4\n1 1 1 5\n")
    assert (one[0], one[1], two[1]) == (two[0], 1, 0)
    (tmp_path / "f").write_text(FLEXIBLE)
    assert run("solve", tmp_path / "f", "--format", "fjsp") == 0
    heard = capsys.readouterr()
    assert "machines counted from 1" in heard.err
    assert {row["machine"] for row in json.loads(heard.out)["tasks"]} == {0, 1}


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        ("", 1, 1),
        ("2 2\n0 3 1 2\n", 3, 1),
        ("2 2\n0 3 1\n0 1 1 1\n", 2, 6),
        ("2 2\n0 3 1 x\n0 1 1 1\n", 2, 7),
        ("2 2\n0 3 2 2\n0 1 1 1\n", 2, 5),
        ("2 2\n0 3 1 -2\n0 1 1 1\n", 2, 7),
        ("2 2\n0 3 1 2 9\n0 1 1 1\n", 2, 9),
        ("2 2\n0 3 1 99999999999999999\n0 1 1 1\n", 2, 7),
        ("1 1\n0 3\n0 4\n", 3, 1),
        ("two 2\n", 1, 1),
    ],
)
def test_a_wrong_job_shop_names_line_and_column(text: str, row: int, column: int) -> None:
    with pytest.raises(InvalidInstance) as caught:
        read_job_shop(text)
    assert (caught.value.values["row"], caught.value.values["column"]) == (row, column)


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        ("1 2\n1 0\n", 2, 3),
        ("1 2\n2 1 0 3 1 2 4\n", 2, 11),
        ("1 2\n1 2 1 3\n", 2, 8),
        ("1 2\n1 1 1 3 7\n", 2, 9),
    ],
)
def test_a_wrong_flexible_shop_names_line_and_column(text: str, row: int, column: int) -> None:
    with pytest.raises(InvalidInstance) as caught:
        read_flexible(text)
    assert (caught.value.values["row"], caught.value.values["column"]) == (row, column)


def test_nothing_and_one_task(tmp_path: Path) -> None:
    assert solved(tmp_path, "0 3\n", "jsplib")["tasks"] == []
    assert solved(tmp_path, "1 1\n0 7\n", "jsplib")["objective"] == 7


def test_generate_solve_explain_and_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem, plan = tmp_path / "problem.json", tmp_path / "plan.json"
    assert run("generate", "--orders", 40, "--seed", 2, "--out", problem) == 0
    assert run("solve", problem, "--out", plan) == 0
    assert run("verify", problem, plan) == 0
    late = generate(40, 2)
    capsys.readouterr()
    for order in late.orders:
        assert run("explain", plan, "--order", order.id) == 0
    assert "ticks late" in capsys.readouterr().out
    assert run("compare", plan, plan) == 0
    assert json.loads(capsys.readouterr().out)["moved_tasks"] == 0
    assert run("explain", plan, "--order", "nobody") == 1


def test_a_bent_plan_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = solved(tmp_path, JOBS, "jsplib")
    data["tasks"][0]["start"] += 1
    (tmp_path / "bent.json").write_text(json.dumps(data))
    assert run("verify", tmp_path / "in", tmp_path / "bent.json", "--format", "jsplib") == 1
    assert "wrong_duration: 0.0" in capsys.readouterr().err
    (tmp_path / "bent.json").write_text('{"tasks": [{"job": 0}]}')
    assert run("verify", tmp_path / "in", tmp_path / "bent.json", "--format", "jsplib") == 1
    assert "$.tasks[0].start" in capsys.readouterr().err


def test_an_event_gives_three_plans(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem, plan, event, out = (tmp_path / name for name in ("p.json", "plan.json", "event.json", "out.json"))
    assert run("generate", "--orders", 20, "--seed", 2, "--out", problem) == 0
    assert run("solve", problem, "--out", plan, "--quiet") == 0
    machine = json.loads(plan.read_text())["tasks"][0]["resource"]
    event.write_text(json.dumps({"now": 300, "kind": "breakdown", "resource": machine, "start": 300, "end": 900}))
    words = ["replan", plan, "--event", event, "--seconds", "0.4", "--workers", "1", "--freeze", "60", "--out", out]
    assert run(*words) == 0
    assert "repaired, cost" in capsys.readouterr().err
    made = json.loads(out.read_text())
    assert (set(made["offers"]), made["chosen"]) == ({"calm", "balanced", "best"}, "balanced")
    (tmp_path / "later.json").write_text(json.dumps(made["problem"]))
    assert run("verify", tmp_path / "later.json", out) == 0
    for order in {row["order"] for row in made["tasks"]}:
        assert run("explain", out, "--order", order) == 0
    event.write_text('{"kind": "flood"}')
    assert run(*words) == 1
    assert "$.kind" in capsys.readouterr().err


def test_a_drawing_of_the_search(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text(JOBS)
    words = ["solve", tmp_path / "jobs", "--format", "jsplib", "--quiet", "--out", tmp_path / "out"]
    assert run(*words, "--plot", tmp_path / "plot.svg") == 0
    root = ElementTree.parse(tmp_path / "plot.svg").getroot()
    assert len(root.findall("{*}rect")) == 1 + 4
    assert len(root.findall("{*}polyline")) == 2


def test_the_bench_measures_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text(JOBS)
    (tmp_path / "b.txt").write_text(FLEXIBLE)
    rows = [{"name": "a", "kind": "jsp", "file": "a.txt", "upper": 6}]
    rows += [{"name": "b", "kind": "fjsp", "file": "b.txt", "upper": 5}, {"name": "c", "file": "b.txt", "upper": 1}]
    (tmp_path / "manifest.json").write_text(json.dumps(rows))
    words = ["bench", "--data", tmp_path, "--seconds", "0.3", "--workers", "1"]
    assert run(*words, "--only", "a,b", "--peer") == 0
    told = capsys.readouterr().out
    assert "job shop: mean gap 0.00 %, peer 0.00 %" in told
    assert run(*words, "--only", "c") == 1
    assert run("bench", "--data", tmp_path / "none") == 2


def test_refusals_and_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad").write_bytes(b"\xff\xfe")
    assert run("solve", tmp_path / "bad") == 1
    (tmp_path / "bad").write_text("{}")
    assert run("solve", tmp_path / "bad") == 1
    assert "invalid_json" in capsys.readouterr().err
    assert run("solve", tmp_path / "none") == 2
    for wrong in (["solve"], ["solve", "x", "--seconds", "-1"], ["generate", "--orders", "0"], []):
        with pytest.raises(SystemExit) as caught:
            run(*wrong)
        assert caught.value.code == 2


def test_ctrl_c_prints_the_best_plan_so_far(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text(hard())
    words = [sys.executable, "-m", "scheduling", "solve", str(tmp_path / "jobs"), "--format", "jsplib"]
    words += ["--seconds", "600", "--workers", "1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stderr is not None
        assert b"best" in child.stderr.readline()
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate()
    assert child.returncode == 0
    assert json.loads(out)["status"] == "feasible"
