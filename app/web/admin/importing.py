"""Import by page: choose files, see what would change and all that is wrong, then write everything or nothing."""

from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow
from app.db import db, now_utc
from app.errors import Conflict
from app.i18n import gettext as _
from app.services.importing import Change, ImportResult, import_folder
from app.services.importing.words import sentence
from app.web.admin import uploads
from app.web.admin.blueprint import pages
from app.web.admin.sheet_words import LABELS, column_word

_SHOWN = 200


@pages.get("/admin/import")
@allow("admin")
def importing() -> ResponseReturnValue:
    """The form."""
    return render_template("admin/import.html", result=None, changes=[], back=url_for("admin.overview"))


@pages.post("/admin/import")
@allow("admin")
def import_check() -> ResponseReturnValue:
    """Try the files without writing anything, and keep them for the next step."""
    return _tried(uploads.keep(request.files.getlist("files")), url_for("admin.overview"))


def try_text(name: str, text: str, back: str) -> ResponseReturnValue:
    """Try rows that were pasted or made here as a file of that name; ``back`` is where the answer leads afterwards."""
    return _tried(uploads.keep_text(name + ".csv", text), back)


def _tried(token: str, back: str) -> ResponseReturnValue:
    uploads.drop(session.pop("import", ""))
    path = uploads.folder(token)
    assert path is not None  # noqa: S101 - it was just made
    db.session.rollback()
    result = import_folder(path, actor(), now_utc(), dry_run=True)
    if result.problems:
        uploads.drop(token)
    else:
        session["import"], session["import_back"] = token, back
    return _shown(result, back), 422 if result.problems else 200


@pages.post("/admin/import/write")
@allow("admin")
def import_write() -> ResponseReturnValue:
    """Write what was tried."""
    token, back = session.pop("import", ""), session.pop("import_back", url_for("admin.overview"))
    path = uploads.folder(token)
    if path is None:
        raise Conflict("import.gone")
    db.session.rollback()
    result = import_folder(path, actor(), now_utc())
    uploads.drop(token)
    if result.problems:
        return _shown(result, back), 422
    flash(_("Imported: %(rows)s rows written.", rows=result.changed), "done")
    return redirect(back)


def _shown(result: ImportResult, back: str) -> str:
    problems = [(problem, sentence(problem)) for problem in result.problems[:_SHOWN]]
    return render_template(
        "admin/import.html", result=result, problems=problems, hidden=max(0, len(result.problems) - _SHOWN),
        changes=[_told(change) for change in result.changes[:_SHOWN]], more=max(0, result.changed - _SHOWN), back=back,
    )  # fmt: skip


def _told(change: Change) -> dict[str, Any]:
    """A row that differs: what it is, and each cell before and after."""
    before = change.before or {}
    cells = [(column_word(name), before.get(name, ""), text) for name, text in change.after.items()]
    name = LABELS.get(change.sheet, change.sheet)
    return {"table": name, "key": " / ".join(filter(None, change.key)), "is_new": change.before is None, "cells": cells}
