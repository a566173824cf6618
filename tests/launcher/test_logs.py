"""Log lines: ours and those of libraries are one kind of JSON, with the request's number and no secrets."""

import json
import subprocess
import sys

import pytest

from tests.launcher.processes import ROOT

SPEAK = """
import logging, structlog
from app import logs
logs.configure()
structlog.contextvars.bind_contextvars(request="r-1")
structlog.get_logger("web").info("refused", code="task.no_input", name="工序")
logging.getLogger("gunicorn.error").warning("slow %s", "client")
logging.getLogger("alembic.runtime").info("not worth a line")
def fails(secret):
    raise ValueError("broken")
try:
    fails("not-for-logs")
except ValueError as error:
    structlog.get_logger("web").error("failed", exc_info=error)
    logging.getLogger("library").exception("also failed")
"""


def said(form: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SPEAK],
        cwd=ROOT,
        env={"GONGXU_LOG": form, "PYTHONUTF8": "1"},
        text=True,
        capture_output=True,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_every_line_is_json_with_time_level_and_request() -> None:
    lines = [json.loads(line) for line in said("json")]
    assert [line["event"] for line in lines] == ["refused", "slow client", "failed", "also failed"]
    assert [line["level"] for line in lines] == ["info", "warning", "error", "error"]
    assert {line["request"] for line in lines} == {"r-1"}
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert lines[0] | {"code": "task.no_input", "name": "工序", "logger": "web"} == lines[0]


def test_failures_carry_their_traceback_without_values() -> None:
    failures = [json.loads(line) for line in said("json")][2:]
    assert all('raise ValueError("broken")' in line["exception"] or "ValueError: broken" in line["exception"]
               for line in failures)  # fmt: skip
    assert not any("not-for-logs" in json.dumps(line) for line in failures)


def test_a_person_reads_plain_lines() -> None:
    text = "\n".join(said("plain"))
    assert "refused" in text
    assert "code=task.no_input" in text
    with pytest.raises(ValueError, match="line 1"):
        json.loads(text.splitlines()[0])
