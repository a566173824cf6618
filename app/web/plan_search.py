"""The search panel: begin, watch, stop, go on longer, use what is there."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.auth import actor, allow, identity
from app.db import db, now_utc
from app.queries import plan_drafts, plan_search
from app.queries.plan_search import QUIET_S, Search
from app.services import plan_runs
from app.web.plan_words import draft_name

pages = Blueprint("plan_search", __name__)
MORE_S = 60
WIDTH, HEIGHT = 480, 120


@pages.get("/plan/search")
@allow("plan.view")
def panel() -> ResponseReturnValue:
    """The newest search, for the live page."""
    return render_template("plan/_search.html", **told())


@pages.post("/plan/search")
@allow("plan.edit")
def begin() -> ResponseReturnValue:
    """Search for better plans, from the published one or a draft."""
    seconds, of = (request.form.get(name, "") for name in ("seconds", "draft"))
    draft = plan_drafts.draft(db.session, identity().site_id, int(of)).id if of.isdecimal() and len(of) < 18 else None
    wanted = int(seconds) if seconds.isdecimal() and len(seconds) < 6 else 0
    plan_runs.search(identity().site_id, draft, wanted, actor(), now_utc())
    return redirect(url_for("plan.board", **({"draft": draft} if draft else {}), _anchor="plan-search"))


@pages.post("/plan/search/<int:run_id>/stop")
@allow("plan.edit")
def stop(run_id: int) -> ResponseReturnValue:
    """End a search with the best so far."""
    plan_runs.steer(identity().site_id, run_id, "stop", now_utc())
    return redirect(url_for("plan.board", _anchor="plan-search"))


@pages.post("/plan/search/<int:run_id>/use")
@allow("plan.edit")
def use(run_id: int) -> ResponseReturnValue:
    """Use what is there now: stop, and look at the plans side by side."""
    plan_runs.steer(identity().site_id, run_id, "stop", now_utc())
    return redirect(url_for("plan_compare.side_by_side"))


@pages.post("/plan/search/<int:run_id>/more")
@allow("plan.edit")
def more(run_id: int) -> ResponseReturnValue:
    """Let a search go on for a minute more."""
    plan_runs.steer(identity().site_id, run_id, "more", now_utc(), MORE_S)
    return redirect(url_for("plan.board", _anchor="plan-search"))


def told() -> dict[str, Any]:
    """What the panel shows."""
    found = plan_search.newest(db.session, identity().site_id, now_utc())
    return {"search": found, "curve": curve(found) if found else None, "quiet": QUIET_S, "draft_name": draft_name}


def curve(found: Search) -> dict[str, str] | None:
    """Best and bound as step lines of an SVG picture; None before the first plan."""
    points = found.points
    if not points:
        return None
    most = max(1, *(point.cost for point in points))
    last = max(1, found.elapsed_s * 1000, points[-1].at_ms)
    best: list[int] = []
    for point in points:
        best.append(min(point.cost, *best[-1:]) if best else point.cost)

    def line(values: list[int]) -> str:
        steps, y = [], 0.0
        for point, value in zip(points, values, strict=True):
            x, new = point.at_ms / last * WIDTH, HEIGHT - 4 - value / most * (HEIGHT - 8)
            steps += [f"{x:.1f},{y if steps else new:.1f}", f"{x:.1f},{new:.1f}"]
            y = new
        return " ".join([*steps, f"{WIDTH},{y:.1f}"])

    return {"best": line(best), "bound": line([max(0, min(point.bound, most)) for point in points])}
