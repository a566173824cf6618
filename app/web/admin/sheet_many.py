"""Many rows at once: pasted out of a spreadsheet, read from a file, or one value for all that are chosen.

Each way ends in a file of the importer, which is tried, shown with every difference, and written when confirmed.
"""

import csv
import io
import json
from collections.abc import Iterable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db
from app.errors import Invalid, NotFound
from app.queries import sheets as rows_of
from app.queries.admin import site_code
from app.services.importing.description import Sheet
from app.services.importing.sheets import SHEETS
from app.services.importing.typed import pasted
from app.web.admin import sheet_looks as looks
from app.web.admin.blueprint import pages
from app.web.admin.importing import try_text
from app.web.admin.sheet_list import sheet_of
from app.web.admin.sheet_words import LABELS, column_word

_MOST_CHOSEN = 2000


@pages.get("/admin/data/<name>/paste")
@allow("admin")
def sheet_paste(name: str) -> ResponseReturnValue:
    """Where rows are pasted; the columns are told with what they may hold."""
    sheet = _any_sheet(name)
    columns = [
        {"name": c.name, "label": column_word(c.name), "required": c.required, "words": ", ".join(looks.words_of(c)),
         "key": c.name in sheet.key}
        for c in sheet.columns
    ]  # fmt: skip
    return render_template("admin/sheet_paste.html", name=name, label=LABELS.get(name, name), columns=columns)


@pages.post("/admin/data/<name>/paste")
@allow("admin")
def sheet_paste_check(name: str) -> ResponseReturnValue:
    """Try what was pasted."""
    sheet = _any_sheet(name)
    text = request.form.get("rows", "")
    if not text.strip():
        raise Invalid("value.missing", field="rows")
    back = url_for("admin.table", name=name) if name in looks.EDITED else url_for("admin.tables")
    return try_text(name, pasted(sheet, text, site_code(db.session, identity().site_id)), back)


@pages.post("/admin/data/<name>/bulk")
@allow("admin")
def sheet_bulk(name: str) -> ResponseReturnValue:
    """Give the chosen rows one value in one column."""
    sheet = sheet_of(name)
    column = request.form.get("column", "")
    chosen = request.form.getlist("rows")[:_MOST_CHOSEN]
    back = request.form.get("back", "")
    if column not in sheet.by_name or column in sheet.key or not chosen:
        return redirect(url_for("admin.table", name=name))
    rows = _with_value(name, chosen, column, request.form.get("value", "").strip())
    return try_text(name, rows, url_for("admin.table", name=name) + ("?" + back if back else ""))


def _with_value(name: str, chosen: Iterable[str], column: str, value: str) -> str:
    sheet, site_id = SHEETS[name], identity().site_id
    columns = [c.name for c in looks.columns_of(sheet)]
    site = site_code(db.session, site_id)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [*columns, "site"], extrasaction="ignore")
    writer.writeheader()
    for text in chosen:
        key = looks.key_values(sheet, _key_of(text))
        row = rows_of.one(db.session, site_id, looks.look(name), key) if key else None
        if row is not None:
            writer.writerow(looks.texts(sheet, row, identity().zone) | {column: value, "site": site})
    return out.getvalue()


def _key_of(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _any_sheet(name: str) -> Sheet:
    if name not in SHEETS:
        raise NotFound("table.unknown", name=name)
    return SHEETS[name]
