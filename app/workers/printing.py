"""The sender of labels: a thread of the web process that hands what is due to its printer over TCP.

A printer that does not answer is tried again later, and holds up no other: each try waits five seconds at most.
Every process may send; a job is claimed by its row.
"""

import socket
import threading

import structlog
from flask import Flask

from app.db import db, now_utc, on_commit
from app.services import printing

TIMEOUT_S = 5.0
_IDLE_S = 2.0
_LONGEST_WAIT_S = 60.0
log = structlog.get_logger("printing")


class Sender:
    """Sends what is due; woken by commits, looks by itself every two seconds."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        on_commit(app, self._wake.set)

    def start(self) -> None:
        """Begin in a thread of this process."""
        self._thread = threading.Thread(target=self._run, name="printing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the label it is at."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=TIMEOUT_S + 1)

    def _run(self) -> None:
        failures = 0
        with self.app.app_context():
            while not self._stop.is_set():
                self._wake.wait(_IDLE_S)
                self._wake.clear()
                try:
                    while not self._stop.is_set() and send_one():
                        pass
                    failures = 0
                except Exception as error:
                    if not failures:
                        log.error("printing failed", exc_info=error)
                    failures += 1
                    self._stop.wait(min(_LONGEST_WAIT_S, 2.0**failures))
                finally:
                    db.session.remove()


def send_one() -> bool:
    """Send the oldest label that is due, inside an application context; False when there is none."""
    held = printing.claim(now_utc())
    if held is None:
        return False
    try:
        with socket.create_connection((held.host, held.port), timeout=TIMEOUT_S) as line:
            line.sendall(held.content)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        log.warning("printer does not answer", host=held.host, port=held.port, problem=problem)
        printing.not_sent(held, problem, now_utc())
    else:
        printing.sent(held, now_utc())
    return True
