"""Writes down when sessions and tokens were last used: every half minute together, so that no request waits for it."""

import threading

import structlog
from flask import Flask

from app.db import db
from app.services import logins

_EVERY_S = 30.0
log = structlog.get_logger("uses")


def flush(app: Flask) -> int:
    """Write what was used since the last time, inside an application context; gives how many there were."""
    sessions, tokens = (app.extensions.pop(name, {}) for name in ("session_use", "token_use"))
    if sessions or tokens:
        logins.note_use(dict(sessions), dict(tokens))
    return len(sessions) + len(tokens)


def start_uses(app: Flask) -> None:
    """Begin in a thread that ends with the process; a round that fails is told and forgotten."""

    def run() -> None:
        with app.app_context():
            while True:
                pause.wait(_EVERY_S)
                try:
                    flush(app)
                except Exception as error:
                    db.session.rollback()
                    log.warning("last use not written", exc_info=error)

    pause = threading.Event()
    threading.Thread(target=run, name="uses", daemon=True).start()
