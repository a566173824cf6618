"""A machine's own count read by a person: at the start and at the end, the pieces between are the report.

What was reported at this station on the task in between (scrap, rework, pieces scanned one by one) is taken off, so
that a counter and a scanner beside it do not count the same piece twice.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, func, select, type_coerce

from app.db import from_micro
from app.errors import Conflict, Invalid
from app.models import Report
from app.services import station_reports as reports
from app.services.station_here import Here, Outcome

_R = Report.__table__


def counter(here: Here, reading: Decimal | None) -> Outcome:
    """Take a reading: the first begins, each further one reports what was made since the one before."""
    facts = here.open_task()
    here.person()
    if reading is None or reading < 0:
        raise Invalid("quantity.wrong", quantity=str(reading if reading is not None else ""))
    if facts.row.is_serialised:
        raise Invalid("unit.one")
    known = here.pending.get("counter")
    if known is None:
        return _begun(here, reading, facts.names)
    made = reading - Decimal(known["at"]) - _reported(here, known["report"])
    values: dict[str, Any] = facts.names | {"reading": str(reading), "before": known["at"], "made": str(made)}
    if made < 0:
        raise Conflict("counter.less", **values)
    if made == 0:
        return Outcome("pending", "counter.same", values)
    told = reports.report(here, "good", made)
    if here.task_id is not None:
        _keep(here, reading)
    return told


def _begun(here: Here, reading: Decimal, values: dict[str, Any]) -> Outcome:
    _keep(here, reading)
    return Outcome("pending", "counter.begun", values | {"reading": str(reading)})


def _keep(here: Here, reading: Decimal) -> None:
    newest = here.connection.execute(select(func.max(_R.c.id)).where(_R.c.station_id == here.station_id)).scalar()
    here.keep(counter={"at": str(reading), "report": newest or 0})


def _reported(here: Here, since: int) -> Decimal:
    total = func.coalesce(func.sum(type_coerce(_R.c.quantity, BigInteger)), 0)
    mine = (_R.c.station_id == here.station_id) & (_R.c.task_id == here.task_id) & (_R.c.id > since)
    return from_micro(int(here.connection.execute(select(total).where(mine)).scalar_one()))
