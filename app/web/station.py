"""The operator's pages: the list of stations, a station, its scans and buttons, and any printed code."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select

from app.auth import actor, allow, identity
from app.db import db, end_read, now_utc
from app.errors import Invalid, NotFound, Refused
from app.i18n import named
from app.models import Task
from app.queries import stations as look
from app.queries.batches import in_jig
from app.queries.codes import Found, resolve
from app.queries.instructions import instruction_file
from app.queries.known import characteristics_of, machine_of
from app.queries.plan_board import news as plan_news
from app.services import station as change
from app.services.measuring import machine_values, verdict
from app.services.station_limits import allowance
from app.services.station_next import next_of_view
from app.services.station_words import instruction, refusal, rendered, short
from app.web.station_due import due_here
from app.web.station_parts import foot

pages = Blueprint("station", __name__)
PARTS = ("bar", "work", "side", "foot", "checks")


class Sent(BaseModel):
    """What a device sends: a scan (``raw``) or a button (``action`` with ``values``), with its own number."""

    model_config = ConfigDict(extra="ignore")
    uuid: str = Field(min_length=8, max_length=64)
    raw: str | None = Field(default=None, max_length=4096)
    action: str | None = Field(default=None, max_length=40)
    values: dict[str, str | int | float | None] = Field(default_factory=dict, max_length=20)
    sequence: int | None = Field(default=None, ge=0, le=2**53)
    device_at: AwareDatetime | None = None
    sent_at: AwareDatetime | None = None
    device: str | None = Field(default=None, max_length=64)
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
        end_read()
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
    if found.kind == "container":
        return url_for("packing.show", container_id=found.id)
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
    clock = (sent.sent_at, sent.device, identity().may("limits.override"))
    if sent.raw is not None:
        wish = change.Scan(sent.uuid, sent.raw, sent.sequence, sent.device_at, sent.channel or "scan", *clock)
        return change.scan(site_id, station_id, wish, actor(), now)
    channel = sent.channel or ("tap" if sent.action == "sign_in" else "button")
    pressed = change.Act(
        sent.uuid, sent.action or "", dict(sent.values), sent.sequence, sent.device_at, channel, *clock
    )
    return change.act(site_id, station_id, pressed, actor(), now)


def _shown(code: str) -> dict[str, Any]:
    site_id, now = identity().site_id, now_utc()
    view = look.station_view(db.session, site_id, code, now)
    following = next_of_view(db.session.connection(), site_id, view, now)
    locked = following["code"] == "next.unlock"
    return {
        "plan_news": plan_news(db.session, site_id, view.station.id),
        "view": view, "station": _place(view), "person": view.person, "next_text": instruction(following),
        "next_code": following["code"], "scans": [_line(row) for row in view.scans],
        "checks": _checks(view, now), "locked": locked, "allowed": _allowed(site_id, view, now),
        "picture": _picture(view),
        "people": look.people_of(db.session, site_id, view.station.id, now) if locked or not view.person else [],
        "buttons": _foot(view, following), "jig": in_jig(db.session, view.pending),
        "now": now, "due": due_here(site_id, view.station.id),
    }  # fmt: skip


def _foot(view: look.View, following: dict[str, Any]) -> list[dict[str, Any]]:
    if view.open is None:
        return foot(view, following)
    optional, size = look.is_optional(db.session, view.open.id), look.batch_size(db.session, view.open.id)
    return foot(view, following, optional, size)


def _place(view: look.View) -> dict[str, Any]:
    row = view.station
    return {"code": row.code, "name": named(row), "state": view.state}


def _line(row: Any) -> dict[str, Any]:
    code, words = row.raw.strip()[:40], short(row.answer)
    is_told = row.raw.startswith("act:") or code in words
    return {"text": words if is_told else code, "note": "" if is_told else words, "at": row.server_at,
            "result": "accepted" if row.accepted else "refused"}  # fmt: skip


def _allowed(site_id: int, view: look.View, now: datetime) -> Any:
    """What limits still allow to start here; None without a limit or a task to count by."""
    task = view.open or view.ready
    if task is None or not view.limits:
        return None
    piece_min = db.session.scalar(select(Task.piece_min).where(Task.id == task.id))
    return allowance(db.session, site_id, view.station.id, piece_min or Decimal(0), now)


def _picture(view: look.View) -> str | None:
    """The address of the instruction of the open task: a picture, or a PDF."""
    if view.open is None:
        return None
    file = instruction_file(db.session, current_app.config["HOME"], view.open.id)
    return file and f"{request.script_root}/s/instruction/{view.open.id}/{quote(file.name)}"


@pages.get("/s/instruction/<int:task_id>/<name>")
@allow("station.use")
def instruction_of(task_id: int, name: str) -> ResponseReturnValue:
    """The instruction of a task as a file; ``name`` is for people and for the browser's cache."""
    look.order_of_task(db.session, identity().site_id, task_id)
    file = instruction_file(db.session, current_app.config["HOME"], task_id)
    if file is None:
        raise NotFound("code.unknown", text=name[:40])
    return send_file(file, max_age=60)


def _checks(view: look.View, now: datetime) -> list[dict[str, Any]]:
    """What is measured at the open task: values given for the next report, and what the machine reads now."""
    if view.open is None:
        return []
    given = view.pending.get("values", {})
    rows = characteristics_of(db.session.connection(), look.operation_of(db.session, view.open.id))
    read = machine_values(db.session.connection(), machine_of(db.session, view.station.id), now) if rows else {}
    return [_check(row, given.get(row.code), read.get(row.meaning or "")) for row in rows]


def _check(row: Any, given: str | None, read: Decimal | None) -> dict[str, Any]:
    by_person = row.source == "person"
    value = (Decimal(given) if given else None) if by_person else read
    return {"row": row, "given": given, "by_person": by_person, "value": value,
            "verdict": None if value is None else verdict(row, value)}  # fmt: skip


def _dialogs() -> dict[str, Any]:
    site_id = identity().site_id
    return {
        kind: look.reasons_of(db.session, site_id, kind)
        for kind in ("scrap", "rework", "stop", "help", "pause", "skip")
    }


__all__ = ["address", "pages"]
