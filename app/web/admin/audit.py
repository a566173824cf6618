"""The log: every change in words, who and when, narrowed by topic, subject, person and time."""

import json
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import allow, identity
from app.db import db
from app.queries.admin import Asked, log, order_codes
from app.queries.order_detail import Told, actor_names
from app.web.admin.blueprint import pages
from app.web.entry import Entry
from app.web.telling import SUBJECTS, TOPICS, actor_word, told


@pages.get("/admin/log")
@allow("admin")
def audit() -> ResponseReturnValue:
    """Events, newest first; older ones by the id of the last."""
    entry = Entry(request.args, identity().zone)
    rows, older = log(db.session, identity().site_id, _asked(entry))
    names = actor_names(db.session, {row.event.actor for row in rows})
    codes = order_codes(db.session, rows)
    args = {name: value for name, value in request.args.items() if value and name != "before"}
    return render_template(
        "admin/audit.html", entry=entry, rows=[_row(row, names, codes) for row in rows], args=args,
        older=url_for("admin.audit", **args, before=older) if older else None, subjects=SUBJECTS,
        topics=[(topic, told(topic, {})) for topic in sorted(TOPICS)],
    )  # fmt: skip


def _asked(entry: Entry) -> Asked:
    subject, before = entry.text("subject_id"), entry.text("before")
    return Asked(
        topic=entry.text("topic"), subject_type=entry.text("subject_type"), actor=entry.text("actor"),
        subject_id=int(subject) if subject.isdecimal() and len(subject) < 16 else None,
        since=entry.moment("since"), until=entry.moment("until"),
        before=int(before) if before.isdecimal() and len(before) < 16 else None,
    )  # fmt: skip


def _row(row: Told, names: dict[str, str], codes: dict[tuple[str, int], tuple[str, int]]) -> dict[str, Any]:
    event = row.event
    code = codes.get((event.subject_type, event.subject_id))
    return {
        "event": event, "words": told(event.topic, row.data), "who": actor_word(event.actor, names),
        "subject": SUBJECTS.get(event.subject_type, event.subject_type), "code": code[0] if code else event.subject_id,
        "url": url_for("orders.show", order_id=code[1]) if code else None,
        "data": json.dumps(row.data, ensure_ascii=False, sort_keys=True) if row.data else "",
    }  # fmt: skip
