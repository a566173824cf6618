"""A jig or oven that takes several pieces at once: they are loaded by scan, it starts, and its end reports them all.

What lies in it stands with the station (``pending["load"]``) until the end; then each entry becomes a good report of
its task, all belong to one ``batch_run`` with what the machine measured meanwhile, and either all is written or
nothing. One load is one family: the same set-up family where the process names one, else the same settings.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update

from app import events
from app.db import canonical, from_micro, to_micro
from app.errors import Conflict, Invalid
from app.models import BatchRun, BatchRunItem, Operation, Task
from app.queries.batches import values_during
from app.queries.known import machine_of
from app.services import execution
from app.services import station_parts as parts
from app.services import station_tasks as tasks
from app.services.station_here import Here, Outcome
from app.states.flow import ONE

_T, _P, _B = Task.__table__, Operation.__table__, BatchRun.__table__
_TASK = (
    select(_T.c.id, _T.c.name, _T.c.batch_size, _T.c.setup_family, _T.c.item_id, _P.c.parameters, _P.c.key)
    .outerjoin(_P, _P.c.id == _T.c.operation_id)
)  # fmt: skip


def size_of(here: Here) -> int | None:
    """How many pieces go in together at the open task; None when it is no batch."""
    if here.task_id is None:
        return None
    size = here.connection.execute(select(_T.c.batch_size).where(_T.c.id == here.task_id)).scalar()
    return size if size and size > 1 else None


def load(here: Here, quantity: Decimal | None = None, unit: Any = None) -> Outcome:
    """Put a unit, or pieces of the open task, into the jig; what is not named fills it up.

    Raises Conflict when it runs, is full, holds another family, holds the unit already, or has no input for it.
    """
    facts = here.open_task()
    here.person()
    task = here.connection.execute(_TASK.where(_T.c.id == facts.row.id)).one()
    if not task.batch_size or task.batch_size < 2:
        raise Conflict("batch.none", task=task.name)
    if here.pending.get("batch"):
        raise Conflict("batch.runs")
    entries: list[dict[str, Any]] = list(here.pending.get("load", ()))
    _check_family(here, task, entries)
    if facts.needs_unit and unit is None:
        raise Invalid("unit.needed")
    if unit is not None and any(entry["unit"] == unit.id for entry in entries):
        raise Conflict("batch.twice", unit=unit.serial)
    room = task.batch_size * ONE - sum(to_micro(Decimal(entry["quantity"])) for entry in entries)
    amount = _amount(here, task, entries, room, quantity, unit)
    if unit is None and facts.row.is_serialised:
        entries += [_entry(task.id, None, ONE) for _ in range(amount // ONE)]
    else:
        entries.append(_entry(task.id, unit.id if unit is not None else None, amount))
    here.keep(load=entries, quantity=None)
    within = task.batch_size * ONE - room + amount
    values = facts.names | {"quantity": str(from_micro(amount)), "loaded": str(from_micro(within)),
                            "of": task.batch_size}  # fmt: skip
    return Outcome("batch", "batch.loaded", values)


def _entry(task_id: int, unit_id: int | None, amount: int) -> dict[str, Any]:
    return {"task": task_id, "unit": unit_id, "quantity": str(from_micro(amount))}


def _amount(
    here: Here, task: Any, entries: list[dict[str, Any]], room: int, quantity: Decimal | None, unit: Any
) -> int:
    now = tasks.state_of(here, task.id)
    used = now.quantity_good + now.quantity_scrap + now.quantity_rework
    mine = sum(to_micro(Decimal(entry["quantity"])) for entry in entries if entry["task"] == task.id)
    free = now.quantity_input - used - mine
    if unit is not None:
        wished = ONE
    elif quantity is not None:
        wished = to_micro(quantity)
    else:
        wished = min(room, free)
    if room <= 0 or wished > room:
        raise Conflict("batch.full", size=task.batch_size, left=str(from_micro(max(room, 0))))
    if free <= 0 or wished > free:
        raise Conflict("task.input", available=str(from_micro(max(free, 0))), quantity=str(from_micro(wished)),
                       waiting_for=task.name)  # fmt: skip
    if wished <= 0:
        raise Invalid("quantity.wrong", quantity=str(quantity))
    return int(wished)


def _check_family(here: Here, task: Any, entries: list[dict[str, Any]]) -> None:
    ids = {entry["task"] for entry in entries} - {task.id}
    for other in here.connection.execute(_TASK.where(_T.c.id.in_(ids))):
        if family(other) != family(task):
            raise Conflict("batch.mixed", task=task.name, other=other.name)


def family(task: Any) -> str:
    """What may lie in one load together: the set-up family, else the same operation with the same settings."""
    return str(task.setup_family or canonical([task.key, task.parameters or {}, task.batch_size]))


def start(here: Here) -> Outcome:
    """Close the jig: from now on its values belong to what lies in it."""
    here.person()
    if here.pending.get("batch"):
        raise Conflict("batch.runs")
    entries = here.pending.get("load", ())
    if not entries:
        raise Conflict("batch.empty")
    row = {"site_id": here.site_id, "machine_id": machine_of(here.connection, here.station_id),
           "station_id": here.station_id, "started_at": here.now, "values": {}}  # fmt: skip
    run_id = int(here.connection.execute(insert(_B).values(**row).returning(_B.c.id)).scalar_one())
    here.keep(batch=run_id)
    _tell(here, "batch.started", run_id, entries)
    return Outcome("batch", "batch.started", {"run": run_id, "loaded": _total(entries)}, {"batch": run_id})


def end(here: Here) -> Outcome:
    """Open the jig: report all that lies in it good, with what was measured. Raises what a report raises."""
    run_id, entries = _running(here), here.pending.get("load", ())
    machine = machine_of(here.connection, here.station_id)
    began = here.connection.execute(select(_B.c.started_at).where(_B.c.id == run_id)).scalar_one()
    reports = [_report(here, entry, number, machine) for number, entry in enumerate(entries, 1)]
    wanted = {entry["task"] for entry in entries}
    measured = values_during(here.connection, machine, sorted(wanted), began, here.now)
    here.connection.execute(update(_B).where(_B.c.id == run_id).values(ended_at=here.now, values=measured))
    here.connection.execute(
        insert(BatchRunItem.__table__), [{"batch_run_id": run_id, "report_id": report} for report in reports]
    )
    _tell(here, "batch.ended", run_id, entries)
    here.keep(batch=None, load=None, quantity=None)
    if here.task_id is not None and tasks.state_of(here, here.task_id).status in ("completed", "skipped", "aborted"):
        tasks.leave(here)
    values = {"run": run_id, "loaded": _total(entries)}
    return Outcome("report", "batch.ended", values, {"batch": run_id, "reports": reports})


def _report(here: Here, entry: dict[str, Any], number: int, machine: int | None) -> int:
    made = execution.Entry(
        uuid=f"{here.wish.uuid[:56]}.{number}", site_id=here.site_id, kind="good",
        quantity=Decimal(entry["quantity"]), task_id=entry["task"], station_id=here.station_id,
        person_id=here.person(), channel=here.wish.channel, unit_id=entry["unit"], machine_id=machine,
        work_session_id=here.pending.get("session") if entry["task"] == here.task_id else None,
        device_at=here.wish.device_at, uncertain=here.made.uncertain,
        uses=parts.uses(here, to_micro(Decimal(entry["quantity"]))) if entry["task"] == here.task_id else (),
    )  # fmt: skip
    return int(execution.report(here.connection, made, here.now)["report"])


def unload(here: Here) -> Outcome:
    """Empty the jig without reporting; a run that was started ends without pieces."""
    here.person()
    entries = here.pending.get("load", ())
    if not entries:
        raise Conflict("batch.empty")
    run_id = here.pending.get("batch")
    if run_id:
        stopped = {"ended_at": here.now, "values": {"aborted": True}}
        here.connection.execute(update(_B).where(_B.c.id == run_id).values(**stopped))
        _tell(here, "batch.aborted", run_id, entries)
    here.keep(batch=None, load=None, quantity=None)
    return Outcome("batch", "batch.unloaded", {"loaded": _total(entries)})


def _running(here: Here) -> int:
    here.person()
    run_id = here.pending.get("batch")
    if not run_id:
        raise Conflict("batch.not_started")
    return int(run_id)


def _total(entries: Any) -> str:
    return str(from_micro(sum(to_micro(Decimal(entry["quantity"])) for entry in entries)))


def _tell(here: Here, topic: str, run_id: int, entries: Any) -> None:
    orders = here.connection.execute(
        select(_T.c.order_id)
        .where(_T.c.id.in_({entry["task"] for entry in entries}))
        .distinct()
        .order_by(_T.c.order_id)
    ).scalars()
    data = {"line": here.line_id, "station": here.station_id, "orders": list(orders), "loaded": _total(entries),
            "units": [entry["unit"] for entry in entries if entry["unit"]]}  # fmt: skip
    events.record(here.connection, here.site_id, topic, ("batch", run_id), here.who, here.now, data)


__all__ = ["end", "family", "load", "size_of", "start", "unload"]
