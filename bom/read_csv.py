"""A bill of material out of a CSV file: every bad row is named with its line and column.

Columns: parent, child, quantity; optionally valid_from, valid_to (first day it no longer counts),
scrap_percent, phantom (yes/no: the child is passed through on this line). Header names may be
written in any case and with blanks around them or between words.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from bom.errors import BadRows, BadValue, BomError, MissingColumns
from bom.lines import BomLine, exact
from bom.structure import Structure

NEEDED = ("parent", "child", "quantity")
# ASCII digits only: Decimal would also take underscores, NaN and digits of other scripts.
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
YES, NO = frozenset({"1", "yes", "y", "true", "x", "是"}), frozenset({"", "0", "no", "n", "false", "否"})


@dataclass(frozen=True)
class BadCell:
    """What is wrong with one cell of a file: line from 1 (the header's), column name, the text found."""

    line: int
    column: str
    text: str
    reason: str

    def __str__(self) -> str:
        """Return one English line."""
        return f"line {self.line}, column {self.column}: {self.text!r} {self.reason}"


class Row:
    """One row being read; remembers what was wrong with it."""

    def __init__(self, line: int, cells: dict[str, str]) -> None:
        """Keep the cells by column name."""
        self.line, self.cells, self.bad = line, cells, list[BadCell]()

    def text(self, column: str) -> str:
        """Return the cell without blanks around it; an absent column is empty."""
        return self.cells.get(column, "").strip()

    def refuse(self, column: str, reason: str) -> None:
        """Remember that a cell cannot stand."""
        self.bad.append(BadCell(self.line, column, self.text(column), reason))

    def name(self, column: str) -> str:
        """Return a name that must not be empty."""
        if not self.text(column):
            self.refuse(column, "is empty")
        return self.text(column)

    def number(self, column: str, *, zero: bool = False) -> Fraction:
        """Return an exact number above zero, or from zero on; an empty cell is zero where zero may be."""
        text = self.text(column)
        try:
            if zero and not text:
                return Fraction(0)
            return number(text, column, zero=zero)
        except BomError:
            self.refuse(column, "must be a number, zero or more" if zero else "must be a number above zero")
            return Fraction(1)

    def day(self, column: str) -> date | None:
        """Return a date written YYYY-MM-DD, or None for an empty cell."""
        text = self.text(column)
        try:
            return day(text) if text else None
        except BomError:
            self.refuse(column, "must be a date, YYYY-MM-DD")
            return None

    def flag(self, column: str) -> bool:
        """Return a yes or no; empty is no."""
        text = self.text(column).casefold()
        if text not in YES | NO:
            self.refuse(column, "must be yes or no")
        return text in YES


def number(text: str, column: str = "quantity", *, zero: bool = False) -> Fraction:
    """Return the exact value of a decimal number; raises BadValue, BadQuantity."""
    if not NUMBER.fullmatch(text):
        raise BadValue(of=column, field=column, value=text)
    return exact(Decimal(text), column, column, zero=zero)


def day(text: str) -> date:
    """Return the date of YYYY-MM-DD; raises BadValue."""
    if not DAY.fullmatch(text):
        raise BadValue(of="date", field="date", value=text)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadValue(of="date", field="date", value=text) from error


def read(path: Path) -> Structure:
    """Return the checked structure of a file. Raises OSError, FileError, StructureCycle."""
    try:
        # utf-8-sig: spreadsheets put a byte order mark in front
        with path.open(encoding="utf-8-sig", newline="") as file:
            return Structure(tuple(_lines(csv.reader(file, strict=True))))
    except UnicodeDecodeError as error:
        raise BadRows(rows=(f"the file is not UTF-8 text (byte {error.start})",)) from error


def read_demands(path: Path) -> dict[str, Fraction]:
    """Return what is demanded of each item (columns item, quantity); an item that stands twice adds up."""
    found, bad = dict[str, Fraction](), list[BadCell]()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in _rows(csv.reader(file, strict=True), ("item", "quantity")):
                item, quantity = row.name("item"), row.number("quantity")
                found[item] = found.get(item, Fraction(0)) + quantity
                bad.extend(row.bad)
    except UnicodeDecodeError as error:
        raise BadRows(rows=(f"the file is not UTF-8 text (byte {error.start})",)) from error
    if bad:
        raise BadRows(rows=tuple(bad))
    return found


def _lines(reader: Iterator[list[str]]) -> Iterator[BomLine]:
    lines, bad = list[BomLine](), list[BadCell]()
    for row in _rows(reader):
        line = _line(row)
        bad.extend(row.bad)
        if line:
            lines.append(line)
    if bad:
        raise BadRows(rows=tuple(bad))
    return iter(lines)


def _columns(header: Iterable[str], needed: tuple[str, ...]) -> list[str]:
    columns = ["_".join(name.split()).casefold() for name in header]
    missing = tuple(name for name in needed if name not in columns)
    if missing:
        raise MissingColumns(columns=missing)
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise BadRows(rows=tuple(BadCell(1, name, name, "stands twice in the header") for name in twice))
    return columns


def _rows(reader: Iterator[list[str]], needed: tuple[str, ...] = NEEDED) -> Iterator[Row]:
    """Yield the filled rows, each with the number of the line it ends on."""
    columns: list[str] | None = None
    try:
        for cells in reader:
            at: int = reader.line_num  # type: ignore[attr-defined]  # a csv.reader counts its lines
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _columns(cells, needed)
                continue
            row = Row(at, dict(zip(columns, cells, strict=False)))
            if any(cell.strip() for cell in cells[len(columns) :]):
                row.bad.append(BadCell(at, f"{len(columns) + 1}", cells[len(columns)], "stands beyond the last column"))
            yield row
    except csv.Error as error:
        at = reader.line_num  # type: ignore[attr-defined]
        raise BadRows(rows=(f"line {at}: {error}",)) from error
    if columns is None:
        raise MissingColumns(columns=needed)


def _line(row: Row) -> BomLine | None:
    """Return the row's line, or None when something is wrong with it (then row.bad says what)."""
    parent, child, quantity = row.name("parent"), row.name("child"), row.number("quantity")
    start, end = row.day("valid_from"), row.day("valid_to")
    scrap, phantom = row.number("scrap_percent", zero=True), row.flag("phantom")
    if start and end and start >= end:
        row.refuse("valid_to", "must be later than valid_from")
    if row.bad:
        return None
    return BomLine(
        str(row.line), parent, child, quantity,
        valid_from=start, valid_to=end, scrap_percent=Decimal(row.text("scrap_percent") or 0) if scrap else Decimal(0),
        phantom=phantom,
    )  # fmt: skip
