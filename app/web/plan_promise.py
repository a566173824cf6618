"""Promise a date: item and quantity in, the earliest date out, while the customer waits on the telephone."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.errors import Refused
from app.i18n import gettext as _
from app.queries import plan_board, plan_promise
from app.queries.shifts import calendar
from app.web.plan import short_time
from app.words import sentence

pages = Blueprint("plan_promise", __name__)


@pages.get("/plan/promise")
@allow("plan.view")
def show() -> ResponseReturnValue:
    """The form, and the answer when something is asked; nothing is written."""
    site_id, item = identity().site_id, request.args.get("item", "").strip()[:64]
    quantity, due = request.args.get("quantity", "").strip()[:20], request.args.get("due", "")[:16]
    found, problem = None, ""
    if item or quantity:
        try:
            found = plan_promise.promised(db.session, site_id, item, _quantity(quantity), _due(due), now_utc())
        except ValueError:
            problem = _("Enter a quantity greater than zero.")
        except Refused as error:
            problem = sentence(error)
    names: Any = plan_board.names(db.session, site_id, set(), set())
    return render_template("plan/promise.html", item=item, quantity=quantity, due=due, found=found, problem=problem,
                           stations=names.stations, items=plan_board.made_items(db.session, site_id),
                           short_time=short_time)  # fmt: skip


def _quantity(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not found.is_finite() or not 0 < found <= 1_000_000:
        raise ValueError(text)
    return found


def _due(text: str) -> datetime | None:
    """The wished date in the zone of the site; None when there is none or it cannot be read."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    zone = ZoneInfo(calendar(db.session, identity().site_id).zone)
    return local.replace(tzinfo=zone).astimezone(UTC)
