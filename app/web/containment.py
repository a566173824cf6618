"""Containment from a trace: what it reaches, the one action that holds it, and the recall list with customers."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.queries import quality as looked
from app.queries.containment import affected, recalls
from app.queries.trace import Node, genealogy, thing
from app.queries.trace_things import things
from app.services import containment
from app.web.trace_tables import Cell, Line, Table, address, as_csv, linked, text, things_table
from app.web.trace_view import KINDS, label

pages = Blueprint("containment", __name__)
SHOWN = 500
RECALLS: dict[str, LazyString] = {
    "open": lazy_gettext("To be informed"), "informed": lazy_gettext("Customer informed"),
    "returned": lazy_gettext("Returned"),
}  # fmt: skip


def _root(source: Any) -> Any:
    kind, key = source.get("kind", ""), source.get("id", "")
    known = kind in KINDS and (kind == "customer" or (key.isdecimal() and len(key) < 19))
    if not known or not key:
        raise NotFound("code.unknown", text=f"{kind} {key}"[:80])
    node = Node(kind, key[:64] if kind == "customer" else int(key))
    return genealogy(db.session, identity().site_id, thing(db.session, identity().site_id, node))


@pages.get("/trace/contain")
@allow("quality.edit")
def preview() -> ResponseReturnValue:
    """What containing a thing reaches, before it is done."""
    site_id, found = identity().site_id, _root(request.args)
    what = affected(db.session, site_id, found)
    nodes = [Node(kind, key) for kind, keys in (("lot", what.lots), ("task", what.tasks), ("unit", what.units),
                                                ("unit", what.away)) for key in keys]  # fmt: skip
    known = things(db.session, site_id, nodes[:SHOWN])
    table = things_table("affected", _("Affected"), [known[node] for node in nodes[:SHOWN] if node in known])
    return render_template(
        "containment/preview.html", root=found.root, label=label(found.root), what=what, table=table, address=address,
        more=len(nodes) > SHOWN, reasons=looked.reasons(db.session, site_id, "hold"),
    )  # fmt: skip


@pages.post("/trace/contain")
@allow("quality.edit")
def contain() -> ResponseReturnValue:
    """Hold all of it in one action."""
    site_id = identity().site_id
    what = affected(db.session, site_id, _root(request.form))
    reason = request.form.get("reason", "")
    row_id = containment.contain(site_id, what, request.form.get("title", ""),
                                 int(reason) if reason.isdecimal() and len(reason) < 19 else None,
                                 identity().user_id, actor(), now_utc())  # fmt: skip
    flash(_("Everything affected is held now. Somebody else has to release it."), "done")
    return redirect(url_for("quality.case", row_id=row_id))


@pages.post("/quality/recalls/<int:recall_id>")
@allow("quality.edit")
def move(recall_id: int) -> ResponseReturnValue:
    """Say that a customer was informed, or that the unit came back."""
    site_id = identity().site_id
    case_id = containment.move_recall(site_id, recall_id, request.form.get("status", ""), identity().user_id, actor(),
                                      now_utc())  # fmt: skip
    return redirect(url_for("quality.case", row_id=case_id) + "#recall")


@pages.get("/quality/nonconformances/<int:row_id>/recall.csv")
@allow("export")
def export(row_id: int) -> Response:
    """The recall list as CSV, for whoever calls the customers."""
    case = looked.case(db.session, identity().site_id, row_id)
    lines = [
        Line((text(row.customer_ref), text(row.customer_order), linked(row.serial, "unit", row.unit_id),
              text(row.item.code), text(named(row.item)), Cell(row.shipped_at.isoformat() if row.shipped_at else ""),
              text(RECALLS[row.status])))
        for row in recalls(db.session, identity().site_id, row_id)
    ]  # fmt: skip
    columns = (_("Customer"), _("Customer's order"), _("Unit"), _("Item"), _("Name"), _("Shipped"), _("Recall"))
    return as_csv(Table("recall", _("Recall list"), columns, lines), case.code)


__all__ = ["RECALLS", "pages"]
