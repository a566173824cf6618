"""Machines: how each is and what it says; a machine's tags, its day, its courses, the limits it was given."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db, now_utc
from app.errors import Invalid
from app.models import Machine, Station
from app.queries.machine_detail import (
    device_by_code,
    devices,
    limit_signals,
    map_of,
    poller_health,
    slices,
    tags,
)
from app.queries.readings import series
from app.queries.walls import today
from app.web.machine_words import MEANINGS, look, why

pages = Blueprint("devices", __name__)
SPANS = (1, 8, 24, 168)
_DAY = timedelta(days=1)


@pages.get("/devices")
@allow("devices.view")
def listing() -> ResponseReturnValue:
    """All devices, and how the poller is."""
    now = now_utc()
    rows = devices(db.session, identity().site_id, now)
    template = "devices/_rows.html" if request.headers.get("HX-Request") else "devices/list.html"
    return render_template(
        template, rows=rows, health=poller_health(db.session, now), look=look, why=why,
        counts={state: sum(row.state == state for row in rows) for state in ("running", "idle", "stopped", "no_data")},
    )  # fmt: skip


@pages.get("/devices/<code>")
@allow("devices.view")
def show(code: str) -> ResponseReturnValue:
    """A device in full."""
    template = "devices/_live.html" if request.headers.get("HX-Request") else "devices/show.html"
    return render_template(template, **_context(code, now_utc()))


@pages.get("/devices/<code>/readings")
@allow("devices.view")
def readings(code: str) -> ResponseReturnValue:
    """The course of a tag over the last hours, as columns of numbers; null is a gap."""
    device = device_by_code(db.session, identity().site_id, code)
    hours = request.args.get("hours", "8")
    if not hours.isdecimal() or not 1 <= int(hours) <= 24 * 90:
        raise Invalid("value.wrong", field="hours", value=hours)
    now = now_utc()
    found = series(device.id, request.args.get("tag", ""), now - timedelta(hours=int(hours)), now)
    return jsonify(found | {"from": (now - timedelta(hours=int(hours))).timestamp(), "to": now.timestamp()})


def _context(code: str, now: datetime) -> dict[str, Any]:
    device = device_by_code(db.session, identity().site_id, code)
    machine = db.session.get(Machine, device.machine_id) if device.machine_id else None
    station = db.session.get(Station, machine.station_id) if machine and machine.station_id else None
    row = next(one for one in devices(db.session, identity().site_id, now) if one.device.id == device.id)
    found, problems = map_of(device)
    day = today(db.session, identity().site_id, now)
    rows = tags(db.session, device)
    charts = [one.tag.name for one in rows if one.tag.type != "string"]
    wished = request.args.get("tag", "")
    ends_at = max(day.starts_at + _DAY, day.ends_at or now)  # a night shift goes on after midnight
    hours = request.args.get("hours", "8")
    return {
        "device": device, "machine": machine, "station": station, "row": row, "map": found, "problems": problems,
        "tags": rows, "slices": slices(db.session, device.machine_id, day.starts_at, ends_at, now),
        "day": day, "signals": limit_signals(db.session, machine), "look": look, "why": why, "charts": charts,
        "chart": wished if wished in charts else _first_chart(rows, charts),
        "hours": int(hours) if hours.isdecimal() and int(hours) in SPANS else 8, "spans": SPANS,
        "now_at": round((now - day.starts_at) / (ends_at - day.starts_at) * 1000, 2),
        "health": poller_health(db.session, now), "meanings": MEANINGS,
    }  # fmt: skip


def _first_chart(rows: list[Any], charts: list[str]) -> str | None:
    """A process value says more than a counter."""
    telling = ("torque", "vibration", "temperature", "current", "charge", "leak", "pressure")
    good = [one.tag.name for one in rows if one.tag.meaning in telling and one.tag.name in charts]
    return (good or charts or [None])[0]
