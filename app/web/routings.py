"""Routings to look at: the list, one item's process as a graph with its tables, its differences, as files."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, current_app, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db
from app.errors import NotFound
from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.models import Site
from app.queries import routings as look
from app.queries.instructions import file_of, place_of
from app.services.importing.sheets import ROUTING_SHEETS
from app.services.routings.reading import rows_of
from app.services.routings.rows import Rows, columns_of, differences, key_of
from app.web.download import as_csv
from app.web.routing_view import base_mark, item_of, lists, revision_of, shown, view_of
from app.web.routing_words import CHOICES, COLUMNS, SHEETS, STATUS

pages = Blueprint("routings", __name__)
ONLY = {
    "": lazy_gettext("All"), "draft": lazy_gettext("With a draft"),
    "none": lazy_gettext("Made here, without a routing"),
}  # fmt: skip


def _wish() -> tuple[str, str]:
    only = request.args.get("only", "")
    return request.args.get("q", "").strip()[:64], only if only in ONLY else ""


@pages.get("/engineering/routings")
@allow("engineering.view")
def listing() -> ResponseReturnValue:
    """The items that are made here, with their revision and draft."""
    text, only = _wish()
    page = request.args.get("page", "")
    number = int(page) if page.isdecimal() and len(page) < 7 else 1
    found = look.listed(db.session, identity().site_id, text, only, number)
    kept = {name: request.args[name] for name in ("q", "only") if request.args.get(name)}
    return render_template("routings/list.html", found=found, text=text, only=only, words=ONLY, args=kept,
                           path=url_for("routings.listing"))  # fmt: skip


@pages.get("/engineering/routings.csv")
@allow("engineering.view")
def listing_csv() -> ResponseReturnValue:
    """The same as a file, all pages."""
    head = [_("Item"), _("Name"), _("Revision"), _("Operations"), _("Draft"), _("Changed by")]
    rows = look.every(db.session, identity().site_id, *_wish())
    return as_csv("routings", head, (
        [row.code, named(row), row.revision or "", str(row.operations), row.draft or "", row.who or ""] for row in rows
    ))  # fmt: skip


@pages.get("/engineering/routings/<int:item_id>")
@allow("engineering.view")
def show(item_id: int) -> ResponseReturnValue:
    """How an item is made: graph, tables, checks, lead time."""
    view = view_of(item_id)
    tabs = [
        {"label": f"{row.revision} · {STATUS.get(row.status, row.status)}", "active": row.id == view.current.id,
         "url": url_for("routings.show", item_id=item_id, revision=row.revision)}
        for row in view.revisions
    ]  # fmt: skip
    return render_template(
        "routings/show.html", **shown(view), tabs=tabs, lists=lists() if view.can_edit else {},
        replaces=base_mark(item_id), running=look.running(db.session, item_id),
        approved=next((row for row in view.revisions if row.status == "approved"), None),
    )  # fmt: skip


@pages.get("/engineering/routings/<int:item_id>/work")
@allow("engineering.view")
def work(item_id: int) -> ResponseReturnValue:
    """The part of the page that follows a change."""
    return render_template("routings/_work.html", **shown(view_of(item_id)))


@pages.get("/engineering/routings/<int:item_id>/<sheet>.csv")
@allow("engineering.view")
def sheet_csv(item_id: int, sheet: str) -> ResponseReturnValue:
    """One of the tables, in the very form that the importer reads."""
    item = item_of(item_id)
    if sheet not in ROUTING_SHEETS:
        raise NotFound("table.unknown", name=sheet[:40])
    rows = _rows(item_id, request.args.get("revision", ""))[1][sheet]
    columns = columns_of(sheet)
    return as_csv(sheet, ["item", *columns], ([item.code, *(row[name] for name in columns)] for row in rows))


def _rows(item_id: int, name: str) -> tuple[Any, Rows]:
    row = revision_of(look.revisions(db.session, item_id), name)
    if row is not None and row.status == "draft":
        return row, look.draft_of(db.session, item_id).content
    return row, rows_of(db.session, row.id if row else None)


@pages.get("/engineering/routings/<int:item_id>/differences")
@allow("engineering.view")
def diff(item_id: int) -> ResponseReturnValue:
    """What two revisions do not share, row by row; by default the approved one and the draft."""
    item = item_of(item_id)
    found = look.revisions(db.session, item_id)
    usual = next((row.revision for row in found if row.status == "approved"), "")
    old, before = _rows(item_id, request.args.get("from") or usual)
    new, after = _rows(item_id, request.args.get("to", ""))
    return render_template("routings/diff.html", item=item, found=found, old=old, new=new, status=STATUS,
                           rows=list(_told(before, after)))  # fmt: skip


def _told(before: Rows, after: Rows) -> Iterator[dict[str, Any]]:
    for sheet, key, cells in differences(before, after):
        yield {
            "sheet": SHEETS[sheet], "key": " → ".join(str(CHOICES.get(part, part)) for part in key),
            "is_new": cells is not None and all(key_of(sheet, row) != key for row in before.get(sheet, [])),
            "cells": None if cells is None else [
                (COLUMNS.get(name, name), _cell(was), _cell(now)) for name, (was, now) in cells.items()
            ],
        }  # fmt: skip


def _cell(text: str) -> str:
    return str(CHOICES.get(text, text))


@pages.get("/engineering/routings/<int:item_id>/instruction")
@allow("engineering.view")
def instruction(item_id: int) -> ResponseReturnValue:
    """The picture or PDF of an operation."""
    item = item_of(item_id)
    site = db.session.get_one(Site, item.site_id)
    stem = place_of(current_app.config["HOME"], site.code, item.code, request.args.get("op", ""))
    file = file_of(stem) if stem else None
    if file is None:
        raise NotFound("code.unknown", text=request.args.get("op", "")[:40])
    return send_file(file, max_age=60)
