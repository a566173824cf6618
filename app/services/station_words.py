"""The words of a station: what was done, and what is expected next, in the language of whoever reads it.

Answers are stored as codes, so that a repeated scan may be read in another language, and no name of a person is
kept with a scan.
"""

import re
from typing import Any

from flask_babel import LazyString

from app.db import db
from app.errors import Refused
from app.i18n import lazy_gettext as _
from app.i18n import named
from app.models import Person, Reason
from app.words import sentence, spoken

DONE: dict[str, LazyString] = {
    "person.in": _("%(person)s is signed in."),
    "person.out": _("%(person)s is signed out."),
    "person.back": _("%(person)s goes on."),
    "person.joined": _("%(person)s works here, too: %(people)s people."),
    "person.left": _("%(person)s is signed out, %(people)s still work here."),
    "task.opened": _("%(order)s · %(operation)s is open: %(good)s of %(of)s."),
    "task.is_open": _("%(order)s · %(operation)s is open already: %(good)s of %(of)s."),
    "task.continues": _("%(order)s · %(operation)s goes on: %(good)s of %(of)s."),
    "task.paused": _("%(operation)s is paused."),
    "task.skipped": _("%(order)s · %(operation)s is skipped. Its pieces go on to the next operation."),
    "batch.loaded": _("%(quantity)s loaded: %(loaded)s of %(of)s are in the jig."),
    "batch.started": _("Run %(run)s has begun with %(loaded)s pieces."),
    "batch.ended": _("Run %(run)s is done: %(loaded)s good."),
    "batch.unloaded": _("The jig is empty again: %(loaded)s pieces were taken out, nothing was reported."),
    "task.setup": _("%(operation)s: setup runs. Press Start for the first piece."),
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
    "call.material": _("%(quantity)s of %(item)s are called for."),
    "call.concession": _("%(part)s is set aside. Quality decides about a concession."),
    "replace.made": _("%(quantity)s of %(operation)s are made again, from the first operation on."),
    "replace.asked": _("The team lead is asked to have %(quantity)s made again."),
    "limit.overridden": _("The limit is overridden here for %(minutes)s minutes. This is recorded."),
    "counter.begun": _("The counter stands at %(reading)s. Enter it again after the last piece."),
    "counter.same": _("The counter still stands at %(reading)s. Nothing is reported."),
    "check.out": _("%(check)s is %(value)s %(unit)s, allowed is %(lower)s to %(upper)s. Repeat it, or set it aside."),
    "pending.task": _("%(order)s · %(operation)s: now your badge."),
    "pending.concession": _("Concession: which unit?"),
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
    "next.unlock": _("Nobody was here for a while. Scan your badge to go on"),
    "next.take_over": _("Scan CONFIRM to do it here, or CANCEL"),
    "next.setup": _("Press Start or scan START for the first piece"),
    "next.check": _("Measure %(check)s"),
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
    "next.load": _("Load the jig: scan units, or a quantity and LOAD"),
    "next.batch_start": _("Load more, or start the run"),
    "next.batch_end": _("Scan END OF RUN when the machine is done"),
    "next.finish": _("Report when the work is done"),
}
NOTICES: dict[str, LazyString] = {
    "layout": _("The scanner has the wrong keyboard layout. Set it to US English."),
    "doubled": _("The scanner sends each code twice. Check its output settings."),
    "case": _("The scanner sends small letters. Switch Caps Lock off."),
    "width": _("The scanner sends wide characters. Switch the input method to English."),
    "overlap": _("Your time runs at another station as well."),
}
OFFERS: dict[str, LazyString] = {
    "take_over": _("You may take it over: scan CONFIRM."),
    "replace": _("Scan CONFIRM to have it made again."),
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
    if answer.get("offer") in OFFERS:
        message += " " + str(OFFERS[answer["offer"]])
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
    return str(NEXT[step["code"]]) % spoken(step["values"]) if step else ""


def short(answer: dict[str, Any]) -> str:
    """An answer for the list of the last scans: of a refusal its first sentence."""
    message: str = rendered(answer)["message"]
    return message if answer["accepted"] else re.split(r"(?<=[.。？?])\s|(?<=。)", message, maxsplit=1)[0]


def _spoken(values: dict[str, Any]) -> dict[str, Any]:
    """Values as they are read: ids of people and reasons become names, operations speak the reader's language."""
    said = spoken(values)
    if "person" in said:
        said["person"] = named(db.session.get(Person, said["person"])) or "–"
    if "reason" in said:
        said["reason"] = named(db.session.get(Reason, said["reason"])) or "–"
    if "undone" in said:
        said["undone"] = KINDS.get(said["undone"], said["undone"])
    return said
