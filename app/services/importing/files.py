"""Files into tables of text: CSV in UTF-8 (with or without mark), UTF-16 with mark or GB18030, and Excel workbooks."""

import csv
import io
import warnings
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from app import formula
from app.services.importing.description import Sheet, Table
from app.services.importing.problems import Problem
from app.services.importing.sheets import SHEETS, SITE

Cells = list[str]
_DELIMITERS = ",;\t"


def read_folder(folder: Path) -> tuple[list[Table], list[str], list[Problem]]:
    """The tables of a folder, the names of the files read, and what could not be read. Other files are left alone."""
    tables: list[Table] = []
    files: list[str] = []
    problems: list[Problem] = []
    for path in sorted(folder.iterdir()):
        kind = path.suffix.casefold()
        if path.name.startswith((".", "~$")) or kind not in (".csv", ".xlsx") or not path.is_file():
            continue
        files.append(path.name)
        for title, rows in (_csv if kind == ".csv" else _xlsx)(path, problems):
            table = _table(title, path, rows, problems)
            if table:
                tables.append(table)
    return list(_once(tables, problems)), files, problems


def _csv(path: Path, problems: list[Problem]) -> Iterator[tuple[str, list[Cells]]]:
    text = decoded(path.read_bytes())
    if text is None:
        problems.append(Problem(path.name, None, None, "not_text"))
        return
    first = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield path.stem, [[plain(cell) for cell in row] for row in reader]
    except csv.Error as error:
        problems.append(Problem(path.name, reader.line_num, None, "not_csv", {"detail": str(error)}))


def plain(cell: str) -> str:
    """The text of a cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return formula.plain(cell.strip())


def decoded(raw: bytes) -> str | None:
    """The text of a file; None when it is none (a zero byte) or in no encoding known here."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        names: tuple[str, ...] = ("utf-16",)
    else:
        names = ("utf-8-sig", "gb18030")
    for name in names:
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def _xlsx(path: Path, problems: list[Problem]) -> Iterator[tuple[str, list[Cells]]]:
    import openpyxl

    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")  # extensions of Excel that carry no data
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            found = [(sheet.title, _sheet_rows(sheet)) for sheet in book.worksheets]
            book.close()
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        problems.append(Problem(path.name, None, None, "not_xlsx", {"detail": str(error)[:200]}))
        return
    filled = [(title, rows) for title, rows in found if any(any(row) for row in rows)]
    single = len(filled) == 1 and _known(path.stem) is not None
    yield from ((path.stem if single else title, rows) for title, rows in filled)


def _sheet_rows(sheet: Any) -> list[Cells]:
    sheet.reset_dimensions()  # some programs write a wrong size
    return [[cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def cell_text(value: object) -> str:
    """The text of a cell of a workbook, as a CSV file would hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return plain(str(value))


def _known(title: str) -> Sheet | None:
    return SHEETS.get("_".join(title.split()).casefold())


def _table(title: str, path: Path, rows: list[Cells], problems: list[Problem]) -> Table | None:
    sheet = _known(title)
    file = path.name if title == path.stem else f"{path.name}#{title}"
    if sheet is None:
        close = get_close_matches(title.casefold(), SHEETS, 1)
        problems.append(Problem(file, None, None, "unknown_file", {"name": title, "close": "".join(close)}))
        return None
    numbered = [(at, row) for at, row in enumerate(rows, 1) if any(row)]
    if not numbered:
        problems.append(Problem(file, None, None, "empty_file"))
        return None
    header = tuple("_".join(name.split()).casefold() for name in numbered[0][1])
    problems.extend(_header_problems(sheet, file, numbered[0][0], header))
    table = Table(sheet, file, header)
    for at, row in numbered[1:]:
        if any(row[len(header) :]):
            problems.append(Problem(file, at, None, "too_many_cells", {"columns": len(header)}))
        table.rows.append((at, dict(zip(header, row, strict=False))))
    return table


def _header_problems(sheet: Sheet, file: str, row: int, header: tuple[str, ...]) -> Iterator[Problem]:
    columns = sheet.by_name if sheet.name == "sites" else sheet.by_name | {SITE.name: SITE}
    for name in dict.fromkeys(filter(None, header)):
        if name not in columns:
            close = "".join(get_close_matches(name, columns, 1))
            yield Problem(file, row, name, "unknown_column", {"close": close, "columns": ", ".join(columns)})
        elif header.count(name) > 1:
            yield Problem(file, row, name, "column_twice")
    for column in sheet.columns:
        if column.required and column.name not in header:
            yield Problem(file, row, column.name, "missing_column")


def _once(tables: Iterable[Table], problems: list[Problem]) -> Iterator[Table]:
    seen: dict[str, Table] = {}
    for table in tables:
        first = seen.setdefault(table.sheet.name, table)
        if first is table:
            yield table
        else:
            problems.append(Problem(table.file, None, None, "file_twice", {"other": first.file}))
