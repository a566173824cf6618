"""What the team lead is for: help, material that is wanted (叫料), a station that stands, an operation left out."""

from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, func, select, type_coerce

from app.db import from_micro
from app.errors import Conflict, Invalid, names
from app.events import Store
from app.models import Item, Person, StockBalance, Task, TaskMaterial
from app.queries.known import location_of
from app.services import sessions, skipping
from app.services import station_people as people
from app.services import station_tasks as tasks
from app.services.notices import Matter, open_notice
from app.services.station_here import Here, Outcome
from app.services.station_reports import reason_row

SEVERITY = {"help": "warn", "stop": "crit", "material": "warn"}
_B, _M, _T = StockBalance.__table__, TaskMaterial.__table__, Task.__table__


def help_me(here: Here, reason: int | str | None = None) -> Outcome:
    """Call the team lead; calling again while the call is open changes nothing."""
    row = reason_row(here, reason) if reason is not None else None
    if row is not None and row.kind != "help":
        raise Conflict("reason.other_use", reason=row.code)
    notice = _call(here, "help", row)
    return Outcome("call", "call.help", {}, {"notice": notice})


def stop(here: Here, reason: int | str | None) -> Outcome:
    """The station stands, and why; the time of the open task is a pause until the next START or report."""
    if reason is None:
        raise Invalid("report.reason")
    row = reason_row(here, reason)
    if row.kind != "stop":
        raise Conflict("reason.other_use", reason=row.code)
    here.person()
    here.keep(confirm=None, kind=None, reason=None)
    if here.task_id is not None:
        people.run_clock(here, "pause", row.id)
        here.keep(paused=None)
        sessions.pause(here.connection, here.facts(here.task_id).row, here.station_id, here.who, here.now)
    here.move(stopped=row.code)
    here.tell("station.stopped", reason=row.id)
    notice = _call(here, "stop", row)
    return Outcome("call", "call.stop", {"reason": row.id}, {"notice": notice})


def skip(here: Here, reason: int | str | None) -> Outcome:
    """A team lead leaves the open task out, when the process allows it; its pieces go on without it."""
    facts = here.open_task()
    is_lead = select(Person.is_lead).where(Person.id == here.person())
    if not here.connection.execute(is_lead).scalar():
        raise Conflict("skip.lead", **names(task=facts.row))
    row = reason_row(here, reason) if reason is not None else None
    skipping.skip_in(here.connection, here.site_id, facts.row.id, row.id if row else None, here.who, here.now)
    tasks.leave(here)
    return Outcome("task", "task.skipped", facts.names)


def material(here: Here, item: str | None = None, quantity: Decimal | None = None) -> Outcome:
    """Call for material (叫料) of the open task: what is named, else what is shortest against what is still needed."""
    facts = here.open_task()
    here.person()
    found = wanted(here.connection, here.site_id, here.station_id, facts.row.id)
    if item is not None:
        found = [row for row in found if row.item_code == item]
        if not found:
            raise Conflict("lot.wrong_item", item=item)
    if not found:
        raise Conflict("material.none", **names(task=facts.row))
    row = found[0]
    pieces = quantity or max(row.needed - row.here, Decimal(0)) or row.needed
    values = {"item": row.item_code, "quantity": str(pieces)}
    data = values | {"item_id": row.item_id, "person": here.person_id, "task": facts.row.id}
    notice = open_notice(
        here.connection, Matter(here.site_id, "material", ("task_material", row.id)), SEVERITY["material"], here.now,
        here.who, station_id=here.station_id, line_id=here.line_id, data=data, quantity=pieces,
    )  # fmt: skip
    return Outcome("call", "call.material", values, {"notice": notice})


class Wanted(NamedTuple):
    """A material of a task: what is still needed of it, and what lies at the station's place; the shortest first."""

    id: int
    item_id: int
    item_code: str
    unit: str
    needed: Decimal
    here: Decimal


def wanted(store: Store, site_id: int, station_id: int, task_id: int) -> list[Wanted]:
    """The materials of a task that more is needed of."""
    place = location_of(store, site_id, station_id)
    stock = (
        select(func.coalesce(func.sum(type_coerce(_B.c.quantity, BigInteger)), 0))
        .where(_B.c.item_id == _M.c.item_id, _B.c.location_id == place).scalar_subquery()
    )  # fmt: skip
    query = (
        select(_M.c.id, _M.c.item_id, Item.code, Item.unit, _M.c.need_num, _M.c.need_den, stock.label("here"),
               type_coerce(_M.c.quantity_issued, BigInteger).label("issued"),
               type_coerce(_T.c.quantity, BigInteger).label("quantity"))
        .join(Item, Item.id == _M.c.item_id).join(_T, _T.c.id == _M.c.task_id)
        .where(_M.c.task_id == task_id, Item.supply.in_(("buy", "stock")))
    )  # fmt: skip
    rows = [
        Wanted(row.id, row.item_id, row.code, row.unit,
               from_micro(max(0, row.quantity * row.need_num // row.need_den - row.issued)), from_micro(int(row.here)))
        for row in store.execute(query)
    ]  # fmt: skip
    return sorted((row for row in rows if row.needed > 0), key=lambda row: (row.here - row.needed, row.id))


def short(here: Here, code: str, values: dict[str, str]) -> None:
    """A report failed for want of material: the lead hears of it, whatever the operator does next."""
    matter = Matter(here.site_id, "shortage", ("station", here.station_id))
    open_notice(here.connection, matter, "warn", here.now, here.who, station_id=here.station_id, line_id=here.line_id,
                data={"code": code, "values": values, "task": here.task_id, "person": here.person_id})  # fmt: skip


def conflict(here: Here, scan_id: int, code: str, values: dict[str, str]) -> None:
    """A scan that waited in a device was refused when it came: nobody stood there, so the lead must look at it."""
    matter = Matter(here.site_id, "conflict", ("scan", scan_id))
    open_notice(here.connection, matter, "warn", here.now, here.who, station_id=here.station_id, line_id=here.line_id,
                data={"code": code, "values": values, "scan": scan_id, "task": here.task_id, "person": here.person_id,
                      "made_at": here.at.isoformat(), "uncertain": here.made.uncertain})  # fmt: skip


def _call(here: Here, kind: str, reason: Any) -> int:
    data = {"reason": reason.id if reason else None, "person": here.person_id, "task": here.task_id}
    return open_notice(
        here.connection, Matter(here.site_id, kind, ("station", here.station_id)), SEVERITY[kind], here.now, here.who,
        station_id=here.station_id, line_id=here.line_id, data=data,
    )  # fmt: skip
