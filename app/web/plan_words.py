"""Reasons of a plan in words: what bound a start, why an order is late, what could not be planned, why it was made."""

from typing import Any

from flask_babel import LazyString

from app.errors import Refused
from app.i18n import gettext, named
from app.i18n import lazy_gettext as _
from app.queries.plan_board import Names, code_of
from app.words import WORDS, sentence

CAUSES: dict[str, LazyString] = {
    "person": _("Plan now"), "first": _("First plan"), "progress": _("Progress of reports"),
    "order.released": _("Order released"), "order.cancelled": _("Order cancelled"),
    "order.aborted": _("Order aborted"), "order.changed": _("Order changed"), "hold.opened": _("Put on hold"),
    "hold.released": _("Hold released"), "machine.state": _("Machine stopped or runs again"),
    "report.scrap": _("Scrap reported"), "report.rework": _("Rework reported"), "limit": _("Limit changed"),
}  # fmt: skip
LEFT_OUT: dict[str, LazyString] = {
    "held": _("On hold. Release the hold first."),
    "no_station": _("No station can do it. Add a station to the routing or bring one back."),
    "closed": _("%(station)s has no open shift. Give the station a shift."),
    "no_skill": _("Nobody has the skill %(skill)s today. Qualify somebody."),
    "waits_for": _("Waits for %(task)s, which is not planned."),
    "never_open": _("Its stations and skilled people are never there together. Check the shifts."),
    "no_room": _("It may not pause and is longer than every shift."),
    "too_much": _("It needs more than its station or its people ever have."),
}
BOUND: dict[str, LazyString] = {
    "now": _("as soon as possible"), "release": _("not before the order's earliest start"),
    "predecessor": _("after %(ref)s"), "lag": _("after %(ref)s and its waiting time"),
    "resource_busy": _("station busy with %(ref)s"), "pool_busy": _("nobody free with %(ref)s"),
    "calendar_closed": _("%(ref)s is closed before"), "frozen": _("kept: in work or about to start"),
}  # fmt: skip
PARTS: dict[str, LazyString] = {
    "work": _("%(span)s work at %(ref)s"), "calendar_closed": _("%(span)s closed: %(ref)s"),
    "resource_busy": _("%(span)s station busy with %(ref)s"), "pool_busy": _("%(span)s nobody free with %(ref)s"),
    "predecessor": _("%(span)s waiting for %(ref)s"), "lag": _("%(span)s waiting time after %(ref)s"),
    "release": _("%(span)s until the order's earliest start"), "frozen": _("%(span)s kept: %(ref)s"),
    "now": _("%(span)s overdue before planning began"),
}  # fmt: skip


def span(minutes: int) -> str:
    """A duration in the two largest units that say something."""
    days, rest = divmod(minutes, 1440)
    hours, rest = divmod(rest, 60)
    if days:
        return gettext("%(days)s d %(hours)s h", days=days, hours=hours)
    if hours:
        return gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
    return gettext("%(minutes)s min", minutes=rest)


def ref_word(tag: str, ref: str | None, names: Names) -> str:
    """What a reference stands for: a task, station, skill or order."""
    ref = ref or ""
    if ref.startswith("skill:"):
        return named(names.skills.get(int(ref.removeprefix("skill:"))))
    if not ref.isdecimal():
        return ""
    if tag == "calendar_closed":
        return named(names.stations.get(int(ref)))
    if tag == "release":
        return ""
    task = names.tasks.get(int(ref))
    return f"{code_of(task)} {named(task)}" if task is not None else ""


def bound_word(row: Any, names: Names) -> str:
    """Why a task does not start earlier."""
    return str(BOUND.get(row.bound_by, row.bound_by)) % {"ref": ref_word(row.bound_by, row.bound_ref, names)}


def chain_words(chain: list[dict[str, Any]], names: Names) -> list[tuple[int, str]]:
    """The parts of an order's lateness with their minutes, in the order they happen; equal reasons are one."""
    minutes: dict[tuple[str, str], int] = {}
    for part in reversed(chain):
        key = (part["tag"], part["ref"])
        minutes[key] = minutes.get(key, 0) + part["min"]
    return [
        (spent, str(PARTS.get(tag, tag)) % {"span": span(spent), "ref": ref_word(tag, ref, names)})
        for (tag, ref), spent in minutes.items()
    ]


def left_word(one: dict[str, Any], names: Names) -> str:
    """Why a task is not planned and what to do."""
    ref = int(one["ref"]) if str(one["ref"]).isdecimal() else 0
    values = {"station": named(names.stations.get(ref)), "skill": named(names.skills.get(ref)),
              "task": ref_word("work", str(ref), names)}  # fmt: skip
    return str(LEFT_OUT.get(one["reason"], one["reason"])) % values


def cause_word(cause: dict[str, Any]) -> str:
    """Why a plan was asked for; several causes are named together."""
    kinds = [cause.get("type", ""), *(other.get("type", "") for other in cause.get("also", []))]
    words = [str(CAUSES.get(kind) or CAUSES.get(kind.partition(".")[0]) or kind) for kind in kinds if kind]
    return " · ".join(dict.fromkeys(words))


def outcome_word(run: Any) -> str:
    """What became of a run."""
    told = run.outcome or {}
    if run.status == "done":
        return gettext(
            "%(tasks)s tasks, %(late)s orders late", tasks=told.get("tasks", 0), late=told.get("late_orders", 0)
        )
    code = told.get("code")
    if not code:
        return ""
    if code in WORDS:
        return sentence(Refused(code, **{name: value for name, value in told.items() if name != "code"}))
    values = ", ".join(f"{name} {value}" for name, value in told.items() if name != "code")
    return gettext("The data contradict themselves (%(code)s: %(values)s). Correct them, then plan again.",
                   code=code.removeprefix("scheduling."), values=values)  # fmt: skip
