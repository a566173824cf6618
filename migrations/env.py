"""Runs migrations on either engine: batch mode on SQLite, which rebuilds a table to change it."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import BigInteger, DateTime
from sqlalchemy.engine import Connection

from app import models  # noqa: F401 the tables must be known
from app.db import Quantity, UTCDateTime, db


def render(kind: str, thing: Any, _context: Any) -> str | bool:
    """Write our column types as the plain types behind them, so that a migration needs no code of today."""
    if kind == "type" and isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, Quantity):
        return "sa.BigInteger()"
    return False


def compare(_context: Any, _column: Any, _inspected: Any, inspected: Any, mine: Any) -> bool | None:
    """Our types equal what they are stored as."""
    if isinstance(mine, UTCDateTime) and isinstance(inspected, DateTime):
        return False
    if isinstance(mine, Quantity) and isinstance(inspected, BigInteger):
        return False
    return None


def run(connection: Connection) -> None:
    """Bring the database to the asked revision in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render,
        compare_type=compare,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def foreign_keys(connection: Connection, state: str) -> None:
    """Switch the check of references on the driver itself: inside a transaction SQLite ignores the switch."""
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA foreign_keys={state}")
    cursor.close()


with current_app.app_context(), db.engine.connect().execution_options(writing=True) as connection:
    if connection.dialect.name == "sqlite":
        # A rebuilt table must not lose the rows that refer to it; the check comes at the end.
        foreign_keys(connection, "OFF")
    run(connection)
    connection.commit()
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        connection.commit()
        foreign_keys(connection, "ON")
        if dangling:
            raise RuntimeError(f"the migration left rows without their parents: {dangling[:5]}")
