"""The audit trail for quality: every change as people read it, with old and new, narrowed by filters and exported."""

import json
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db
from app.i18n import gettext as _
from app.queries.admin import Asked, log
from app.queries.order_detail import Told, actor_names
from app.web.entry import Entry
from app.web.telling import SUBJECTS, TOPICS, actor_word, told
from app.web.trace_tables import Cell, Line, Table, as_csv, text

pages = Blueprint("audit", __name__)
EXPORTED = 10_000
TRACED = ("unit", "lot", "task", "order", "container")


def _asked(entry: Entry) -> Asked:
    subject, before = entry.text("subject_id"), entry.text("before")
    return Asked(
        topic=entry.text("topic"), subject_type=entry.text("subject_type"), actor=entry.text("actor"),
        subject_id=int(subject) if subject.isdecimal() and len(subject) < 16 else None,
        since=entry.moment("since"), until=entry.moment("until"),
        before=int(before) if before.isdecimal() and len(before) < 16 else None,
    )  # fmt: skip


@pages.get("/quality/audit")
@allow("quality.view")
def overview() -> ResponseReturnValue:
    """Changes, newest first; older ones by the id of the last."""
    entry = Entry(request.args, identity().zone)
    rows, older = log(db.session, identity().site_id, _asked(entry))
    names = actor_names(db.session, {row.event.actor for row in rows})
    args = {name: value for name, value in request.args.items() if value and name != "before"}
    return render_template(
        "audit/overview.html", entry=entry, rows=[_row(row, names) for row in rows], args=args, subjects=SUBJECTS,
        topics=sorted(TOPICS.items(), key=lambda pair: str(pair[1])),
        older=url_for("audit.overview", **args, before=older) if older else None,
    )  # fmt: skip


def _row(row: Told, names: dict[str, str]) -> dict[str, Any]:
    event = row.event
    was, now = change(row.data)
    url = None
    if event.subject_type in TRACED:
        url = url_for("trace.search", kind=event.subject_type, id=event.subject_id)
    elif event.subject_type == "nonconformance":
        url = url_for("quality.case", row_id=event.subject_id)
    return {"event": event, "words": told(event.topic, row.data), "who": actor_word(event.actor, names), "url": url,
            "subject": SUBJECTS.get(event.subject_type, event.subject_type), "was": was, "now": now}  # fmt: skip


def change(data: dict[str, Any]) -> tuple[str, str]:
    """Old and new of an event that tells both, else nothing and what it tells."""
    for old, new in (("was", "now"), ("before", "after"), ("from", "to"), ("old", "new")):
        if old in data or new in data:
            return _said(data.get(old)), _said(data.get(new))
    return "", _said(data)


def _said(value: Any) -> str:
    if value in (None, {}, ""):
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(one) or '–'}" for name, one in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@pages.get("/quality/audit.csv")
@allow("export")
def export() -> Response:
    """The filtered changes as CSV, at most ten thousand."""
    wish = _asked(Entry(request.args, identity().zone))
    lines: list[Line] = []
    while len(lines) < EXPORTED:
        rows, older = log(db.session, identity().site_id, wish)
        names = actor_names(db.session, {row.event.actor for row in rows})
        lines += [_line(_row(row, names)) for row in rows]
        if not older:
            break
        wish = Asked(**(vars(wish) | {"before": older}))
    columns = (_("When"), _("What"), _("On"), _("Number"), _("Who"), _("Before"), _("Now"), _("Topic"))
    return as_csv(Table("audit", _("Audit"), columns, lines), "gongxu")


def _line(row: dict[str, Any]) -> Line:
    event = row["event"]
    return Line((Cell(event.occurred_at.isoformat()), text(row["words"]), text(row["subject"]), text(event.subject_id),
                 text(row["who"]), text(row["was"]), text(row["now"]), text(event.topic)))  # fmt: skip


__all__ = ["change", "pages"]
