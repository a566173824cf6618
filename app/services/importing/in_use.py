"""What may not go out of use yet: a station or machine that open tasks cannot do without."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from app.models import Station, Task, TaskStation, WorkOrder
from app.services.importing.description import Record
from app.services.importing.known import Known
from app.services.importing.problems import Problem
from app.services.importing.rows import Reading
from app.states.task import OPEN

_NAMED = 5


def check(session: Session, reading: Reading, known: Known) -> Iterator[Problem]:
    """A problem for each station that is taken out of use while tasks have no other one."""
    for record in reading.of("stations"):
        row = known.rows["stations"].get((record.site, record.values["code"]))
        if row is None or row.retired or not record.values["retired"] or "retired" not in record.given:
            continue
        orders = _orders_of(session, row.id)
        if orders:
            yield _problem(record, orders)


def _problem(record: Record, orders: list[str]) -> Problem:
    more = " …" if len(orders) > _NAMED else ""
    return record.problem(
        "retired", "station_in_use", value=record.values["code"], orders=", ".join(orders[:_NAMED]) + more
    )


def _orders_of(session: Session, station_id: int) -> list[str]:
    """The orders with an open task that only this station can do."""
    other, place = aliased(TaskStation), aliased(Station)
    elsewhere: Any = exists().where(
        other.task_id == Task.id, other.station_id == place.id, place.id != station_id, place.retired.is_(False)
    )
    query = select(WorkOrder.code).join(Task, Task.order_id == WorkOrder.id)
    query = query.join(TaskStation, TaskStation.task_id == Task.id)
    query = query.where(TaskStation.station_id == station_id, Task.status.in_(OPEN), ~elsewhere)
    return list(session.scalars(query.distinct().order_by(WorkOrder.code).limit(_NAMED + 1)))
