"""Who serves a store from this machine: one process at a time, known by a lock that ends with it."""

import fcntl
from pathlib import Path
from typing import IO

from flask import current_app

from app.db import database_file, db
from app.errors import Conflict


def only_one(refusal: str = "serve.running") -> IO[str]:
    """The right to serve this store from this machine, held while the file is open; else Conflict with ``refusal``.

    Two supervisors on one SQLite file would be two web processes; with PostgreSQL a second machine is welcome,
    but on this one it would share the run files.
    """
    beside = database_file(str(db.engine.url)) or Path(current_app.config["HOME"]) / "gongxu"
    lock = beside.with_name(beside.name + "-serve").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Conflict(refusal, file=str(beside)) from None
    return lock
