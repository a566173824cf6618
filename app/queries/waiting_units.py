"""Units that are due at a task: which labels an operator there will find on the parts."""

from collections import defaultdict
from typing import Any

from sqlalchemy import BigInteger, func, select, type_coerce

from app.events import Store
from app.models import Hold, Report, Task, TaskLink, Unit

_T, _L, _R, _U, _H = Task.__table__, TaskLink.__table__, Report.__table__, Unit.__table__, Hold.__table__
_HERE = ("in_process", "in_rework")


def waiting_units(store: Store, site_id: int, task_id: int) -> list[dict[str, Any]]:
    """Units that passed all that comes before a task and were not counted at it, in the order they were born.

    A unit on hold is not among them. Empty at the task where units get their numbers, and for items without numbers.
    """
    columns = (_T.c.order_id, _T.c.item_id, _T.c.loop_no, _T.c.is_serialised)
    task = store.execute(select(*columns).where(_T.c.id == task_id, _T.c.site_id == site_id)).one_or_none()
    inputs = _inputs(store, task_id, task.item_id) if task is not None and task.is_serialised else {}
    if task is None or not inputs:
        return []
    held = select(_H.c.id).where(_H.c.target_type == "unit", _H.c.target_id == _U.c.id, _H.c.released_at.is_(None))
    query = select(_U.c.id, _U.c.serial, _U.c.status).where(
        _U.c.order_id == task.order_id, _U.c.item_id == task.item_id, _U.c.status.in_(_HERE), ~held.exists()
    )
    units = store.execute(query.order_by(_U.c.id)).mappings().all()
    counted = _counted(store, task_id, {key for group in inputs.values() for key in group})
    return [dict(unit) for unit in units if _is_due(counted[unit["id"]], task_id, inputs)]


def _inputs(store: Store, task_id: int, item_id: int) -> dict[str, set[tuple[int, str]]]:
    """By input: the reports (task and kind) of which one lets a unit pass."""
    query = (
        select(_L.c.input_key, _L.c.pred_id, _L.c.kind)
        .join(_T, _T.c.id == _L.c.pred_id)
        .where(_L.c.succ_id == task_id, _L.c.kind != "return", _L.c.is_chosen.is_(True), _T.c.item_id == item_id)
    )
    found: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for row in store.execute(query):
        found[row.input_key].add((row.pred_id, "rework" if row.kind == "rework" else "good"))
    return found


def _counted(store: Store, task_id: int, keys: set[tuple[int, str]]) -> dict[int, set[tuple[int, str]]]:
    """What was reported of each unit at these tasks, net of what was undone."""
    total = func.sum(type_coerce(_R.c.quantity, BigInteger))
    query = (
        select(_R.c.unit_id, _R.c.task_id, _R.c.kind)
        .where(_R.c.task_id.in_({task_id, *(task for task, _ in keys)}), _R.c.unit_id.is_not(None))
        .group_by(_R.c.unit_id, _R.c.task_id, _R.c.kind)
        .having(total > 0)
    )
    found: dict[int, set[tuple[int, str]]] = defaultdict(set)
    for row in store.execute(query):
        found[row.unit_id].add((row.task_id, row.kind))
    return found


def _is_due(counted: set[tuple[int, str]], task_id: int, inputs: dict[str, set[tuple[int, str]]]) -> bool:
    if any(task == task_id for task, _ in counted):
        return False
    return all(counted & keys for keys in inputs.values())
