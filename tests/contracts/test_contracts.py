"""The contracts of the house: who may import whom, and what the types of the rooms promise."""

import subprocess
import sys
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest

from tests.launcher.processes import ROOT


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=ROOT, text=True, capture_output=True, check=False)


LINT_IMPORTS = ("-c", "from importlinter.cli import lint_imports_command as check; check()", "--no-logo", "--no-cache")


def test_imports_keep_their_contracts() -> None:
    done = run(*LINT_IMPORTS)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_rooms_are_typed_strictly() -> None:
    done = run("-m", "mypy", "--cache-dir", "/dev/null")
    assert done.returncode == 0, done.stdout


OFFENCES = [
    ("bom/order.py", "import flask", "rooms are pure"),
    ("quality/spc.py", "import bom", "rooms are strangers"),
    ("app/models/plant.py", "import app.services.orders", "the shell is layered"),
    ("app/demo/__init__.py", "import app.db", "the demo is a user"),
    ("scheduling/verify.py", "import scheduling.decode", "the checker is independent"),
    ("app/events.py", "import ortools", "ortools stays in scheduling"),
    ("app/events.py", "import pymodbus", "device libraries stay in devices"),
    ("app/db.py", "import reportlab", "reportlab stays in app.reports"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("file", "line", "contract"), OFFENCES, ids=[name for _, _, name in OFFENCES])
def test_a_broken_contract_is_noticed(file: str, line: str, contract: str, tmp_path: Path) -> None:
    for package in ("app", "bom", "scheduling", "devices", "quality"):
        copytree(ROOT / package, tmp_path / package, ignore=ignore_patterns("__pycache__", "translations", "templates"))
    copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a") as source:
        source.write(f"\n{line}\n")
    done = subprocess.run([sys.executable, *LINT_IMPORTS], cwd=tmp_path, text=True,
                          capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert f"{contract} BROKEN" in done.stdout
