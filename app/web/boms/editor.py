"""The bill of an item as a grid: looked at, written in its draft, pasted from a sheet, approved."""

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Conflict, Invalid, NotFound
from app.i18n import gettext as _
from app.i18n import named
from app.queries import bom_drafts as look
from app.services import bom_drafts, bom_revisions
from app.services.bom_checks import checked
from app.services.bom_drafts import STEP, Author, PasteRefused
from app.services.bom_reading import ORDER, Typed, Wrong, site_clock, texts_of
from app.services.importing.problems import Problem
from app.services.importing.words import sentence
from app.web.boms.blueprint import SUPPLY, heads, labels, pages
from app.web.download import as_csv


def author() -> Author:
    """Who is signed in, now."""
    who = identity()
    return Author(who.site_id, who.user_id or 0, actor(), now_utc())


def clock() -> Any:
    """The clock of the site."""
    return site_clock(now_utc(), identity().zone)


def item_of(item_id: int) -> Any:
    """The item of a page; NotFound for one of another site."""
    return bom_drafts.item_of(db.session(), identity().site_id, item_id)


def shown_of(found: list[Any], wanted: str) -> Any | None:
    """The revision to show: the one asked for, else the draft, else what counts."""
    chosen = next((row for row in found if str(row.id) == wanted), None)
    for status in ("draft", "approved"):
        chosen = chosen or next((row for row in found if row.status == status), None)
    return chosen or next(iter(found), None)


@pages.get("/engineering/boms/<int:item_id>")
@allow("engineering.view")
def show(item_id: int) -> ResponseReturnValue:
    """The bill of an item: its draft when there is one, or the revision asked for."""
    item = item_of(item_id)
    found = look.revisions(db.session, item.site_id, item_id)
    row = shown_of(found, request.args.get("revision", ""))
    draft = next((each for each in found if each.status == "draft"), None)
    return render_template(
        "boms/show.html", item=item, revisions=found, row=row, draft=draft, labels=labels(), order=ORDER,
        operations=look.operations(db.session, item_id), step=STEP,
    )  # fmt: skip


@pages.get("/engineering/boms/<int:item_id>/rows.json")
@allow("engineering.view")
def rows_json(item_id: int) -> ResponseReturnValue:
    """The rows of a revision for the grid, with what their components are and what is wrong."""
    item = item_of(item_id)
    found = look.revisions(db.session, item.site_id, item_id)
    if request.args.get("approved"):  # what stands below a component is what counts, not somebody's draft
        found = [row for row in found if row.status == "approved"]
    row = shown_of(found, request.args.get("revision", ""))
    if row is None:
        return jsonify(rows=[], known={}, wrong=[], version=0)
    return jsonify(_picture(item, row))


def typed_rows(row: Any) -> list[tuple[int, Typed]]:
    """The rows of a revision as texts, with their positions."""
    if row.status == "draft":
        return [(each.position, Typed(each.key, each.cells)) for each in look.draft_rows(db.session, row.id)]
    return [(each.position, Typed(str(each.id), texts_of(each, each.code))) for each in look.lines(db.session, row.id)]


def _picture(item: Any, row: Any) -> dict[str, Any]:
    rows = typed_rows(row)
    _read, wrong, known = checked(db.session(), item, (each for _position, each in rows), clock())
    return {
        "rows": [{"key": each.key, "position": position, "cells": dict(each.cells)} for position, each in rows],
        "known": {code: _component(found) for code, found in known.items()},
        "wrong": [_told(fault) for fault in wrong] if row.status == "draft" else [],
        "version": row.version,
    }  # fmt: skip


def _component(found: Any) -> dict[str, Any]:
    return {"id": found.id, "name": named(found), "supply": str(SUPPLY[found.supply]), "unit": found.unit,
            "revision": found.revision or ""}  # fmt: skip


def _told(fault: Wrong, row: int | None = None) -> dict[str, Any]:
    said = sentence(Problem("", row, fault.column, fault.code, fault.values))
    return {"key": fault.key, "column": fault.column or "component", "text": said}


@pages.post("/engineering/boms/<int:item_id>/draft")
@allow("engineering.edit")
def begin(item_id: int) -> ResponseReturnValue:
    """Begin the draft of an item, or go to the one there is."""
    bom_drafts.open_draft(item_id, author())
    return redirect(url_for("boms.show", item_id=item_id))


@pages.post("/engineering/boms/drafts/<int:bom_id>/rows")
@allow("engineering.edit")
def save(bom_id: int) -> ResponseReturnValue:
    """Save the rows that were changed; the answer tells what is wrong with the draft now."""
    sent = _sent()
    version = bom_drafts.save(bom_id, sent["version"], sent["key"], sent["changed"], sent["removed"], author())
    row = _draft(bom_id)
    found = _picture(item_of(row.item_id), row)
    return jsonify(version=version, known=found["known"], wrong=found["wrong"])


