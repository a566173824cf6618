"""The plan: board and table, why orders are late, what could not be planned, and a new plan on demand."""

import csv
import io
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.i18n import gettext as _
from app.i18n import named
from app.queries import plan_board, plans
from app.queries.plan_board import PAGE, SORTS, Filters, code_of
from app.services import planning
from app.web.plan_words import bound_word, cause_word, chain_words, left_word, outcome_word, span
from app.web.shell import moment
from app.web.telling import ORDER_KINDS, kind_word

pages = Blueprint("plan", __name__)
_MOST_LEFT = 50
_OPEN = ("queued", "running")


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
    """The plan of the site: figures, board, table."""
    return render_template("plan/board.html", **_summary() | _table())


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
    site_id = identity().site_id
    plan = plans.current(db.session, site_id)
    return jsonify(plan_board.board(db.session, site_id, plan, now_utc(), named, _order_url))


@pages.get("/plan.csv")
@allow("export")
def export() -> ResponseReturnValue:
    """The filtered plan as CSV, by station; with a mark so that Excel reads UTF-8."""
    site_id, plan = identity().site_id, plans.current(db.session, identity().site_id)
    rows = plan_board.all_tasks(db.session, site_id, plan.id, filters_of(request.args)) if plan else []
    out = io.StringIO("\ufeff")
    out.seek(1)
    writer = csv.writer(out)
    writer.writerow([_("Station"), _("Name"), _("Start"), _("End"), _("Order"), _("Operation"), _("Kind"), _("Item"),
                     _("Quantity"), _("Due"), _("Late")])  # fmt: skip
    writer.writerows([_safe(str(cell)) for cell in _cells(row)] for row in rows)
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


def _cells(row: Any) -> list[Any]:
    return [row.station_code, named(_station(row)), moment(row.start_at), moment(row.end_at), row.order_code,
            named(row), kind_word(row.kind), row.item_code or "", row.quantity, moment(row.due_at),
            _("late") if row.is_late else ""]  # fmt: skip


def _safe(cell: str) -> str:
    """A spreadsheet would run a cell that begins like a formula; a leading quote keeps it text."""
    return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


class _Station:
    """A station's names out of a joined row."""

    def __init__(self, row: Any) -> None:
        self.code, self.name, self.name_zh = row.station_code, row.station_name, row.station_name_zh


def _station(row: Any) -> _Station:
    return _Station(row)


def _order_url(row: Any) -> str:
    return url_for("orders.show", order_id=row.order_id)


def _summary() -> dict[str, Any]:
    site_id, now = identity().site_id, now_utc()
    plan = plans.current(db.session, site_id)
    runs = plan_board.runs(db.session, site_id)
    told = plan.objective if plan else {}
    late, left = told.get("late", []), told.get("left_out", [])
    found = plan_board.names(db.session, site_id, _tasks_of(late, left), _orders_of(late, left))
    count, end_at = plan_board.span(db.session, plan.id) if plan else (0, None)
    before = plan_board.previous(db.session, site_id, plan) if plan else None
    return {
        "plan": plan, "told": told, "count": count, "end_at": end_at, "runs": runs, "names": found,
        "before": before.objective if before else None, "now": now, "late": [_late(one, found) for one in late],
        "left": _left(left, found)[:_MOST_LEFT], "short_time": short_time,
        "left_count": len(left), "open_run": next((run for run, _who in runs if run.status in _OPEN), None),
        "down": [found.stations[one["station"]] for one in told.get("down", []) if one["station"] in found.stations],
        "worker": plan_board.worker_alive(db.session, now), "released": plan_board.has_released(db.session, site_id),
        "cause_word": cause_word, "outcome_word": outcome_word, "span": span, "code_of": code_of,
        "cause": _cause(plan, runs),
    }  # fmt: skip


def _left(left: list[dict[str, Any]], found: plan_board.Names) -> list[tuple[Any, int, str]]:
    """What is not planned: the first task of each order and reason, how many there are, why; causes first."""
    groups: dict[tuple[bool, int, str], list[dict[str, Any]]] = {}
    for one in left:
        groups.setdefault((one["reason"] == "waits_for", one["order"], one["reason"]), []).append(one)
    named_ones = [(found.tasks.get(many[0]["task"]), len(many), left_word(many[0], found))
                  for _key, many in sorted(groups.items())]  # fmt: skip
    return [row for row in named_ones if row[0] is not None]


def _late(one: dict[str, Any], found: plan_board.Names) -> dict[str, Any]:
    parts = chain_words(one["chain"], found)
    main = max(parts, key=lambda part: part[0])[1] if parts else ""
    return {"order": found.orders.get(one["order"]), "minutes": one["min"], "main": main,
            "parts": [words for _spent, words in parts]}  # fmt: skip


def _tasks_of(late: list[dict[str, Any]], left: list[dict[str, Any]]) -> set[int]:
    parts = [part for one in late for part in one["chain"]]
    found = {
        int(part["ref"]) for part in parts if part["tag"] not in ("calendar_closed", "release") and _is_id(part["ref"])
    }
    return found | {one["task"] for one in left} | {int(one["ref"]) for one in left if _is_id(one["ref"])}


def _orders_of(late: list[dict[str, Any]], left: list[dict[str, Any]]) -> set[int]:
    return {one["order"] for one in late} | {one["order"] for one in left}


def _is_id(ref: Any) -> bool:
    return str(ref).isdecimal()


def _cause(plan: Any, runs: list[Any]) -> str:
    run = next((run for run, _who in runs if plan is not None and run.id == plan.run_id), None)
    return cause_word(run.cause) if run is not None else ""


def _table() -> dict[str, Any]:
    site_id, wish = identity().site_id, filters_of(request.args)
    plan = plans.current(db.session, site_id)
    rows, total = plan_board.task_page(db.session, site_id, plan.id, wish) if plan else ([], 0)
    refs = {
        int(row.bound_ref)
        for row in rows
        if row.bound_by not in ("calendar_closed", "release") and _is_id(row.bound_ref)
    }
    found = plan_board.names(db.session, site_id, refs, set())
    args = {name: value for name, value in request.args.items() if value and name not in ("sort", "page")}
    return {
        "rows": [(row, _station(row), bound_word(row, found)) for row in rows], "total": total, "wish": wish,
        "page_count": max(1, -(-total // PAGE)), "args": args, "path": url_for("plan.board"), "code_of": code_of,
        "lines": plan_board.lines(db.session, site_id), "stations": list(found.stations.values()),
        "kinds": ORDER_KINDS, "kind_word": kind_word, "narrowed": bool(args), "short_time": short_time,
        "live_table": url_for("plan.table", **{**args, "sort": wish.sort, "page": wish.page}),
    }  # fmt: skip
