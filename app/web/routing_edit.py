"""Changing a routing: a draft is begun, changed in small steps, taken back, given up, approved."""

from typing import Any

from flask import Blueprint, current_app, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid
from app.i18n import gettext as _
from app.services import instruction_files
from app.services.routings import approving, drafts
from app.services.routings.drafts import Editor
from app.web.routing_view import item_of

pages = Blueprint("routing_edit", __name__)


def _by(item_id: int) -> Editor:
    who = identity()
    return Editor(who.site_id, item_id, who.user_id, actor())


@pages.post("/engineering/routings/<int:item_id>/draft")
@allow("engineering.edit")
def begin(item_id: int) -> ResponseReturnValue:
    """Begin a draft, or go to the one that is open."""
    drafts.open_draft(_by(item_id), now_utc())
    return redirect(url_for("routings.show", item_id=item_id))


@pages.post("/engineering/routings/<int:item_id>/change")
@allow("engineering.edit")
def change(item_id: int) -> ResponseReturnValue:
    """Changed cells, new rows and rows taken out, as one step: ``{"uuid", "version", "changes"}``."""
    asked = _asked()
    changes = asked.get("changes")
    if not isinstance(changes, list) or len(changes) > 100:
        raise Invalid("routing.unreadable")
    version = drafts.change(_by(item_id), asked["uuid"], asked["version"], changes, now_utc())
    return jsonify({"version": version})


@pages.post("/engineering/routings/<int:item_id>/undo")
@allow("engineering.edit")
def undo(item_id: int) -> ResponseReturnValue:
    """One step back, or forth again: ``{"uuid", "version", "forth"}``."""
    asked = _asked()
    version = drafts.undo(_by(item_id), asked["uuid"], asked["version"], now_utc(), bool(asked.get("forth")))
    return jsonify({"version": version})


def _asked() -> dict[str, Any]:
    asked = request.get_json(silent=True)
    if not isinstance(asked, dict) or not isinstance(asked.get("uuid"), str) or type(asked.get("version")) is not int:
        raise Invalid("routing.unreadable")
    return asked


@pages.post("/engineering/routings/<int:item_id>/discard")
@allow("engineering.edit")
def discard(item_id: int) -> ResponseReturnValue:
    """Give the draft up."""
    drafts.discard(_by(item_id), now_utc())
    flash(_("The draft is given up. The approved revision is as it was."), "done")
    return redirect(url_for("routings.show", item_id=item_id))


@pages.post("/engineering/routings/<int:item_id>/approve")
@allow("engineering.approve")
def approve(item_id: int) -> ResponseReturnValue:
    """Make the draft the revision that orders are released from."""
    item_of(item_id)
    db.session.rollback()
    version = request.form.get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 9 else 0
    revision = approving.approve(_by(item_id), number, request.form.get("replaces", ""), now_utc())
    flash(_("Revision %(revision)s is approved. Orders are released from it from now on.", revision=revision), "done")
    return redirect(url_for("routings.show", item_id=item_id))


@pages.post("/engineering/routings/<int:item_id>/instruction")
@allow("engineering.edit")
def instruction(item_id: int) -> ResponseReturnValue:
    """Put a picture or PDF as the instruction of an operation, or take it away."""
    item_of(item_id)
    db.session.rollback()
    operation, file, home = request.form.get("op", ""), request.files.get("file"), current_app.config["HOME"]
    place = (identity().site_id, item_id, operation)
    if request.form.get("remove"):
        instruction_files.remove(*place, home, actor(), now_utc())
        flash(_("The instruction of %(operation)s is taken away.", operation=operation), "done")
    else:
        content = file.stream.read(instruction_files.MOST_BYTES + 1) if file else b""
        instruction_files.put(*place, content, home, actor(), now_utc())
        flash(_("Stations show the new instruction of %(operation)s from now on.", operation=operation), "done")
    return redirect(url_for("routings.show", item_id=item_id, op=operation))
