"""The reports of a day, for whoever has to put one right."""

from datetime import date
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Item, Person, Reason, Report, Station, Task, Unit, WorkOrder

MOST = 200
_R = Report.__table__
_BACK = _R.alias("back")


def reports_of_day(store: Store, site_id: int, day: date, station: str = "", person: str = "") -> list[Any]:
    """The newest reports of a business date, at a station, of a person; ``back`` is the reversal of one."""
    query = (
        select(
            _R.c.id, _R.c.kind, _R.c.quantity, _R.c.server_at, _R.c.device_at, _R.c.uncertain, _R.c.unit_id,
            _R.c.channel, _BACK.c.id.label("back"), Task.name, Task.name_zh, WorkOrder.code.label("order_code"),
            WorkOrder.id.label("order_id"), Item.code.label("item_code"), Station.code.label("station_code"),
            Unit.serial, Person.code.label("person_code"), Person.name.label("person_name"),
            Person.name_zh.label("person_name_zh"), Reason.name.label("reason"), Reason.name_zh.label("reason_zh"),
        )
        .join(Task, Task.id == _R.c.task_id)
        .join(WorkOrder, WorkOrder.id == Task.order_id)
        .outerjoin(Item, Item.id == Task.item_id)
        .outerjoin(Station, Station.id == _R.c.station_id)
        .outerjoin(Unit, Unit.id == _R.c.unit_id)
        .outerjoin(Person, Person.id == _R.c.person_id)
        .outerjoin(Reason, Reason.id == _R.c.reason_id)
        .outerjoin(_BACK, _BACK.c.reverses_id == _R.c.id)
        .where(_R.c.site_id == site_id, _R.c.business_date == day, _R.c.reverses_id.is_(None),
               _R.c.kind.in_(("good", "scrap", "rework")))
        .order_by(_R.c.id.desc()).limit(MOST)
    )  # fmt: skip
    if station:
        query = query.where(Station.code == station)
    if person:
        query = query.where((Person.code == person) | (Person.name == person) | (Person.name_zh == person))
    return list(store.execute(query))
