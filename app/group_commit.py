"""Reports share a commit: the writer thread that makes many stations wait for one flush of the disk.

Each waiting report runs in its own savepoint and is answered after the commit. When the commit itself fails
(a full disk), every report in it is told so: none of them was kept.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, current_app
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from app import metrics
from app.db import committed, db, write_turn
from app.prepared import driver

Work = Callable[[Connection], Any]
_MOST = 64
_TRIES = 3
# PostgreSQL: serialization failure, deadlock.
_ENDED = ("40001", "40P01")


class _Waiting:
    """A report on its way: its work, then its answer or error, and whoever waits for that."""

    __slots__ = ("_gate", "answer", "error", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.answer: Any = None
        self.error: BaseException | None = None
        # A bare lock: a Future costs a tenth of a report.
        self._gate = threading.Lock()
        self._gate.acquire()

    def settle(self) -> None:
        """Let go who waits; once."""
        self._gate.release()

    def result(self) -> Any:
        """Wait, then the answer; what went wrong is raised."""
        self._gate.acquire()
        if self.error is not None:
            raise self.error
        return self.answer


class GroupCommit:
    """Runs work for many threads on one connection, up to 64 in a commit."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    def submit(self, work: Work) -> Any:
        """Run ``work(connection)`` in the next commit and give its answer; its error is raised here."""
        self._start()
        mine = _Waiting(work)
        self._waiting.put(mine)
        return mine.result()

    def stop(self) -> None:
        """Finish what waits and end the thread."""
        if self._thread and self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def is_alive(self) -> bool:
        """Whether the next report would be written (an unstarted writer starts by itself)."""
        return self._thread is None or self._thread.is_alive()

    def _start(self) -> None:
        if self._thread and self._thread.is_alive():
            return
        with self._guard:
            if not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        with self._app.app_context():
            while first := self._waiting.get():
                self._commit(first)

    def _commit(self, first: _Waiting) -> None:
        batch = [first]
        began = time.perf_counter()
        try:
            with write_turn(), db.engine.connect().execution_options(writing=True) as connection, connection.begin():
                for one in self._batch(batch):
                    _attempt(connection, one)
            committed()
        except BaseException as error:
            for one in batch:
                one.error = error
        took_s = time.perf_counter() - began
        for one in batch:
            one.settle()
        # After the answers, so that nobody waits for it.
        metrics.COMMIT_S.observe(took_s)
        metrics.COMMIT_SIZE.observe(len(batch))
        metrics.COMMIT_QUEUE.set(self._waiting.qsize())

    def _batch(self, batch: list[_Waiting]) -> Iterator[_Waiting]:
        yield batch[0]
        while len(batch) < _MOST:
            try:
                one = self._waiting.get_nowait()
            except queue.Empty:
                return
            if one is None:
                self._waiting.put(None)
                return
            batch.append(one)
            yield one


def _attempt(connection: Connection, one: _Waiting) -> None:
    # On the driver: a savepoint through SQLAlchemy costs as much as three statements of the report.
    execute = driver(connection).execute
    execute("SAVEPOINT report")
    try:
        one.answer = one.work(connection)
    except Exception as error:
        execute("ROLLBACK TO report")
        one.error = error
        return
    execute("RELEASE report")


def commit_together(work: Work) -> Any:
    """Run a report: in the shared commit on SQLite, in a transaction of its own on PostgreSQL.

    Of two that lock each other out PostgreSQL ends one, of which nothing is left: that one is done again.
    """
    group: GroupCommit | None = current_app.extensions.get("group_commit")
    if group is not None:
        return group.submit(work)
    for left in reversed(range(_TRIES)):
        try:
            return _alone(work)
        except DBAPIError as error:
            if not left or getattr(error.orig, "sqlstate", None) not in _ENDED:
                raise
    raise AssertionError("unreachable")


def _alone(work: Work) -> Any:
    with db.engine.connect() as connection, connection.begin():
        answer = work(connection)
    committed()
    return answer


def init_group_commit(app: Flask) -> None:
    """Give the application its writer thread; only SQLite needs one."""
    with app.app_context():
        app.extensions["group_commit"] = GroupCommit(app) if db.engine.dialect.name == "sqlite" else None
