"""Whose turn it is to write to SQLite: first come, first served, within a process and across processes.

SQLite's own busy handler starves clients (283 commits to 1 were measured between two processes), so every
writing transaction takes a turn here before it begins.
"""

import fcntl
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FairLock:
    """A lock that is handed to the thread that waited longest."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False

    def acquire(self) -> None:
        """Block until it is this thread's turn."""
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def release(self) -> None:
        """Hand the lock to the next in line; it never becomes free while somebody waits."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


class Turnstile:
    """The same between processes: one may wait at the door while one is inside.

    Only the process that holds the ``next`` file may wait for the ``writer`` file. A writer that leaves must
    queue for ``next`` again, so it cannot overtake whoever already stands at the door. The kernel releases
    both when a process dies.
    """

    def __init__(self, database: Path) -> None:
        self._next = open(database.with_name(database.name + "-next"), "w")  # noqa: SIM115 held for life
        self._writer = open(database.with_name(database.name + "-writer"), "w")  # noqa: SIM115

    def enter(self) -> None:
        """Block until no other process writes."""
        fcntl.flock(self._next, fcntl.LOCK_EX)
        fcntl.flock(self._writer, fcntl.LOCK_EX)
        fcntl.flock(self._next, fcntl.LOCK_UN)

    def leave(self) -> None:
        """Let the next process in."""
        fcntl.flock(self._writer, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the files back."""
        self._next.close()
        self._writer.close()


class Turn:
    """One writer at a time on one SQLite file."""

    def __init__(self, database: Path | None) -> None:
        self._threads = FairLock()
        self._processes = Turnstile(database) if database else None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn for the length of a transaction."""
        self._threads.acquire()
        try:
            if self._processes:
                self._processes.enter()
            try:
                yield
            finally:
                if self._processes:
                    self._processes.leave()
        finally:
            self._threads.release()

    def close(self) -> None:
        """Release the files behind the turn."""
        if self._processes:
            self._processes.close()
