"""Words for what the log and the matrix hold as codes: topics of events, kinds of orders, roles and permissions."""

from typing import Any

from flask_babel import LazyString

from app.i18n import gettext
from app.i18n import lazy_gettext as _

TOPICS: dict[str, LazyString] = {
    "order.created": _("Order created"),
    "order.released": _("Released: broken down into %(tasks)s tasks"),
    "order.changed": _("Due date or priority changed"),
    "order.running": _("Work began"),
    "order.completed": _("All tasks are closed"),
    "order.closed": _("Order closed"),
    "order.cancelled": _("Order cancelled"),
    "order.aborted": _("Order aborted"),
    "hold.opened": _("Put on hold"),
    "hold.released": _("Hold released"),
    "report.good": _("%(quantity)s good reported"),
    "report.scrap": _("%(quantity)s scrap reported"),
    "report.rework": _("%(quantity)s sent to rework"),
    "report.undone": _("Report of %(quantity)s undone"),
    "task.rework_opened": _("Rework loop opened"),
    "task.dispatched": _("Task dispatched"),
    "task.skipped": _("Optional task skipped"),
    "task.started": _("Work on the task began"),
    "task.paused": _("Work on the task paused"),
    "site.created": _("Site created"),
    "user.created": _("Login created"),
    "user.password_set": _("Password set, sessions ended"),
    "user.sessions_ended": _("Signed out everywhere"),
    "user.switched": _("Login switched on or off"),
    "user.roles_set": _("Roles changed"),
    "token.created": _("Personal token made"),
    "token.revoked": _("Personal token revoked"),
    "import.done": _("Master data imported"),
    "plan.published": _("Plan published"),
    "plan.requested": _("Plan asked for"),
    "plan.started": _("Planning began"),
    "plan.failed": _("Planning failed"),
    "nonconformance.opened": _("Nonconformance opened"),
    "nonconformance.contained": _("Nonconformance contained"),
    "nonconformance.extended": _("Nonconformance extended"),
    "nonconformance.decided": _("A piece was decided"),
    "nonconformance.dispositioned": _("All pieces were decided"),
    "nonconformance.closed": _("Nonconformance closed"),
    "nonconformance.reopened": _("Nonconformance opened again"),
    "limit.requested": _("Limit asked for upstream"),
    "limit.verified": _("Limit written and read back"),
    "limit.refused": _("The machine refused the limit"),
    "limit.lost": _("Contact lost while limited"),
    "limit.cleared": _("Limit cleared"),
    "notice.opened": _("Notice for the team lead"),
    "notice.acknowledged": _("Notice seen"),
    "notice.cleared": _("Notice cleared"),
    "machine.state": _("Machine state changed"),
    "person.signed_in": _("Signed in at the station"),
    "person.signed_out": _("Signed out at the station"),
}
SHAPES = {"hold.opened": "hold", "report.scrap": "scrap", "report.rework": "rework", "report.undone": "refused",
          "order.cancelled": "refused", "order.aborted": "refused", "order.completed": "done", "report.good": "done",
          "order.closed": "done", "order.created": "new", "order.released": "ready",
          "order.running": "running"}  # fmt: skip
ORDER_KINDS: dict[str, LazyString] = {
    "production": _("Production"), "rework": _("Rework order"), "service": _("Service order"),
    "maintenance": _("Maintenance"),
}  # fmt: skip
SUBJECTS: dict[str, LazyString] = {
    "order": _("Order"), "task": _("Task"), "unit": _("Unit"), "user": _("Login"), "site": _("Site"), "lot": _("Lot"),
    "station": _("Station"), "machine": _("Machine"), "plan": _("Plan run"), "notice": _("Notice"),
    "nonconformance": _("Nonconformance"),
}  # fmt: skip
ROLE_WORDS: dict[str, LazyString] = {
    "operator": _("Operator"), "lead": _("Team lead"), "planner": _("Planner"), "quality": _("Quality inspector"),
    "service": _("Service staff"), "wall": _("Wall display"), "admin": _("Administrator"),
}  # fmt: skip
PERMISSION_WORDS: dict[str, LazyString] = {
    "orders.view": _("See orders"), "orders.edit": _("Create, change, cancel and close orders"),
    "orders.release": _("Release orders"), "orders.hold": _("Hold and resume orders"),
    "plan.view": _("See the plan"), "plan.edit": _("Plan and re-plan"), "trace.view": _("Trace units and lots"),
    "board.view": _("See walls and boards"), "devices.view": _("See devices"), "devices.edit": _("Change devices"),
    "live.view": _("Get live changes"), "quality.view": _("See quality"), "quality.edit": _("Inspect and decide"),
    "quality.hold": _("Hold units and lots"), "station.use": _("Work at stations"), "lead.act": _("Lead a line"),
    "reports.correct": _("Correct reports of others"), "limits.override": _("Override a limit"),
    "notices.act": _("Answer notices"), "export": _("Export lists"), "api.use": _("Write through the API"),
    "service.edit": _("Service and maintenance orders"), "admin": _("Administration"),
}  # fmt: skip


def told(topic: str, data: dict[str, Any]) -> str:
    """An event in readable words; a topic without words shows itself."""
    words = TOPICS.get(topic)
    if words is None:
        return topic
    try:
        return str(words) % data if data else str(words).replace("%(tasks)s", "–").replace("%(quantity)s", "–")
    except (KeyError, TypeError, ValueError):
        return str(words)


def kind_word(kind: str) -> str:
    """The word for a kind of order."""
    return str(ORDER_KINDS.get(kind, kind))


def actor_word(actor: str | None, names: dict[str, str]) -> str:
    """Who did it: a name when the id is known, a plain word for programs."""
    if not actor:
        return gettext("the system")
    if actor in names:
        return names[actor]
    source = actor.partition(":")[0]
    plain = {"cli": gettext("command line"), "import": gettext("import"), "api": gettext("a program"),
             "worker": gettext("the planner"), "poller": gettext("the poller")}  # fmt: skip
    return plain.get(source, actor)
