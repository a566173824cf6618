"""What a report must know and what hardly ever changes, kept for a short while: shifts, skills, capable stations.

A scan may not pay for reading the calendar of the site each time. What must be true at this very moment (holds,
quantities) is not kept here.
"""

import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from flask import current_app
from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.engine import Connection

from app.events import Store
from app.models import Characteristic, Hold, Item, Machine, PersonSkill, Station, TaskMaterial, TaskStation
from app.prepared import Prepared
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
_MATERIALS = (
    select(
        TaskMaterial.id, TaskMaterial.item_id, TaskMaterial.need_num, TaskMaterial.need_den, TaskMaterial.backflush,
        Item.code.label("item_code"), Item.decimals, Item.is_serialised, Item.is_lot_tracked, Item.negative_stock,
    )
    .join(Item, Item.id == TaskMaterial.item_id)
    .where(TaskMaterial.task_id == bindparam("task_id"))
    .order_by(TaskMaterial.id)
)  # fmt: skip


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


def stations_of(store: Store, task_id: int) -> dict[int, str]:
    """The stations that may do a task: id to code; the choice is frozen at release."""

    def read() -> dict[int, str]:
        query = select(Station.id, Station.code).join(TaskStation, TaskStation.station_id == Station.id)
        return {row.id: row.code for row in store.execute(query.where(TaskStation.task_id == task_id))}

    return kept(("stations", task_id), read)


def materials_of(store: Store, task_id: int) -> list[Any]:
    """What a task uses, with the item's rules; frozen at release, counters left out."""
    return kept(("materials", task_id), lambda: list(store.execute(_MATERIALS, {"task_id": task_id})))


def characteristics_of(store: Store, operation_id: int | None) -> list[Any]:
    """What is checked at an operation; an approved routing is never changed."""
    if operation_id is None:
        return []
    table = Characteristic.__table__
    query = select(table).where(table.c.operation_id == operation_id).order_by(table.c.id)
    return kept(("characteristics", operation_id), lambda: list(store.execute(query)))


def location_of(store: Store, site_id: int, station_id: int | None) -> int | None:
    """Where a station takes its material from and puts its product: its own place, else the site's first store."""
    from app.models import Location

    def read() -> int | None:
        own = (
            store.execute(select(Station.location_id).where(Station.id == station_id)).scalar() if station_id else None
        )
        first = select(Location.id).where(Location.site_id == site_id).order_by(Location.id).limit(1)
        return own or store.execute(first).scalar()

    return kept(("location", site_id, station_id), read)


def machine_of(store: Store, station_id: int | None) -> int | None:
    """The first machine of a station."""
    query = select(Machine.id).where(Machine.station_id == station_id, Machine.retired.is_(False)).order_by(Machine.id)
    return kept(("machine", station_id), lambda: store.execute(query.limit(1)).scalar()) if station_id else None


def holds_of(connection: Connection, task: Any) -> bool:
    """Whether the task or its order is on hold at this moment."""
    return _HOLD.scalar(connection, {"task_id": task.id, "order_id": task.order_id}) is not None


__all__ = [
    "calendar_of", "characteristics_of", "forget", "holds_of", "kept", "location_of", "machine_of",
    "materials_of", "shift_of", "skill_known", "stations_of",
]  # fmt: skip
