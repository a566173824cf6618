"""Statements of the hot path: written in SQLAlchemy Core, compiled once for an engine, run on the driver.

Core spends five times as long around a small statement as the driver needs for it. A scan runs a dozen of them,
so here the text, the order of the parameters and the conversion of values are worked out once. Only statements
without expanding lists can be prepared.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

Convert = Callable[[Any], Any] | None


_ALL: list["Prepared"] = []


class Prepared:
    """A statement; ``keys`` names the columns of an insert. Parameters are given as a mapping."""

    def __init__(self, statement: ClauseElement, keys: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._keys = list(keys) if keys else None
        self._forms: dict[str, _Form] = {}
        _ALL.append(self)

    def all(self, connection: Connection, given: dict[str, Any]) -> list[Any]:
        """All rows, as named tuples."""
        form = self._form(connection)
        return form.rows(form.cursor(connection, given).fetchall())

    def one(self, connection: Connection, given: dict[str, Any]) -> Any:
        """The first row or None; the cursor is read to its end, so that it holds no snapshot open."""
        found = self.all(connection, given)
        return found[0] if found else None

    def scalar(self, connection: Connection, given: dict[str, Any]) -> Any:
        """The first column of the first row, or None."""
        row = self.one(connection, given)
        return row[0] if row else None

    def run(self, connection: Connection, given: dict[str, Any]) -> int:
        """Execute a change and give the number of rows it touched."""
        return self._form(connection).cursor(connection, given).rowcount

    def compile(self, dialect: Dialect) -> "_Form":
        """Work out what the statement is on an engine; later ones of the same kind use it."""
        form = self._forms[dialect.name] = _Form(self._statement, self._keys, dialect)
        return form

    def _form(self, connection: Connection) -> "_Form":
        return self._forms.get(connection.dialect.name) or self.compile(connection.dialect)


class _Form:
    """What a statement is on one engine."""

    def __init__(self, statement: ClauseElement, keys: list[str] | None, dialect: Dialect) -> None:
        self._compiled = statement.compile(dialect=dialect, column_keys=keys)
        self._dialect = dialect
        self.text = str(self._compiled)
        self.positional = bool(self._compiled.positional)

    @cached_property
    def _binds(self) -> list[tuple[str, Convert, Any]]:
        """Parameters in the statement's order: name, conversion, and the value of a literal."""
        names = self._compiled.positiontup if self.positional else list(self._compiled.binds)
        found = []
        for name in names or ():
            bind = self._compiled.binds[name]
            convert = bind.type.dialect_impl(self._dialect).bind_processor(self._dialect)
            found.append((name, convert, None if bind.required else bind.effective_value))
        return found

    @cached_property
    def _converts(self) -> list[tuple[int, Callable[[Any], Any]]]:
        """The columns that need a conversion, by their place."""
        columns = getattr(self._compiled, "_result_columns", None) or ()
        made = [column.type.dialect_impl(self._dialect).result_processor(self._dialect, None) for column in columns]
        return [(place, convert) for place, convert in enumerate(made) if convert]

    @cached_property
    def _row(self) -> Any:
        return namedtuple("Row", [column.name for column in self._compiled._result_columns])  # type: ignore[attr-defined]

    def complete(self) -> None:
        """Work out now what is otherwise worked out when it is first wanted."""
        _ = self._binds, self._converts, self._row

    def cursor(self, connection: Connection, given: dict[str, Any]) -> Any:
        """Run on the driver's connection, inside the transaction SQLAlchemy began on it."""
        values: Any = []
        take, add = given.get, values.append
        for name, convert, literal in self._binds:
            value = take(name, literal)
            add(value if convert is None or value is None else convert(value))
        if not self.positional:
            values = dict(zip((bind[0] for bind in self._binds), values, strict=True))
        try:
            return driver(connection).execute(self.text, values)
        except self._dialect.dbapi.Error as error:
            # The same errors as Core raises, so that nobody has to know which way a statement went.
            base = self._dialect.dbapi.Error
            raise DBAPIError.instance(self.text, values, error, base, dialect=self._dialect) from error

    def rows(self, found: Sequence[Any]) -> list[Any]:
        """Driver rows as named tuples with converted values."""
        make, converts = self._row._make, self._converts
        if not converts:
            return [make(row) for row in found]
        return [make(_converted(row, converts)) for row in found]


def _converted(row: Sequence[Any], converts: list[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    values = list(row)
    for n, convert in converts:
        if values[n] is not None:
            values[n] = convert(values[n])
    return values


def compile_all(dialect: Dialect) -> None:
    """Compile every statement of the hot path now, so that the first scan does not wait for it."""
    for statement in _ALL:
        statement.compile(dialect).complete()


def driver(connection: Connection) -> Any:
    """The driver's own connection, for what SQLAlchemy need not know."""
    return connection.connection.dbapi_connection


def connection_of(store: Connection | Session) -> Connection:
    """The connection under a session, or the connection itself."""
    return store if isinstance(store, Connection) else store.connection()
