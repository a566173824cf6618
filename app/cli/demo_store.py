"""Where the demonstration writes: a file of its own, or a database of its own beside the plant's on its server."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

NAME = "gongxu_demo"


@contextmanager
def own_store(keep: bool, once: bool) -> Iterator[None]:
    """Point this process and its children away from the plant's database; what is made for one run goes with it.

    On PostgreSQL (DATABASE_URL) the role must be allowed to create databases. The plant's own is never opened.
    """
    os.environ.pop("READINGS_URL", None)
    given = os.environ.pop("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield
        return
    server = make_url(given).set(drivername="postgresql+psycopg")
    name = f"{NAME}_{secrets.token_hex(4)}" if once else NAME
    if not keep:
        _run(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    if not _exists(server, name):
        _run(server, f'CREATE DATABASE "{name}"')
    os.environ["DATABASE_URL"] = server.set(drivername="postgresql", database=name).render_as_string(False)
    try:
        yield
    finally:
        if once:
            _run(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _run(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _exists(server: URL, name: str) -> bool:
    engine = create_engine(server)
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
    engine.dispose()
    return found is not None
