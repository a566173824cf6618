"""Import by page: choose files, see what would change and all that is wrong, then write everything or nothing."""

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow
from app.db import db, now_utc
from app.errors import Conflict
from app.i18n import gettext as _
from app.services.importing import ImportResult, import_folder
from app.services.importing.words import sentence
from app.web.admin import uploads
from app.web.admin.blueprint import pages

_SHOWN = 200


@pages.get("/admin/import")
@allow("admin")
def importing() -> ResponseReturnValue:
    """The form."""
    return render_template("admin/import.html", result=None)


@pages.post("/admin/import")
@allow("admin")
def import_check() -> ResponseReturnValue:
    """Try the files without writing anything, and keep them for the next step."""
    uploads.drop(session.pop("import", ""))
    token = uploads.keep(request.files.getlist("files"))
    path = uploads.folder(token)
    assert path is not None  # noqa: S101 - it was made in the line above
    db.session.rollback()
    result = import_folder(path, actor(), now_utc(), dry_run=True)
    if result.problems:
        uploads.drop(token)
    else:
        session["import"] = token
    return _shown(result), 422 if result.problems else 200


@pages.post("/admin/import/write")
@allow("admin")
def import_write() -> ResponseReturnValue:
    """Write what was tried."""
    token = session.pop("import", "")
    path = uploads.folder(token)
    if path is None:
        raise Conflict("import.gone")
    db.session.rollback()
    result = import_folder(path, actor(), now_utc())
    uploads.drop(token)
    if result.problems:
        return _shown(result), 422
    flash(_("Imported: %(rows)s rows written.", rows=result.changed), "done")
    return redirect(url_for("admin.overview"))


def _shown(result: ImportResult) -> str:
    problems = [(problem, sentence(problem)) for problem in result.problems[:_SHOWN]]
    return render_template("admin/import.html", result=result, problems=problems,
                           hidden=max(0, len(result.problems) - _SHOWN))  # fmt: skip
