"""Tasks, master data, machines, limits and notices through the API."""

from typing import Any

from app.auth import actor, identity
from app.db import db, now_utc
from app.errors import NotFound
from app.models import Machine as MachineRow
from app.models import Station as StationRow
from app.models import WorkOrder
from app.queries import by_code
from app.queries.resources import tasks, things
from app.services import notices
from app.web.api import shapes_plant as shapes
from app.web.api.operation import N_, operation
from app.web.api.orders import page
from app.web.api.shapes import Task, Tasks, TasksWanted
from app.web.api.values import PageWanted


@operation("GET", "/tasks", "tasks", "orders.view", N_("List tasks"), query=TasksWanted, answer=Tasks,
           refusals=(404,))  # fmt: skip
def list_tasks(query: TasksWanted) -> dict[str, Any]:
    """A page of tasks of an order, at a station, in a state."""
    site_id = identity().site_id
    order_id = by_code.id_of(db.session, WorkOrder, site_id, query.order, "order")
    station_id = by_code.id_of(db.session, StationRow, site_id, query.station, "station")
    found = tasks.listed(db.session, site_id, query.after, query.limit, order_id, station_id, query.status)
    return page(found, query.limit)


@operation("GET", "/tasks/<int:task>", "tasks", "orders.view", N_("Get a task"), answer=Task, refusals=(404,))
def get_task(task: int) -> dict[str, Any]:
    """A task with its quantities."""
    found = tasks.one(db.session, identity().site_id, task)
    if found is None:
        raise NotFound("task.unknown", task=task)
    return found


@operation("GET", "/items", "plant", "orders.view", N_("List items"), query=PageWanted, answer=shapes.Items)
def list_items(query: PageWanted) -> dict[str, Any]:
    """A page of items."""
    return _listed("items", query)


@operation("GET", "/stations", "plant", "board.view", N_("List stations"), query=PageWanted, answer=shapes.Stations)
def list_stations(query: PageWanted) -> dict[str, Any]:
    """A page of stations."""
    return _listed("stations", query)


@operation("GET", "/people", "plant", "station.use", N_("List people by code"), query=PageWanted, answer=shapes.People)
def list_people(query: PageWanted) -> dict[str, Any]:
    """A page of people; only a team lead or an administrator sees names."""
    found = _listed("people", query)
    if not identity().may("lead.act"):
        found["rows"] = [row | {"name": None, "name_zh": None} for row in found["rows"]]
    return found


@operation("GET", "/reasons", "plant", "orders.view", N_("List reasons"), query=shapes.ReasonsWanted,
           answer=shapes.Reasons)  # fmt: skip
def list_reasons(query: shapes.ReasonsWanted) -> dict[str, Any]:
    """A page of reasons for scrap, rework, stops, holds and corrections."""
    return _listed("reasons", query, kind=query.kind)


@operation("GET", "/machines", "machines", "devices.view", N_("List machines with their state"), query=PageWanted,
           answer=shapes.Machines)  # fmt: skip
def list_machines(query: PageWanted) -> dict[str, Any]:
    """A page of machines."""
    return page(things.machines(db.session, identity().site_id, query.after, query.limit), query.limit)


@operation("GET", "/machines/<code>", "machines", "devices.view", N_("Get a machine with its latest values"),
           answer=shapes.MachineWhole, refusals=(404,))  # fmt: skip
def get_machine(code: str) -> dict[str, Any]:
    """A machine, its state and what it last said."""
    site_id = identity().site_id
    row = by_code.one(db.session, MachineRow, site_id, code, "machine")
    values = things.latest_values(db.session, row.id)
    return things.machines(db.session, site_id, 0, 1, row.code)[0] | {"values": values}


@operation("GET", "/limits", "machines", "devices.view", N_("List limits"), query=shapes.OpenWanted,
           answer=shapes.Limits)  # fmt: skip
def list_limits(query: shapes.OpenWanted) -> dict[str, Any]:
    """A page of limits on upstream machines."""
    return page(things.limits(db.session, identity().site_id, query.after, query.limit, query.open), query.limit)


@operation("GET", "/notices", "notices", "lead.act", N_("List notices"), query=shapes.OpenWanted,
           answer=shapes.Notices)  # fmt: skip
def list_notices(query: shapes.OpenWanted) -> dict[str, Any]:
    """A page of the team lead's inbox."""
    return page(things.notices(db.session, identity().site_id, query.after, query.limit, query.open), query.limit)


@operation("POST", "/notices/<int:notice>/acknowledge", "notices", "notices.act", N_("Acknowledge a notice"),
           answer=shapes.Notice, refusals=(404, 409))  # fmt: skip
def acknowledge_notice(notice: int) -> dict[str, Any]:
    """Say that somebody looks after it; the first who does stays."""
    site_id = identity().site_id
    notices.acknowledge(site_id, notice, identity().user_id, actor(), now_utc())
    return things.notices(db.session, site_id, 0, 1, notice_id=notice)[0]


def _listed(what: str, query: PageWanted, **wanted: Any) -> dict[str, Any]:
    return page(things.listed(db.session, what, identity().site_id, query.after, query.limit, **wanted), query.limit)
