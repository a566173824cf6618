"""Rows that people type or paste, as the tables the importer reads."""

import csv
import io
from collections.abc import Mapping, Sequence

from app.services.importing.description import Sheet, Table
from app.services.importing.files import plain

FIRST_ROW = 2


def table_of(sheet: Sheet, rows: Sequence[Mapping[str, str]], columns: Sequence[str], site: str) -> Table:
    """A table of rows given by column; ``columns`` are those the rows speak of, the others stay as they are."""
    header = tuple(columns) if sheet.name == "sites" else (*columns, "site")
    numbered = [(at, {**row, "site": site}) for at, row in enumerate(rows, FIRST_ROW)]
    return Table(sheet, sheet.name, header, [(at, dict(row)) for at, row in numbered])


def pasted(sheet: Sheet, text: str, site: str) -> str:
    """What was copied out of a spreadsheet, as the text of a CSV file with a header.

    The first line is the header when it names columns of the sheet; else the columns stand in their order.
    """
    lines = [[plain(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=_delimiter(text))]
    lines = [row for row in lines if any(row)]
    names = list(sheet.by_name)
    first = ["_".join(cell.split()).casefold() for cell in lines[0]] if lines else []
    with_header = bool(set(first) & set(sheet.key)) and set(filter(None, first)) <= {*names, "site"}
    header = first if with_header else names[: max(map(len, lines), default=1)]
    return _as_csv(header, lines[1:] if with_header else lines, "" if sheet.name == "sites" else site)


def _delimiter(text: str) -> str:
    first = text.lstrip("\n").partition("\n")[0]
    return max("\t;,", key=first.count)


def _as_csv(header: list[str], rows: list[list[str]], site: str) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    extra = bool(site) and "site" not in header
    writer.writerow([*header, "site"] if extra else header)
    width = len(header)
    for row in rows:
        padded = [*row, *[""] * (width - len(row))]
        writer.writerow([*padded[:width], site, *padded[width:]] if extra else padded)
    return out.getvalue()
