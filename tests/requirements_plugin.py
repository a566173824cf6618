"""What the machine lacks is told, and with GONGXU_REQUIRE_ALL=1 it fails the run.

A test skips for one of two reasons. One that begins with "SQLite", "PostgreSQL" or "does not apply" is part of the
test (a rule of one engine); any other says that a tool or server is missing, a failure where everything must run.
"""

import os
from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

FITS = ("SQLite ", "PostgreSQL ", "does not apply")
# Real browsers, and trees of real processes, run one after the other: two at once starve each other on two cores.
IN_A_ROW = ("tests/browser/", "tests/launcher/", "tests/scenarios/")


def requires_all() -> bool:
    """Whether a missing tool or server is a failure."""
    return os.environ.get("GONGXU_REQUIRE_ALL") == "1"


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to begin without PostgreSQL where everything must run: without it half of the tests would not exist."""
    config.addinivalue_line("markers", "processes: starts servers and ends them; run in a row")
    if requires_all() and not os.environ.get("GONGXU_TEST_POSTGRES"):
        raise pytest.UsageError("GONGXU_REQUIRE_ALL=1 needs PostgreSQL: give GONGXU_TEST_POSTGRES")


class _InARow(LoadScopeScheduling):
    """Hands out tests one by one, those that must run in a row to one process.

    By folder: pytest 9.2 no longer lets xdist write the mark of a group into a test's name.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "in a row" if nodeid.startswith(IN_A_ROW) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Share the tests out."""
    return _InARow(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the skip of a test."""
    report = yield
    if not hasattr(report, "wasxfail"):
        judge(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge the skip of a whole file."""
    report = yield
    judge(report)
    return report


def judge(report: Any) -> None:
    """Turn a skip for something missing into a failure where everything must run."""
    if not (requires_all() and report.outcome == "skipped"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not reason.removeprefix("Skipped: ").startswith(FITS):
        report.outcome = "failed"
        report.longrepr = f"GONGXU_REQUIRE_ALL=1, but this was skipped: {reason}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the engine that was left out: its tests do not exist, so no skip tells of them."""
    if not os.environ.get("GONGXU_TEST_POSTGRES"):
        terminalreporter.write_line("left out: everything on PostgreSQL, no server is given (GONGXU_TEST_POSTGRES)")
