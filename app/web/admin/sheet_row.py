"""One row of master data: typed, changed, taken out of use; with where it is used and what happened to it."""

import hashlib
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import canonical, db, now_utc
from app.errors import NotFound
from app.i18n import gettext as _
from app.queries import sheets as rows_of
from app.queries.admin import Asked, log, site_code
from app.queries.order_detail import actor_names
from app.services.importing import import_tables, kinds, removing
from app.services.importing.description import Column, Sheet
from app.services.importing.sheets import SHEETS
from app.services.importing.typed import table_of
from app.services.importing.words import sentence
from app.web.admin import sheet_looks as looks
from app.web.admin.blueprint import pages
from app.web.admin.sheet_list import options_of, sheet_of
from app.web.admin.sheet_words import LABELS, TABLES, column_word
from app.web.telling import actor_word, told

_LONG = 200


@pages.get("/admin/data/<name>/new")
@allow("admin")
def sheet_new(name: str) -> ResponseReturnValue:
    """An empty form; a copy of a row when the address names one."""
    sheet = sheet_of(name)
    key = looks.key_values(sheet, request.args)
    found = _stored(sheet, key) if key else None
    values = {n: text for n, text in (found or _defaults(sheet)).items() if not found or n not in sheet.key}
    return _form(sheet, values, {}, None)


@pages.get("/admin/data/<name>/row")
@allow("admin")
def sheet_row(name: str) -> ResponseReturnValue:
    """The form of a stored row."""
    sheet = sheet_of(name)
    values = _stored(sheet, looks.key_values(sheet, request.args))
    return _form(sheet, values, {}, values)


@pages.post("/admin/data/<name>/new")
@allow("admin")
def sheet_create(name: str) -> ResponseReturnValue:
    """Make a row; one that exists already is refused, not changed."""
    sheet = sheet_of(name)
    values = _typed(sheet)
    key = looks.key_values(sheet, {"k_" + n: values[n] for n in sheet.key})
    if key and rows_of.one(db.session, identity().site_id, looks.look(name), key):
        wrong = {sheet.key[-1]: _("%(key)s is there already. Open it instead.", key=" / ".join(map(str, key.values())))}
        return _form(sheet, values, wrong, None), 422
    return _save(sheet, values, None)


@pages.post("/admin/data/<name>/row")
@allow("admin")
def sheet_change(name: str) -> ResponseReturnValue:
    """Change a row, unless somebody else did since the form was opened."""
    sheet = sheet_of(name)
    stored = _stored(sheet, looks.key_values(sheet, request.args))
    values = _typed(sheet) | {n: stored[n] for n in sheet.key}
    if request.form.get("seen") != _print(stored):
        return _form(sheet, values, _differences(values, stored), stored, changed=True), 409
    return _save(sheet, values, stored)


@pages.post("/admin/data/<name>/remove")
@allow("admin")
def sheet_remove(name: str) -> ResponseReturnValue:
    """Remove a row that nothing refers to and that cannot be retired."""
    sheet = sheet_of(name)
    key = looks.key_values(sheet, request.args)
    if key is None:
        raise NotFound("master.unknown", key="")
    removing.remove(identity().site_id, name, key, actor(), now_utc())
    flash(_("Removed."), "done")
    return redirect(url_for("admin.table", name=name))


def _save(sheet: Sheet, values: dict[str, str], stored: dict[str, str] | None) -> ResponseReturnValue:
    columns = [c.name for c in looks.columns_of(sheet)]
    site = site_code(db.session, identity().site_id)
    result = import_tables([table_of(sheet, [values], columns, site)], actor(), now_utc())
    if result.problems:
        wrong = {problem.column or "": sentence(problem) for problem in reversed(result.problems)}
        return _form(sheet, values, wrong, stored), 422
    flash(_("Saved.") if result.changed else _("Nothing changed."), "done")
    if request.form.get("again"):
        return redirect(url_for("admin.sheet_new", name=sheet.name))
    return redirect(url_for("admin.table", name=sheet.name))


