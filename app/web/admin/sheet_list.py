"""Lists of master data that are changed where they stand: searched, narrowed, sorted, exported, kept as views."""

from collections.abc import Iterator
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.queries import sheets as rows_of
from app.queries.sheets import Wish
from app.queries.views import views_of
from app.services import views
from app.services.importing import kinds as k
from app.services.importing.description import Column, Sheet
from app.services.importing.sheets import SHEETS
from app.web.admin import sheet_looks as looks
from app.web.admin.blueprint import pages
from app.web.admin.sheet_words import LABELS, cell_word, column_word
from app.web.download import as_csv, as_xlsx

_MOST_CHOICES = 300


def sheet_of(name: str) -> Sheet:
    """The description of a list that can be edited. Raises NotFound for any other name."""
    if name not in looks.EDITED:
        raise NotFound("table.unknown", name=name)
    return SHEETS[name]


def show(name: str) -> str:
    """The list."""
    sheet, wish = sheet_of(name), _wish(name)
    found = rows_of.page_of(db.session, identity().site_id, looks.look(name), wish)
    args = {key: value for key, value in request.args.items() if value and key != "page"}
    return render_template(
        "admin/sheet.html", name=name, label=LABELS[name], columns=_heads(sheet), found=found, wish=wish, args=args,
        rows=[_row(sheet, row) for row in found.rows], filters=_filters(sheet), can_retire="retired" in sheet.by_name,
        path=url_for("admin.table", name=name), bulk=_bulk_columns(sheet),
        kept=views_of(db.session, identity().user_id, "data/" + name),
        query=request.query_string.decode("ascii", "replace"),
    )  # fmt: skip


def _wish(name: str) -> Wish:
    args = request.args
    values: dict[str, Any] = {}
    for column in looks.columns_of(SHEETS[name]):
        text = args.get("f_" + column.name, "")
        if text:
            values[column.name] = text == "yes" if column.kind is k.flag else text
    page = args.get("page", "")
    return Wish(
        args.get("q", "").strip()[:64], values, args.get("sort", "")[:40],
        int(page) if page.isdecimal() and len(page) < 7 else 1,
    )  # fmt: skip


def _heads(sheet: Sheet) -> list[dict[str, Any]]:
    return [
        {"label": column_word(c.name), "key": c.name, "numeric": _is_number(c), "name": c.name}
        for c in looks.listed(sheet)
    ]


def _is_number(column: Column) -> bool:
    return column.name in {
        "position", "capacity", "people", "idle_min",
        "decimals", "tolerance_percent", "numerator", "denominator", "high", "low",
        "rate_permille", "on_delay_s", "dwell_s",
    }  # fmt: skip


def _row(sheet: Sheet, row: Any) -> dict[str, Any]:
    found = looks.texts(sheet, row, identity().zone)
    shown = [cell_word(found[c.name], bool(looks.words_of(c))) for c in looks.listed(sheet)]
    args = looks.key_args(sheet, found)
    key = " / ".join(args.values())
    url = url_for("admin.sheet_row", name=sheet.name, **args)
    return {"cells": shown, "key": key, "url": url, "retired": found.get("retired") == "yes", "args": args}


def _filters(sheet: Sheet) -> list[dict[str, Any]]:
    """A choice for each column that holds few words or refers to a short list."""
    found = []
    for column in looks.listed(sheet):
        options = options_of(column)
        if options and column.name not in ("code", "name"):
            name = "f_" + column.name
            chosen = request.args.get(name, "")
            found.append({"name": name, "label": column_word(column.name), "options": options, "value": chosen})
    return found


def options_of(column: Column) -> list[tuple[str, str]]:
    """What a cell may hold, when that is a short list: words, or codes with their names."""
    words = looks.words_of(column)
    if words:
        return [(word, cell_word(word, True)) for word in words]
    if not looks.is_reference(column):
        return []
    model = SHEETS[str(column.ref)].model
    codes = rows_of.codes_of(db.session, identity().site_id, model, _MOST_CHOICES + 1)
    return [(row.code, f"{row.code} {row.name or ''}".strip()) for row in codes] if len(codes) <= _MOST_CHOICES else []


def _bulk_columns(sheet: Sheet) -> list[tuple[str, str]]:
    return [(c.name, column_word(c.name)) for c in looks.columns_of(sheet) if c.name not in sheet.key]


@pages.get("/admin/data/<name>.csv")
@allow("admin")
def sheet_csv(name: str) -> ResponseReturnValue:
    """The list as it is narrowed, in the very form that the importer reads."""
    return as_csv(name, *_table(name))


@pages.get("/admin/data/<name>.xlsx")
@allow("admin")
def sheet_xlsx(name: str) -> ResponseReturnValue:
    """The same as a workbook."""
    return as_xlsx(name, name, *_table(name))


def _table(name: str) -> tuple[list[str], Iterator[list[str]]]:
    sheet = sheet_of(name)
    columns = [c.name for c in looks.columns_of(sheet)]
    site_id, zone, wish = identity().site_id, identity().zone, _wish(name)
    rows = rows_of.every(db.session, site_id, looks.look(name), wish)
    return columns, ([looks.texts(sheet, row, zone)[column] for column in columns] for row in rows)


@pages.post("/admin/data/<name>/views")
@allow("admin")
def sheet_view_keep(name: str) -> ResponseReturnValue:
    """Keep how the list is narrowed and sorted under a name."""
    sheet_of(name)
    who = identity()
    views.keep(who.site_id, who.user_id, "data/" + name, request.form.get("view", ""), request.form.get("query", ""),
               now_utc())  # fmt: skip
    return redirect(url_for("admin.table", name=name) + "?" + request.form.get("query", ""))


@pages.post("/admin/data/<name>/views/<int:view_id>/drop")
@allow("admin")
def sheet_view_drop(name: str, view_id: int) -> ResponseReturnValue:
    """Forget a view."""
    sheet_of(name)
    views.drop(identity().user_id, view_id)
    return redirect(url_for("admin.table", name=name))
