"""Which topics an event touches: an order, the stations that see it, their lines, and the lists it stands in."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from app.events import Sealed, Store, after
from app.live import Change
from app.models import Station, Task, TaskStation
from app.queries.known import kept

MOST = 500
_LISTS = {
    "label": "printing", "printer": "printing", "plan": "plan", "machine": "machines", "device": "machines",
    "notice": "notices", "limit": "limits", "routing": "routings", "forecast": "forecast",
    "inspection": "inspections",
}  # fmt: skip
_WIDE = ("order", "hold", "task")


def changes(store: Store, sealed: Iterable[Sealed]) -> list[Change]:
    """One change per site for a batch of events, with every topic any of them touches."""
    found: dict[int, tuple[int, set[str]]] = {}
    for event in sealed:
        position, topics = found.get(event.site_id, (0, set()))
        topics |= topics_of(store, event)
        found[event.site_id] = (max(position, event.position), topics)
    return [Change(site_id, position, frozenset(topics)) for site_id, (position, topics) in found.items()]


def missed(store: Store, site_id: int, position: int, wanted: frozenset[str]) -> tuple[int, frozenset[str]] | None:
    """What of ``wanted`` changed beyond a position, and up to where; None when it was too much to read."""
    sealed = after(store, position, MOST + 1)
    if len(sealed) > MOST:
        return None
    mine = [event for event in sealed if event.site_id == site_id]
    touched = frozenset().union(*(topics_of(store, event) for event in mine)) if mine else frozenset()
    return (sealed[-1].position if sealed else position), touched & wanted


def topics_of(store: Store, event: Sealed) -> set[str]:
    """The topics of one event; its ids come from the subject and from what the event tells."""
    data = json.loads(event.data)
    area = event.topic.partition(".")[0]
    topics = {"site"} | ({_LISTS[area]} if area in _LISTS else set())
    order_id = event.subject_id if event.subject_type == "order" else data.get("order")
    if isinstance(order_id, int):
        topics.add(f"order:{order_id}")
    stations = _stations(event, data)
    if not stations and area in _WIDE:
        stations = _of_work(store, order_id, event.subject_id if event.subject_type == "task" else None)
    lines = _lines(store)
    topics |= {f"station:{station}" for station in stations}
    topics |= {f"line:{lines[station]}" for station in stations if station in lines}
    if isinstance(data.get("line"), int):
        topics.add(f"line:{data['line']}")
    return topics


def _stations(event: Sealed, data: dict[str, Any]) -> set[int]:
    told = [*(data.get("stations") or ()), data.get("station"), data.get("upstream_station")]
    if event.subject_type == "station":
        told.append(event.subject_id)
    return {station for station in told if isinstance(station, int)}


def _of_work(store: Store, order_id: Any, task_id: int | None) -> set[int]:
    """Every station that may do the order's tasks (or this task): its queue shows them."""
    query = select(TaskStation.station_id).distinct()
    if task_id is not None and not isinstance(order_id, int):
        query = query.where(TaskStation.task_id == task_id)
    elif isinstance(order_id, int):
        query = query.join(Task, Task.id == TaskStation.task_id).where(Task.order_id == order_id)
    else:
        return set()
    return set(store.execute(query).scalars())


def _lines(store: Store) -> dict[int, int]:
    return kept(
        ("lines of stations",),
        lambda: {row.id: row.line_id for row in store.execute(select(Station.id, Station.line_id))},
    )
