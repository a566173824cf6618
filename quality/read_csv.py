"""Reading measurements from a CSV file: one subgroup a row, or one value a row with its subgroup beside it.

The first row may name the columns. Columns named subgroup, group, sample, label, time, date or no (or the like) tell
which row it is, and so does a first column that only counts 1, 2, 3 or holds no number at all; with a column named
value only that one is measured, otherwise all others are. The separator is a comma, a semicolon or a tab.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from quality.errors import BadFile

GROUPS: Final = ("subgroup", "group", "sample")  # a label by these names wins over the others
LABELS: Final = (
    *GROUPS,
    "label",
    "time",
    "timestamp",
    "date",
    "at",
    "no",
    "nr",
    "number",
    "id",
    "unit",
    "serial",
    "lot",
)
VALUE: Final = "value"

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Measurements:
    """The rows of a file: the line, the label (empty without one) and the measured values of each."""

    lines: tuple[int, ...]
    labels: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]


def read(text: str) -> Measurements:
    """The measured rows of a CSV text; BadFile with line and column (both from 1) for the first thing wrong."""
    rows = _rows(text)
    if not rows:
        raise BadFile(line=1, column=1, reason="empty", value="")
    names = _names(rows[0][1])
    body = rows[1:] if names else rows
    if not body:
        raise BadFile(line=rows[0][0], column=1, reason="no_rows", value="")
    width = len(rows[0][1])
    for line, cells in body:
        if len(cells) != width:
            raise BadFile(line=line, column=min(len(cells), width) + 1, reason="columns_expected", value=width)
    label, measured = _columns(names or [""] * width, [cells[0] for _, cells in body])
    return Measurements(
        tuple(line for line, _ in body),
        tuple(cells[label] if label is not None else "" for _, cells in body),
        tuple(tuple(_number(line, at, cells[at]) for at in measured) for line, cells in body),
    )


def subgroups(data: Measurements) -> tuple[tuple[float, ...], ...]:
    """One subgroup a row; with a single measured column, the rows that follow each other with the same label."""
    if len(data.rows[0]) > 1:
        return data.rows
    groups: list[list[float]] = []
    for at, (label, row) in enumerate(zip(data.labels, data.rows, strict=True)):
        if at and label and label == data.labels[at - 1]:
            groups[-1].extend(row)
        else:
            groups.append(list(row))
    return tuple(map(tuple, groups))


def singles(data: Measurements) -> tuple[float, ...]:
    """One value a row; BadFile when a row has more, because only the user knows which is meant."""
    if len(data.rows[0]) > 1:
        raise BadFile(line=data.lines[0], column=2, reason="one_value_expected", value=len(data.rows[0]))
    return tuple(row[0] for row in data.rows)


def counts_and_sizes(data: Measurements, needs_sizes: bool) -> tuple[list[int], list[int]]:
    """A column of counts and, where needed, one with the size of each sample; BadFile for what is no whole number."""
    wanted = 2 if needs_sizes else 1
    if len(data.rows[0]) != wanted:
        raise BadFile(line=data.lines[0], column=wanted, reason="columns_expected", value=wanted)
    for line, row in zip(data.lines, data.rows, strict=True):
        for at, value in enumerate(row, 1):
            if value != int(value):
                raise BadFile(line=line, column=at, reason="not_whole", value=value)
    return [int(row[0]) for row in data.rows], [int(row[-1]) for row in data.rows]


def _rows(text: str) -> list[Row]:
    first = text.lstrip("\ufeff").partition("\n")[0]
    separator = next((mark for mark in ("\t", ";") if mark in first), ",")
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=separator, strict=True)
    found: list[Row] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error:
        raise BadFile(line=reader.line_num, column=1, reason="not_csv", value="") from None
    return found


def _names(first: Sequence[str]) -> list[str] | None:
    """The names in the first row, None when it already holds measured values."""
    names = [cell.lower() for cell in first]
    named = VALUE in names or names[0] in LABELS or not any(map(_is_number, first))
    return names if named else None


def _columns(names: list[str], first_column: Sequence[str]) -> tuple[int | None, list[int]]:
    """Which column labels the rows and which are measured."""
    label = next((names.index(name) for name in LABELS if name in names), None)
    if VALUE in names:
        return label, [names.index(VALUE)]
    if label is None and len(names) > 1 and _is_label(first_column):
        return 0, list(range(1, len(names)))
    measured = [at for at, name in enumerate(names) if name not in LABELS]
    return (label, measured) if measured else (None, list(range(len(names))))


def _is_label(column: Sequence[str]) -> bool:
    return list(column) == [str(number) for number in range(1, len(column) + 1)] or not any(map(_is_number, column))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # Python's 1_000 is nobody's measurement


def _number(line: int, at: int, cell: str) -> float:
    if not _is_number(cell):
        raise BadFile(line=line, column=at + 1, reason="not_a_number" if cell else "missing", value=cell)
    if not math.isfinite(value := float(cell)):
        raise BadFile(line=line, column=at + 1, reason="not_finite", value=cell)
    return value
