"""Scans that waited in a device and were refused when they came: what a lead still has to decide."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import or_, select

from app.errors import Refused
from app.events import Store
from app.models import Notice, Person, Scan, Station, Task, TaskStation, WorkOrder
from app.queries.codes import resolve
from app.states.order import WORKABLE
from app.states.task import OPEN

MOST = 100
MOST_TASKS = 50


def late_scans(store: Store, site_id: int, station: str = "") -> list[Any]:
    """The open conflicts, oldest first: the notice's id and data, the scan, where and by whom it was made."""
    query = (
        select(
            Notice.id, Notice.data, Notice.station_id, Scan.raw, Scan.server_at, Scan.uncertain,
            Station.code.label("station_code"), Station.name, Station.name_zh, Person.code.label("person_code"),
            Person.name.label("person_name"), Person.name_zh.label("person_name_zh"),
        )
        .join(Scan, Scan.id == Notice.subject_id)
        .outerjoin(Station, Station.id == Notice.station_id)
        .outerjoin(Person, Person.id == Scan.person_id)
        .where(Notice.site_id == site_id, Notice.kind == "conflict", Notice.subject_type == "scan",
               Notice.cleared_at.is_(None))
        .order_by(Notice.id).limit(MOST)
    )  # fmt: skip
    return list(store.execute(query.where(Station.code == station) if station else query))


def meant(store: Store, site_id: int, raw: str) -> tuple[str, int]:
    """The kind and id of the thing a refused scan names; ("", 0) for a button, or what nobody knows."""
    if raw.startswith("act:"):
        return "", 0
    try:
        found = resolve(store, site_id, raw)
    except Refused:
        return "", 0
    return found.kind, found.id


def tasks_to_book_on(store: Store, site_id: int, station_id: int | None, open_then: Iterable[int]) -> list[Any]:
    """The tasks a scan of a station may have been meant for: what was open there then, and what can be done there."""
    here = select(TaskStation.task_id).where(TaskStation.station_id == station_id)
    can = Task.id.in_(here) & Task.status.in_(tuple(OPEN)) & WorkOrder.status.in_(tuple(WORKABLE))
    query = (
        select(Task.id, Task.name, Task.name_zh, WorkOrder.code.label("order_code"))
        .join(WorkOrder, WorkOrder.id == Task.order_id)
        .where(Task.site_id == site_id, or_(can, Task.id.in_(tuple(open_then))))
        .order_by(WorkOrder.due_at, Task.id).limit(MOST_TASKS)
    )  # fmt: skip
    return list(store.execute(query))
