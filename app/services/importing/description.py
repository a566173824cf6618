"""How a file is described: its columns, what identifies a row, what its cells refer to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.services.importing.kinds import Kind
from app.services.importing.problems import Problem

# column, code, values
Finding = tuple[str | None, str, dict[str, Any]]
Rule = Callable[[dict[str, Any]], Iterable[Finding]]


@dataclass(frozen=True)
class Column:
    """A column: how its cells are read and, when they hold codes, of which other file (``ref``).

    ``required`` cells must not be empty and their column must not be missing. ``into`` is the attribute of the
    model; None: the cell is used by another writer.
    """

    name: str
    kind: Kind
    required: bool = False
    default: Any = None
    ref: str | None = None
    into: str | None = ""

    @property
    def attribute(self) -> str | None:
        """The attribute the value is kept in: told, or the column's name, with _id when it refers to a row."""
        if self.into == "":
            return f"{self.name}_id" if self.ref else self.name
        return self.into


@dataclass(frozen=True)
class Sheet:
    """A file: ``key`` columns identify a row. A sheet without ``model`` has its own writer.

    ``part`` is the model of a row that belongs to a revision: a BOM line, an operation.
    """

    name: str
    model: Any
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    unique: tuple[str, ...] = ()
    finish: Callable[[dict[str, Any]], None] | None = None
    part: Any = None

    @property
    def by_name(self) -> dict[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}


@dataclass
class Record:
    """A row that was read: its values by column, which columns its file has, which values are relative to today."""

    sheet: Sheet
    file: str
    row: int
    site: str
    values: dict[str, Any]
    given: frozenset[str]
    relative: frozenset[str] = frozenset()
    shown: str | None = None  # the column to name when the row was spread out of one cell

    @property
    def key(self) -> tuple[Any, ...]:
        """What identifies it: its site and its key columns."""
        return (self.site, *(self.values.get(name) for name in self.sheet.key))

    def problem(self, column: str | None, code: str, **values: Any) -> Problem:
        """Something that is wrong with this row."""
        return Problem(self.file, self.row, self.shown or column, code, values)


@dataclass
class Table:
    """A sheet as it was read from a file: rows with their numbers, cells by column name."""

    sheet: Sheet
    file: str
    header: tuple[str, ...]
    rows: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)
