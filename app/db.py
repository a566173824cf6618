"""The database: column types, the engine's settings, and the one place that commits.

Every change is one service function inside ``with transaction():``. Only the outermost commits. On SQLite a
transaction first ends the open read and begins IMMEDIATE: a read that is upgraded to a write fails at once
with "locked", whatever the busy timeout, and the row of the logged-in user is exactly such a read.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Integer, MetaData, String, event
from sqlalchemy.dialects.postgresql import JSONB, Insert
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

from app.turn import Turn

QUANTITY_SCALE = 6
_UNIT = Decimal(10) ** QUANTITY_SCALE
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware and in UTC in Python, whatever the engine keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: nobody could say what it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive time {value!r}")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def to_micro(value: Decimal | int) -> int:
    """A quantity as the integer that is stored, in millionths; ValueError when it is finer or not a number."""
    scaled = Decimal(value) * _UNIT
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"not a quantity: {value!r}")
    return int(scaled)


def from_micro(value: int) -> Decimal:
    """The Decimal behind a stored quantity, without trailing zeros."""
    whole, rest = divmod(value, 10**QUANTITY_SCALE)
    return Decimal(whole) if not rest else (Decimal(value) / _UNIT).normalize()


class Quantity(TypeDecorator[Decimal]):
    """An exact quantity: Decimal in Python, an integer of millionths in the store.

    SQLite would keep a NUMERIC as a float; integers make ``n = n + x`` exact on both engines. How many
    decimals an item really allows is the item's own rule.
    """

    impl = BigInteger
    cache_ok = True

    class comparator_factory(BigInteger.Comparator):
        """A sum or difference of quantities is a quantity, not a bare integer of millionths."""

        def _adapt_expression(self, op: Any, other_comparator: Any) -> Any:
            if op in (operators.add, operators.sub) and isinstance(other_comparator.type, Quantity):
                return op, self.type
            return super()._adapt_expression(op, other_comparator)

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        """Decimal or int in, millionths out."""
        return None if value is None else to_micro(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Millionths in, Decimal out (PostgreSQL gives sums as numeric)."""
        return None if value is None else from_micro(int(value))


Document = JSON().with_variant(JSONB(), "postgresql")
BigKey = BigInteger().with_variant(Integer, "sqlite")

Key = Annotated[int, mapped_column(BigKey, primary_key=True)]
Code = Annotated[str, mapped_column(String(64))]
Name = Annotated[str, mapped_column(String(200))]
Word = Annotated[str, mapped_column(String(32))]
Text = Annotated[str, mapped_column(String(2000))]
Amount = Annotated[Decimal, mapped_column(Quantity)]
Moment = Annotated[datetime, mapped_column(UTCDateTime)]


class Base(DeclarativeBase):
    """All tables share one naming of constraints, so that migrations can address them on SQLite."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def to(target: str, *, index: bool = True, nullable: bool = False, primary_key: bool = False, **kw: Any) -> Any:
    """A column that refers to another table, indexed unless told."""
    column = ForeignKey(target, **kw)
    return mapped_column(BigKey, column, index=index and not primary_key, nullable=nullable, primary_key=primary_key)


def canonical(data: Any) -> str:
    """JSON text that is the same for the same content, whatever the order of its keys."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def is_sqlite(store: Connection | Session) -> bool:
    """Which of the two engines is behind a connection or session."""
    bind = store if isinstance(store, Connection) else store.get_bind()
    return bind.dialect.name == "sqlite"


def upsert(table: Any) -> Insert:
    """An insert that may say ON CONFLICT, for both engines.

    Both write it alike, and the compiler of SQLite reads the clauses that PostgreSQL's statement carries.
    """
    return Insert(table)


def now_utc() -> datetime:
    """The clock of the edge (request, command, loop); services are handed the time."""
    return datetime.now(UTC)


def _sqlite_settings(connection: Any, _record: Any) -> None:
    # Python's sqlite3 must not begin transactions by itself: _begin does, so that IMMEDIATE is possible.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "busy_timeout=10000",
        "cache_size=-32000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgres_settings(connection: Any, _record: Any) -> None:
    # A transaction that hangs would hold back the seal of every later event.
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '60s'; SET timezone = 'UTC'")
    connection.commit()


def tune(engine: Engine) -> Engine:
    """Give an engine the settings the store relies on; returns it."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_settings)
        event.listen(engine, "begin", _begin)
    else:
        event.listen(engine, "connect", _postgres_settings)
    return engine


def database_file(url: str) -> Path | None:
    """The file behind an SQLite address; None for a server or memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def init_db(app: Flask) -> None:
    """Bind the store to an application; one in memory has a single connection and no pool to size."""
    if app.config["SQLALCHEMY_DATABASE_URI"] == "sqlite://":
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {}
    db.init_app(app)
    with app.app_context():
        tune(db.engine)
        is_sqlite = db.engine.dialect.name == "sqlite"
        app.extensions["turn"] = Turn(database_file(str(db.engine.url))) if is_sqlite else None
    app.extensions["after_commit"] = []


def on_commit(app: Flask, wake: Callable[[], None]) -> None:
    """Have ``wake`` called after each commit; it must return at once and not raise."""
    app.extensions["after_commit"].append(wake)


def committed() -> None:
    """Tell whoever waits for commits that there was one."""
    for wake in current_app.extensions["after_commit"]:
        wake()


def end_read() -> None:
    """End what this request has read so far, if it did: it must not hold two connections, nor an old view."""
    if db.session.registry.has():
        db.session.rollback()


@contextmanager
def write_turn() -> Iterator[None]:
    """The right to write: a fair turn on SQLite, nothing on PostgreSQL."""
    turn: Turn | None = current_app.extensions["turn"]
    if turn is None:
        yield
    else:
        with turn.taken():
            yield


@contextmanager
def transaction() -> Iterator[Session]:
    """One change: commits at the outermost end, rolls back on any error. Inner ones join.

    Loaded rows expire with the read that is ended first, so services take ids and plain values, not rows.
    """
    session = db.session()
    if session.info.get("depth"):
        yield session
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside a transaction")
    session.rollback()
    with write_turn():
        session.info["depth"] = 1
        try:
            session.connection(execution_options={"writing": True})
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info["depth"] = 0
    committed()
