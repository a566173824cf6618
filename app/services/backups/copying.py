"""Copies of a store as each engine makes them: SQLite's online backup, PostgreSQL's own tools."""

import errno
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from app.errors import Conflict, Unavailable

_PAGES = 256
_FLUSH_EVERY = 16


def copy_sqlite(source: Path, target: Path) -> None:
    """One moment of a database in use, as a file by itself.

    The open read keeps that moment: without it SQLite begins anew whenever somebody else writes. It rests as long
    as it works and flushes in small pieces, so that a scan never waits behind a long flush of the disk.
    """
    with closing(sqlite3.connect(source, isolation_level=None)) as old, closing(sqlite3.connect(target)) as new:
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        new.execute("PRAGMA synchronous=OFF")
        old.backup(new, pages=_PAGES, progress=_Pace(target))
        new.execute("PRAGMA journal_mode=DELETE")
    _flush(target)


class _Pace:
    """Called between two pieces of a copy."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._pieces = 0
        self._began = time.monotonic()

    def __call__(self, _status: int, _left: int, _all: int) -> None:
        self._pieces += 1
        if self._pieces % _FLUSH_EVERY == 0:
            _flush(self._target)
        time.sleep(min(0.5, time.monotonic() - self._began))
        self._began = time.monotonic()


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fdatasync(file.fileno())


def dump_postgres(url: URL, target: Path, snapshot: str) -> None:
    """A dump in PostgreSQL's own format, of the moment another transaction shows."""
    _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
         f"--file={target}")  # fmt: skip
    _flush(target)


def load_postgres(url: URL, source: Path) -> None:
    """Fill an empty database from a dump; all of it or an error."""
    _run(url, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(source))


def _run(url: URL, tool: str, *arguments: str) -> None:
    path = shutil.which(tool)
    if path is None:
        raise Conflict("backup.tool", tool=tool)
    # The password goes by the environment: the arguments of a process can be read by everybody on the machine.
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    done = subprocess.run([path, f"--dbname={address}", *arguments], env=os.environ | secret, check=False,  # noqa: S603
                          capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        said = done.stderr.strip()
        if os.strerror(errno.ENOSPC) in said:
            raise OSError(errno.ENOSPC, said)
        raise Conflict("backup.failed", why=(said.splitlines() or [str(done.returncode)])[0][:300])


@contextmanager
def full_disk_in_words(folder: Path) -> Iterator[None]:
    """Say that a disk is full in our own words, whoever noticed it."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in str(error):
            raise Unavailable("backup.full", folder=str(folder)) from error
        raise Conflict("backup.failed", why=str(error)[:300]) from error
