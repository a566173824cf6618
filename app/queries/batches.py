"""What a machine measured while a batch lay in it, and what lies in a jig now."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Device, LatestValue, Task, Unit, WorkOrder
from app.queries.known import characteristics_of
from app.queries.readings import series


def values_during(
    store: Store, machine_id: int | None, task_ids: list[int], since: datetime, until: datetime
) -> dict[str, str]:
    """The range of each quantity the operations ask of the machine, as ``41.8 – 43.1 °C`` by its meaning.

    Read from the readings between two moments; where none fell into them the value of now counts, when it is good.
    """
    wanted = _meanings(store, task_ids)
    found = {}
    query = (
        select(LatestValue.device_id, LatestValue.tag, LatestValue.meaning, LatestValue.unit, LatestValue.value,
               LatestValue.quality)
        .join(Device, Device.id == LatestValue.device_id)
        .where(Device.machine_id == machine_id, LatestValue.meaning.in_(wanted)).order_by(LatestValue.tag)
    )  # fmt: skip
    for row in store.execute(query).all() if machine_id and wanted else ():
        seen = [value for value in series(row.device_id, row.tag, since, until)["value"] if value is not None]
        if not seen and row.quality == "good" and isinstance(row.value, int | float):
            seen = [row.value]
        if seen:
            found[row.meaning] = _range(min(seen), max(seen), row.unit)
    return found


def _meanings(store: Store, task_ids: list[int]) -> set[str]:
    operations = store.execute(select(Task.operation_id).where(Task.id.in_(task_ids)).distinct()).scalars()
    return {row.meaning for key in operations for row in characteristics_of(store, key) if row.meaning}


def _range(low: float, high: float, unit: str | None) -> str:
    words = [str(round(Decimal(str(value)), 3).normalize()) for value in (low, high)]
    return (" – ".join(dict.fromkeys(words)) + f" {unit or ''}").strip()


def in_jig(store: Store, pending: dict[str, Any]) -> list[Any]:
    """What lies in the jig of a station: (order, operation, serial or None, quantity as text)."""
    entries = pending.get("load", ())
    query = (
        select(Task.id, Task.name, Task.name_zh, WorkOrder.code)
        .join(WorkOrder, WorkOrder.id == Task.order_id)
        .where(Task.id.in_({entry["task"] for entry in entries}))
    )
    tasks = {row.id: row for row in store.execute(query)} if entries else {}
    units = {entry["unit"] for entry in entries} - {None}
    rows = store.execute(select(Unit.id, Unit.serial).where(Unit.id.in_(units))) if units else ()
    serials = {row.id: row.serial for row in rows}
    return [(tasks[entry["task"]], serials.get(entry["unit"]), entry["quantity"]) for entry in entries
            if entry["task"] in tasks]  # fmt: skip


__all__ = ["in_jig", "values_during"]
