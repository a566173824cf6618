"""What is left out is told, and where everything must run it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.launcher.processes import ROOT

TESTS = """
import pytest
def test_runs(): assert True
def test_lacks(): pytest.skip("no chromium here")
def test_other_engine(): pytest.skip("SQLite has one writer")
@pytest.mark.xfail
def test_known(): assert False
"""
FILE = "import pytest\npytest.skip('no node here', allow_module_level=True)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "test_some.py").write_text(TESTS)
    return tmp_path


def run(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GONGXU_")}
    argv = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "tests.requirements_plugin", *arguments, str(folder)]
    return subprocess.run(argv, cwd=folder, env=clean | {"PYTHONPATH": str(ROOT)} | env, text=True,
                          capture_output=True, check=False)  # fmt: skip


def test_skips_are_told_with_their_reason(folder: Path) -> None:
    done = run(folder)
    assert done.returncode == 0
    assert "no chromium here" in done.stdout
    assert "left out: everything on PostgreSQL" in done.stdout
    assert "1 passed, 2 skipped, 1 xfailed" in done.stdout


def test_nothing_is_left_out_when_a_server_is_given(folder: Path) -> None:
    assert "left out" not in run(folder, GONGXU_TEST_POSTGRES="postgresql://given").stdout


@pytest.mark.parametrize("spread", [(), ("-n", "2", "--dist", "loadgroup")])
def test_what_lacks_a_tool_fails_where_all_is_required(folder: Path, spread: tuple[str, ...]) -> None:
    done = run(folder, *spread, GONGXU_REQUIRE_ALL="1", GONGXU_TEST_POSTGRES="postgresql://given")
    assert done.returncode == 1
    assert "1 failed, 1 passed, 1 skipped, 1 xfailed" in done.stdout
    assert "this was skipped: Skipped: no chromium here" in done.stdout


def test_a_skipped_file_fails_where_all_is_required(folder: Path) -> None:
    (folder / "test_file.py").write_text(FILE)
    assert run(folder).returncode == 0
    done = run(folder, GONGXU_REQUIRE_ALL="1", GONGXU_TEST_POSTGRES="postgresql://given")
    assert done.returncode != 0
    assert "no node here" in done.stdout


def test_postgresql_is_required_too(folder: Path) -> None:
    done = run(folder, GONGXU_REQUIRE_ALL="1")
    assert done.returncode != 0
    assert "needs PostgreSQL" in done.stderr
