"""Scans that waited in a device and were refused, on the lead's page of corrections: told, booked or dropped."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid, Refused
from app.i18n import gettext as _
from app.queries.late_scans import late_scans, meant, tasks_to_book_on
from app.services import late_scans as change
from app.services.station_scans import COMMANDS
from app.services.station_words import KINDS
from app.words import sentence

pages = Blueprint("late_scans", __name__)


@dataclass(frozen=True)
class Told:
    """One of them as the page shows it; ``kind`` and ``quantity`` are what the form begins with."""

    row: Any
    what: str
    why: str
    made_at: datetime
    kind: str
    quantity: str
    tasks: list[Any]


def told(site_id: int, station: str) -> list[Told]:
    """What is to be decided, in words."""
    return [_told(site_id, row) for row in late_scans(db.session, site_id, station)]


@pages.post("/corrections/late/<int:notice_id>/book")
@allow("reports.correct")
def book(notice_id: int) -> ResponseReturnValue:
    """Book it as a correction."""
    form = request.form
    kind, _colon, reason = form.get("what", "").partition(":")
    wish = change.Booking(
        form.get("uuid", "")[:60] or uuid.uuid4().hex, identity().site_id, notice_id, _whole(form.get("task", "")),
        kind, _quantity(form.get("quantity", "")), reason or None, form.get("reason", ""), identity().person_id,
        actor(),
    )  # fmt: skip
    db.session.rollback()
    change.book(wish, now_utc())
    flash(_("Booked, at the time it was made."), "done")
    return redirect(_back())


@pages.post("/corrections/late/<int:notice_id>/drop")
@allow("reports.correct")
def drop(notice_id: int) -> ResponseReturnValue:
    """Book nothing, with a reason."""
    change.drop(identity().site_id, notice_id, request.form.get("reason", ""), actor(), now_utc())
    flash(_("Dropped: nothing is booked. The reason stays in the log."), "done")
    return redirect(_back())


def _back() -> str:
    return url_for("corrections.listing", station=request.form.get("station") or None, _anchor="late")


def _told(site_id: int, row: Any) -> Told:
    action, quantity = _pressed(site_id, row.raw)
    data = row.data
    then = [int(data["task"])] if data.get("task") else []
    why = sentence(Refused(str(data.get("code")), **(data.get("values") or {})))
    tasks = sorted(tasks_to_book_on(db.session, site_id, row.station_id, then), key=lambda task: task.id not in then)
    what = str(KINDS.get(action, action)) + (f" × {quantity}" if quantity else "") if action else row.raw[:60]
    kind = action if action in KINDS else "good"
    return Told(row, what, why, datetime.fromisoformat(data["made_at"]), kind, quantity or "1", tasks)


def _pressed(site_id: int, raw: str) -> tuple[str, str]:
    """The action of a button or a command card and its quantity; empty for any other code."""
    if raw.startswith("act:"):
        _act, action, values = raw.split(":", 2)
        return action, str(json.loads(values).get("quantity") or "")
    kind, number = meant(db.session, site_id, raw)
    return (COMMANDS.get(number, ""), "") if kind == "command" else ("", "")


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise Invalid("value.missing", field="task")
    return int(text)


def _quantity(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise Invalid("quantity.wrong", quantity=text[:40]) from None
