"""All items that are made of something, with their revisions."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db
from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.queries import boms as look
from app.web.boms.blueprint import SUPPLY, pages
from app.web.download import as_csv

ONLY = {
    "": lazy_gettext("All"),
    "draft": lazy_gettext("With a draft"),
    "none": lazy_gettext("Made here, without a bill"),
}


def _wish() -> tuple[str, str]:
    only = request.args.get("only", "")
    return request.args.get("q", "").strip()[:64], only if only in ONLY else ""


@pages.get("/engineering/boms")
@allow("engineering.view")
def listing() -> ResponseReturnValue:
    """The items with a bill of material, and those that should have one."""
    text, only = _wish()
    page = request.args.get("page", "")
    number = int(page) if page.isdecimal() and len(page) < 7 else 1
    found = look.listed(db.session, identity().site_id, text, only, number)
    kept = {name: request.args[name] for name in ("q", "only") if request.args.get(name)}
    return render_template("boms/list.html", found=found, text=text, only=only, words=ONLY, supply=SUPPLY, args=kept,
                           path=url_for("boms.listing"))  # fmt: skip


@pages.get("/engineering/boms.csv")
@allow("engineering.view")
def listing_csv() -> ResponseReturnValue:
    """The same as a file, all pages."""
    head = [_("Item"), _("Name"), _("Supply"), _("Revision"), _("Positions"), _("Draft"), _("Used in")]
    return as_csv("boms", head, (_cells(row) for row in look.every(db.session, identity().site_id, *_wish())))


def _cells(row: Any) -> list[str]:
    return [row.code, named(row), str(SUPPLY[row.supply]), row.revision or "", str(row.lines), row.draft or "",
            str(row.used_in)]  # fmt: skip
