"""The wall: a line read across the hall. No chrome; what is wrong is big and stands first."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_time

from app.auth import allow, identity
from app.db import db, now_utc
from app.i18n import gettext as _
from app.i18n import named
from app.queries.attendance import missing
from app.queries.boards import StationRow, line_by_code, station_rows
from app.queries.boards import lines as lines_of_site
from app.queries.forecasts import Congestion, Outlook, outlook
from app.queries.walls import figures, today
from app.web.machine_words import look, why
from app.web.shell import quantity

pages = Blueprint("wall", __name__)
_FIRST = {"stopped": 0, "limited": 1, "no_data": 2}
TARGET_FPY = 98
SOON = timedelta(minutes=90)


@pages.get("/wall")
@allow("board.view")
def lines() -> ResponseReturnValue:
    """The walls there are, one for each line."""
    return render_template("wall/list.html", lines=lines_of_site(db.session, identity().site_id))


@pages.get("/wall/<code>")
@allow("board.view")
def show(code: str) -> ResponseReturnValue:
    """The wall of a line."""
    now = now_utc()
    context = _context(code, now)
    day, line = today(db.session, identity().site_id, now), context["line"]
    shift = _("Shift %(shift)s", shift=day.shift) if day.shift else _("No shift")
    return render_template(
        "wall/show.html", **context, wall={"title": f"{named(line)} · {shift}"},
        reload_at=day.ends_at.isoformat() if day.ends_at and day.ends_at > now else None,
    )  # fmt: skip


@pages.get("/wall/<code>/kpis")
@allow("board.view")
def kpis(code: str) -> ResponseReturnValue:
    """The figures at the head."""
    return render_template("wall/_kpis.html", **_context(code, now_utc()))


@pages.get("/wall/<code>/tiles")
@allow("board.view")
def tiles(code: str) -> ResponseReturnValue:
    """The stations."""
    return render_template("wall/_tiles.html", **_context(code, now_utc()))


def _context(code: str, now: datetime) -> dict[str, Any]:
    site_id = identity().site_id
    line = line_by_code(db.session, site_id, code)
    rows = station_rows(db.session, site_id, line.id, now)
    in_order = sorted(rows, key=lambda row: (_FIRST.get(row.state, 9), row.since_at or now, row.station.position))
    ordered = [row for row in in_order if row.state in _FIRST] + [row for row in rows if row.state not in _FIRST]
    expected = outlook(db.session, site_id, now, line.id)
    soon = expected.soon(now + SOON) if expected else {}
    return {
        "line": line, "expected_late": _late(expected, rows), "absent": missing(db.session, site_id, line.id, now),
        "figures": figures(db.session, site_id, rows, now),
        "tiles": [_tile(row, soon) for row in ordered],
        "counts": {state: sum(row.state == state for row in rows) for state in _FIRST}, "stations": len(rows),
        "target_fpy": TARGET_FPY,
    }  # fmt: skip


def _late(expected: Outlook | None, rows: list[StationRow]) -> int:
    """Orders with work on this line that are expected late and are not yet."""
    if expected is None or expected.is_old:
        return 0
    tasks = [task for row in rows for task in row.queue]
    known = {task.order_id for task in tasks if task.is_late}
    return len({one.order.order_id for one in expected.late} & {task.order_id for task in tasks} - known)


def _tile(row: StationRow, soon: Mapping[int, Congestion]) -> dict[str, Any]:
    """A station as a tile: abnormal ones show what is wrong, the others their queue."""
    shown = look(row.state)
    tone = {"stopped": "crit", "limited": "warn", "no_data": "warn"}.get(row.state, "plain")
    since = row.since_at.isoformat() if row.since_at else None
    tile = {"id": row.station.code, "name": named(row.station), "shape": shown.shape, "word": shown.word, "tone": tone,
            "since_at": since if tone != "plain" else None, "value": quantity(row.pieces), "target": None,
            "line": " · ".join(part for part in (_("waiting"), row.order_code) if part)}  # fmt: skip
    if row.state == "limited" and row.limit:
        signal = row.limit.signal
        word = _("Hold") if signal.mode == "hold" else _("%(rate)s %% of its rate", rate=signal.rate_permille // 10)
        tile |= {"value": str(row.limit.backlog), "target": str(row.limit.high),
                 "line": f"{word} · {named(row.limit.full)}"}  # fmt: skip
    elif row.state in ("stopped", "no_data"):
        tile |= {"value": None, "line": why(row.reason)}
    else:  # a small tile has room for the code; the name stands under it
        tile |= {"name": row.station.code, "line": f"{named(row.station)} · {tile['line']}"}
    if row.station.id in soon and row.state not in ("limited", "stopped"):
        at = format_time(soon[row.station.id].row.at, "HH:mm")
        tile["line"] = _("full at about %(time)s", time=at) + f" · {tile['line']}"
    return tile
