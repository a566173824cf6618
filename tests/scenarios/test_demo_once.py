"""The whole story as a newcomer starts it: it holds, throttling keeps work in process low, a dead poller is noticed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.conftest import POSTGRES
from tests.launcher.processes import ROOT, Watched, children_of, started

pytestmark = [pytest.mark.slow]
DEMO = (sys.executable, "-P", "-m", "flask", "--app", str(ROOT / "wsgi.py"), "demo")
PROCESSES = {"web", "poller", "worker", "machines", "operators"}
WORDS = {
    "web": "gunicorn",
    "poller": "poll",
    "worker": "work",
    "machines": "simulate",
    "operators": "app.demo.operators",
}
STEPS = (
    "imported", "started", "released", "planned", "worked", "jammed", "limited", "noticed", "replanned", "congested",
    "cleared", "finished", "traced", "verified",
)  # fmt: skip


@contextmanager
def demo(home: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    env = {"GONGXU_HOME": str(home), "PYTHONUNBUFFERED": "1", "TMPDIR": str(home)}
    with started(*DEMO, *options, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        yield process


def told(home: Path, *options: str) -> tuple[int, dict[str, Any]]:
    with demo(home, "--once", "--json", *options) as process:
        out, err = process.communicate(timeout=900)
    assert out, err
    return process.returncode, json.loads(out)


def line_with(process: "subprocess.Popen[str]", words: str) -> str:
    """Read what it prints up to a line with these words."""
    assert process.stdout
    return next(line for line in process.stdout if words in line)


def processes_of(process: "subprocess.Popen[str]") -> dict[str, int]:
    found = {}
    for pid in children_of(process.pid):
        command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        found |= {name: pid for name, word in WORDS.items() if word in command}
    return found


@pytest.fixture(scope="session")
def throttled(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    return told(tmp_path_factory.mktemp("throttled"), "--seed", "3")


def test_every_step_holds_and_tells_its_figures(throttled: tuple[int, dict[str, Any]]) -> None:
    code, course = throttled
    assert (code, course["failed"], tuple(course["steps"])) == (0, None, STEPS)
    steps = course["steps"]
    assert (steps["imported"]["orders"], steps["released"]["levels"]) == (30, 4)
    assert steps["released"]["tasks"] >= steps["planned"]["tasks"] > 100
    assert steps["limited"]["mode"] == "hold"
    assert steps["replanned"]["version"] > steps["planned"]["version"]
    assert steps["traced"]["unit"] == steps["finished"]["unit"]
    assert steps["verified"]["differences"] == 0


def test_without_throttling_more_work_piles_up(throttled: tuple[int, dict[str, Any]], tmp_path: Path) -> None:
    code, course = told(tmp_path, "--seed", "3", "--no-throttle")
    assert (code, course["failed"]) == (0, None)
    kept, free = throttled[1]["steps"]["congested"], course["steps"]["congested"]
    assert kept["peak"] < free["peak"]
    assert kept["mean"] < free["mean"]


@pytest.mark.skipif(not POSTGRES, reason="no PostgreSQL server is given (GONGXU_TEST_POSTGRES)")
def test_it_holds_on_postgresql_and_leaves_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", POSTGRES)
    code, course = told(tmp_path, "--seed", "4")
    assert (code, course["failed"]) == (0, None)
    engine = create_engine(make_url(POSTGRES).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        left = connection.scalars(
            text("SELECT datname FROM pg_database WHERE starts_with(datname, 'gongxu_demo_')")
        ).all()
    engine.dispose()
    assert left == []


def test_a_killed_poller_makes_it_fail_and_nothing_is_left(tmp_path: Path) -> None:
    with demo(tmp_path, "--once") as process:
        line_with(process, "Plan made")
        found = processes_of(process)
        assert set(found) == PROCESSES
        watched = {name: Watched(pid) for name, pid in found.items()}
        watched["poller"].kill()
        out, _ = process.communicate(timeout=600)
        assert process.returncode == 1
        assert "The poller is not alive" in out
        assert all(one.ends() for one in watched.values())
    for one in watched.values():
        one.close()


def test_the_live_factory_ends_with_its_terminal_and_leaves_no_process(tmp_path: Path) -> None:
    with demo(tmp_path, "--speed", "50") as process:
        line_with(process, "Ctrl-C")
        assert process.stderr
        # The supervisor starts its children in their order; the last one to be there is the last to be started.
        watched = [Watched(pid) for pid in all_of(process)]
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0
        assert all(one.ends() for one in watched)
    for one in watched:
        one.close()


def all_of(process: "subprocess.Popen[str]") -> list[int]:
    """Its processes, as soon as all of them have become what they shall be."""
    while process.poll() is None:
        found = processes_of(process)
        if set(found) == PROCESSES:
            return list(found.values())
    raise AssertionError("it ended by itself")
