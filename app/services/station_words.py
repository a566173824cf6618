"""The words of a station: what was done, and what is expected next, in the language of whoever reads it.

Answers are stored as codes, so that a repeated scan may be read in another language, and no name of a person is
kept with a scan.
"""

import re
from typing import Any

from flask_babel import LazyString, get_locale

from app.db import db
from app.errors import Refused
from app.i18n import lazy_gettext as _
from app.i18n import named
from app.models import Person, Reason
from app.words import sentence

DONE: dict[str, LazyString] = {
    "person.in": _("%(person)s is signed in."),
    "person.out": _("%(person)s is signed out."),
    "task.opened": _("%(order)s · %(operation)s is open: %(good)s of %(of)s."),
    "task.is_open": _("%(order)s · %(operation)s is open already: %(good)s of %(of)s."),
    "task.paused": _("%(operation)s is paused."),
    "task.left": _("%(operation)s was put aside."),
    "report.good": _("%(quantity)s good. %(good)s of %(of)s."),
    "report.good_unit": _("%(serial)s good. %(good)s of %(of)s."),
    "report.scrap": _("%(quantity)s scrap. %(good)s of %(of)s are good."),
    "report.scrap_unit": _("%(serial)s is scrap."),
    "report.rework": _("%(quantity)s to rework. %(good)s of %(of)s are good."),
    "report.rework_unit": _("%(serial)s goes to rework."),
    "report.undone": _("Undone: %(quantity)s %(undone)s of %(operation)s."),
    "part.added": _("Part %(part)s is ready to be built in."),
    "lot.loaded": _("Lot %(part)s is in use for %(item)s."),
    "call.help": _("The team lead is called."),
    "call.stop": _("Stopped: %(reason)s. The team lead is told."),
    "pending.scrap_reason": _("Scrap: say why."),
    "pending.rework_reason": _("Rework: say why."),
    "pending.scrap_unit": _("Scrap: which unit?"),
    "pending.rework_unit": _("Rework: which unit?"),
    "pending.finish": _("%(good)s of %(of)s are good. Leave this task?"),
    "pending.cancelled": _("Forgotten."),
    "pending.quantity": _("The next report is for %(quantity)s."),
    "pending.value": _("%(check)s: %(value)s."),
}
NEXT: dict[str, LazyString] = {
    "next.badge": _("Scan your badge"),
    "next.task": _("Scan a task, an order or a unit"),
    "next.start": _("Press Start or scan START to go on"),
    "next.confirm": _("Scan CONFIRM to leave the task, or CANCEL"),
    "next.reason": _("Scan or choose the reason"),
    "next.unit_bad": _("Scan the unit that is not good"),
    "next.part": _("Scan %(item)s (%(quantity)s)"),
    "next.unit": _("Scan the unit when it is done"),
    "next.born": _("Report the unit when it is done"),
    "next.good": _("Report what is done"),
    "next.good_many": _("Report %(quantity)s, good or scrap"),
    "next.finish": _("Report when the work is done"),
}
NOTICES: dict[str, LazyString] = {
    "layout": _("The scanner has the wrong keyboard layout. Set it to US English."),
    "doubled": _("The scanner sends each code twice. Check its output settings."),
    "case": _("The scanner sends small letters. Switch Caps Lock off."),
    "width": _("The scanner sends wide characters. Switch the input method to English."),
}
KINDS: dict[str, LazyString] = {"good": _("good"), "scrap": _("scrap"), "rework": _("rework")}


def rendered(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer of app.services.station as a device shows it: result, message and next in words, the codes beside."""
    values = _spoken(answer["values"])
    if answer["accepted"]:
        message = str(DONE[answer["code"]]) % values
    else:
        message = sentence(Refused(answer["code"], **answer["values"]))
    for notice in answer.get("notices", ()):
        if notice in NOTICES:
            message += " " + str(NOTICES[notice])
    following = answer.get("next")
    return answer | {
        "result": "accepted" if answer["accepted"] else "refused", "message": message,
        "next": instruction(following), "next_code": following["code"] if following else None,
    }  # fmt: skip


def refusal(error: Refused) -> dict[str, Any]:
    """A refusal that could not be stored, in the form of an answer."""
    return {"accepted": False, "kind": "refused", "result": "refused", "code": error.code, "message": sentence(error),
            "values": {name: str(value) for name, value in error.values.items()}, "next": ""}  # fmt: skip


def instruction(step: dict[str, Any] | None) -> str:
    """What to do next, in words."""
    return str(NEXT[step["code"]]) % step["values"] if step else ""


def short(answer: dict[str, Any]) -> str:
    """An answer for the list of the last scans: of a refusal its first sentence."""
    message: str = rendered(answer)["message"]
    return message if answer["accepted"] else re.split(r"(?<=[.。？?])\s|(?<=。)", message, maxsplit=1)[0]


def _spoken(values: dict[str, Any]) -> dict[str, Any]:
    """Values as they are read: ids of people and reasons become names, operations speak the reader's language."""
    said = dict(values)
    if "person" in said:
        said["person"] = named(db.session.get(Person, said["person"])) or "–"
    if "reason" in said:
        said["reason"] = named(db.session.get(Reason, said["reason"])) or "–"
    if "undone" in said:
        said["undone"] = KINDS.get(said["undone"], said["undone"])
    if said.get("operation_zh") and str(get_locale() or "en").startswith("zh"):
        said["operation"] = said["operation_zh"]
    return said
