"""The words of refusals: what was refused, why, what to do next. One entry a code; values are filled in by name."""

from flask_babel import LazyString

from app.errors import Refused
from app.i18n import gettext
from app.i18n import lazy_gettext as _

WORDS: dict[str, LazyString] = {
    "auth.sign_in_first": _("You are not signed in. Sign in and try again."),
    "auth.not_allowed": _("Your role does not allow this (%(permission)s). Ask an administrator."),
    "auth.token_unknown": _("This token is unknown or was revoked. Make a new one on your account page."),
    "auth.wrong": _("Name and password do not match. Check both and try again."),
    "auth.wait": _("Too many tries. Wait %(seconds)s seconds and try again."),
    "users.role_unknown": _("There is no role %(roles)s. Choose from the list."),
    "users.password_short": _("The password is too short. Use at least %(shortest)s characters."),
    "users.name_taken": _("The name %(name)s is taken. Choose another."),
    "user.unknown": _("There is no user %(user)s."),
    "token.unknown": _("There is no token %(token)s of yours."),
    "site.unknown": _("There is no site %(site)s. Import or create it first."),
    "item.unknown": _("There is no item %(item)s. Check the code or import it first."),
    "order.unknown": _("There is no order %(order)s here. Check the number."),
    "task.unknown": _("There is no task %(task)s here. Check the code."),
    "unit.unknown": _("There is no unit %(unit)s here. Check the label."),
    "lot.unknown": _("There is no lot %(lot)s here. Check the label or receive it first."),
    "station.unknown": _("There is no station %(station)s here. Check the code."),
    "machine.unknown": _("There is no machine %(machine)s here. Check the code."),
    "person.unknown": _("This badge is not known here. Ask your team lead."),
    "reason.unknown": _("There is no reason %(reason)s. Choose from the list."),
    "code.unknown": _("%(text)s is not known here. Check the label or type the number."),
    "code.damaged": _("The code %(text)s was read wrongly or is damaged. Scan again or print a new label."),
    "code.foreign": _("%(text)s is not one of our codes. Scan a label of this plant."),
    "quantity.wrong": _("%(quantity)s is not a quantity here. Enter a number above zero."),
    "quantity.decimals": _("%(quantity)s is too fine: %(item)s is counted with %(decimals)s decimals."),
    "value.missing": _("%(field)s is missing. Fill it in."),
    "value.wrong": _("%(field)s: %(value)s does not fit. Correct it."),
    "order.move": _("The order is %(status)s and cannot become %(to)s. %(next)s"),
    "order.held": _("The order %(order)s is on hold. Ask quality or the planner to release the hold."),
    "order.changed": _("The order was changed meanwhile. Load the page again and repeat."),
    "order.no_routing": _("%(item)s has no approved routing. Approve one, then release."),
    "order.bom": _("The order cannot be released: %(problem)s. Correct the bill of material or routing."),
    "hold.unknown": _("There is no open hold %(hold)s."),
    "task.move": _("The task is %(status)s and cannot become %(to)s. %(next)s"),
    "task.held": _("%(task)s is on hold. Ask quality or your team lead to release it."),
    "task.closed": _("%(task)s is %(status)s. Nothing more can be reported on it."),
    "task.no_input": _("Nothing is available yet: %(waiting_for)s has to report first."),
    "task.input": _(
        "Only %(available)s are available here, you reported %(quantity)s. Report less or wait for %(waiting_for)s."
    ),
    "task.lag": _("Only %(available)s are ready: parts must rest %(minutes)s minutes before this operation. Wait."),
    "task.other_station": _("This task belongs to %(stations)s, not here. Take the parts there."),
    "task.optional": _("Only an optional task can be skipped."),
    "task.loops": _("%(task)s was reworked %(loops)s times. Ask quality to decide."),
    "task.no_rework": _("The process has no way back from %(task)s. Report scrap or ask quality."),
    "unit.needed": _("This product is counted one by one. Scan the label of the unit."),
    "unit.one": _("A unit is reported one at a time."),
    "unit.other_item": _("%(unit)s is a %(item)s and does not belong to this task."),
    "unit.not_here": _("%(unit)s has not passed %(waiting_for)s. Take it there first."),
    "unit.done": _("%(unit)s was already reported here. Take it on to the next station."),
    "unit.status": _("%(unit)s is %(status)s and cannot be reported."),
    "unit.held": _("%(unit)s is on hold. Put it aside and call quality."),
    "unit.full": _("All %(quantity)s units of this task have their numbers already."),
    "unit.used": _("%(unit)s was already built in. Take another one."),
    "consume.needed": _("%(quantity)s of %(item)s have to be scanned first. Scan their labels."),
    "check.missing": _("The check %(check)s is missing. Enter its value."),
    "check.failed": _("%(check)s is %(value)s, allowed is %(lower)s to %(upper)s. Repeat, or report rework or scrap."),
    "lot.held": _("Lot %(lot)s is on hold. Take another lot."),
    "lot.expired": _("Lot %(lot)s expired on %(day)s. Take another lot."),
    "lot.status": _("Lot %(lot)s is %(status)s. Take another lot."),
    "lot.wrong_item": _("%(item)s is not used at this task. Check the part."),
    "stock.short": _("Only %(available)s of %(item)s are in stock at %(location)s. Receive or move some first."),
    "report.unknown": _("There is no report %(report)s."),
    "report.reversed": _("This report was already undone."),
    "report.late": _("It is too late to undo: %(minutes)s minutes are over. Ask your team lead."),
    "report.used": _("%(quantity)s were already used at %(task)s. Undo the report there first (%(report)s)."),
    "report.not_yours": _("Only the person who reported it or a team lead can undo this."),
    "report.reason": _("Say why. Choose a reason."),
    "skill.missing": _("%(task)s needs the skill %(skill)s. Ask your team lead."),
    "scan.other_payload": _("This scan number was used for something else. Scan again."),
    "api.other_payload": _("This idempotency key was used for another request. Use a new key."),
    "station.sign_in": _("Nobody is signed in here. Scan your badge first."),
    "station.task_first": _("No task is open here. Scan a task first."),
    "station.nothing_to_undo": _("There is nothing to undo here."),
    "limit.hold": _("Hold: %(station)s is full (%(backlog)s waiting). Do not start new parts."),
    "version.newer": _("The database was made by a newer version (%(revision)s). Install that version."),
    "version.older": _("The database is older than this version. Run the upgrade."),
    "worker.busy": _("Another worker does this right now. Try again in a moment."),
    "database.full": _("The disk is full. Nothing was written; make room and repeat."),
    "grant.sqlite": _("Rights between roles exist on PostgreSQL only; SQLite has one file and one owner."),
    "upload.large": _("The file is too large."),
    "order.not_service": _("Only service, maintenance and rework orders are released here. Ask a planner."),
    "users.self": _("You cannot do this to your own login. Ask another administrator."),
    "table.unknown": _("There is no list called %(name)s."),
    "bom.unknown": _("There is no bill of material %(bom)s here."),
    "routing.unknown": _("There is no routing %(routing)s here."),
    "import.gone": _("The checked files are no longer here. Choose them again."),
    "import.files": _("Choose a .zip, or .csv, .xlsx and .yaml files. %(name)s is none of these or is broken."),
    "serve.no_admin": _(
        "Nobody may administer this plant yet. Make the first administrator: ./gongxu create-admin NAME"
    ),
    "serve.one_process": _("SQLite is served by one process. Leave --workers at 1, or use PostgreSQL (DATABASE_URL)."),
    "serve.port": _("Port %(port)s is taken or not allowed. Choose another with --port."),
    "serve.running": _("%(file)s is served already on this machine. Stop that one first."),
    "notice.unknown": _("There is no notice %(notice)s here. Load the page again."),
    "notice.cleared": _("This notice was cleared meanwhile. Nothing is left to do."),
    "notice.by_itself": _("This notice ends by itself when its cause is over. Acknowledge it instead."),
    "plan.moved_on": _("Orders came, went or were held while the plan was made. It is made again with them."),
    "plan.attempts": _(
        "The plan was tried %(attempts)s times and its process ended each time. Look into the worker's log."
    ),
    "plan.unverified": _(
        "The plan broke %(count)s rules (%(codes)s) and was not published. The last plan stays; report this."
    ),
    "scheduling.link_cycle": _("The links of tasks form a cycle (%(path)s). Correct the routing, then plan again."),
    "scheduling.horizon_too_short": _("The shifts end before the work is done. Add shifts, then plan again."),
    "api.key_missing": _(
        "Each write needs the header Idempotency-Key: 8 to 64 characters that you make before the first try and keep "
        "for every retry. Add it and send the request again."
    ),
    "api.key_wrong": _(
        "This Idempotency-Key does not fit. Use 8 to 64 visible ASCII characters, such as a UUID, and send it again."
    ),
    "api.large": _("The body is larger than %(most)s bytes. Send less at once."),
    "api.media": _("The body is not JSON. Send it with Content-Type: application/json."),
    "api.json": _("The body cannot be read as JSON. Correct it: UTF-8, every name once, no NaN."),
    "api.nothing": _("There is no such %(name)s here. Check the address."),
    "plan.none": _("There is no plan yet. Ask for one first."),
    "plan.run_unknown": _("There is no plan run %(run)s here. Check the number."),
    "code.empty": _("Nothing was read. Scan again."),
    "code.ambiguous": _("%(text)s is more than one thing here (%(kinds)s). Scan our own label."),
    "code.not_here": _("%(text)s cannot be scanned at a station. Scan a task, an order, a unit or a part."),
    "code.badge": _("This is a badge. Scan it at a station to sign in."),
    "part.twice": _("%(unit)s was scanned already. Take another one."),
    "part.enough": _("All %(quantity)s of %(item)s were scanned already. Report the piece first."),
    "reason.other_use": _("The reason %(reason)s is for something else. Choose from the list."),
    "order.not_workable": _("The order %(order)s is %(status)s. Ask the planner."),
    "order.elsewhere": _("Nothing of %(order)s is done here. Its work is at %(stations)s."),
    "unit.not_due": _("%(unit)s is not due at this station. Take it to its next station."),
    "station.nothing_next": _("Nothing can be started here now. Ask your team lead."),
    "station.nothing_to_confirm": _("There is nothing to confirm."),
    "line.unknown": _("There is no line %(line)s here. Check the code."),
    "device.unknown": _("There is no device %(device)s here. Check the code."),
    "quality.unknown": _("There is no nonconformance %(nonconformance)s here. Check the number."),
    "quality.piece_unknown": _("This piece does not belong to the nonconformance. Load the page again."),
    "quality.move": _("The nonconformance is %(status)s: the step %(move)s is not possible. Load the page again."),
    "quality.decided": _("This piece is decided already. Load the page again."),
    "quality.concession": _("Only the role quality can let a piece pass by concession. Ask a quality inspector."),
    "quality.refused": _("A piece that is %(status)s cannot be given %(decision)s. Possible: %(allowed)s."),
    "quality.not_scrapped": _("%(units)s are to be scrapped and not yet reported as scrap. Report them first."),
    "quality.undecided": _("%(nonconformance)s has not decided about this piece. Decide there, then it is released."),
    "quality.too_many": _("%(count)s pieces are too many for one nonconformance (%(most)s). Trace a smaller part."),
}


