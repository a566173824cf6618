"""Time that was spent, for systems that follow the plant: labour of people, downtime of machines."""

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select

from app.events import Store
from app.models import Machine, MachineState, Person, Reason, Station, Task, WorkOrder, WorkSession
from app.queries.feed import Part, sealed_page
from app.queries.resources import orders

_W, _T, _O, _S, _P, _R = (
    model.__table__ for model in (WorkSession, Task, WorkOrder, Station, Person, Reason)
)  # fmt: skip
_M, _MS = Machine.__table__, MachineState.__table__


def labour(store: Store, site_id: int, after: int, limit: int) -> Part:
    """Sessions that ended, in the order in which they did."""
    events, last, more = sealed_page(store, site_id, after, limit, ("labour.booked",))
    found = {row["id"]: row for row in sessions(store, _SESSIONS.where(
        _W.c.site_id == site_id, _W.c.id.in_([json.loads(event.data)["session"] for event in events])
    ))}  # fmt: skip
    pairs = [(event, found.get(json.loads(event.data)["session"])) for event in events]
    return Part([row | {"position": event.position} for event, row in pairs if row], last, more)


def downtime(store: Store, site_id: int, after: int, limit: int) -> Part:
    """Stops that are over: the machine ran, idled or fell silent after them."""
    events, last, more = sealed_page(store, site_id, after, limit, ("machine.state",))
    over = [event for event in events if json.loads(event.data).get("was") == "stopped"]
    query = _STOPS.where(
        _MS.c.site_id == site_id, _MS.c.machine_id.in_({event.subject_id for event in over}),
        _MS.c.ended_at.in_({event.occurred_at for event in over}),
    )  # fmt: skip
    found = {(row["machine_id"], row["ended_at"]): row for row in stops(store, query)} if over else {}
    pairs = [(event, found.get((event.subject_id, event.occurred_at))) for event in over]
    return Part([_without(row, "machine_id") | {"position": event.position} for event, row in pairs if row], last, more)


_SESSIONS: Select[Any] = (
    select(_W.c.id, _W.c.kind, _W.c.task_id.label("task"), _T.c.op_key.label("operation"), _O.c.id.label("order_id"),
           _O.c.code.label("order"), _S.c.code.label("station"), _P.c.code.label("person"), _R.c.code.label("reason"),
           _W.c.started_at, _W.c.ended_at)
    .join(_T, _T.c.id == _W.c.task_id).join(_O, _O.c.id == _T.c.order_id)
    .outerjoin(_S, _S.c.id == _W.c.station_id).outerjoin(_P, _P.c.id == _W.c.person_id)
    .outerjoin(_R, _R.c.id == _W.c.reason_id)
    .where(_W.c.ended_at.is_not(None)).order_by(_W.c.id)
)  # fmt: skip
_STOPS: Select[Any] = (
    select(_MS.c.id, _MS.c.machine_id, _M.c.code.label("machine"), _S.c.code.label("station"), _MS.c.reason,
           _MS.c.started_at, _MS.c.ended_at)
    .join(_M, _M.c.id == _MS.c.machine_id).outerjoin(_S, _S.c.id == _M.c.station_id)
    .where(_MS.c.state == "stopped", _MS.c.ended_at.is_not(None)).order_by(_MS.c.id)
)  # fmt: skip


def labour_between(store: Store, site_id: int, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Sessions that ended between two moments."""
    mine = (_W.c.site_id == site_id, _W.c.ended_at >= since, _W.c.ended_at < until)
    return sessions(store, _SESSIONS.where(*mine))


def downtime_between(store: Store, site_id: int, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Stops that ended between two moments."""
    mine = (_MS.c.site_id == site_id, _MS.c.ended_at >= since, _MS.c.ended_at < until)
    return [_without(row, "machine_id") for row in stops(store, _STOPS.where(*mine))]


def sessions(store: Store, query: Select[Any]) -> list[dict[str, Any]]:
    """Rows of labour with minutes and the numbers other systems gave to their orders."""
    rows = _timed(store.execute(query).mappings())
    numbers = orders.external(store, sorted({row["order_id"] for row in rows}))
    return [row | {"external": numbers[row["order_id"]]} for row in rows]


def stops(store: Store, query: Select[Any]) -> list[dict[str, Any]]:
    """Rows of downtime with minutes."""
    return _timed(store.execute(query).mappings())


def _timed(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        dict(row) | {"minutes": round(Decimal((row["ended_at"] - row["started_at"]).total_seconds()) / 60, 2)}
        for row in rows
    ]


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


__all__ = ["downtime", "downtime_between", "labour", "labour_between"]
