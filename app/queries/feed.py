"""What happened since a position: for systems that follow the plant and must miss nothing and count nothing twice.

A feed is read from the sealed order of events. A position is sealed once, in commit order, without gaps, so a reader
that keeps the last position it worked through may crash at any moment and go on from there. An undo is a row of its
own with a negative quantity; nothing that was given is ever changed.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from app.events import Store, last_position
from app.models import (
    Consumption,
    Event,
    EventSeal,
    ExternalRef,
    Item,
    Lot,
    Machine,
    Person,
    Reason,
    Report,
    Station,
    Task,
    Unit,
    WorkOrder,
)
from app.queries.resources import orders

_E, _SEAL, _R, _T, _O = Event.__table__, EventSeal.__table__, Report.__table__, Task.__table__, WorkOrder.__table__
_X, _C, _U, _L, _I = (
    ExternalRef.__table__, Consumption.__table__, Unit.__table__, Lot.__table__, Item.__table__,
)  # fmt: skip
_P, _S, _M, _W = Person.__table__, Station.__table__, Machine.__table__, Reason.__table__
# Reports of a cut-over tell what was done under the system before; whoever follows the plant knows it already.
CUTOVER = "cutover"
REPORTED = ("report.good", "report.scrap", "report.rework", "report.undone")
ORDERS = tuple(
    f"order.{word}"
    for word in ("created", "released", "running", "completed", "closed", "cancelled", "aborted", "changed")
)


@dataclass(frozen=True)
class Part:
    """Some rows and the position up to which everything was looked at; ``more`` says that there is more at once."""

    rows: list[dict[str, Any]]
    next: int
    more: bool


def completions(store: Store, site_id: int, after: int, limit: int) -> Part:
    """Pieces reported good and taken back, of every task."""
    return _reports(store, site_id, after, limit, "good")


def scrap(store: Store, site_id: int, after: int, limit: int) -> Part:
    """Pieces reported as scrap and taken back, with their reason."""
    return _reports(store, site_id, after, limit, "scrap")


def consumption(store: Store, site_id: int, after: int, limit: int) -> Part:
    """What went into what, and came out again by an undo. ``limit`` counts reports; a report is never torn apart."""
    events, last, more = sealed_page(store, site_id, after, limit, ("report.good", "report.undone"))
    by_report = {_report_of(event): event for event in events}
    query = _consumption_query().where(_C.c.report_id.in_(by_report), _C.c.site_id == site_id).order_by(_C.c.id)
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in store.execute(query).mappings():
        found[row["report"]].append(dict(row) | {"position": by_report[row["report"]].position})
    rows = [row for report in by_report for row in found[report]]
    return Part(_numbered(store, rows), last, more)


def order_progress(store: Store, site_id: int, after: int, limit: int) -> Part:
    """What happened to orders, each with how far the order is now; a report counts when its task is a final one."""
    events, last, more = sealed_page(store, site_id, after, limit, (*ORDERS, "report.good", "report.undone"))
    tasks = {event.subject_id for event in events if event.subject_type == "task"}
    finals = select(_T.c.id, _T.c.order_id).where(_T.c.id.in_(tasks), _T.c.is_final.is_(True))
    final = {row.id: row.order_id for row in store.execute(finals)}
    pairs = [(event, final.get(event.subject_id) if event.subject_type == "task" else event.subject_id)
             for event in events]  # fmt: skip
    states = _order_states(store, {order_id for _, order_id in pairs if order_id})
    rows = [{"position": event.position, "topic": event.topic, "at": event.occurred_at} | states[order_id]
            for event, order_id in pairs if order_id in states]  # fmt: skip
    return Part(_numbered(store, rows), last, more)


def events_after(store: Store, site_id: int, after: int, limit: int, topic: str | None = None) -> Part:
    """The sealed events of a site as they are; people stand in them as ids only."""
    events, last, more = sealed_page(store, site_id, after, limit, (topic,) if topic else ())
    rows = [
        {
            "position": event.position, "id": event.id, "topic": event.topic, "actor": event.actor,
            "subject": {"type": event.subject_type, "id": event.subject_id}, "occurred_at": event.occurred_at,
            "recorded_at": event.recorded_at, "data": json.loads(event.data),
        }
        for event in events
    ]  # fmt: skip
    return Part(rows, last, more)


def sealed_page(
    store: Store, site_id: int, after: int, limit: int, topics: tuple[str, ...]
) -> tuple[list[Any], int, bool]:
    """Sealed events of some topics beyond a position, the position worked through, and whether there is more now."""
    # The head is read first: what is sealed between the two reads is left for the next page, never skipped.
    head = last_position(store)
    query = select(_SEAL.c.position, _E).join(_E, _E.c.id == _SEAL.c.event_id)
    query = query.where(_SEAL.c.position > after, _SEAL.c.position <= head, _SEAL.c.site_id == site_id)
    query = query.where(_E.c.topic.in_(topics)) if topics else query
    found = list(store.execute(query.order_by(_SEAL.c.position).limit(limit)))
    full = len(found) == limit
    return found, found[-1].position if full else max(head, after), full and found[-1].position < head


def _reports(store: Store, site_id: int, after: int, limit: int, kind: str) -> Part:
    events, last, more = sealed_page(store, site_id, after, limit, (f"report.{kind}", "report.undone"))
    query = _report_query().where(
        _R.c.id.in_([_report_of(event) for event in events]), _R.c.kind == kind, _R.c.channel != CUTOVER
    )  # fmt: skip
    found = {row["report"]: dict(row) for row in store.execute(query.where(_R.c.site_id == site_id)).mappings()}
    rows = [found[_report_of(event)] | {"position": event.position} for event in events if _report_of(event) in found]
    return Part(_numbered(store, rows), last, more)


def _report_query() -> Select[Any]:
    return (
        select(
            _R.c.id.label("report"), _R.c.uuid, _R.c.reverses_id.label("reverses"), _R.c.quantity,
            _R.c.task_id.label("task"), _T.c.op_key.label("operation"), _T.c.is_final, _O.c.id.label("order_id"),
            _O.c.code.label("order"), _I.c.code.label("item"), _U.c.serial.label("unit"), _S.c.code.label("station"),
            _M.c.code.label("machine"), _P.c.code.label("person"), _W.c.code.label("reason"), _R.c.business_date,
            _R.c.server_at.label("at"),
        )
        .join(_T, _T.c.id == _R.c.task_id).join(_O, _O.c.id == _T.c.order_id)
        .outerjoin(_I, _I.c.id == _T.c.item_id).outerjoin(_U, _U.c.id == _R.c.unit_id)
        .outerjoin(_S, _S.c.id == _R.c.station_id).outerjoin(_M, _M.c.id == _R.c.machine_id)
        .outerjoin(_P, _P.c.id == _R.c.person_id).outerjoin(_W, _W.c.id == _R.c.reason_id)
    )  # fmt: skip


def _consumption_query() -> Select[Any]:
    component = _U.alias("component")
    return (
        select(
            _C.c.id, _C.c.report_id.label("report"), _C.c.task_id.label("task"), _O.c.id.label("order_id"),
            _O.c.code.label("order"), _I.c.code.label("item"), _I.c.unit.label("stock_unit"), _L.c.code.label("lot"),
            _L.c.supplier_lot, component.c.serial.label("component"), _U.c.serial.label("into"), _C.c.quantity, _C.c.at,
        )
        .join(_T, _T.c.id == _C.c.task_id).join(_O, _O.c.id == _T.c.order_id).join(_I, _I.c.id == _C.c.item_id)
        .outerjoin(_L, _L.c.id == _C.c.lot_id).outerjoin(component, component.c.id == _C.c.component_unit_id)
        .outerjoin(_U, _U.c.id == _C.c.unit_id)
    )  # fmt: skip


def reports_between(
    store: Store, site_id: int, feed: str, begins: datetime, ends: datetime
) -> list[dict[str, Any]]:  # fmt: skip
    """The reports of a feed (completions or scrap) that were made between two moments."""
    kind = "good" if feed == "completions" else "scrap"
    mine = (
        _R.c.site_id == site_id,
        _R.c.kind == kind,
        _R.c.channel != CUTOVER,
        _R.c.server_at >= begins,
        _R.c.server_at < ends,
    )
    rows = store.execute(_report_query().where(*mine).order_by(_R.c.id)).mappings()
    return _numbered(store, [dict(row) for row in rows])


def consumption_between(store: Store, site_id: int, begins: datetime, ends: datetime) -> list[dict[str, Any]]:
    """What went into what between two moments."""
    mine = (_C.c.site_id == site_id, _C.c.at >= begins, _C.c.at < ends)
    rows = store.execute(_consumption_query().where(*mine).order_by(_C.c.id)).mappings()
    return _numbered(store, [dict(row) for row in rows])


def _report_of(event: Any) -> int:
    return int(json.loads(event.data)["report"])


def _order_states(store: Store, order_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    ids = list(order_ids)
    done = orders.progress(store, ids)
    query = select(_O.c.id.label("order_id"), _O.c.code.label("order"), _O.c.kind, _O.c.status, _O.c.due_at)
    rows = store.execute(query.where(_O.c.id.in_(ids))).mappings()
    return {row["order_id"]: dict(row) | {"progress": done[row["order_id"]]} for row in rows}


def _numbered(store: Store, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the numbers that other systems gave to their orders."""
    numbers = orders.external(store, sorted({row["order_id"] for row in rows}))
    return [row | {"external": numbers[row["order_id"]]} for row in rows]