def _stored(sheet: Sheet, key: dict[str, Any] | None) -> dict[str, str]:
    row = rows_of.one(db.session, identity().site_id, looks.look(sheet.name), key) if key else None
    if row is None:
        raise NotFound("master.unknown", key=" / ".join(map(str, (key or {}).values())))
    return looks.texts(sheet, row, identity().zone) | {"row_id": str(row.get("row_id", ""))}


def _typed(sheet: Sheet) -> dict[str, str]:
    return {c.name: request.form.get(c.name, "").strip() for c in looks.columns_of(sheet)}


def _defaults(sheet: Sheet) -> dict[str, str]:
    return looks.texts(sheet, {c.name: c.default for c in looks.columns_of(sheet)}, identity().zone)


def _print(stored: dict[str, str]) -> str:
    return hashlib.sha256(canonical(stored).encode()).hexdigest()[:16]


def _differences(values: dict[str, str], stored: dict[str, str]) -> dict[str, str]:
    """What somebody else wrote meanwhile, under each field that differs."""
    return {
        name: _("It says %(value)s now.", value=stored[name] or "–")
        for name, text in values.items()
        if stored.get(name) != text
    }


def _form(
    sheet: Sheet, values: dict[str, str], wrong: dict[str, str], stored: dict[str, str] | None, changed: bool = False
) -> str:  # fmt: skip
    fields = [_field(c, sheet, values, wrong, stored is not None) for c in looks.columns_of(sheet)]
    key = looks.key_args(sheet, stored) if stored else {}
    row_id = int(stored["row_id"]) if stored and stored.get("row_id") else None
    return render_template(
        "admin/sheet_row.html", name=sheet.name, label=LABELS[sheet.name], fields=fields, key=key, wrong=wrong.get(""),
        title=" / ".join(key.values()), seen=_print(stored) if stored else "", changed=changed,
        removable="retired" not in sheet.by_name, uses=_uses(sheet, row_id), history=_history(sheet, row_id),
    )  # fmt: skip


def _field(
    column: Column, sheet: Sheet, values: dict[str, str], wrong: dict[str, str], is_stored: bool
) -> dict[str, Any]:
    options = options_of(column)
    value = values.get(column.name, "")
    if options and value and value not in dict(options):
        options = [(value, value), *options]  # a retired one stays what it is until it is changed
    kind = "select" if options else "date" if column.kind is kinds.day else "text"
    locked = is_stored and column.name in sheet.key
    field: dict[str, Any] = {
        "name": column.name, "label": column_word(column.name), "kind": kind, "value": value, "options": options,
        "error": wrong.get(column.name), "required": column.required, "attrs": {"maxlength": _LONG * 10},
    }  # fmt: skip
    if locked:
        field |= {"kind": "text", "attrs": {"readonly": True}, "hint": _("It is printed on labels, so it stays.")}
    return field


def _uses(sheet: Sheet, row_id: int | None) -> list[tuple[str, str]]:
    if row_id is None:
        return []
    found = rows_of.uses(db.session, SHEETS[sheet.name].model, row_id)
    return [(str(TABLES.get(use.table, use.table)), f"{use.count}{'+' if use.count >= 1000 else ''}") for use in found]


def _history(sheet: Sheet, row_id: int | None) -> list[dict[str, Any]]:
    if row_id is None:
        return []
    rows, _older = log(db.session, identity().site_id, Asked(subject_type=sheet.name, subject_id=row_id))
    names = actor_names(db.session, {row.event.actor for row in rows})
    return [
        {"at": row.event.occurred_at, "who": actor_word(row.event.actor, names),
         "words": told(row.event.topic, row.data),
         "changes": [(column_word(n), *pair) for n, pair in row.data.get("changed", {}).items()]}
        for row in rows
    ]  # fmt: skip
