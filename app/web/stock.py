"""Stock on the floor: what lies where, what is promised, what will be missing; receive, move, count, correct."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import NotFound, Refused
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.i18n import named
from app.queries import stock as look
from app.queries.known import calendar_of
from app.services import stock_keeping as keeping
from app.services.receiving import Receipt
from app.services.stock_keeping import Doer, Spot
from app.web.download import as_csv
from app.web.entry import Entry
from app.web.shell import moment
from app.words import sentence

pages = Blueprint("stock", __name__)
ONLY = {"": _l("All"), "below": _l("Below zero"), "expired": _l("Expired"), "held": _l("Held or in quarantine")}
KINDS = {"receipt": _l("Received"), "issue": _l("Used"), "produce": _l("Produced"), "scrap": _l("Scrapped"),
         "adjust": _l("Corrected"), "ship": _l("Shipped"), "transfer": _l("Moved")}  # fmt: skip
DEEDS = {"receive": _l("Receive"), "transfer": _l("Move"), "count": _l("Count"), "adjust": _l("Correct")}


def _today() -> date:
    return calendar_of(db.session, identity().site_id).shift_at(now_utc())[1]


@pages.get("/stock")
@allow("orders.view")
def listing() -> ResponseReturnValue:
    """Balances by item, lot and place."""
    args, page = request.args, request.args.get("page", "")
    only = args.get("only", "") if args.get("only", "") in ONLY else ""
    site_id, today = identity().site_id, _today()
    number = int(page) if page.isdecimal() and len(page) < 7 else 1
    found = look.balances(db.session, site_id, args.get("q", "").strip()[:64], only, today, number)
    kept = {name: args[name] for name in ("q", "only") if args.get(name)}
    return render_template(
        "stock/list.html", found=found, reserved=look.reserved(db.session, site_id), only=only, words=ONLY, args=kept,
        today=today, path=url_for("stock.listing"), text=args.get("q", ""), deeds=DEEDS,
    )  # fmt: skip


@pages.get("/stock/shortages")
@allow("orders.view")
def shortages() -> ResponseReturnValue:
    """What will be missing, for which operation and when."""
    return render_template("stock/shortages.html", rows=look.shortages(db.session, identity().site_id))


@pages.get("/stock/shortages.csv")
@allow("orders.view")
def shortages_csv() -> ResponseReturnValue:
    """The same as a file for the buyer."""
    head = [_("Item"), _("Name"), _("Missing"), _("Unit"), _("Needed at"), _("Order"), _("Process step")]
    rows = (
        [row.item.code, named(row.item), str(row.missing), row.item.unit, moment(row.needed_at), row.task.order_code,
         named(row.task)]
        for row in look.shortages(db.session, identity().site_id)
    )  # fmt: skip
    return as_csv("shortages", head, rows)


@pages.get("/stock/items/<int:item_id>")
@allow("orders.view")
def moves(item_id: int) -> ResponseReturnValue:
    """Every move behind a balance."""
    site_id = identity().site_id
    item = look.item_of(db.session, site_id, item_id)
    if item is None:
        raise NotFound("item.unknown", item=item_id)
    lot, place = (_number(request.args.get(name, "")) for name in ("lot", "location"))
    rows = look.moves(db.session, site_id, item_id, lot, place)
    return render_template("stock/moves.html", item=item, rows=rows, kinds=KINDS)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


@pages.get("/stock/book/<deed>")
@allow("stock.move")
def form(deed: str) -> ResponseReturnValue:
    """The form of a deed, filled from a row of the list when it was opened there."""
    _known(deed)
    return _form(deed, Entry(request.args, identity().zone), "")


@pages.post("/stock/book/<deed>")
@allow("stock.move")
def act(deed: str) -> ResponseReturnValue:
    """Do it, once for each form that was opened."""
    _known(deed)
    entry = Entry(request.form, identity().zone)
    try:
        _act(deed, entry)
    except Refused as error:
        return _form(deed, entry, sentence(error)), error.status
    flash(_("Booked."), "done")
    return redirect(url_for("stock.listing", q=entry.text("item")))


def _known(deed: str) -> None:
    if deed not in DEEDS:
        raise NotFound("table.unknown", name=deed[:40])


def _act(deed: str, entry: Entry) -> None:
    who, now = identity(), now_utc()
    amount = _amount(entry.text("quantity"))
    spot = Spot(entry.text("item"), entry.text("lot") or None, entry.text("location"))
    doer = Doer(who.site_id, who.user_id, entry.text("key") or uuid4().hex, actor(), now)
    if deed == "receive":
        wish = Receipt(
            spot.item, amount, spot.lot, spot.location or None, entry.text("supplier") or None,
            entry.text("supplier_lot") or None, _day(entry.text("expires_on")),
        )  # fmt: skip
        keeping.receive_once(wish, doer)
    elif deed == "transfer":
        keeping.transfer(spot, entry.text("to"), amount, doer)
    elif deed == "count":
        keeping.count(spot, amount, entry.text("reason") or _("Count"), doer)
    else:
        keeping.adjust(spot, amount, entry.text("reason"), doer)


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except ArithmeticError:
        return Decimal("NaN")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _form(deed: str, entry: Entry, refusal: str) -> str:
    places = [(row.code, f"{row.code} {named(row)}") for row in look.locations(db.session, identity().site_id)]
    fields: list[dict[str, Any]] = [
        entry.field("item", _("Item"), required=True, attrs={"autofocus": True, "maxlength": 64}),
        entry.field("lot", _("Lot"), attrs={"maxlength": 64}),
        entry.field("location", _("Place"), kind="select", options=places, required=True),
    ]
    if deed == "transfer":
        fields.append(entry.field("to", _("To"), kind="select", options=places, required=True))
    fields.append(entry.field("quantity", _quantity_word(deed), kind="number", required=True))
    if deed == "receive":
        fields += [
            entry.field("supplier", _("Supplier")), entry.field("supplier_lot", _("Supplier's lot")),
            entry.field("expires_on", _("Expires"), kind="date"),
        ]  # fmt: skip
    if deed in ("count", "adjust"):
        fields.append(entry.field("reason", _("Reason"), required=deed == "adjust", wide=True))
    key = entry.form.get("key") or uuid4().hex
    return render_template("stock/form.html", deed=deed, title=DEEDS[deed], fields=fields, key=key, refusal=refusal)


def _quantity_word(deed: str) -> str:
    words = {"count": _("What really lies there"), "adjust": _("More (or less with a minus)")}
    return words.get(deed, _("Quantity"))
