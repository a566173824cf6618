"""Tables as files to keep: CSV that every spreadsheet opens, and Excel workbooks. No cell can become a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from flask import Response, stream_with_context

from app.formula import is_number, safe

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CLEAR = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def as_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A CSV file, sent while it is read; the mark in front tells Excel that it is UTF-8."""
    answer = Response(stream_with_context(_lines(header, rows)), mimetype="text/csv")
    return _named(answer, name + ".csv")


def _lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "\ufeff" + _line(header)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([safe(cell) for cell in cells])
    return out.getvalue()


def as_xlsx(name: str, sheet: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A workbook of one sheet with a fixed head; every cell is text or a number."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet(sheet[:31])
    page.freeze_panes = "A2"
    page.append(list(header))
    for row in rows:
        page.append([_cell(text) for text in row])
    out = io.BytesIO()
    book.save(out)
    return _named(Response(out.getvalue(), mimetype=_XLSX), name + ".xlsx")


def _cell(text: str) -> str | int | float:
    if is_number(text) and len(text) < 16 and not re.match(r"[+-]?0\d", text) and text[0] != "+":
        return float(text) if "." in text else int(text)
    return safe(_CLEAR.sub("", text))


def _named(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
