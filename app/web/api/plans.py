"""The plan through the API: read, and wished for anew."""

from typing import Any

from app.auth import actor, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.models import Station
from app.queries import by_code
from app.queries.resources import plans
from app.services.planning import wish
from app.web.api import shapes_plant as shapes
from app.web.api.operation import N_, operation
from app.web.api.orders import page


@operation("GET", "/plan", "plan", "plan.view", N_("Get the plan that counts"), answer=shapes.Plan, refusals=(404,))
def get_plan() -> dict[str, Any]:
    """The newest published plan."""
    found = plans.current(db.session, identity().site_id)
    if found is None:
        raise NotFound("plan.none")
    return found


@operation("GET", "/plan/tasks", "plan", "plan.view", N_("List the tasks of the plan"), query=shapes.PlannedWanted,
           answer=shapes.PlannedTasks, refusals=(404,))  # fmt: skip
def list_planned(query: shapes.PlannedWanted) -> dict[str, Any]:
    """A page of the plan, by task."""
    station_id = by_code.id_of(db.session, Station, identity().site_id, query.station, "station")
    plan_id = get_plan()["id"]
    found = plans.planned(db.session, plan_id, query.after, query.limit, station_id)
    return page(found, query.limit) | {"plan": plan_id}


@operation("POST", "/plans", "plan", "plan.edit", N_("Ask for a new plan"), answer=shapes.PlanRun, status=202)
def wish_plan() -> dict[str, Any]:
    """Have the worker plan; look at the run to see when it is done."""
    site_id = identity().site_id
    run_id = wish(site_id, {"type": "api", "ref": identity().user_id, "at_once": True}, actor(), now_utc())
    return get_run(run_id)


@operation("GET", "/plans/runs/<int:run>", "plan", "plan.view", N_("See how a wish for a plan stands"),
           answer=shapes.PlanRun, refusals=(404,))  # fmt: skip
def get_run(run: int) -> dict[str, Any]:
    """A wish for a plan and its outcome."""
    found = plans.run(db.session, identity().site_id, run)
    if found is None:
        raise NotFound("plan.run_unknown", run=run)
    return found
