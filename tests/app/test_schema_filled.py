"""A filled database of the previous release is upgraded without loss: a row in every table, on either engine."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Date, DateTime, Integer, MetaData, Numeric, String, Table, insert, inspect, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.types import JSON, BigInteger, Boolean

from app.db import db
from app.services import schema

RELEASED = "0001_15_guards"  # the last migration of 0.1.0's first form
THEN = datetime(2026, 11, 22, 12, tzinfo=UTC)


def tables_of(connection: Connection) -> list[Table]:
    """The tables as they stand, in the order of what refers to what."""
    found = MetaData()
    found.reflect(connection)
    left_out = {"alembic_version"}
    return [table for table in found.sorted_tables if table.name not in left_out and "reading" not in table.name]


def fill(connection: Connection, table: Table) -> None:
    """One row; what refers to another table refers to that one's row."""
    connection.execute(insert(table).values({column.name: value(column) for column in table.columns if needed(column)}))


def needed(column: Any) -> bool:
    refers_to_itself = any(key.column.table is column.table for key in column.foreign_keys)
    return not (column.nullable and refers_to_itself)


def value(column: Any) -> Any:
    """Something of the column's type; 1 is the id of every row."""
    kind = column.type
    if column.foreign_keys or (column.primary_key and isinstance(kind, Integer | BigInteger)):
        return 1
    for types, found in (
        (Boolean, True), (JSON, []), (DateTime, THEN if on_server(column) else THEN.replace(tzinfo=None)),
        (Date, date(2026, 11, 22)), (Integer, 1), (Numeric, 1), (String, "x"),
    ):  # fmt: skip
        if isinstance(kind, types):
            return found
    return "x"


def on_server(column: Any) -> bool:
    return bool(getattr(column.type, "timezone", False))


def rows_of(connection: Connection, tables: list[Table]) -> dict[str, list[dict[str, Any]]]:
    """All rows by table, of the columns these tables have."""
    return {table.name: [dict(row._mapping) for row in connection.execute(select(table))] for table in tables}


def test_a_filled_database_of_the_previous_release_keeps_every_row(app: Flask) -> None:
    with app.app_context():
        schema.downgrade(RELEASED)
        with db.engine.begin() as connection:
            tables = tables_of(connection)
            for table in tables:
                fill(connection, table)
        with db.engine.connect() as connection:
            before = rows_of(connection, tables)
        schema.upgrade()
        with db.engine.connect() as connection:
            after = rows_of(connection, tables)
        assert all(len(rows) == 1 for rows in before.values())
        assert len(before) > 60
        assert after == before
        schema.check_ready()


def test_the_guards_hold_after_the_upgrade(app: Flask) -> None:
    with app.app_context():
        schema.downgrade(RELEASED)
        with db.engine.begin() as connection:
            for table in tables_of(connection):
                fill(connection, table)
        schema.upgrade()
        assert "report" in inspect(db.engine).get_table_names()
        for table in ("report", "event", "stock_move", "scan"):
            with pytest.raises(Exception, match="append-only"), db.engine.begin() as connection:
                connection.execute(text(f"DELETE FROM {table}"))