# What the room of bills and routings found wrong: the cause of "order.bom"; the codes and names stand in problem.
CAUSES: dict[str, LazyString] = {
    "bom_cycle": _("the bill of material contains itself (%(problem)s)"),
    "process_cycle": _("the process runs in a circle (%(problem)s)"),
    "missing_routing": _("an item that is made has no approved routing (%(problem)s)"),
    "no_station": _("an operation has no station that can do it (%(problem)s)"),
    "unreachable": _("an operation is not linked with the others (%(problem)s)"),
    "bad_rework": _("a rework link does not lead back (%(problem)s)"),
    "bad_alternate": _("alternate operations offer no clear choice (%(problem)s)"),
    "not_optional": _("an operation cannot be left out (%(problem)s)"),
    "too_large": _("the structure is too large; stock its shared subassemblies (%(problem)s)"),
}


def sentence(error: Refused) -> str:
    """The words of a refusal in the language of the request."""
    words = WORDS.get(error.code)
    values = {name: _state(value) if name in _STATES else value for name, value in error.values.items()}
    cause = CAUSES.get(str(values.get("cause")))
    if cause is not None:
        return str(words) % {**values, "problem": str(cause) % values}
    if words is None:
        return gettext("Refused: %(code)s.", code=str(error))
    try:
        return str(words) % values if values else str(words)
    except (KeyError, TypeError):
        return str(words)


_STATES = ("status", "to", "next")


def _state(value: object) -> str:
    """Names of states as the pages write them (app/templates/_states.html), in the middle of a sentence."""
    names = [name.strip().replace("_", " ").capitalize() for name in str(value).split(",") if name.strip()]
    return ", ".join(gettext(name).lower() for name in names)
