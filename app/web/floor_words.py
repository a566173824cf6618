"""The words of what stations tell their lead: material, shortages, concessions, take-overs, scans that came late."""

from typing import Any

from app.db import db
from app.errors import Refused
from app.i18n import gettext as _
from app.i18n import lazy_gettext, named
from app.models import Scan, Task, Unit
from app.queries.boards import Call
from app.words import sentence

KINDS = {
    "material": lazy_gettext("Material"), "shortage": lazy_gettext("Shortage"),
    "concession": lazy_gettext("Concession"), "take_over": lazy_gettext("Taken over"),
    "replacement": lazy_gettext("Replacement"), "conflict": lazy_gettext("Conflict"),
}  # fmt: skip


def title(call: Call) -> str:
    """What such a notice says in one line."""
    data, place = call.notice.data, named(call.station)
    if call.notice.kind == "material":
        return _("%(place)s needs %(quantity)s of %(item)s", place=place, quantity=data["quantity"], item=data["item"])
    if call.notice.kind == "shortage":
        return _("%(place)s cannot go on: material is short", place=place)
    if call.notice.kind == "concession":
        return _("%(place)s asks for a concession for %(part)s", place=place, part=_part(data))
    if call.notice.kind == "take_over":
        return _("%(place)s took over %(task)s", place=place, task=_task(data))
    if call.notice.kind == "replacement":
        return _("%(place)s: make %(quantity)s of %(task)s again?", place=place, quantity=data["quantity"],
                 task=_task(data))  # fmt: skip
    return _("%(place)s: a scan made while the network was out was refused", place=place)


def text(call: Call) -> str:
    """What it says beneath: of a refused scan what it was and why."""
    data = call.notice.data
    if call.notice.kind in ("shortage", "conflict"):
        why = sentence(Refused(str(data.get("code")), **(data.get("values") or {})))
        scan = db.session.get(Scan, data["scan"]) if data.get("scan") else None
        raw = f"{scan.raw[:40]}: " if scan is not None and not scan.raw.startswith("act:") else ""
        return raw + why
    return _task(data) if call.notice.kind != "take_over" else ""


def _task(data: dict[str, Any]) -> str:
    return named(db.session.get(Task, data["task"])) if data.get("task") else ""


def _part(data: dict[str, Any]) -> str:
    unit = db.session.get(Unit, data["unit"]) if data.get("unit") else None
    return unit.serial if unit is not None else str(data.get("quantity", "–"))
