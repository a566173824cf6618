"""The production start with real processes: it answers, it comes back, it leaves nobody."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import build, dispose
from tests.launcher.processes import ROOT, Watched, children_of, started

pytestmark = [pytest.mark.slow, pytest.mark.processes]
WAIT_S = 90


class Plant:
    """A served plant and what its processes say."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.watched: list[Watched] = []
        self.pids: dict[str, int] = {}

    def until(self, event: str) -> dict[str, object]:
        """Read log lines up to the one that begins with ``event``."""
        heard = []
        for line in self.process.stderr or ():
            heard.append(line)
            said = json.loads(line) if line.startswith("{") else {"event": line}
            if said["event"] == "started":
                self.pids[str(said["child"])] = int(str(said["pid"]))
                self.watched.append(Watched(self.pids[str(said["child"])]))
            if said["event"].startswith(event):
                return said
        raise AssertionError(f"nobody said {event!r}: {''.join(heard)}")

    def open(self) -> None:
        """Wait until the web server listens and its worker answers; watch the worker, too."""
        self.until("Listening at")
        assert self.get("/healthz") == (200, {"status": "ok"})
        self.watched += [Watched(pid) for pid in children_of(self.pids["web"])]

    def get(self, path: str) -> tuple[int, object]:
        """Status and JSON of a page; before a worker is up the kernel keeps the call waiting."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=WAIT_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def close(self) -> None:
        for one in self.watched:
            one.close()


def with_admin(url: str) -> None:
    """Give a database its first administrator."""
    from app.db import now_utc
    from app.services import sites, users

    app = build(url)
    with app.app_context():
        sites.ensure("MAIN", now_utc())
        users.create("MAIN", "boss", "long enough", ["admin"], None, now_utc())
    dispose(app)


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path) -> Path:
    """A home with a migrated database and one administrator."""
    shutil.copy(sqlite_template, tmp_path / "gongxu.db")
    with_admin(f"sqlite:///{tmp_path / 'gongxu.db'}")
    return tmp_path


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def serve(port: int, *more: str) -> list[str]:
    wsgi = str(ROOT / "wsgi.py")
    return [sys.executable, "-P", "-m", "flask", "--app", wsgi, "serve", "--host", "127.0.0.1",
            "--port", str(port), *more]  # fmt: skip


def served_env(home: Path, **more: str) -> dict[str, str]:
    """Settings of a served plant: its own home, the default database, a secret that is made."""
    return {"PATH": os.environ["PATH"], "GONGXU_HOME": str(home), "GONGXU_LOG": "json", **more}


@contextmanager
def served(home: Path, *more: str, **env: str) -> Iterator[Plant]:
    port = free_port()
    with started(*serve(port, *more), env=served_env(home, **env), cwd="/", stderr=subprocess.PIPE) as process:
        plant = Plant(process, port)
        try:
            yield plant
        finally:
            process.kill()
            plant.close()


@pytest.fixture
def plant(home: Path) -> Iterator[Plant]:
    with served(home) as plant:
        yield plant


def test_it_answers_and_ends_without_leaving_anybody(plant: Plant, home: Path) -> None:
    plant.open()
    status, ready = plant.get("/readyz")
    assert status == 200, ready
    assert len(plant.watched) == 4
    plant.process.send_signal(signal.SIGTERM)
    assert plant.process.wait(WAIT_S) == 0
    assert all(one.ends() for one in plant.watched)
    assert stat.S_IMODE((home / "secret").stat().st_mode) == 0o600


def test_kill_9_of_the_supervisor_leaves_nobody(plant: Plant) -> None:
    plant.open()
    plant.process.kill()
    assert all(one.ends() for one in plant.watched)


def test_a_killed_web_server_comes_back(plant: Plant) -> None:
    plant.open()
    worker = plant.watched[-1]
    before = plant.pids["web"]
    os.kill(before, signal.SIGKILL)
    plant.open()
    assert worker.ends()
    assert plant.pids["web"] != before


def test_a_second_start_on_the_same_store_is_refused(plant: Plant, home: Path) -> None:
    plant.open()
    with started(*serve(free_port()), env=served_env(home), stderr=subprocess.PIPE) as second:
        said = second.communicate(timeout=WAIT_S)[1]
    assert second.returncode == 1
    assert "served already on this machine" in said


def test_two_web_processes_on_postgresql_add_their_metrics_up(store_url: str, tmp_path: Path) -> None:
    if store_url.startswith("sqlite"):
        pytest.skip("SQLite is served by one process")
    with_admin(store_url)
    with served(tmp_path, "--workers", "2", DATABASE_URL=store_url) as plant:
        plant.open()
        assert len(plant.watched) == 5
        for _ in range(8):
            plant.get("/healthz")
        with urllib.request.urlopen(f"http://127.0.0.1:{plant.port}/metrics", timeout=WAIT_S) as answer:
            text = answer.read().decode()
        assert 'gongxu_request_seconds_count{status="2xx",view="health.alive"} 9.0' in text
