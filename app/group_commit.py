"""Reports share a commit: the writer thread that makes many stations wait for one flush of the disk.

Each waiting report runs in its own savepoint and is answered after the commit. When the commit itself fails
(a full disk), every report in it is told so: none of them was kept.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from flask import Flask, current_app
from sqlalchemy.engine import Connection

from app import metrics
from app.db import committed, db, write_turn

Work = Callable[[Connection], Any]
_MOST = 64


class GroupCommit:
    """Runs work for many threads on one connection, up to 64 in a commit."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._waiting: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    def submit(self, work: Work) -> Any:
        """Run ``work(connection)`` in the next commit and give its answer; its error is raised here."""
        self._start()
        future: Future[Any] = Future()
        self._waiting.put((work, future))
        return future.result()

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

    def _commit(self, first: tuple[Work, Future[Any]]) -> None:
        done: list[tuple[Future[Any], Any, BaseException | None]] = []
        batch = [first]
        began = time.perf_counter()
        try:
            with write_turn(), db.engine.connect().execution_options(writing=True) as connection, connection.begin():
                for work, future in self._batch(batch):
                    done.append((future, *_attempt(connection, work)))
            committed()
        except BaseException as error:
            for _, future in batch:
                future.set_exception(error)
            return
        took_s = time.perf_counter() - began
        for future, answer, error in done:
            _settle(future, answer, error)
        # After the answers, so that nobody waits for it.
        metrics.COMMIT_S.observe(took_s)
        metrics.COMMIT_SIZE.observe(len(batch))
        metrics.COMMIT_QUEUE.set(self._waiting.qsize())

    def _batch(self, batch: list[tuple[Work, Future[Any]]]) -> Any:
        yield batch[0]
        while len(batch) < _MOST:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return
            if item is None:
                self._waiting.put(None)
                return
            batch.append(item)
            yield item


def _attempt(connection: Connection, work: Work) -> tuple[Any, BaseException | None]:
    connection.exec_driver_sql("SAVEPOINT report")
    try:
        answer = work(connection)
    except Exception as error:
        connection.exec_driver_sql("ROLLBACK TO report")
        return None, error
    connection.exec_driver_sql("RELEASE report")
    return answer, None


def _settle(future: Future[Any], answer: Any, error: BaseException | None) -> None:
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(answer)


def commit_together(work: Work) -> Any:
    """Run a report: in the shared commit on SQLite, in a transaction of its own on PostgreSQL."""
    group: GroupCommit | None = current_app.extensions.get("group_commit")
    if group is not None:
        return group.submit(work)
    with db.engine.connect() as connection, connection.begin():
        answer = work(connection)
    committed()
    return answer


def init_group_commit(app: Flask) -> None:
    """Give the application its writer thread; only SQLite needs one."""
    with app.app_context():
        app.extensions["group_commit"] = GroupCommit(app) if db.engine.dialect.name == "sqlite" else None
