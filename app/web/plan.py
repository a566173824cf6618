"""The plan: board and table, why orders are late, what could not be planned, and a new plan on demand."""

import csv
import io
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.formula import safe
from app.i18n import gettext as _
from app.i18n import named
from app.models import Plan as PlanRow
from app.queries import plan_board, plan_drafts, plan_picture, plans
from app.queries.plan_board import PAGE, SORTS, Filters, code_of
from app.queries.shifts import Calendar, calendar
from app.services import planning
from app.web.plan_search import told as search_panel
from app.web.plan_words import bound_word, cause_word, chain_words, draft_name, left_word, outcome_word, span
from app.web.shell import moment
from app.web.telling import ORDER_KINDS, kind_word

pages = Blueprint("plan", __name__)
_MOST_LEFT = 50
_OPEN = ("queued", "running")
NO_TASK = ("calendar_closed", "setup", "release", "material", "window")  # reasons whose reference is no task


def filters_of(args: Any) -> Filters:
    """The filters in an address; what does not fit is as if it were not there."""

    def number(name: str, most: int = 10) -> int | None:
        text = args.get(name, "")
        return int(text) if text.isdecimal() and len(text) < most else None

    sort, kind = args.get("sort", ""), args.get("kind", "")
    return Filters(
        number("line"), number("station"), args.get("q", "").strip()[:64], kind if kind in ORDER_KINDS else "",
        args.get("late") == "1", sort if sort.removeprefix("-") in SORTS else "station", max(1, number("page", 6) or 1),
    )  # fmt: skip


@pages.get("/plan")
@allow("plan.view")
def board() -> ResponseReturnValue:
    """The plan of the site or a draft: figures, board, table."""
    return render_template("plan/board.html", **_summary() | _table() | _tabs() | search_panel())


@pages.get("/plan/draft-bar")
@allow("plan.view")
def draft_bar() -> ResponseReturnValue:
    """What can be done with the draft, for the live page."""
    found = _tabs()
    return render_template("plan/_draft.html", **found) if found["draft"] else ""


def shown() -> PlanRow | None:
    """The draft the address names, else the published plan; NotFound when the draft is gone."""
    site_id, wanted = identity().site_id, request.args.get("draft", "")
    if wanted.isdecimal() and len(wanted) < 18:
        return plan_drafts.draft(db.session, site_id, int(wanted))
    return plans.current(db.session, site_id)


@pages.get("/plan/summary")
@allow("plan.view")
def summary() -> ResponseReturnValue:
    """Figures, state of the newest run and notices, for the live page."""
    return render_template("plan/_summary.html", **_summary())


@pages.get("/plan/reasons")
@allow("plan.view")
def reasons() -> ResponseReturnValue:
    """Late orders and what is not planned, for the live page."""
    return render_template("plan/_reasons.html", **_summary())


@pages.get("/plan/history")
@allow("plan.view")
def runs() -> ResponseReturnValue:
    """The runs so far, for the live page."""
    return render_template("plan/_runs.html", **_summary())


@pages.get("/plan/table")
@allow("plan.view")
def table() -> ResponseReturnValue:
    """The rows of the table, for the live page."""
    return render_template("plan/_table.html", **_table())


@pages.get("/plan/board.json")
@allow("plan.view")
def board_json() -> ResponseReturnValue:
    """What the board draws."""
    site_id, plan = identity().site_id, shown()
    before = _before(plan)
    places = plan_drafts.places(db.session, before.id) if before else {}
    return jsonify(plan_picture.picture(db.session, site_id, plan, now_utc(), named, _order_url, places))


