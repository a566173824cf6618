"""The supervisor with real processes: kept alive, ended together, never left behind."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.workers.supervise import Child, Stop, supervise
from tests.launcher.processes import ROOT, Post, Watched, started

# Tells "name pid" and then does as it was told.
ACTOR = """
import os, signal, subprocess, sys
name, post, wish = sys.argv[1:4]
if wish == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
def tell(name, pid):
    with open(post, "a") as out:
        out.write(f"{name} {pid}\\n")
if wish == "parent":
    tell("left", subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]).pid)
tell(name, os.getpid())
if wish != "ends":
    while True:
        signal.pause()
"""
SUPERVISOR = """
import sys
from app.workers.supervise import Child, Stop, supervise
stop = Stop()
stop.on_signals()
post, actor, grace_s, *rest = sys.argv[1:]
children = [Child(one.split("=")[0], (sys.executable, "-c", actor, one.split("=")[0], post, one.split("=")[1]))
            for one in rest]
supervise(children, stop, float(grace_s))
"""


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    box = Post(tmp_path / "post")
    yield box
    box.close()


@pytest.fixture
def watch() -> Iterator[object]:
    watched: list[Watched] = []

    def one(pid: int) -> Watched:
        watched.append(Watched(pid))
        return watched[-1]

    yield one
    for found in watched:
        found.close()


def actor(post: Post, name: str, wish: str, restart: bool = True) -> Child:
    return Child(name, (sys.executable, "-c", ACTOR, name, str(post.path), wish), restart=restart)


def supervisor(post: Post, *children: str, grace_s: float = 30):
    argv = (sys.executable, "-P", "-c", SUPERVISOR, str(post.path), ACTOR, str(grace_s), *children)
    return started(*argv, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL)


def test_a_killed_child_is_started_again(post: Post, watch) -> None:
    with supervisor(post, "web=waits"):
        first = watch(post.pids(1)["web"])
        first.kill()
        second = watch(post.pids(1)["web"])
    assert first.ends()
    assert second.pid != first.pid


def test_a_child_that_may_end_is_not_started_again(post: Post) -> None:
    supervise([actor(post, "once", "ends", restart=False)], Stop())
    assert post.line().startswith("once ")
    # The FIFO holds no second line: whoever reads now would wait.
    post.path.write_text("nothing 0\n")
    assert post.line() == "nothing 0"


def test_the_end_of_the_supervisor_ends_all(post: Post, watch) -> None:
    with supervisor(post, "web=waits", "poller=waits") as process:
        children = [watch(pid) for pid in post.pids(2).values()]
        process.terminate()
        assert process.wait(60) == 0
    assert all(child.ends() for child in children)


def test_a_child_that_does_not_listen_is_killed(post: Post, watch) -> None:
    with supervisor(post, "worker=deaf", grace_s=0.1) as process:
        deaf = watch(post.pids(1)["worker"])
        process.terminate()
        assert process.wait(60) == 0
    assert deaf.ends()


def test_kill_9_of_the_supervisor_leaves_nobody(post: Post, watch) -> None:
    with supervisor(post, "web=waits", "worker=deaf") as process:
        children = [watch(pid) for pid in post.pids(2).values()]
        process.kill()
        assert all(child.ends() for child in children)


def test_what_a_child_left_behind_ends_with_it(post: Post, watch) -> None:
    with supervisor(post, "worker=parent"):
        found = {name: watch(pid) for name, pid in post.pids(2).items()}
        found["worker"].kill()
        assert found["left"].ends()


def test_a_thread_may_stop_it(post: Post, watch) -> None:
    stop = threading.Event()
    keeper = threading.Thread(target=supervise, args=([actor(post, "web", "waits")], stop))
    keeper.start()
    child = watch(post.pids(1)["web"])
    stop.set()
    keeper.join(60)
    assert child.ends()


def test_stop_stays_told() -> None:
    stop = Stop()
    assert not stop.is_set()
    stop.set()
    stop.set()
    assert stop.is_set()
    assert stop.wait(60)


def test_an_orphan_does_not_begin(tmp_path: Path) -> None:
    leash, mark = ROOT / "app" / "workers" / "leash.py", tmp_path / "began"
    done = subprocess.run([sys.executable, "-I", "-S", leash, "1", "touch", mark], check=False)
    assert done.returncode == 1
    assert not mark.exists()


def test_a_bound_command_runs(tmp_path: Path) -> None:
    leash, mark = ROOT / "app" / "workers" / "leash.py", tmp_path / "began"
    subprocess.run([sys.executable, "-I", "-S", leash, str(os.getpid()), "touch", mark], check=True)
    assert mark.exists()
