"""Asking for a concession (让步接收) at a station: the piece is held until quality has decided.

A piece with a number becomes a contained nonconformance; pieces without numbers cannot be held one by one, so the
lead is told how many are set aside.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from app import events
from app.errors import Conflict
from app.models import Disposition, Hold, Nonconformance
from app.services.notices import Matter, open_notice
from app.services.numbers import take
from app.services.station_here import Here, Outcome
from quality.nonconformance import State

_N, _D, _H = Nonconformance.__table__, Disposition.__table__, Hold.__table__


def concession(here: Here, unit: Any = None, quantity: Decimal | None = None) -> Outcome:
    """Ask for a concession for a unit, or for pieces without numbers; where units are counted the unit is needed."""
    facts = here.open_task()
    here.person()
    if facts.row.is_serialised and unit is None:
        here.keep(kind="concession", reason=None, unit=None, confirm=None)
        return Outcome("pending", "pending.concession", facts.names)
    here.keep(kind=None)
    if unit is None:
        pieces = str(quantity or here.pending.get("quantity") or 1)
        here.keep(quantity=None)
        _tell_lead(here, ("task", facts.row.id), {"quantity": pieces})
        return Outcome("call", "call.concession", facts.names | {"part": pieces})
    code = _contain(here, facts.row, unit)
    _tell_lead(here, ("unit", unit.id), {"unit": unit.id})
    return Outcome("call", "call.concession", facts.names | {"part": unit.serial}, {"nonconformance": code})


def _contain(here: Here, task: Any, unit: Any) -> str:
    held = select(_H.c.id).where(_H.c.target_type == "unit", _H.c.target_id == unit.id, _H.c.released_at.is_(None))
    if here.connection.execute(held.limit(1)).scalar() is not None:
        raise Conflict("unit.held", unit=unit.serial)
    code = f"NC-{take(here.connection, here.site_id, 'nonconformance'):05d}"
    row = {"site_id": here.site_id, "code": code, "title": f"{unit.serial} · {task.name}", "task_id": task.id,
           "status": str(State.CONTAINED), "opened_at": here.now}  # fmt: skip
    nc = int(here.connection.execute(insert(_N).values(row).returning(_N.c.id)).scalar_one())
    piece = {"site_id": here.site_id, "nonconformance_id": nc, "unit_id": unit.id, "quantity": Decimal(1)}
    here.connection.execute(insert(_D).values(piece))
    hold = {"site_id": here.site_id, "target_type": "unit", "target_id": unit.id, "note": code, "opened_at": here.now}
    hold_id = here.connection.execute(insert(_H).values(hold).returning(_H.c.id)).scalar_one()
    record = (here.connection, here.site_id)
    events.record(*record, "nonconformance.opened", ("nonconformance", nc), here.who, here.now, {"pieces": 1})
    events.record(*record, "nonconformance.contained", ("nonconformance", nc), here.who, here.now, {})
    events.record(*record, "hold.opened", ("unit", unit.id), here.who, here.now, {"hold": hold_id})
    return code


def _tell_lead(here: Here, subject: tuple[str, int], data: dict[str, Any]) -> None:
    told = data | {"person": here.person_id, "task": here.task_id}
    open_notice(here.connection, Matter(here.site_id, "concession", subject), "warn", here.now, here.who,
                station_id=here.station_id, line_id=here.line_id, data=told)  # fmt: skip
