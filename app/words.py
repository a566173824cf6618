"""The words of refusals: what was refused, why, what to do next. One entry a code; values are filled in by name."""

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, get_locale

from app.errors import Refused
from app.i18n import gettext
from app.i18n import lazy_gettext as _

WORDS: dict[str, LazyString] = {
    "auth.sign_in_first": _("You are not signed in. Sign in and try again."),
    "auth.not_allowed": _("Your role does not allow this (%(permission)s). Ask an administrator."),
    "auth.token_unknown": _("This token is unknown or was revoked. Make a new one on your account page."),
    "auth.again": _("This wants your password again. Do it on its page, or sign in anew and repeat."),
    "session.unknown": _("There is no session %(session)s of this login."),
    "auth.wrong": _("Name and password do not match. Check both and try again."),
    "auth.wait": _("Too many tries. Wait %(seconds)s seconds and try again."),
    "users.role_unknown": _("There is no role %(roles)s. Choose from the list."),
    "users.password_short": _("The password is too short. Use at least %(shortest)s characters."),
    "users.password_same": _("This is your password already. Choose another."),
    "users.name_taken": _("The name %(name)s is taken. Choose another."),
    "user.unknown": _("There is no user %(user)s."),
    "token.unknown": _("There is no token %(token)s of yours."),
    "site.unknown": _("There is no site %(site)s. Import or create it first."),
    "item.unknown": _("There is no item %(item)s. Check the code or import it first."),
    "label.reason": _("A label of %(label)s was printed before. Say why it is printed once more."),
    "label.unknown": _("There is no label %(job)s in the queue."),
    "label.ended": _("The label of %(label)s is printed or on its way. Ask for a new one."),
    "label.other_kind": _("%(text)s is something else than what you want to print. Choose another kind of label."),
    "label.no_font": _(
        "This label holds Chinese and the server has no font for it. Install fonts-noto-cjk, or name a font file in"
        " GONGXU_LABEL_FONT."
    ),
    "printer.unknown": _("There is no printer %(printer)s in use. Choose from the list."),
    "printer.code_taken": _("There is a printer %(printer)s already. Choose another code."),
    "badge.none": _("%(person)s has no badge that can be printed. Issue a new one first."),
    "symbol.no_writer": _("Codes cannot be drawn: zxing-cpp is missing on the server. Install it."),
    "picture.unreadable": _("This is no picture that can be read. Send a JPEG, PNG or WebP."),
    "picture.too_large": _("The picture is too large: at most 25 megapixels. Take a smaller one."),
    "picture.too_costly": _("The picture took too much time or memory. Take a photograph of the code alone."),
    "picture.no_code": _("No code was found in the picture. Go nearer, hold still, and mind the light."),
    "camera.no_source": _("No camera is named for %(station)s. Give --source, or set GONGXU_CAMERAS."),
    "camera.which": _("There are several stations %(station)s. Write SITE/STATION."),
    "certificate.none": _("This server has no certificate yet. Ask the administrator to run ./gongxu certificate."),
    "serve.no_certificate": _("There is no certificate yet. Run ./gongxu certificate first."),
    "serve.old_certificate": _("The certificate ended on %(until)s. Run ./gongxu certificate again."),
    "order.unknown": _("There is no order %(order)s here. Check the number."),
    "task.unknown": _("There is no task %(task)s here. Check the code."),
    "unit.unknown": _("There is no unit %(unit)s here. Check the label."),
    "lot.unknown": _("There is no lot %(lot)s here. Check the label or receive it first."),
    "station.unknown": _("There is no station %(station)s here. Check the code."),
    "location.unknown": _("There is no location %(location)s here. Check the code."),
    "machine.unknown": _("There is no machine %(machine)s here. Check the code."),
    "person.unknown": _("This badge is not known here. Ask your team lead."),
    "reason.unknown": _("There is no reason %(reason)s. Choose from the list."),
    "code.unknown": _("%(text)s is not known here. Check the label or type the number."),
    "code.damaged": _("The code %(text)s was read wrongly or is damaged. Scan again or print a new label."),
    "code.foreign": _("%(text)s is not one of our codes. Scan a label of this plant."),
    "quantity.wrong": _("%(quantity)s is not a quantity here. Enter a number above zero."),
    "quantity.decimals": _("%(quantity)s is too fine: %(item)s is counted with %(decimals)s decimals."),
    "bom.paste": _("%(rows)s rows cannot be pasted at once. Copy between 1 and %(most)s rows of the sheet."),
    "bom.none_approved": _("%(item)s has no approved bill of material. Choose another item."),
    "bom.no_draft": _("Revision %(revision)s is no draft any more. Load the page again."),
    "bom.draft_changed": _("%(who)s changed this draft meanwhile. Load the page again; your last cell was not saved."),
    "bom.seen": _("The draft was changed since you looked at it. Load the page again, then approve."),
    "bom.wrong": _("%(count)s things in the draft are wrong. Correct them, then approve."),
    "approve.own": _("You changed this draft. Ask a colleague who may approve to look at it and approve it."),
    "bom.empty": _("The draft has no rows. Write them first, or retire the revision."),
    "bom.is_draft": _("Revision %(revision)s is a draft. Give the draft up instead."),
    "bom.same_component": _("%(item)s cannot replace itself. Choose another item."),
    "bom.places_changed": _("Where %(item)s is used has changed meanwhile. Look again at what would change."),
    "value.missing": _("%(field)s is missing. Fill it in."),
    "value.wrong": _("%(field)s: %(value)s does not fit. Correct it."),
    "order.move": _("The order is %(status)s and cannot become %(to)s. %(next)s"),
    "order.held": _("The order %(order)s is on hold. Ask quality or the planner to release the hold."),
    "order.changed": _("The order was changed meanwhile. Load the page again and repeat."),
    "order.not_sizable": _("%(order)s is over or is no production order. Make a new order instead."),
    "order.below_reported": _(
        "%(task)s has %(reported)s reported and only %(left)s would be left. Choose a larger quantity."
    ),
    "order.split_all": _("%(quantity)s of %(all)s would leave nothing. Take off less, or change the quantity."),
    "order.no_routing": _("%(item)s has no approved routing. Approve one, then release."),
    "order.bom": _("The order cannot be released: %(problem)s. Correct the bill of material or routing."),
    "hold.second": _("You laid this hold. Ask a colleague from quality to release it."),
    "complaint.future": _("A complaint cannot be received in the future. Correct the time."),
    "complaint.serials_unknown": _(
        "%(count)s serials are not known here: %(serials)s. Check them; nothing was written."
    ),
    "complaint.serial_twice": _("Several items have the serial %(serial)s. Trace it and write the complaint there."),
    "complaint.in_house": _("%(serial)s is still being made. Open a nonconformance for it instead."),
    "containment.nothing": _("Nothing is left to hold or recall. Check what was traced."),
    "quality.recall_open": _("%(count)s units are still with customers. Finish the recall, then close."),
    "sign.secret_missing": _("This wants your signature. Enter your password again."),
    "sign.nobody": _("Only a person with a login can sign. Sign in with your own."),
    "capa.unknown": _("There is no action %(action)s here."),
    "capa.check_before": _("The effect cannot be checked before the action is due (%(due)s). Choose a later day."),
    "capa.not_done": _("The action is not done yet. Its effect can be checked afterwards."),
    "capa.checked": _("The effect was checked already. Plan a new action instead."),
    "capa.own": _("You carried this action out. Ask a colleague to check its effect."),
    "capa.open": _("%(count)s actions are not done or not checked for their effect. Finish them, then close."),
    "chart.unknown": _("Nothing was measured of the characteristic %(characteristic)s here."),
    "chart.refused": _("These values make no chart of this kind (%(reason)s: %(value)s). Choose another or wait."),
    "recall.unknown": _("There is no recall %(recall)s here."),
    "recall.move": _("The recall is %(status)s and cannot become %(to)s. Load the page again."),
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
    "task.no_alternate": _("There is nothing to choose for %(task)s: the process has one way here."),
    "task.alternate_begun": _("Work on %(task)s has begun. Undo what was reported and put it aside, then choose."),
    "task.skip_last": _("%(task)s is the last operation and cannot be skipped. Report it."),
    "task.skip_birth": _("%(task)s gives the units their numbers and cannot be skipped. Report it."),
    "task.skip_bad": _("Pieces were scrapped or sent to rework at %(task)s. Report the rest there."),
    "task.skip_rework": _("Rework runs through %(task)s. Finish the loop first."),
    "task.skip_knot": _("%(task)s stands where several ways meet and cannot be skipped. Report it."),
    "task.skip_first": _("%(task)s was skipped beside it. Take that skip back first."),
    "task.skip_used": _(
        "%(next)s has used %(quantity)s that flowed past %(task)s. Undo these reports first, or leave it skipped."
    ),
    "results.unknown": _("There are no results of the kind %(kind)s. Choose from the list."),
    "container.unknown": _("There is no container %(container)s here. Check the label."),
    "container.shipped": _("%(container)s has left already. Take another one."),
    "container.empty": _("Nothing is in %(container)s. Pack it first."),
    "pack.what": _("%(text)s cannot be packed. Scan a unit, a lot or a container."),
    "pack.not_good": _("%(unit)s is %(status)s and cannot be packed or shipped. Only finished units leave."),
    "pack.twice": _("%(what)s lies in %(container)s. Take it out there first."),
    "pack.in_itself": _("%(container)s cannot lie in itself. Scan another one."),
    "ship.other_customer": _("%(unit)s was made for %(customer_order)s. Take it out, or ship to that order."),
    "outside.nothing": _("Nothing of %(text)s can be sent now. Scan a task card whose work is done outside."),
    "outside.unknown": _("There is no dispatch %(dispatch)s here. Check the number."),
    "outside.here": _("%(task)s is done here. Only an operation with a lead time outside can be sent."),
    "outside.closed": _("%(dispatch)s is closed: all of it came back or was lost."),
    "outside.more": _("%(left)s of %(dispatch)s are out, you entered %(quantity)s. Enter less."),
    "outside.twice": _("%(unit)s is out already. Scan another one."),
    "outside.not_out": _("%(unit)s is not out with %(dispatch)s. Check the label."),
    "outside.units": _("Scan each unit: %(quantity)s are told. Book good ones and lost ones one after the other."),
    "batch.none": _("%(task)s is done piece by piece. Report it as usual."),
    "batch.runs": _("A run is going on here. End it first."),
    "batch.empty": _("Nothing is in the jig. Load units or a quantity first."),
    "batch.not_started": _("No run was started here. Start it when the jig is loaded."),
    "batch.full": _("The jig takes %(size)s pieces, %(left)s more fit. Load less, or start the run."),
    "batch.mixed": _(
        "%(task)s cannot go in together with %(other)s: its settings differ. Run them one after the other."
    ),
    "batch.twice": _("%(unit)s is in the jig already. Scan the next one."),
    "skip.lead": _("Only a team lead may skip %(task)s. Let your lead scan their badge, then skip."),
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
    "stock.same_place": _("The stock lies at %(location)s already. Choose another place."),
    "stock.lot_needed": _("%(item)s is tracked by lot. Name the lot."),
    "stock.no_lot": _("%(item)s is not tracked by lot. Leave the lot empty."),
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
    "correction.same": _("It was reported as %(quantity)s already. Enter what is right, or leave it empty to undo it."),
    "station.locked": _("Nobody did anything here for %(minutes)s minutes. Scan your badge, then go on."),
    "station.stopped": _("The station stands already. Press Start when it works again."),
    "station.full": _("All %(people)s places here are taken. Somebody has to sign out first."),
    "station.offline": _(
        "This waited while the network was out and cannot be done any more. Do it again at the station."
    ),
    "limit.start": _(
        "%(station)s is full (%(backlog)s waiting): start at most %(rate)s an hour here. The next one in %(minutes)s "
        "minutes; report what is in hand, or ask your team lead."
    ),
    "limit.lead_only": _("Only a team lead can override a limit. Let the lead scan a badge first."),
    "limit.none": _("No limit holds this station back."),
    "material.none": _("%(task)s needs no more material. Call help if something lacks."),
    "counter.less": _(
        "The counter shows %(reading)s, but since %(before)s more was reported already. Read it again, or ask your "
        "team lead to correct a report."
    ),
    "check.by_device": _("%(check)s is measured by the machine and cannot be typed. Measure again, or call help."),
    "station.task_first": _("No task is open here. Scan a task first."),
    "station.nothing_to_undo": _("There is nothing to undo here."),
    "limit.hold": _("Hold: %(station)s is full (%(backlog)s waiting). Do not start new parts."),
    "backup.tool": _("%(tool)s is not installed. Install PostgreSQL's client programs, and repeat."),
    "backup.failed": _("The copy could not be made: %(why)s. Nothing of it was kept; mend that and repeat."),
    "backup.full": _("The disk of %(folder)s is full. Nothing was kept; make room or choose another with --folder."),
    "backup.exists": _("%(folder)s is there already. Wait a second and repeat."),
    "backup.memory": _("A database in memory cannot be copied. Use a file or PostgreSQL (DATABASE_URL)."),
    "restore.none": _("%(folder)s is no backup: it has no manifest. Give the folder that the backup made."),
    "restore.damaged": _("This backup is damaged: %(what)s. The plant was not touched; take another backup."),
    "restore.running": _("The plant is running (%(file)s). Stop it, wait half a minute, and repeat."),
    "restore.engine": _("This backup was made on %(made)s, the plant is on %(wanted)s. Set DATABASE_URL to match."),
    "restore.not_empty": _(
        "The database %(database)s is not empty. Make a new one, set DATABASE_URL to it, and repeat."
    ),
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
    "screen.code_unknown": _("No screen shows the code %(value)s. Read it again; a code holds for ten minutes."),
    "screen.unknown": _("This screen is not paired here. Go back to the list."),
    "screen.too_many": _("Too many screens wait to be paired. Try again in a few minutes."),
    "place.unknown": _("There is no %(value)s. Choose from the list."),
    "master.unknown": _("There is no %(key)s here any more. Go back to the list."),
    "master.retire": _("%(key)s cannot be removed. Take it out of use instead."),
    "master.used": _("%(key)s is used and cannot be removed. Take away what refers to it first."),
    "import.gone": _("The checked files are no longer here. Choose them again."),
    "import.files": _("Choose a .zip, or .csv, .xlsx and .yaml files. %(name)s is none of these or is broken."),
    "serve.no_admin": _(
        "Nobody may administer this plant yet. Make the first administrator: ./gongxu create-admin NAME"
    ),
    "serve.one_process": _("SQLite is served by one process. Leave --workers at 1, or use PostgreSQL (DATABASE_URL)."),
    "serve.port": _("Port %(port)s is taken or not allowed. Choose another with --port."),
    "serve.running": _("%(file)s is served already on this machine. Stop that one first."),
    "notice.unknown": _("There is no notice %(notice)s here. Load the page again."),
    "roster.no_shift": _("No shift runs now, so nobody can be moved. Change the roster instead."),
    "roster.skill": _("The work that waits there needs the skill %(skill)s. Choose somebody who has it."),
    "notice.cleared": _("This notice was cleared meanwhile. Nothing is left to do."),
    "stop.unknown": _("There is no such stop %(stop)s here. Load the page again."),
    "notice.shelve_reason": _("Say why: a shelf without a reason hides an alarm. Write a few words and try again."),
    "notice.shelve_long": _("That is longer than this shift, or it is over already. Choose a time within the shift."),
    "limit.unknown": _("There is no limit rule %(rule)s here. Check the code."),
    "limit.band": _("The lower number must be at least 1 and below the upper one, or the station would run dry."),
    "limit.rate": _("The pace must be between 1 and 999 per mille. To stop upstream, choose Hold."),
    "limit.hold_at": _("Holding begins at or above the upper number, and only where the rule slows first."),
    "limit.times": _("Delay and shortest time are 0 to 86400 seconds. Correct the number."),
    "limit.same_station": _("A station cannot wait for itself. Choose two stations."),
    "limit.code_taken": _("There is a limit rule %(rule)s already. Choose another code."),
    "notice.by_itself": _("This notice ends by itself when its cause is over. Acknowledge it instead."),
    "plan.moved_on": _("Orders came, went or were held while the plan was made. It is made again with them."),
    "plan.attempts": _(
        "The plan was tried %(attempts)s times and its process ended each time. Look into the worker's log."
    ),
    "plan.unverified": _(
        "The plan broke %(count)s rules (%(codes)s) and was not published. The last plan stays; report this."
    ),
    "scheduling.link_cycle": _("The links of tasks form a cycle (%(path)s). Correct the routing, then plan again."),
    "scheduling.no_window": _("None of its agreed windows fits task %(task)s any more. Agree on another one."),
    "scheduling.buffer_stuck": _(
        "Buffer %(buffer)s stays full: tasks %(tasks)s have nowhere to put their work. Give it more room, or let the "
        "next operation fetch earlier."
    ),
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
    "routing.no_draft": _("This draft was approved or given up meanwhile. Load the page again."),
    "routing.draft_changed": _(
        "%(who)s changed this draft meanwhile, so your change was not written. The page shows it as it is now: repeat"
        " your change."
    ),
    "routing.unreadable": _("This change cannot be read. Load the page again and repeat it."),
    "routing.too_large": _("A routing holds at most %(most)s rows. Split the item."),
    "routing.key_empty": _("An operation, a link, a station and a check need a code. Enter one."),
    "routing.twice": _("%(key)s is there already. Change that one, or choose another code."),
    "routing.circle": _("The operations would go round in a circle: %(path)s. Make the way back a rework link."),
    "routing.nothing_to_undo": _("There is no step to take back in this draft."),
    "routing.nothing_to_redo": _("There is no step to do again in this draft."),
    "routing.base_changed": _(
        "Revision %(revision)s was changed meanwhile. Look at the differences again, then approve."
    ),
    "routing.nothing_changed": _("The draft says the same as revision %(revision)s. Change it or give it up."),
    "routing.not_sound": _("%(count)s things forbid this. They stand below the graph; correct them, then approve."),
    "instruction.kind": _("This is neither a picture nor a PDF. Send PNG, JPEG, WebP or PDF."),
    "instruction.large": _("The file is too large: at most %(most)s MB. Make it smaller."),
    "instruction.code": _("%(operation)s cannot name a file. Give the operation a code without a slash."),
    "plan.draft_unknown": _("This draft was published or discarded meanwhile. Go back to the published plan."),
    "plan.draft_changed": _("Somebody changed this draft meanwhile. Load the page again and repeat your change."),
    "plan.draft_name": _("A draft needs a name of at most %(most)s characters. Write one."),
    "plan.too_many_drafts": _("There are %(most)s drafts already. Publish or discard one first."),
    "plan.nothing_to_undo": _("There is no step to take back in this draft."),
    "plan.nothing_to_redo": _("There is no step to do again in this draft."),
    "plan.nothing_to_lock": _("What is in work cannot be locked. Choose a task that has not begun."),
    "plan.drop": _("It cannot be put there. %(why)s"),
    "plan.drop_unreadable": _("The drop could not be read. Load the page again and repeat it."),
    "plan.data": _("The data contradict themselves (%(problem)s). Correct them, then try again."),
    "plan.no_item": _("There is no item %(item)s here. Check its code."),
    "plan.seconds": _("A search takes 1 to %(most)s seconds. Choose another time."),
    "plan.interrupted": _("The worker was ended during the search. It begins again."),
    "plan.search_over": _("This search has ended already. Its plans are drafts now."),
    "plan.confirm": _(
        "Look once more: %(frozen)s tasks about to start move, %(moved)s moved since the draft was made, %(fresh)s "
        "orders are new. Publish again to agree."
    ),
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
    "inspection.unknown": _("There is no inspection %(inspection)s here."),
    "inspection.done": _("This inspection was done meanwhile. Load the page again to see its result."),
    "inspection.void": _("The report behind this inspection was undone. Nothing is left to inspect."),
    "inspection.no_checks": _("The plan has no characteristics yet. Add what is looked at, then write the result."),
    "inspection.future": _("The time of measuring has not come yet. Correct it."),
    "inspection.value": _("%(check)s: %(value)s is no measured value. Type numbers with a point or a comma."),
    "inspection.unit": _("%(check)s is measured in %(wanted)s, not in %(unit)s. Convert the value."),
    "inspection.count": _("%(check)s: %(given)s values for %(wanted)s pieces. Type one for each piece."),
    "inspection.piece": _("%(check)s: there is no piece %(value)s in the sample. Type numbers from 1 to %(wanted)s."),
    "inspection.instrument": _("%(check)s: choose the instrument it was measured with."),
    "inspection.unit_unknown": _("There is no unit %(unit)s of %(item)s. Check the serial number."),
    "inspection.units": _("%(given)s serial numbers for %(wanted)s pieces. Type one for each piece, or none at all."),
    "inspection.plan_unknown": _("There is no inspection plan %(plan)s here."),
    "inspection.plan_known": _("%(item)s has a plan of this kind there already. Change that one."),
    "inspection.check_unknown": _("There is no characteristic %(check)s in this plan."),
    "inspection.operation": _("%(item)s has no operation %(operation)s. Choose one of its routing."),
    "inspection.no_lots": _("%(item)s is not tracked by lot, so no lot of it can wait for its inspection."),
    "inspection.aql": _("ISO 2859-1 has no AQL %(aql)s at level %(level)s. Choose from the list."),
    "inspection.limits": _("The limits of %(check)s contradict each other or do not belong to it."),
    "instrument.unknown": _("There is no instrument %(instrument)s here. Check its number."),
    "instrument.known": _("There is an instrument %(instrument)s already. Choose another number."),
    "instrument.retired": _("%(instrument)s is out of use since %(day)s. Take another instrument."),
    "instrument.overdue": _(
        "The calibration of %(instrument)s ran out on %(day)s. Have it calibrated or take another."
    ),
    "instrument.unit": _("%(instrument)s shows %(shows)s, the characteristic is in %(unit)s. Take another instrument."),
    "instrument.beyond": _(
        "%(instrument)s measures from %(low)s to %(high)s %(unit)s: it cannot have shown %(value)s. Correct the value."
    ),
    "instrument.range": _("The range from %(low)s to %(high)s is turned round. Correct it."),
    "instrument.future": _("A calibration on %(day)s has not happened yet. Correct the day."),
    "instrument.order": _("The next calibration (%(day)s) must be later than this one."),
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
    values = spoken(error.values)
    values = {name: _state(value) if name in _STATES else value for name, value in values.items()}
    cause = CAUSES.get(str(values.get("cause")))
    if cause is not None:
        return str(words) % {**values, "problem": str(cause) % values}
    if words is None:
        return gettext("Refused: %(code)s.", code=str(error))
    try:
        return str(words) % values if values else str(words)
    except (KeyError, TypeError):
        return str(words)


def spoken(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with the names of things in the language of the request: ``task_zh`` takes the place of ``task``."""
    said = dict(values)
    if str(get_locale() or "en").startswith("zh"):
        said |= {name.removesuffix("_zh"): value for name, value in values.items() if name.endswith("_zh") and value}
    return said


_STATES = ("status", "to", "next")


def _state(value: object) -> str:
    """Names of states as the pages write them (app/templates/_states.html), in the middle of a sentence."""
    names = [name.strip().replace("_", " ").capitalize() for name in str(value).split(",") if name.strip()]
    return ", ".join(gettext(name).lower() for name in names)
