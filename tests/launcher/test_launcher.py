"""The launcher in a folder of its own, with a stand-in for uv that writes down what it was asked."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.launcher.processes import ROOT

TOOLS = ["sh", "cat", "dirname", "env", "flock", "mkdir", "mv", "readlink", "rm", "sha256sum", "uname", "sleep"]
REAL = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
UV = '#!/bin/sh\n[ "$1" = --version ] || echo "$@" >>"{log}"\n'
PYTHON = '#!/bin/sh\necho "$@" >>"{log}"\ncase "$*" in *{hates}*) exit 1;; esac\nexec "{real}" "$@"\n'


class House:
    """A copy of the launcher with a room that only says that it ran."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a house"
        self.bin = folder / "bin"
        self.asked_uv = folder / "uv.log"
        self.asked_python = folder / "python.log"
        self.folder.mkdir()
        self.bin.mkdir()
        shutil.copy(ROOT / "gongxu", self.folder)
        (self.folder / "requirements.txt").write_text("")
        (self.folder / "bom.py").write_text("import os, sys; print('ran in', os.getcwd(), sys.argv[1:])")
        for tool in TOOLS:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))
        self.tool("uv", UV.format(log=self.asked_uv))
        self.python()

    def tool(self, name: str, text: str) -> None:
        """Put a program of ours on the path."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def python(self, hates: str = "nothing-at-all") -> None:
        """A python3 that writes down what it was asked and fails on one word."""
        self.tool("python3", PYTHON.format(log=self.asked_python, hates=hates, real=REAL))

    def run(self, *arguments: str, at: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Call the launcher with nothing in the environment but a path."""
        return subprocess.run([self.folder / "gongxu", *arguments], cwd=at or "/", env={"PATH": str(self.bin)},
                              text=True, capture_output=True, check=False)  # fmt: skip

    def times(self, log: Path) -> int:
        """How often a program was asked."""
        return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_dash_and_bash_can_read_it() -> None:
    for shell in ("dash", "bash"):
        if shutil.which(shell):
            subprocess.run([shell, "-n", ROOT / "gongxu"], check=True)
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)


def test_the_first_start_brings_packages_in_and_runs_where_the_caller_is(house: House, tmp_path: Path) -> None:
    done = house.run("bom", "explode", at=tmp_path)
    assert done.stdout == f"ran in {tmp_path} ['explode']\n"
    assert house.asked_uv.read_text().split()[:2] == ["pip", "install"]


def test_a_second_start_neither_installs_nor_asks_python(house: House) -> None:
    house.run("bom")
    before = house.times(house.asked_uv), house.times(house.asked_python)
    assert house.run("bom").returncode == 0
    assert (house.times(house.asked_uv), house.times(house.asked_python)) == before


def test_changed_requirements_are_brought_in(house: House) -> None:
    house.run("bom")
    (house.folder / "requirements.txt").write_text("# a new line\n")
    house.run("bom")
    assert house.times(house.asked_uv) == 2


def test_an_interpreter_that_is_gone_is_replaced(house: House) -> None:
    house.run("bom")
    (house.folder / ".venv" / "bin" / "python").unlink()
    done = house.run("bom")
    assert done.returncode == 0
    assert house.times(house.asked_uv) == 2


@pytest.mark.parametrize("with_flock", [True, False])
def test_two_starts_at_once_install_once(house: House, with_flock: bool) -> None:
    if not with_flock:
        (house.bin / "flock").unlink()
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: house.run("bom"), range(2)))
    assert [one.returncode for one in done] == [0, 0]
    assert house.times(house.asked_uv) == 1


def test_a_lock_of_a_dead_start_does_not_hold(house: House) -> None:
    (house.bin / "flock").unlink()
    lock = house.folder / "instance" / "setup.lock.d"
    lock.mkdir(parents=True)
    gone = subprocess.Popen(["true"])
    gone.wait()
    (lock / "pid").write_text(f"{gone.pid}\n")
    assert house.run("bom").returncode == 0
    assert not lock.exists()


def test_without_uv_pip_does_it(house: House) -> None:
    house.tool("uv", '#!/bin/sh\n[ "$1" = --version ]\n')
    done = house.run("bom")
    assert done.returncode == 0
    assert "trying pip" in done.stderr


def test_a_called_link_finds_its_house(house: House, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(house.folder / "gongxu")
    done = subprocess.run([link, "bom"], cwd=tmp_path, env={"PATH": str(house.bin)}, capture_output=True, check=False)
    assert done.returncode == 0


def test_an_old_python_is_named(house: House) -> None:
    house.tool("python3", '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit\nexit 1\n')
    done = house.run("bom")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, here is Python 3.9.2" in done.stderr


def test_a_python_without_venv_names_the_package(house: House) -> None:
    (house.bin / "uv").unlink()
    house.python(hates="ensurepip")
    done = house.run("bom")
    assert done.returncode == 1
    assert f"apt-get install python3.{sys.version_info[1]}-venv" in done.stderr
    assert not (house.folder / ".venv").exists()


def test_another_system_is_refused(house: House) -> None:
    house.tool("uname", "#!/bin/sh\necho Darwin\n")
    done = house.run("bom")
    assert done.returncode == 1
    assert "Linux only" in done.stderr


def test_help_needs_nothing(house: House) -> None:
    done = house.run("help")
    assert "./gongxu COMMAND" in done.stdout
    assert not (house.folder / ".venv").exists()


def test_nothing_is_written_elsewhere(house: House, tmp_path: Path) -> None:
    house.run("bom")
    assert {path.name for path in tmp_path.iterdir()} == {"a house", "bin", "uv.log", "python.log"}
    made = {path.name for path in house.folder.iterdir()}
    assert made - {"__pycache__"} == {"gongxu", "requirements.txt", "bom.py", ".venv", "instance"}
    assert os.access(house.folder / ".venv" / "stamp", os.R_OK)
