"""What-if on the plan board: drafts, drops that are checked, steps back and forth, publishing."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.errors import Conflict, Invalid
from app.i18n import gettext as _
from app.i18n import named
from app.queries import plan_board, plan_drafts, plan_told, plan_try, plans
from app.queries.plan_try import Tried, Violation, Wish
from app.services import draft_publishing, drafts
from app.web.plan_words import drop_word, violation_word
from app.web.shell import moment
from scheduling import SchedulingError

pages = Blueprint("plan_drafts", __name__)
_MOST_SHOWN = 300


@pages.post("/plan/drafts")
@allow("plan.edit")
def create() -> ResponseReturnValue:
    """A draft that begins as the published plan or as another draft."""
    of = _whole(request.values.get("of"))
    name = request.values.get("name") or _("What if %(time)s", time=moment(now_utc(), "HH:mm"))
    made = drafts.open_draft(identity().site_id, name, actor(), now_utc(), of)
    if request.is_json or request.accept_mimetypes.best == "application/json":
        return jsonify({"draft": made, "url": url_for("plan.board", draft=made), "revision": 1}), 201
    return redirect(url_for("plan.board", draft=made))


@pages.post("/plan/drafts/<int:draft_id>/rename")
@allow("plan.edit")
def rename(draft_id: int) -> ResponseReturnValue:
    """Another name for a draft."""
    drafts.rename(identity().site_id, draft_id, request.form.get("name", ""))
    return redirect(url_for("plan.board", draft=draft_id))


@pages.post("/plan/drafts/<int:draft_id>/discard")
@allow("plan.edit")
def discard(draft_id: int) -> ResponseReturnValue:
    """Forget a draft."""
    drafts.discard(identity().site_id, draft_id, actor(), now_utc())
    flash(_("The draft is discarded. The published plan is as it was."), "done")
    return redirect(url_for("plan.board"))


@pages.post("/plan/drafts/<int:draft_id>/publish")
@allow("plan.edit")
def publish(draft_id: int) -> ResponseReturnValue:
    """Make a draft the plan that counts; asks again when that moves what is about to start."""
    revision, agreed = _whole(request.form.get("revision")) or 0, request.form.get("agreed")
    try:
        draft_publishing.publish_draft(identity().site_id, draft_id, revision, agreed, actor(), now_utc())
    except Conflict as error:
        if error.code != "plan.confirm":
            raise
        return redirect(url_for("plan.board", draft=draft_id, **{
            name: error.values[name] for name in ("frozen", "moved", "fresh", "token")
        }, _anchor="plan-ask"))  # fmt: skip
    flash(_("The draft is the plan now. Stations whose next task changed are told."), "done")
    return redirect(url_for("plan.board"))


@pages.post("/plan/drafts/<int:draft_id>/check")
@allow("plan.edit")
def check(draft_id: int) -> ResponseReturnValue:
    """What a drop would do; nothing is written."""
    found, wishes = _tried(draft_id)
    return jsonify(_shown(found, wishes))


@pages.post("/plan/drafts/<int:draft_id>/move")
@allow("plan.edit")
def move(draft_id: int) -> ResponseReturnValue:
    """Drop a task or its whole order; Conflict ``plan.drop`` when something is in the way."""
    found, wishes = _tried(draft_id)
    asked = _asked()
    if not found.ok or found.result is None:
        raise Conflict("plan.drop", why=_words(found.violations), count=len(found.violations))
    objective = _objective(draft_id, found)
    kind = "order" if asked.get("order") else "move"
    revision = drafts.change(identity().site_id, draft_id, _revision(asked), kind, wishes[0].task, found.places,
                             objective, actor(), now_utc())  # fmt: skip
    return jsonify(_shown(found, wishes) | {"revision": revision})


@pages.post("/plan/drafts/<int:draft_id>/lock")
@allow("plan.edit")
def lock(draft_id: int) -> ResponseReturnValue:
    """Lock tasks where they stand, or let them go."""
    asked = _asked()
    tasks = [task for task in asked.get("tasks", []) if isinstance(task, int)]
    revision = drafts.lock(identity().site_id, draft_id, _revision(asked), tasks, bool(asked.get("locked")), actor(),
                           now_utc())  # fmt: skip
    return jsonify({"revision": revision})


@pages.post("/plan/drafts/<int:draft_id>/undo")
@allow("plan.edit")
def undo(draft_id: int) -> ResponseReturnValue:
    """One step back, or forth again."""
    asked = _asked()
    revision = drafts.undo(identity().site_id, draft_id, _revision(asked), now_utc(), bool(asked.get("forth")))
    return jsonify({"revision": revision})


@pages.get("/plan/drafts/<int:draft_id>/alternatives")
@allow("plan.edit")
def alternatives(draft_id: int) -> ResponseReturnValue:
    """Where else a task could be done, the earliest end first, each against where it stands now."""
    task = _whole(request.args.get("task")) or 0
    made, rows = _judged(draft_id)
    names = plan_board.names(db.session, identity().site_id, set(), set())
    here = rows.get(task)
    return jsonify([
        {"station": one.station, "name": _name(names.stations.get(one.station)), "start": _ms(one.start_at),
         "end": _ms(one.end_at), "later_min": round((one.end_at - here.end_at).total_seconds() / 60),
         "late_orders": one.late_orders, "current": one.current}
        for one in plan_try.alternatives(made, rows, task) if here is not None
    ])  # fmt: skip


# what was asked for


def _asked() -> dict[str, Any]:
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise Invalid("plan.drop_unreadable")
    return data


def _revision(asked: dict[str, Any]) -> int:
    return asked["revision"] if isinstance(asked.get("revision"), int) else 0


def _whole(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) < 18 else None


def _judged(draft_id: int) -> tuple[plans.Snapshot, plan_drafts.Places]:
    site_id = identity().site_id
    plan_drafts.draft(db.session, site_id, draft_id)
    return plan_try.snapshot(db.session, site_id, now_utc()), plan_drafts.places(db.session, draft_id)


def _tried(draft_id: int) -> tuple[Tried, list[Wish]]:
    """The drop of the request, decoded."""
    asked = _asked()
    task, station, start = (asked.get(name) for name in ("task", "station", "start"))
    if not (isinstance(task, int) and isinstance(station, int) and isinstance(start, int | float)):
        raise Invalid("plan.drop_unreadable")
    try:
        start_at = datetime.fromtimestamp(start / 1000, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise Invalid("plan.drop_unreadable") from error
    try:
        made, rows = _judged(draft_id)
        wishes = plan_try.whole_order(made, rows, task, start_at) if asked.get("order") else []
        wishes = wishes or [Wish(task, station, start_at)]
        return plan_try.tried(made, rows, wishes), wishes
    except SchedulingError as error:
        raise Conflict("plan.data", problem=error.code) from error


def _objective(draft_id: int, found: Tried) -> dict[str, Any]:
    """What the draft is worth now, against the published plan."""
    site_id = identity().site_id
    made = plan_try.snapshot(db.session, site_id, now_utc())
    base = plans.incumbent(db.session, made)
    assert found.result is not None  # noqa: S101  (a drop that is in order was decoded)
    return plan_told.worth(found.result.plan) | plan_told.told(made, found.result, base, 0)


# what is answered


def _shown(found: Tried, wishes: list[Wish]) -> dict[str, Any]:
    """What the board shows of a drop: where it lands, what it pushes, who is late then."""
    names = plan_board.names(db.session, identity().site_id, _refs(found.violations), {*found.late, *found.late_before})
    asked = [wish.task for wish in wishes]
    tasks = [*asked, *found.moved][:_MOST_SHOWN]
    return {
        "ok": found.ok,
        "violations": [violation_word(one, names) for one in found.violations],
        "words": drop_word(found, names),
        "knock_on": len(found.moved),
        "places": [
            [task, str(place.station), _ms(place.start_at), _ms(place.end_at)]
            for task in tasks if (place := found.places.get(task)) is not None
        ],
        "late_orders": len(found.late),
        "late_orders_before": len(found.late_before),
    }  # fmt: skip


def _words(violations: tuple[Violation, ...]) -> str:
    names = plan_board.names(db.session, identity().site_id, _refs(violations), set())
    return " ".join(dict.fromkeys(violation_word(one, names) for one in violations))


def _refs(violations: tuple[Violation, ...]) -> set[int]:
    return {int(one.ref) for one in violations if one.ref.isdecimal()} | {one.task for one in violations}


def _name(station: Any) -> str:
    return named(station) if station is not None else ""


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