@pages.post("/engineering/boms/drafts/<int:bom_id>/paste")
@allow("engineering.edit")
def paste(bom_id: int) -> ResponseReturnValue:
    """Add the rows of a sheet: all of them, or none with every fault named by row and column."""
    sent, words = _sent(), labels()
    try:
        added = bom_drafts.paste(
            bom_id, sent["version"], sent["key"], str(sent.get("text", "")), heads(), clock(), author()
        )
    except PasteRefused as error:
        wrong = [
            {"row": number, "column": str(words[fault.column or "component"]), "text": _told(fault, number)["text"]}
            for number, fault in error.wrong[:200]
        ]  # fmt: skip
        return jsonify(wrong=wrong, count=len(error.wrong)), 422
    return jsonify(added=added)


def _sent() -> dict[str, Any]:
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict) or not isinstance(sent.get("version"), int):
        raise Invalid("value.missing", field="version")
    key, changed, removed = sent.get("key"), sent.get("changed", {}), sent.get("removed", [])
    if not isinstance(key, str) or not 0 < len(key) <= 64:
        raise Invalid("value.missing", field="key")
    if not isinstance(changed, dict) or not isinstance(removed, list) or not all(map(_is_row, changed.values())):
        raise Invalid("value.wrong", field="rows", value="")
    return sent | {"changed": changed, "removed": [str(each) for each in removed]}


def _is_row(row: Any) -> bool:
    position = row.get("position") if isinstance(row, dict) else None
    return isinstance(position, int) and abs(position) < 2**31 and isinstance(row.get("cells"), dict)


def _draft(bom_id: int) -> Any:
    row = db.session.get(bom_drafts.Bom, bom_id)
    if row is None or row.site_id != identity().site_id:
        raise NotFound("bom.unknown", bom=bom_id)
    return row


@pages.post("/engineering/boms/drafts/<int:bom_id>/<deed>")
@allow("engineering.edit")
def act(bom_id: int, deed: str) -> ResponseReturnValue:
    """Give the draft up, or copy the lines of another item into it."""
    item_id, version = _draft(bom_id).item_id, _version()
    if deed == "discard":
        bom_drafts.discard(bom_id, version, author())
        flash(_("The draft was given up."), "done")
    elif deed == "copy":
        count = bom_drafts.copy_from(bom_id, version, request.form.get("code", ""), author())
        flash(_("%(count)s lines were copied.", count=count), "done")
    else:
        raise NotFound("table.unknown", name=deed[:40])
    return redirect(url_for("boms.show", item_id=item_id))


@pages.post("/engineering/boms/drafts/<int:bom_id>/approve")
@allow("engineering.approve")
def approve(bom_id: int) -> ResponseReturnValue:
    """Make the draft the revision that orders are released from."""
    item_id = _draft(bom_id).item_id
    bom_revisions.approve(bom_id, _version(), clock(), author())
    flash(_("Approved. The next order is released from this revision; released orders keep theirs."), "done")
    return redirect(url_for("boms.show", item_id=item_id))


@pages.post("/engineering/boms/revisions/<int:bom_id>/retire")
@allow("engineering.approve")
def retire(bom_id: int) -> ResponseReturnValue:
    """Take the approved revision out of use."""
    item_id = _draft(bom_id).item_id
    bom_revisions.retire(bom_id, author())
    flash(_("The revision is out of use. Nothing is released from it any more."), "done")
    return redirect(url_for("boms.show", item_id=item_id, revision=bom_id))


def _version() -> int:
    text = request.form.get("version", "")
    if not text.isdecimal() or len(text) > 9:
        raise Conflict("bom.seen")
    return int(text)


@pages.get("/engineering/boms/<int:item_id>/lines.csv")
@allow("engineering.view")
def lines_csv(item_id: int) -> ResponseReturnValue:
    """The lines of a revision as a file that can be pasted back."""
    item = item_of(item_id)
    row = shown_of(look.revisions(db.session, item.site_id, item_id), request.args.get("revision", ""))
    rows = typed_rows(row) if row else []
    known = look.components(db.session, item.site_id, (each.cells["component"] for _at, each in rows))
    words = labels()
    head = [str(words["component"]), _("Name"), *(str(words[name]) for name in ORDER[1:])]
    cells = (
        [each.cells["component"], named(known[each.cells["component"]]) if each.cells["component"] in known else "",
         *(each.cells[name] for name in ORDER[1:])]
        for _at, each in rows
    )  # fmt: skip
    return as_csv(f"bom-{item.code}", head, cells)
