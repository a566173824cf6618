"""Rework of own production: new tasks in the same order, one loop higher, and a way back into the original flow.

The process names where a failed piece goes back to (a link of kind ``return``). The tasks from there to the one
that failed are made once a loop; each further piece enlarges them. The planned quantity of the order stays.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, insert, select, type_coerce, update
from sqlalchemy.engine import Connection

from app import events
from app.db import from_micro
from app.errors import Conflict, names
from app.models import Task, TaskLink, TaskStation
from app.services import flow as flows

_T, _L = Task.__table__, TaskLink.__table__
_COPIED = (
    "site_id", "order_id", "op_key", "node", "split_no", "sequence", "name", "name_zh", "item_id", "operation_id",
    "skill_id", "machine_id", "piece_min", "fixed_min", "batch_size", "setup_family", "outside_min", "max_loops",
    "is_serialised", "instruction", "instruction_zh",
)  # fmt: skip


def send_back(connection: Connection, flow: flows.Flow, amount: int, now: datetime) -> None:
    """Send pieces of this task through the next loop; refused when there is no way back or too many loops."""
    task = flow.task
    loop = task.loop_no + 1
    if loop > task.max_loops:
        raise Conflict("task.loops", **names(task=task), loops=task.loop_no)
    way = _way(connection, task)
    tasks = _loop_tasks(connection, task, way, loop)
    if tasks:
        enlarge(connection, list(tasks.values()), amount)
    else:
        tasks = _make(connection, task, way, loop, amount)
        events.record(connection, task.site_id, "task.rework_opened", ("task", task.id), None, now,
                      {"order": task.order_id, "loop": loop, "tasks": sorted(tasks.values())})  # fmt: skip
    first = tasks[way[0].op_key]
    passed = type_coerce(_L.c.quantity_passed, BigInteger) + amount
    mine = (_L.c.pred_id == task.id) & (_L.c.succ_id == first) & (_L.c.kind == "rework")
    connection.execute(update(_L).where(mine).values(quantity_passed=passed))
    flows.refresh(connection, sorted(tasks.values()))


def enlarge(connection: Connection, task_ids: list[int], amount: int) -> None:
    """Add to the planned quantity of loop tasks (take away with a negative amount)."""
    planned = type_coerce(_T.c.quantity, BigInteger) + amount
    connection.execute(update(_T).where(_T.c.id.in_(task_ids)).values(quantity=planned))


def loop_of(connection: Connection, task: Any) -> list[int]:
    """The tasks of the loop a task sends its pieces to; empty when none was opened."""
    return sorted(_loop_tasks(connection, task, _way(connection, task), task.loop_no + 1).values())


def _way(connection: Connection, task: Any) -> list[Any]:
    """The original tasks from where a piece goes back to, up to the one that failed, in order."""
    rows = {row.id: row for row in connection.execute(
        select(_T).where(_T.c.order_id == task.order_id, _T.c.node == _node(task), _T.c.loop_no == 0)
    )}  # fmt: skip
    links = list(connection.execute(select(_L).where(_L.c.pred_id.in_(list(rows)), _L.c.succ_id.in_(list(rows)))))
    failed = next(row.id for row in rows.values() if row.op_key == task.op_key)
    ways = (link for link in links if link.pred_id == failed and link.kind == "return" and link.is_chosen)
    target = next((link.succ_id for link in ways), None)
    if target is None:
        raise Conflict("task.no_rework", **names(task=task))
    forward = [(link.pred_id, link.succ_id) for link in links if link.kind != "return" and link.is_chosen]
    after = _reach(target, forward)
    before = _reach(failed, [(succ, pred) for pred, succ in forward])
    return sorted((rows[key] for key in after & before), key=lambda row: row.sequence)


def _node(task: Any) -> str:
    return task.op_key.rsplit("/", 1)[0]


def _reach(start: int, arrows: list[tuple[int, int]]) -> set[int]:
    found, open_ = {start}, [start]
    while open_:
        here = open_.pop()
        fresh = [succ for pred, succ in arrows if pred == here and succ not in found]
        found.update(fresh)
        open_ += fresh
    return found


def _loop_tasks(connection: Connection, task: Any, way: list[Any], loop: int) -> dict[str, int]:
    keys = [row.op_key for row in way]
    query = select(_T.c.id, _T.c.op_key).where(
        _T.c.order_id == task.order_id, _T.c.loop_no == loop, _T.c.op_key.in_(keys)
    )
    return {row.op_key: row.id for row in connection.execute(query)}


def _make(connection: Connection, task: Any, way: list[Any], loop: int, amount: int) -> dict[str, int]:
    rows = [
        {name: getattr(row, name) for name in _COPIED}
        | {
            "loop_no": loop,
            "kind": "rework",
            "quantity": from_micro(amount),
            "is_final": row.is_final,
            "status": "waiting",
        }
        for row in way
    ]
    made = connection.execute(insert(_T).returning(_T.c.id, _T.c.op_key), rows)
    ids = {row.op_key: row.id for row in made}
    _copy_places(connection, {row.id: ids[row.op_key] for row in way})
    connection.execute(insert(_L), _links(connection, task, way, ids))
    return ids


def _copy_places(connection: Connection, copies: dict[int, int]) -> None:
    """The same stations; scanned components are not taken a second time, so materials stay with the original."""
    rows = connection.execute(select(TaskStation.__table__).where(TaskStation.task_id.in_(list(copies)))).mappings()
    places = [dict(row) | {"task_id": copies[row["task_id"]]} for row in rows]
    if places:
        connection.execute(insert(TaskStation.__table__), places)


def _links(connection: Connection, task: Any, way: list[Any], ids: dict[str, int]) -> list[dict[str, Any]]:
    original = {row.id: row.op_key for row in way}
    failed = next(row for row in way if row.op_key == task.op_key)
    query = select(_L).where(_L.c.pred_id.in_(list(original)), _L.c.kind != "return", _L.c.is_chosen.is_(True))
    links = []
    for row in connection.execute(query).mappings():
        inside = row["succ_id"] in original
        if not inside and row["pred_id"] != failed.id:
            continue
        succ = ids[original[row["succ_id"]]] if inside else row["succ_id"]
        links.append(_link(row, pred_id=ids[original[row["pred_id"]]], succ_id=succ, kind="normal"))
    entry = {"site_id": task.site_id, "order_id": task.order_id, "type": "finish_start", "ratio_num": 1, "ratio_den": 1,
             "lag_min": 0, "transfer_batch": None, "alternate_group": None, "is_chosen": True,
             "bridges_id": None, "closed_by_id": None}  # fmt: skip
    links.append(_link(entry, pred_id=task.id, succ_id=ids[way[0].op_key], kind="rework",
                       input_key=f"rework/{task.op_key}"))  # fmt: skip
    return links


def _link(row: Any, **values: Any) -> dict[str, Any]:
    kept = {name: value for name, value in dict(row).items() if name != "id"}
    return kept | {"quantity_passed": Decimal(0)} | values


__all__ = ["enlarge", "loop_of", "send_back"]
