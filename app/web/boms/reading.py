"""What a bill of material tells: differences of revisions, where an item is used, what a quantity needs."""

from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import allow
from app.db import db
from app.errors import Invalid
from app.i18n import gettext as _
from app.i18n import named
from app.queries import bom_drafts as look
from app.queries import bom_needs
from app.services import bom_revisions
from app.web.boms.blueprint import SUPPLY, labels, pages
from app.web.boms.editor import author, clock, item_of, shown_of, typed_rows
from app.web.download import as_csv
from bom.differences import differences
from bom.errors import BomError


@pages.get("/engineering/boms/<int:item_id>/changes")
@allow("engineering.view")
def changes(item_id: int) -> ResponseReturnValue:
    """What differs between two revisions; at first between the newest and the one before."""
    item = item_of(item_id)
    found = look.revisions(db.session, item.site_id, item_id)
    after = shown_of(found, request.args.get("after", ""))
    older = [row for row in found if after is not None and row.id < after.id]
    before = next((row for row in found if str(row.id) == request.args.get("before", "")), next(iter(older), None))
    told = []
    if before is not None and after is not None:
        told = list(differences(*([dict(each.cells) for _at, each in typed_rows(row)] for row in (before, after))))
    return render_template("boms/changes.html", item=item, revisions=found, before=before, after=after, told=told,
                           labels=labels())  # fmt: skip


@pages.get("/engineering/boms/<int:item_id>/used")
@allow("engineering.view")
def used(item_id: int) -> ResponseReturnValue:
    """Everything an item goes into, and the bills in which another one could take its place."""
    item = item_of(item_id)
    found = look.used_in(db.session, item, clock().today)
    known = look.components(db.session, item.site_id, (use.item for use, _line in found))
    wanted = request.args.get("with", "").strip()[:64]
    session = db.session()
    places = bom_revisions.places(session, item.site_id, item.code) if wanted else []
    other = look.components(session, item.site_id, [wanted]).get(wanted) if wanted else None
    return render_template("boms/used.html", item=item, found=found, known=known, wanted=wanted, places=places,
                           other=other)  # fmt: skip


@pages.post("/engineering/boms/<int:item_id>/replace")
@allow("engineering.edit")
def replace(item_id: int) -> ResponseReturnValue:
    """Write another component in the place of the item, in a draft of every chosen bill."""
    item = item_of(item_id)
    wanted = [int(text) for text in request.form.getlist("place") if text.isdecimal() and len(text) < 18]
    if not wanted:
        raise Invalid("value.missing", field=_("Bill of material"))
    made = bom_revisions.replace_everywhere(item.code, request.form.get("with", "").strip(), wanted, author())
    flash(_("%(count)s drafts were changed. Each of them waits for its approval.", count=made), "done")
    return redirect(url_for("boms.listing", only="draft"))


@pages.get("/engineering/boms/<int:item_id>/needs")
@allow("engineering.view")
def needs(item_id: int) -> ResponseReturnValue:
    """What a quantity of the item needs on a day, and what of it is missing."""
    item = item_of(item_id)
    quantity, on, wrong, rows = Decimal(1), clock().today, "", []
    try:
        quantity, on = _wish()
        rows = bom_needs.needs(db.session, item.site_id, item, Fraction(quantity), on)
    except (InvalidOperation, ValueError):
        wrong = _("Enter a quantity above zero and a day.")
    except BomError as error:
        wrong = str(error)
    if request.args.get("format") == "csv":
        return _file(item, rows)
    return render_template("boms/needs.html", item=item, quantity=quantity, on=on, rows=rows, wrong=wrong,
                           supply=SUPPLY)  # fmt: skip


def _wish() -> tuple[Decimal, date]:
    quantity = Decimal(request.args.get("quantity", "1").replace(",", ".") or "1")
    if not quantity.is_finite() or not 0 < quantity <= 10**9 or len(str(quantity)) > 20:
        raise ValueError
    text = request.args.get("on", "")
    return quantity, date.fromisoformat(text) if text else clock().today


def _file(item: Any, rows: list[Any]) -> ResponseReturnValue:
    head = [_("Item"), _("Name"), _("Supply"), _("Level"), _("Needed"), _("In stock"), _("Promised"), _("Missing"),
            _("Unit")]  # fmt: skip
    return as_csv(f"needs-{item.code}", head, (
        [row.item.code, named(row.item), str(SUPPLY[row.item.supply]), str(row.level), *map(str, row[2:]),
         row.item.unit] for row in rows
    ))  # fmt: skip
