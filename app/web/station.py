"""The operator's pages: the list of stations, a station, its scans and buttons, and any printed code."""

from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Invalid, NotFound, Refused
from app.i18n import named
from app.queries import stations as look
from app.queries.codes import Found, resolve
from app.queries.known import characteristics_of
from app.services import station as change
from app.services.station_next import next_of_view
from app.services.station_words import instruction, refusal, rendered, short
from app.web.station_parts import foot

pages = Blueprint("station", __name__)
PARTS = ("bar", "work", "side", "foot")


class Sent(BaseModel):
    """What a device sends: a scan (``raw``) or a button (``action`` with ``values``), with its own number."""

    model_config = ConfigDict(extra="ignore")
    uuid: str = Field(min_length=8, max_length=64)
    raw: str | None = Field(default=None, max_length=4096)
    action: str | None = Field(default=None, max_length=40)
    values: dict[str, str | int | float | None] = Field(default_factory=dict, max_length=20)
    sequence: int | None = Field(default=None, ge=0, le=2**53)
    device_at: AwareDatetime | None = None
    channel: str | None = Field(default=None, max_length=20, pattern="^[a-z]+$")


@pages.get("/s")
@allow("station.use")
def stations() -> ResponseReturnValue:
    """All stations by line with what goes on there."""
    site_id = identity().site_id
    limited = look.limited_stations(db.session, site_id)
    rows = [(row, look.state_of_row(row, limited)) for row in look.stations_of_site(db.session, site_id)]
    lines: dict[str, list[Any]] = {}
    for row, state in rows:
        lines.setdefault(row.line_code, []).append((row, state))
    page = "station/_stations.html" if request.headers.get("HX-Request") else "station/stations.html"
    return render_template(page, lines=lines)


@pages.get("/s/<code>")
@allow("station.use")
def station(code: str) -> ResponseReturnValue:
    """The page of a station."""
    return render_template("station/station.html", **_shown(code), dialogs=_dialogs())


@pages.get("/s/<code>/part/<part>")
@allow("station.use")
def part(code: str, part: str) -> ResponseReturnValue:
    """A part of the page, fetched again when something changed."""
    if part not in PARTS:
        raise NotFound("code.unknown", text=part[:40])
    return render_template(f"station/_{part}.html", **_shown(code))


@pages.get("/s/<code>/stop")
@allow("station.use")
def stop(code: str) -> ResponseReturnValue:
    """The reasons for a stop as a page of its own, for a link or a bookmark."""
    shown = _shown(code)
    reasons = look.reasons_of(db.session, identity().site_id, "stop")
    return render_template("station/stop.html", **shown, reasons=reasons)


@pages.post("/s/<code>/scan")
@allow("station.use")
def scan(code: str) -> ResponseReturnValue:
    """Take a scan or a button press. Every answer, also a refusal, carries ``result``: it need not be sent again."""
    try:
        sent = _sent()
        place = look.station_by_code(db.session, identity().site_id, code)
        # The read ends here: what follows writes on a connection of its own.
        db.session.rollback()
        status, answer = _do(place.id, sent)
    except Refused as error:
        if error.status >= 500:
            raise
        return jsonify(refusal(error)), error.status
    return jsonify(rendered(answer)), status


@pages.post("/s/<code>/act")
@allow("station.use")
def act(code: str) -> ResponseReturnValue:
    """The same for programs that press buttons."""
    return scan(code)


@pages.get("/c/<code>")
@allow("account")
def printed(code: str) -> ResponseReturnValue:
    """Open any printed code: the page of what it stands for."""
    found = resolve(db.session, identity().site_id, code)
    return redirect(address(found))


def address(found: Found) -> str:
    """Where a thing is shown; raises NotFound for what has no page (a badge, a command card)."""
    root = request.script_root
    if found.kind == "person":
        raise NotFound("code.badge")
    if found.kind == "order":
        return f"{root}/orders/{found.id}"
    if found.kind == "task":
        return f"{root}/orders/{look.order_of_task(db.session, identity().site_id, found.id)}"
    if found.kind in ("unit", "lot"):
        return f"{root}/trace?q={look.number_of(db.session, found.kind, found.id)}"
    if found.kind == "station":
        return url_for("station.station", code=look.number_of(db.session, "station", found.id))
    raise NotFound("code.unknown", text=found.text[:80])


def _sent() -> Sent:
    try:
        sent = Sent.model_validate(request.get_json(silent=True) or {})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))[:60]
        raise Invalid("value.wrong", field=field, value=str(first.get("input"))[:60]) from None
    if (sent.raw is None) == (sent.action is None):
        raise Invalid("value.missing", field="raw")
    return sent


def _do(station_id: int, sent: Sent) -> change.Answer:
    site_id, now = identity().site_id, now_utc()
    if sent.raw is not None:
        wish = change.Scan(sent.uuid, sent.raw, sent.sequence, sent.device_at, sent.channel or "scan")
        return change.scan(site_id, station_id, wish, actor(), now)
    channel = sent.channel or ("tap" if sent.action == "sign_in" else "button")
    pressed = change.Act(sent.uuid, sent.action or "", dict(sent.values), sent.sequence, sent.device_at, channel)
    return change.act(site_id, station_id, pressed, actor(), now)


def _shown(code: str) -> dict[str, Any]:
    site_id, now = identity().site_id, now_utc()
    view = look.station_view(db.session, site_id, code, now)
    following = next_of_view(db.session.connection(), site_id, view, now)
    return {
        "view": view, "station": _place(view), "person": view.person, "next_text": instruction(following),
        "next_code": following["code"], "scans": [_line(row) for row in view.scans],
        "checks": _checks(view), "people": [] if view.person else look.people_of(
            db.session, site_id, view.station.id, now),
        "buttons": foot(view, following), "now": now,
    }  # fmt: skip


def _place(view: look.View) -> dict[str, Any]:
    row = view.station
    return {"code": row.code, "name": named(row), "state": view.state}


def _line(row: Any) -> dict[str, Any]:
    code, words = row.raw.strip()[:40], short(row.answer)
    is_told = row.raw.startswith("act:") or code in words
    return {"text": words if is_told else code, "note": "" if is_told else words, "at": row.server_at,
            "result": "accepted" if row.accepted else "refused"}  # fmt: skip


def _checks(view: look.View) -> list[dict[str, Any]]:
    """What is measured by hand at the open task, with the values given for the next report."""
    if view.open is None:
        return []
    given = view.pending.get("values", {})
    operation_id = look.operation_of(db.session, view.open.id)
    return [
        {"row": row, "given": given.get(row.code), "by_person": row.source == "person"}
        for row in characteristics_of(db.session.connection(), operation_id)
    ]


def _dialogs() -> dict[str, Any]:
    site_id = identity().site_id
    return {kind: look.reasons_of(db.session, site_id, kind) for kind in ("scrap", "rework", "stop", "help")}


__all__ = ["address", "pages"]
