"""Faults: a process killed in the middle, a disk that is full. What was acknowledged is there, nothing is half done."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.db import db
from app.models import Report, Task
from app.queries.differences import differences
from tests.app.test_execution import Floor
from tests.small_plant import build

WRITER = textwrap.dedent("""
    import sys, threading, uuid
    from decimal import Decimal
    from app.factory import create_app
    from app.group_commit import commit_together
    from app.services.execution import Entry, report
    from tests.small_plant import NOW
    app = create_app(SQLALCHEMY_DATABASE_URI=sys.argv[1])
    tasks = [int(number) for number in sys.argv[2].split(",")]
    guard = threading.Lock()

    def work(task):
        with app.app_context():
            for _ in range(400):
                entry = Entry(uuid.uuid4().hex, 1, "good", Decimal(1), task, None, 1, "test")
                commit_together(lambda connection: report(connection, entry, NOW))
                with guard:
                    print(entry.uuid, flush=True)

    for task in tasks:
        threading.Thread(target=work, args=(task,)).start()
""")


def test_killing_the_writer_loses_nothing_it_acknowledged(app: Flask) -> None:
    with app.app_context():
        floor = Floor(build(), 400)
        tasks = [floor.task(key).id for key in ("C10", "D10")]
        db.session.rollback()
        acknowledged = _run_and_kill(app.config["SQLALCHEMY_DATABASE_URI"], tasks, after=60)
        stored = set(db.session.scalars(select(Report.uuid)).all())
        assert set(acknowledged) <= stored
        assert len(stored) <= len(acknowledged) + len(tasks)
        assert list(differences(db.session)) == []


def _run_and_kill(url: str, tasks: list[int], after: int) -> list[str]:
    """Start a process that reports, and kill it without warning once it acknowledged ``after`` reports."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", WRITER, url, ",".join(map(str, tasks))]
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env=environment) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        lines += [line.strip() for line in process.stdout]
    return [line for line in lines if len(line) == 32]


def test_a_full_disk_refuses_the_report_and_keeps_the_rest(app: Flask) -> None:
    if not app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        pytest.skip("PostgreSQL has no limit of pages to be full by")
    with app.app_context():
        floor = Floor(build(), 400)
        floor.report("C10", 1)
        _fill_up()
        with pytest.raises(OperationalError, match="full"):
            for _ in range(400):
                floor.report("C10", 1)
        done = db.session.scalars(select(Task.quantity_good).where(Task.id == floor.task("C10").id)).one()
        assert done == sum(db.session.scalars(select(Report.quantity)).all(), Decimal(0))
        assert list(differences(db.session)) == []
        _make_room()
        floor.report("C10", 1)


def _fill_up() -> None:
    """Let no connection grow the file any further."""
    from sqlalchemy import event

    db.session.rollback()
    with db.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
    db.engine.dispose()
    event.listen(db.engine, "connect", _limit(pages + 2))


def _limit(pages: int) -> object:
    def set_limit(connection: object, _record: object) -> None:
        if pages in _FULL:
            connection.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    _FULL.add(pages)
    return set_limit


_FULL: set[int] = set()


def _make_room() -> None:
    _FULL.clear()
    db.session.rollback()
    db.engine.dispose()


def test_verify_is_a_command_that_tells_by_its_exit_code(app: Flask) -> None:
    with app.app_context():
        Floor(build(), 4).report("C10", 1)
        db.session.rollback()
    clean = app.test_cli_runner().invoke(args=["verify", "--json"])
    assert (clean.exit_code, json.loads(clean.output)["clean"]) == (0, True)
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE task SET quantity_good = 3000000 WHERE quantity_good > 0")
    broken = app.test_cli_runner().invoke(args=["verify"])
    assert broken.exit_code == 1
    assert "quantity_good is 3, the rows say 1" in broken.output