@pages.get("/plan.csv")
@allow("export")
def export() -> ResponseReturnValue:
    """The filtered plan as CSV, by station; with a mark so that Excel reads UTF-8."""
    site_id, plan = identity().site_id, shown()
    rows = plan_board.all_tasks(db.session, site_id, plan.id, filters_of(request.args)) if plan else []
    out = io.StringIO("\ufeff")
    out.seek(1)
    writer = csv.writer(out)
    found, names = calendar(db.session, site_id), plan_board.shift_names(db.session, site_id)
    writer.writerow([_("Station"), _("Name"), _("Day"), _("Shift"), _("Start"), _("End"), _("Order"),
                     _("Operation"), _("Kind"), _("Item"),
                     _("Quantity"), _("Due"), _("Late")])  # fmt: skip
    writer.writerows([safe(str(cell)) for cell in _cells(row, *_shift(found, names, row))] for row in rows)
    answer = Response(out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=plan.csv"
    return answer


@pages.post("/plan/runs")
@allow("plan.edit")
def plan_now() -> ResponseReturnValue:
    """Ask the worker for a new plan."""
    planning.wish(identity().site_id, {"type": "person", "at_once": True}, actor(), now_utc())
    flash(_("A new plan is being made. The page shows it when it is there."), "done")
    return redirect(url_for("plan.board"))


def short_time(value: Any) -> str:
    """Day and time of a plan, whose year is known."""
    return moment(value, _("MMM d, HH:mm"))


def _shift(found: Calendar, names: dict[int, Any], row: Any) -> tuple[str, str]:
    """The business date and the shift a task starts in."""
    shift_id, day = found.shift_at(row.start_at)
    return day.isoformat(), named(names[shift_id]) if shift_id in names else ""


def _cells(row: Any, day: str, shift: str) -> list[Any]:
    return [row.station_code, named(_station(row)), day, shift, moment(row.start_at), moment(row.end_at),
            row.order_code,
            named(row), kind_word(row.kind), row.item_code or "", row.quantity, moment(row.due_at),
            _("late") if row.is_late else ""]  # fmt: skip


class _Station:
    """A station's names out of a joined row."""

    def __init__(self, row: Any) -> None:
        self.code, self.name, self.name_zh = row.station_code, row.station_name, row.station_name_zh


def _station(row: Any) -> _Station:
    return _Station(row)


def _order_url(row: Any) -> str:
    return url_for("orders.show", order_id=row.order_id)


def _summary() -> dict[str, Any]:
    site_id, now, plan = identity().site_id, now_utc(), shown()
    runs = plan_board.runs(db.session, site_id)
    told = plan.objective if plan else {}
    late, left = told.get("late", []), told.get("left_out", [])
    lacking = {one["task"] for one in told.get("short", [])}
    found = plan_board.names(db.session, site_id, _tasks_of(late, left) | lacking, _orders_of(late, left))
    count, end_at = plan_board.span(db.session, plan.id) if plan else (0, None)
    before = _before(plan)
    return {
        "plan": plan, "told": told, "count": count, "end_at": end_at, "runs": runs, "names": found,
        "before": before.objective if before else None, "now": now, "late": [_late(one, found) for one in late],
        "left": _left(left, found)[:_MOST_LEFT], "short": _short(told.get("short", []), found),
        "short_time": short_time,
        "left_count": len(left), "open_run": next((run for run, _who in runs if run.status in _OPEN), None),
        "down": [found.stations[one["station"]] for one in told.get("down", []) if one["station"] in found.stations],
        "worker": plan_board.worker_alive(db.session, now), "released": plan_board.has_released(db.session, site_id),
        "cause_word": cause_word, "outcome_word": outcome_word, "span": span, "code_of": code_of,
        "cause": _cause(plan, runs),
    }  # fmt: skip


def _before(plan: PlanRow | None) -> PlanRow | None:
    """What a plan is compared with: a draft with the published plan, that one with the plan before it."""
    if plan is None:
        return None
    site_id = identity().site_id
    found = plans.current(db.session, site_id) if plan.status == "draft" else None
    return found or plan_board.previous(db.session, site_id, plan)


def _asked() -> dict[str, int | str] | None:
    """What publishing has to be agreed to, as the address tells after a publication that asked."""
    found = {name: request.args.get(name, "") for name in ("frozen", "moved", "fresh")}
    token = request.args.get("token", "")
    if not token.isalnum() or not all(text.isdecimal() and len(text) < 7 for text in found.values()):
        return None
    return {name: int(text) for name, text in found.items()} | {"token": token[:16]}


def _tabs() -> dict[str, Any]:
    """The published plan and the drafts beside it."""
    plan = shown()
    draft = plan if plan is not None and plan.status == "draft" else None
    rows = plan_drafts.drafts(db.session, identity().site_id)
    tabs = [{"label": _("Published plan"), "url": url_for("plan.board"), "active": draft is None}]
    tabs += [
        {"label": draft_name(row), "url": url_for("plan.board", draft=row.id), "active": row is draft} for row in rows
    ]
    steps = plan_drafts.steps(db.session, draft.id) if draft else None
    return {"draft": draft, "drafts": rows, "plan_tabs": tabs, "steps": steps, "asked": _asked() if draft else None,
            "live_args": {"draft": draft.id} if draft else {}}  # fmt: skip


def _left(left: list[dict[str, Any]], found: plan_board.Names) -> list[tuple[Any, int, str]]:
    """What is not planned: the first task of each order and reason, how many there are, why; causes first."""
    groups: dict[tuple[bool, int, str], list[dict[str, Any]]] = {}
    for one in left:
        groups.setdefault((one["reason"] == "waits_for", one["order"], one["reason"]), []).append(one)
    named_ones = [(found.tasks.get(many[0]["task"]), len(many), left_word(many[0], found))
                  for _key, many in sorted(groups.items())]  # fmt: skip
    return [row for row in named_ones if row[0] is not None]


def _short(short: list[dict[str, Any]], found: plan_board.Names) -> list[tuple[Any, Any, str]]:
    """Material that is neither there nor expected: the task, the item, how much."""
    items = plan_board.items(db.session, {one["item"] for one in short})
    known = [one for one in short if one["task"] in found.tasks and one["item"] in items]
    return [(found.tasks[one["task"]], items[one["item"]], one["quantity"]) for one in known]


def _late(one: dict[str, Any], found: plan_board.Names) -> dict[str, Any]:
    parts = chain_words(one["chain"], found)
    main = max(parts, key=lambda part: part[0])[1] if parts else ""
    return {"order": found.orders.get(one["order"]), "minutes": one["min"], "main": main,
            "parts": [words for _spent, words in parts]}  # fmt: skip


def chain_of(plan: PlanRow, order_id: int) -> list[str]:
    """Why an order of a plan is late, in words; empty when it is in time."""
    late = [one for one in plan.objective.get("late", []) if one["order"] == order_id]
    found = plan_board.names(db.session, identity().site_id, _tasks_of(late, []), {order_id})
    return [words for one in late for words in _late(one, found)["parts"]]


def _tasks_of(late: list[dict[str, Any]], left: list[dict[str, Any]]) -> set[int]:
    parts = [part for one in late for part in one["chain"]]
    found = {int(part["ref"]) for part in parts if part["tag"] not in NO_TASK and _is_id(part["ref"])}
    return found | {one["task"] for one in left} | {int(one["ref"]) for one in left if _is_id(one["ref"])}


def _orders_of(late: list[dict[str, Any]], left: list[dict[str, Any]]) -> set[int]:
    return {one["order"] for one in late} | {one["order"] for one in left}


def _is_id(ref: Any) -> bool:
    return str(ref).isdecimal()


def _cause(plan: Any, runs: list[Any]) -> str:
    run = next((run for run, _who in runs if plan is not None and run.id == plan.run_id), None)
    return cause_word(run.cause) if run is not None else ""


def _table() -> dict[str, Any]:
    site_id, wish, plan = identity().site_id, filters_of(request.args), shown()
    rows, total = plan_board.task_page(db.session, site_id, plan.id, wish) if plan else ([], 0)
    refs = {int(row.bound_ref) for row in rows if row.bound_by not in NO_TASK and _is_id(row.bound_ref)}
    found = plan_board.names(db.session, site_id, refs, set())
    args = {name: value for name, value in request.args.items() if value and name not in ("sort", "page")}
    narrowed = bool(args.keys() - {"draft"})
    return {
        "rows": [(row, _station(row), bound_word(row, found)) for row in rows], "total": total, "wish": wish,
        "page_count": max(1, -(-total // PAGE)), "args": args, "path": url_for("plan.board"), "code_of": code_of,
        "lines": plan_board.lines(db.session, site_id), "stations": list(found.stations.values()),
        "kinds": ORDER_KINDS, "kind_word": kind_word, "narrowed": narrowed, "short_time": short_time,
        "live_table": url_for("plan.table", **{**args, "sort": wish.sort, "page": wish.page}),
    }  # fmt: skip
