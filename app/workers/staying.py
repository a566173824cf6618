"""gunicorn's threaded worker, with threads that stay for the next request of a connection.

A station keeps its connection and asks again within a moment. Handing the connection back to the selector and
to another thread each time takes four changes of thread, and with many threads in one interpreter those cost more
than the request. So a thread waits a quarter of a second for the next one before it gives the connection back;
only so many may, beside the threads that serve everything else.
"""

import select
import threading
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from app.workers.children import THREADS_THAT_STAY

_WAIT_MS = 250


class StayingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """As its parent in all: what it accepts, drains, ends and refuses."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seats = threading.BoundedSemaphore(THREADS_THAT_STAY)

    def handle(self, conn: Any) -> Any:
        """Answer one request, and those that follow it at once on the same connection."""
        kept = super().handle(conn)
        if kept is not True or not self._seats.acquire(blocking=False):
            return kept
        try:
            while kept is True and self.alive and _asks_again(conn):
                kept = super().handle(conn)
        finally:
            self._seats.release()
        return kept


def _asks_again(conn: Any) -> bool:
    """Whether the next request begins soon; one that was read ahead is left to the worker's own way."""
    if conn.parser.unreader.buf.getvalue():
        return False
    waiting = select.poll()
    waiting.register(conn.sock, select.POLLIN)
    return bool(waiting.poll(_WAIT_MS))
