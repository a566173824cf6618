"""What a report must know and what hardly ever changes, kept for a short while: shifts, skills, capable stations.

A scan may not pay for reading the calendar of the site each time. What must be true at this very moment (holds,
quantities) is not kept here.
"""

import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from flask import current_app
from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.engine import Connection

from app.events import Store
from app.models import (
    Characteristic,
    Hold,
    Item,
    Location,
    Machine,
    PersonSkill,
    Skill,
    Station,
    TaskMaterial,
    TaskStation,
)
from app.prepared import Prepared, connection_of
from app.queries.shifts import Calendar, calendar

Found = TypeVar("Found")
_MOST = 20_000
_HOLD = Prepared(
    select(Hold.id)
    .where(
        Hold.released_at.is_(None),
        or_(
            and_(Hold.target_type == "task", Hold.target_id == bindparam("task_id")),
            and_(Hold.target_type == "order", Hold.target_id == bindparam("order_id")),
        ),
    )
    .limit(1)
)
_MATERIALS = Prepared(
    select(
        TaskMaterial.id, TaskMaterial.item_id, TaskMaterial.need_num, TaskMaterial.need_den, TaskMaterial.backflush,
        Item.code.label("item_code"), Item.decimals, Item.is_serialised, Item.is_lot_tracked, Item.negative_stock,
    )
    .join(Item, Item.id == TaskMaterial.item_id)
    .where(TaskMaterial.task_id == bindparam("task_id"))
    .order_by(TaskMaterial.id)
)  # fmt: skip
_STATIONS = Prepared(
    select(Station.id, Station.code)
    .join(TaskStation, TaskStation.station_id == Station.id)
    .where(TaskStation.task_id == bindparam("task_id"))
)
_CHARACTERISTICS = Prepared(
    select(Characteristic.__table__)
    .where(Characteristic.operation_id == bindparam("operation_id"))
    .order_by(Characteristic.id)
)
_PLACE = Prepared(
    select(func.coalesce(
        select(Station.location_id).where(Station.id == bindparam("station_id")).scalar_subquery(),
        select(func.min(Location.id)).where(Location.site_id == bindparam("site_id")).scalar_subquery(),
    ).label("place"))
)  # fmt: skip
_MACHINE = Prepared(
    select(func.min(Machine.id).label("id")).where(
        Machine.station_id == bindparam("station_id"), Machine.retired.is_(False)
    )
)


def kept(key: tuple[Any, ...], read: Callable[[], Found], seconds: float = 30.0) -> Found:
    """The value of ``read``, at most ``seconds`` old."""
    cache: dict[tuple[Any, ...], tuple[float, Any]] = current_app.extensions.setdefault("known", {})
    found = cache.get(key)
    now = time.monotonic()
    if found and found[0] > now:
        return found[1]
    if len(cache) > _MOST:
        cache.clear()
    value = read()
    cache[key] = (now + seconds, value)
    return value


def forget() -> None:
    """Read everything anew, after master data changed."""
    current_app.extensions.pop("known", None)


def calendar_of(store: Store, site_id: int) -> Calendar:
    """The calendar of a site."""
    return kept(("calendar", site_id), lambda: calendar(store, site_id))


def shift_of(store: Store, site_id: int, now: datetime) -> tuple[int | None, date]:
    """The shift at a moment and its business date."""
    minute = now.replace(second=0, microsecond=0)
    return kept(("shift", site_id, minute), lambda: calendar_of(store, site_id).shift_at(minute))


def skill_known(store: Store, person_id: int, skill_id: int, now: datetime) -> bool:
    """Whether a person has a skill today."""
    day = now.date()

    def read() -> bool:
        row = store.execute(
            select(PersonSkill.valid_from, PersonSkill.valid_until).where(
                PersonSkill.person_id == person_id, PersonSkill.skill_id == skill_id
            )
        ).one_or_none()
        return row is not None and (row[0] or day) <= day <= (row[1] or day)

    return kept(("skill", person_id, skill_id, day), read)


def skill_of(store: Store, skill_id: int) -> Any:
    """A skill's name in both languages."""
    query = select(Skill.name, Skill.name_zh).where(Skill.id == skill_id)
    return kept(("skill name", skill_id), lambda: store.execute(query).one())


def stations_of(store: Store, task_id: int, wanted: int | None = None) -> dict[int, str]:
    """The stations that may do a task: id to code, frozen at release.

    A station may take a task over: where the ``wanted`` one is not among those that are kept, they are read anew.
    """

    def read() -> dict[int, str]:
        return dict(map(tuple, _STATIONS.all(connection_of(store), {"task_id": task_id})))

    found = kept(("stations", task_id), read)
    if wanted is None or not found or wanted in found:
        return found
    return read()


def materials_of(store: Store, task_id: int) -> list[Any]:
    """What a task uses, with the item's rules; frozen at release, counters left out."""
    return kept(("materials", task_id), lambda: _MATERIALS.all(connection_of(store), {"task_id": task_id}))


def characteristics_of(store: Store, operation_id: int | None) -> list[Any]:
    """What is checked at an operation; an approved routing is never changed."""
    if operation_id is None:
        return []
    given = {"operation_id": operation_id}
    return kept(("characteristics", operation_id), lambda: _CHARACTERISTICS.all(connection_of(store), given))


def location_of(store: Store, site_id: int, station_id: int | None) -> int | None:
    """Where a station takes its material from and puts its product: its own place, else the site's first store."""
    given = {"site_id": site_id, "station_id": station_id}
    return kept(("location", site_id, station_id), lambda: _PLACE.scalar(connection_of(store), given))


def machine_of(store: Store, station_id: int | None) -> int | None:
    """The first machine of a station."""
    if not station_id:
        return None
    return kept(("machine", station_id), lambda: _MACHINE.scalar(connection_of(store), {"station_id": station_id}))


def holds_of(connection: Connection, task: Any) -> bool:
    """Whether the task or its order is on hold at this moment."""
    return _HOLD.scalar(connection, {"task_id": task.id, "order_id": task.order_id}) is not None


__all__ = [
    "calendar_of", "characteristics_of", "forget", "holds_of", "kept", "location_of", "machine_of",
    "materials_of", "shift_of", "skill_known", "skill_of", "stations_of",
]  # fmt: skip
