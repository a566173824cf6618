"""Find anything from any page: by Ctrl K or by a scan. Exactly one thing is opened at once."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db
from app.errors import NotFound, Refused
from app.i18n import lazy_gettext as _
from app.queries.codes import Found, resolve
from app.queries.find import Hit, find
from app.web.station import address

pages = Blueprint("find", __name__)
# What somebody may find follows from what they may see.
_SEEN_WITH = {
    "order": "orders.view", "unit": "trace.view", "lot": "trace.view", "station": "station.use", "item": "orders.view",
    "person": "lead.act", "task": "orders.view",
}  # fmt: skip
KINDS = {
    "order": _("Order"), "unit": _("Unit"), "lot": _("Lot"), "station": _("Station"), "item": _("Item"),
    "person": _("Person"),
}  # fmt: skip
_SHOWN = ("order", "task", "unit", "lot", "station")


@pages.get("/find")
@allow("account")
def found() -> ResponseReturnValue:
    """Open what was meant when it is one thing, else list what it may be."""
    text = request.args.get("q", "").strip()[:200]
    kinds = frozenset(kind for kind, permission in _SEEN_WITH.items() if identity().may(permission))
    why: Refused | None = None
    try:
        code = resolve(db.session, identity().site_id, text) if text else None
    except Refused as refusal:
        code, why = None, refusal
    if code is not None and code.kind in kinds and code.kind in _SHOWN and not code.others:
        return redirect(address(code))
    hits = find(db.session, identity().site_id, text, kinds)
    if len(hits) == 1 and (goal := _address(hits[0])):
        return redirect(goal)
    told = why if why is not None and why.code == "code.damaged" and not hits else None
    rows = [(hit, KINDS[hit.kind], _address(hit)) for hit in hits]
    return render_template("station/find.html", text=text, find_text=text, rows=rows, refusal=told)


def _address(hit: Hit) -> str | None:
    if hit.kind == "item":
        return f"{request.script_root}/orders?q={hit.code}"
    try:
        return address(Found(hit.kind, hit.id, hit.code))
    except NotFound:
        return None
