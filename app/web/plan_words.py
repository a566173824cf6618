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
    "task.chosen": _("Another alternate chosen"), "task.skipped": _("Optional task skipped"),
    "task.skip_undone": _("Skip taken back"),
    "order.released": _("Order released"), "order.cancelled": _("Order cancelled"),
    "order.aborted": _("Order aborted"), "order.changed": _("Order changed"), "hold.opened": _("Put on hold"),
    "hold.released": _("Hold released"), "machine.state": _("Machine stopped or runs again"),
    "draft": _("Draft published"), "improve": _("Search for better plans"),
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
    "calendar_closed": _("%(ref)s is closed before"), "frozen": _("kept where it was planned"),
    "material": _("not before its material is there"), "setup": _("%(ref)s is changing over"),
    "buffer_full": _("no room to put it down before"), "window": _("not before its agreed window"),
}  # fmt: skip
PARTS: dict[str, LazyString] = {
    "work": _("%(span)s work at %(ref)s"), "calendar_closed": _("%(span)s closed: %(ref)s"),
    "resource_busy": _("%(span)s station busy with %(ref)s"), "pool_busy": _("%(span)s nobody free with %(ref)s"),
    "predecessor": _("%(span)s waiting for %(ref)s"), "lag": _("%(span)s waiting time after %(ref)s"),
    "release": _("%(span)s until the order's earliest start"), "frozen": _("%(span)s kept: %(ref)s"),
    "now": _("%(span)s overdue before planning began"), "material": _("%(span)s waiting for material"),
    "setup": _("%(span)s changing over at %(ref)s"), "buffer_full": _("%(span)s no room to put it down"),
    "window": _("%(span)s until its agreed window"),
}  # fmt: skip
DROPS: dict[str, LazyString] = {
    "no_station": _("%(station)s cannot do it. Choose a station of its routing."),
    "past": _("That time is over. Drop it at the present or later."),
    "running": _("%(task)s is in work and stays where it is."),
    "unknown": _("This task is not planned: it is done, on hold or gone. Load the page again."),
    "predecessor": _("%(ref)s has to be done before."), "lag": _("The waiting time after %(ref)s is not over then."),
    "resource_busy": _("%(ref)s is in work or locked there."), "pool_busy": _("Nobody with %(ref)s is free then."),
    "release": _("The order must not begin before its earliest start."), "material": _("Its material comes later."),
    "setup": _("%(ref)s is changing over then."), "window": _("It has to lie inside its agreed window."),
    "buffer_full": _("There is no room to put it down then."), "frozen": _("It cannot be there then."),
}  # fmt: skip


REMEDIES: dict[str, LazyString] = {
    "extra_shift": _("Keep %(ref)s and its people open around the clock"),
    "second_operator": _("One more person with %(ref)s on every shift"),
    "another_machine": _("A second %(ref)s beside the first"),
    "first_in_line": _("Take this order before all others"),
    "repaired_now": _("Have %(ref)s run again now"),
    "planned_anew": _("Plan again without keeping what starts soon"),
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
    if tag in ("calendar_closed", "setup"):
        return named(names.stations.get(int(ref)))
    if tag in ("release", "material", "window"):
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


def remedy_word(kind: str, ref: str, names: Names) -> str:
    """What could be done for a late order."""
    tag = "pool_busy" if kind == "second_operator" else "setup"
    return str(REMEDIES[kind]) % {"ref": ref_word(tag, ref.lstrip("-"), names)}


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


def violation_word(one: Any, names: Names) -> str:
    """Why a task cannot be dropped there and what to do."""
    station = names.stations.get(int(one.ref)) if one.code == "no_station" and one.ref.isdecimal() else None
    values = {"station": named(station), "task": ref_word("work", str(one.task), names),
              "ref": ref_word(one.code, one.ref, names)}  # fmt: skip
    return str(DROPS.get(one.code, one.code)) % values


def drop_word(found: Any, names: Names) -> str:
    """A drop in one sentence: what it pushes and who is late because of it."""
    if found.violations:
        return " ".join(dict.fromkeys(violation_word(one, names) for one in found.violations))
    worse = [order for order, late in found.late.items() if late > found.late_before.get(order, 0)]
    better = [order for order, late in found.late_before.items() if late > found.late.get(order, 0)]
    parts = [
        gettext("%(count)s other tasks move", count=len(found.moved)) if found.moved else gettext("nothing else moves")
    ]
    if worse:
        parts.append(gettext("later: %(orders)s", orders=_codes(worse, names)))
    if better:
        parts.append(gettext("earlier: %(orders)s", orders=_codes(better, names)))
    return " · ".join(parts)


def _codes(orders: list[int], names: Names) -> str:
    codes = [names.orders[order].code for order in orders if order in names.orders]
    return ", ".join(codes[:3]) + (" …" if len(codes) > 3 else "")


OFFERS: dict[str, LazyString] = {"calm": _("Calm"), "balanced": _("Balanced"), "best": _("Best")}


def draft_name(row: Any) -> str:
    """The name of a draft; offers of a search are named by what they are."""
    return str(OFFERS.get(row.name, row.name)) if row.run_id else row.name
