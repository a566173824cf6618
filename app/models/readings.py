"""Readings of machines: a second SQLite file, so that they never wait for reports nor reports for them.

On a server they live beside the store. Times are integer milliseconds since the epoch: a row without rowid costs
27 bytes, with a text time it was 95. A row without a value says that there was none: a gap, never zero. On
PostgreSQL each day is a partition of its own, so that an old day is dropped and not deleted row by row.
"""

from typing import Any

from flask import current_app
from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import NullPool

from app.db import db

QUALITIES = ("good", "uncertain", "bad")
readings = MetaData()
reading_tag = Table(
    "reading_tag", readings,
    Column("id", Integer, primary_key=True),
    Column("device_id", Integer, nullable=False),
    Column("tag", String(64), nullable=False),
    UniqueConstraint("device_id", "tag", name="uq_reading_tag_device_id"),
)  # fmt: skip
reading = Table(
    "reading", readings,
    Column("tag_id", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Float),
    Column("quality", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (at_ms)",
)  # fmt: skip


def _summary(name: str) -> Table:
    """A table of sums over whole stretches of time, named by the stretch's first millisecond."""
    return Table(
        name, readings,
        Column("tag_id", Integer, primary_key=True, autoincrement=False),
        Column("minute_ms", BigInteger, primary_key=True, autoincrement=False),
        Column("low", Float),
        Column("high", Float),
        Column("mean", Float),
        Column("n", Integer, nullable=False),
        Index(f"ix_{name}_minute_ms", "minute_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip


reading_minute = _summary("reading_minute")
reading_quarter = _summary("reading_quarter")


def readings_engine() -> Engine:
    """The engine of the readings; the store's own when they live in the same server."""
    url = current_app.config["READINGS_URL"]
    if url == current_app.config["SQLALCHEMY_DATABASE_URI"]:
        return db.engine
    engines: dict[str, Engine] = current_app.extensions.setdefault("readings", {})
    if url not in engines:
        engines[url] = _engine(url)
    return engines[url]


def _engine(url: str) -> Engine:
    # No pool: one writer a second and a chart now and then; an idle connection would hold back the checkpoint.
    engine = create_engine(url, poolclass=NullPool)
    if make_url(url).get_backend_name() == "sqlite":
        event.listen(engine, "connect", _settings)
    return engine


def _settings(connection: Any, _record: Any) -> None:
    """NORMAL is enough here: readings lost with the power are read again, a report would not be."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
