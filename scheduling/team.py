"""Searching processes beside this one: started with a job, heard while they work, ended in any case.

A process that dies (memory, a fault in a solver) costs only what it had not told yet; `notes` say so.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = str(Path(__file__).resolve().parent.parent)
LOOK_S = 0.02  # how often the connections are looked at while this process searches itself


class Team:
    """Helpers by connection; use it as a context so that none outlives its search."""

    def __init__(self, jobs: Sequence[Any] = (), warm: bool = False) -> None:
        """Start one process a job; `warm` starts one that loads OR-Tools and waits for `give`."""
        self.helpers: dict[Connection, subprocess.Popen[bytes]] = {}
        self.notes: list[str] = []
        self.looked = 0.0
        self.waiting: Connection | None = None
        for job in jobs:
            self._send(self._start("search"), job)
        if warm:
            self.waiting = self._start("warm")

    def __enter__(self) -> "Team":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def give(self, job: Any) -> None:
        """The job of the process that was kept warm."""
        if self.waiting is None or self.waiting not in self.helpers:
            self.waiting = self._start("warm")
        self._send(self.waiting, job)

    def _start(self, kind: str) -> Connection:
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(filter(None, [ROOT, os.environ.get("PYTHONPATH", "")]))
        with theirs:
            child = subprocess.Popen(  # noqa: S603  (our own module)
                [sys.executable, "-m", "scheduling.searcher", str(theirs.fileno()), kind],
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the one who asked
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
            )
        connection = Connection(ours.detach())
        self.helpers[connection] = child
        return connection

    def _send(self, connection: Connection, job: Any) -> None:
        try:
            connection.send(job)
        except OSError:
            self._lost(connection)

    @property
    def working(self) -> bool:
        """Whether anybody still searches."""
        return bool(self.helpers)

    def news(self, timeout: float = 0.0) -> Iterator[tuple[str, Any]]:
        """What was told since; without a timeout it looks only now and then, as it is asked after every few moves."""
        now = time.monotonic()
        if not self.helpers or (timeout == 0 and now - self.looked < LOOK_S):
            return
        self.looked = now
        for connection in wait(list(self.helpers), timeout):
            assert isinstance(connection, Connection)  # noqa: S101
            yield from self._heard(connection)

    def _heard(self, connection: Connection) -> Iterator[tuple[str, Any]]:
        try:
            while connection.poll():
                kind, value = connection.recv()
                if kind == "done":
                    self._leave(connection)
                    return
                yield kind, value
        except (EOFError, OSError):
            self._lost(connection)

    def _lost(self, connection: Connection) -> None:
        self._leave(connection)
        self.notes.append("solver_died")

    def _leave(self, connection: Connection) -> None:
        child = self.helpers.pop(connection)
        connection.close()
        child.kill()
        child.wait()

    def end(self) -> None:
        """Everybody stops now."""
        for connection in list(self.helpers):
            self._leave(connection)
