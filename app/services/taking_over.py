"""Taking a task over at a station it was not meant for: asked for by a scan, answered with CONFIRM, told to the lead.

It may be where the work is of the same line, the person has the skill, and quantity is there to work on. The station
stands among the task's places from then on.
"""

from typing import Any

from sqlalchemy import insert, select

from app import events
from app.errors import Conflict
from app.models import Station, TaskStation
from app.queries.known import stations_of
from app.services import station_tasks as tasks
from app.services.notices import Matter, open_notice
from app.services.station_here import Facts, Here, Outcome

_TS = TaskStation.__table__


def may(here: Here, facts: Facts) -> bool:
    """Whether the person here could take the task over now."""
    capable = list(stations_of(here.connection, facts.row.id))
    lines = select(Station.id).where(Station.id.in_(capable), Station.line_id == here.line_id)
    if here.person_id is None or here.connection.execute(lines.limit(1)).scalar() is None:
        return False
    try:
        tasks.check_work(here, facts.row, tasks.state_of(here, facts.row.id))
    except Conflict:
        return False
    return True


def open_or_offer(here: Here, task_id: int) -> Outcome:
    """Open a task; one that belongs to another station is offered to be taken over, where that may be."""
    try:
        return tasks.open_task(here, task_id)
    except Conflict as refused:
        refusal = refused
    if refusal.code != "task.other_station" or not may(here, here.facts(task_id)):
        raise refusal
    here.keep(confirm="take_over", offer=task_id)
    return Outcome("refused", refusal.code, refusal.values, {"task": task_id, "offer": "take_over"}, refusal.status)


def take_over(here: Here) -> Outcome:
    """Say yes to the offer: the task may be done here from now on, and opens."""
    task_id = int(here.pending.get("offer") or 0)
    here.keep(confirm=None, offer=None)
    if here.is_late:
        raise Conflict("station.offline")
    facts = here.facts(task_id)
    if not may(here, facts):
        raise Conflict("station.nothing_to_confirm")
    if here.station_id not in stations_of(here.connection, task_id, here.station_id):
        here.connection.execute(insert(_TS).values(task_id=task_id, station_id=here.station_id, preference=99))
        _tell(here, facts)
    return tasks.open_task(here, task_id)


def _tell(here: Here, facts: Facts) -> None:
    data: dict[str, Any] = {"order": facts.row.order_id, "task": facts.row.id, "person": here.person_id}
    events.record(here.connection, here.site_id, "task.taken_over", ("task", facts.row.id), here.who, here.now,
                  data | {"stations": [here.station_id]})  # fmt: skip
    matter = Matter(here.site_id, "take_over", ("task", facts.row.id))
    open_notice(here.connection, matter, "info", here.now, here.who, station_id=here.station_id, line_id=here.line_id,
                data=data)  # fmt: skip
