"""What the first requests would have to pay for, done before a web process takes any.

Compiling the statements of a report, opening connections and building the map of routes take a tenth of a
second together; without this the first scans after a start wait for it.
"""

import gc
from contextlib import ExitStack

from flask import Flask

from app import prepared
from app.db import db

CONNECTIONS = 8
# A report leaves few cycles behind: looking for them at every 700 objects costs a twentieth of the time.
_YOUNG = 20_000


def warm(app: Flask) -> None:
    """Compile, connect, answer a first page, and let the collector forget what stays anyway."""
    with app.app_context(), ExitStack() as opened:
        prepared.compile_all(db.engine.dialect)
        for _ in range(CONNECTIONS):
            opened.enter_context(db.engine.connect())
    app.test_client().get("/login").close()
    settle()


def settle() -> None:
    """What is there at the start stays: the collector need not walk it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
