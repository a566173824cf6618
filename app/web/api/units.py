"""Units through the API: which of them are due at a task."""

from typing import Any, Literal

from app.auth import identity
from app.db import db
from app.errors import NotFound
from app.queries.resources import tasks
from app.queries.waiting_units import waiting_units
from app.web.api.operation import N_, operation
from app.web.api.values import Given


class UnitWaiting(Given):
    """A unit by the serial number on its label."""

    id: int
    serial: str
    status: Literal["in_process", "in_rework"]


class UnitsWaiting(Given):
    """Units that wait before a task, the eldest first."""

    task: int
    rows: list[UnitWaiting]


@operation("GET", "/tasks/<int:task>/units", "tasks", "orders.view", N_("List the units that are due at a task"),
           answer=UnitsWaiting, refusals=(404,))  # fmt: skip
def list_waiting_units(task: int) -> dict[str, Any]:
    """Units that passed all that comes before the task and were not counted at it."""
    site_id = identity().site_id
    if tasks.one(db.session(), site_id, task) is None:
        raise NotFound("task.unknown", task=task)
    return {"task": task, "rows": waiting_units(db.session(), site_id, task)}
