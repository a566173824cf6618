"""Words for what the log and the matrix hold as codes: topics of events, kinds of orders, roles and permissions."""

import re
from typing import Any

from flask_babel import LazyString

from app.i18n import gettext
from app.i18n import lazy_gettext as _

TOPICS: dict[str, LazyString] = {
    "label.asked": _("Label asked for"),
    "label.asked_again": _("Label asked for once more"),
    "label.tried_again": _("Label tried again"),
    "label.printed": _("Label handed to the printer"),
    "label.failed": _("Label not printed"),
    "label.cancelled": _("Label given up"),
    "printer.changed": _("Label printer changed"),
    "printer.assigned": _("Printer of a station changed"),
    "badge.issued": _("Badge issued"),
    "order.created": _("Order created"),
    "order.released": _("Released: broken down into %(tasks)s tasks"),
    "order.changed": _("Due date or priority changed"),
    "order.resized": _("Quantity changed to %(quantity)s"),
    "order.split": _("%(quantity)s split off into an order of their own, %(left)s left"),
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
    "batch.started": _("Batch run begun with %(loaded)s pieces"),
    "batch.ended": _("Batch run ended with %(loaded)s pieces"),
    "batch.aborted": _("Batch run ended without pieces"),
    "stock.moved": _("%(quantity)s moved to another place"),
    "stock.adjusted": _("Stock corrected by %(quantity)s"),
    "stock.counted": _("Stock counted, difference %(quantity)s"),
    "stock.received": _("%(quantity)s received"),
    "labour.booked": _("Working time booked"),
    "container.created": _("Container made"),
    "container.packed": _("Packed"),
    "container.unpacked": _("Taken out of the container"),
    "container.put_away": _("Received into the store"),
    "container.shipped": _("Shipped"),
    "outside.sent": _("%(quantity)s sent outside"),
    "outside.received": _("Back from outside: %(good)s good, %(lost)s lost"),
    "outside.taken_back": _("Taken back undone"),
    "task.skip_undone": _("Skip taken back"),
    "task.chosen": _("Another alternate chosen"),
    "task.started": _("Work on the task began"),
    "task.paused": _("Work on the task paused"),
    "site.created": _("Site created"),
    "user.created": _("Login created"),
    "user.password_set": _("Password set, sessions ended"),
    "user.password_changed": _("Password changed by its owner"),
    "user.sessions_ended": _("Signed out everywhere"),
    "user.session_ended": _("Signed out in some browsers"),
    "user.switched": _("Login switched on or off"),
    "user.roles_set": _("Roles changed"),
    "token.created": _("Personal token made"),
    "token.revoked": _("Personal token revoked"),
    "screen.paired": _("Screen paired"),
    "screen.revoked": _("Screen signed out"),
    "master.created": _("Row added"),
    "master.changed": _("Row changed"),
    "master.removed": _("Row removed"),
    "import.done": _("Master data imported"),
    "plan.published": _("Plan published"),
    "plan.offered": _("Three plans offered"),
    "plan.draft_opened": _("Draft of a plan opened"),
    "plan.draft_discarded": _("Draft of a plan discarded"),
    "routing.draft_opened": _("Draft %(revision)s of the routing of %(item)s begun"),
    "routing.draft_discarded": _("Draft %(revision)s of the routing of %(item)s given up"),
    "routing.draft_saved": _("Draft of a routing saved"),
    "routing.approved_own": _(
        "Routing of %(item)s approved by who wrote it, as nobody else may: revision %(revision)s in place of %(before)s"
    ),
    "routing.approved": _("Routing of %(item)s approved: revision %(revision)s in place of %(before)s"),
    "instruction.changed": _("Instruction of %(operation)s of %(item)s changed"),
    "instruction.removed": _("Instruction of %(operation)s of %(item)s taken away"),
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
    "inspection.due": _("Inspection fell due"),
    "inspection.pass": _("Inspection passed"),
    "inspection.fail": _("Inspection failed"),
    "inspection.void": _("Inspection taken back with its report"),
    "inspection_plan.created": _("Inspection plan made"),
    "inspection_plan.changed": _("Inspection plan changed"),
    "inspection_plan.check": _("Characteristic of an inspection plan set"),
    "inspection_plan.check_retired": _("Characteristic taken out of an inspection plan"),
    "instrument.added": _("Instrument taken into use"),
    "instrument.calibrated": _("Instrument calibrated"),
    "instrument.retired": _("Instrument taken out of use"),
    "control_plan.changed": _("Control plan changed"),
    "signature.made": _("Signed"),
    "action.planned": _("Corrective action planned"),
    "action.done": _("Corrective action done"),
    "action.effective": _("Corrective action was effective"),
    "action.not_effective": _("Corrective action was not effective"),
    "nonconformance.eight_d": _("8D report changed"),
    "complaint.opened": _("Complaint written down"),
    "recall.moved": _("Recall of a unit went on"),
    "forecast.changed": _("Something else is expected of the floor"),
    "limit.requested": _("Limit asked for upstream"),
    "limit.verified": _("Limit written and read back"),
    "limit.refused": _("The machine refused the limit"),
    "limit.lost": _("Contact lost while limited"),
    "limit.accepted": _("The machine accepted the limit"),
    "limit.effective": _("The limit is effective"),
    "limit.ineffective": _("The limit has no effect"),
    "limit.overridden": _("The limit is overridden at the machine"),
    "limit.notify_only": _("The machine cannot be written, people are told"),
    "limit.released": _("The machine was let go"),
    "limit.cleared": _("Limit cleared"),
    "limit_rule.created": _("Limit rule made"),
    "limit_rule.changed": _("Limit rule changed"),
    "limit_rule.paused": _("Limit rule paused"),
    "limit_rule.resumed": _("Limit rule in force again"),
    "device.writes_set": _("Writing to a device allowed or forbidden"),
    "notice.escalated": _("Notice went up a step"),
    "notice.shelved": _("Notice shelved"),
    "notice.unshelved": _("Notice taken off the shelf"),
    "notice.opened": _("Notice for the team lead"),
    "notice.assigned": _("Notice given to a person"),
    "notice.unassigned": _("Notice taken back"),
    "person.moved": _("Person moved to another station for the shift"),
    "notice.acknowledged": _("Notice seen"),
    "notice.cleared": _("Notice cleared"),
    "machine.asked": _("Reason of a stop asked for"),
    "machine.reason": _("Reason of a stop given"),
    "machine.drift": _("Counter and scans of an hour differ"),
    "machine.state": _("Machine state changed"),
    "person.signed_in": _("Signed in at the station"),
    "person.back": _("Back at the station"),
    "station.limit_overridden": _("Limit overridden at the station for %(minutes)s minutes"),
    "order.replacement": _("%(quantity)s scrapped pieces are made again"),
    "scan.booked": _("Late scan booked: %(quantity)s"),
    "scan.dropped": _("Late scan dropped, nothing booked"),
    "report.corrected": _("Report corrected: %(was)s was wrong, %(now)s is right"),
    "task.taken_over": _("Task taken over by another station"),
    "station.stopped": _("Station stopped"),
    "station.resumed": _("Station works again"),
    "bom.draft_begun": _("Draft of a bill of material begun: revision %(revision)s"),
    "bom.draft_saved": _("Draft of a bill of material saved"),
    "bom.draft_discarded": _("Draft of a bill of material given up"),
    "bom.approved_own": _(
        "Bill of material approved by who wrote it, as nobody else may: revision %(revision)s, %(lines)s lines"
    ),
    "bom.approved": _("Bill of material approved: revision %(revision)s, %(lines)s lines"),
    "bom.retired": _("Bill of material taken out of use: revision %(revision)s"),
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
    "order": _("Order"), "task": _("Task"), "unit": _("Unit"), "batch": _("Batch run"), "container": _("Container"),
    "user": _("Login"), "site": _("Site"), "lot": _("Lot"),
    "station": _("Station"), "machine": _("Machine"), "plan": _("Plan run"), "notice": _("Notice"),
    "limit": _("Limit"), "limit_rule": _("Limit rule"), "device": _("Device"),
    "nonconformance": _("Nonconformance"), "complaint": _("Complaint"), "screen": _("Screen"),
    "disposition": _("Decision"), "characteristic": _("Characteristic"),
    "bom": _("Bill of material"), "routing": _("Routing"), "hold": _("Hold"),
    "corrective_action": _("Corrective action"),
    "inspection": _("Inspection"), "inspection_plan": _("Inspection plan"), "instrument": _("Instrument"),
}  # fmt: skip
ROLE_WORDS: dict[str, LazyString] = {
    "operator": _("Operator"), "lead": _("Team lead"), "planner": _("Planner"), "quality": _("Quality inspector"),
    "engineer": _("Engineer"), "service": _("Service staff"), "throttle": _("May throttle machines"),
    "wall": _("Wall display"), "admin": _("Administrator"),
}  # fmt: skip
PERMISSION_WORDS: dict[str, LazyString] = {
    "labels.print": _("Print labels"), "labels.badges": _("Issue badges"),
    "orders.view": _("See orders"), "orders.edit": _("Create, change, cancel and close orders"),
    "orders.release": _("Release orders"), "orders.hold": _("Hold and resume orders"),
    "orders.route": _("Choose alternates and skip optional operations"),
    "pack": _("Pack finished goods"),
    "reports.view": _("See shift reports"),
    "stock.move": _("Receive, pack, ship and move material"),
    "plan.view": _("See the plan"), "plan.edit": _("Plan and re-plan"), "trace.view": _("Trace units and lots"),
    "board.view": _("See walls and boards"), "devices.view": _("See devices"), "devices.edit": _("Change devices"),
    "live.view": _("Get live changes"), "quality.view": _("See quality"), "quality.edit": _("Inspect and decide"),
    "quality.hold": _("Hold units and lots"), "station.use": _("Work at stations"), "lead.act": _("Lead a line"),
    "reports.correct": _("Correct reports of others"), "limits.override": _("Override a limit"),
    "limits.throttle": _("Throttle machines: write to them and change the rules"),
    "notices.act": _("Answer notices"), "export": _("Export lists"), "api.use": _("Write through the API"),
    "engineering.view": _("See bills of material and routings"),
    "engineering.edit": _("Write bills of material and routings"),
    "engineering.approve": _("Approve what engineers wrote"),
    "service.edit": _("Service and maintenance orders"), "admin": _("Administration"),
}  # fmt: skip


_PLACES = re.compile(r"%\(\w+\)s")


def told(topic: str, data: dict[str, Any]) -> str:
    """An event in readable words; a topic without words shows itself."""
    words = TOPICS.get(topic)
    if words is None:
        return topic
    try:
        return str(words) % data if data else _PLACES.sub("–", str(words))
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
             "worker": gettext("the planner"), "poller": gettext("the poller"),
             "camera": gettext("a camera")}  # fmt: skip
    return plain.get(source, actor)
