"""Release: an order is broken down into station tasks and frozen.

Bill of material and routings are read once; the room ``bom`` explodes and checks them; tasks, links, stations and
materials are written in bulk, with a snapshot of what they were made from.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app import events
from app.db import canonical, transaction
from app.errors import Conflict
from app.models import (
    Machine,
    MaintenanceOrder,
    OrderRevision,
    ProductionOrder,
    ReworkOrder,
    ServiceOrder,
    Task,
    TaskLink,
    TaskMaterial,
    TaskStation,
    WorkOrder,
)
from app.queries.engineering import Engineering, engineering, item_row
from app.services import flow as flows
from app.services.orders import of_site
from app.states import alternates, check
from app.states.order import ORDER
from bom.errors import BomError
from bom.operation import LinkKind
from bom.specs import BreakDown, Chosen, LinkSpec, TaskSpec
from bom.tasks import break_down


def release(
    site_id: int, order_id: int, actor: str, now: datetime, skip: dict[str, frozenset[str]] | None = None
) -> int:
    """Break an order down into its tasks and give their number; releasing again changes nothing.

    ``skip`` names optional operations to leave out, by item. Raises Conflict when the order cannot be released,
    naming what contradicts itself; nothing is written then.
    """
    with transaction() as session:
        order = of_site(session, site_id, order_id, lock=True)
        if order.status in ("released", "running", "completed", "closed"):
            return session.scalar(select(func.count()).select_from(Task).where(Task.order_id == order_id)) or 0
        check("order", ORDER, order.status, "released")
        made = _WRITERS[type(order)](session, order, now, skip or {})
        order.status, order.released_at, order.version = "released", now, order.version + 1
        session.flush()
        events.record(session, site_id, "order.released", ("order", order_id), actor, now, {"tasks": made})
        return made


def _production(session: Session, order: ProductionOrder, now: datetime, skip: dict[str, frozenset[str]]) -> int:
    code = item_row(session, order.site_id, order.item_id).code
    try:
        data = engineering(session, order.site_id, order.item_id)
        made = break_down(
            data.structure, data.routings, code, order.quantity, now.date(), Chosen(skipped=skip), data.decimals
        )
    except BomError as error:
        raise Conflict("order.bom", problem=str(error), cause=error.code, **_plain(error.values)) from error
    _freeze(session, order, made, now)
    choice = _choice(made)
    ids = _write_tasks(session, order, made.tasks, data, choice)
    _write_links(session, order, made.links, ids, choice)
    flows.refresh(session.connection(), [ids[task.op_key] for task in made.tasks if task.op_key not in choice.off])
    return len(ids)


def _freeze(session: Session, order: WorkOrder, made: BreakDown, now: datetime) -> None:
    session.add(OrderRevision(site_id=order.site_id, order_id=order.id, revision=1, snapshot=made.snapshot(),
                              content_hash=made.content_hash, created_at=now))  # fmt: skip


def _choice(made: BreakDown) -> alternates.Choice:
    """Of operations that replace each other the first is chosen; a planner may choose another later."""
    steps = [alternates.Step(task.op_key, task.node, task.operation.alternate_group) for task in made.tasks]
    arrows = [
        alternates.Arrow(link.pred, link.succ, link.alternate_group)
        for link in made.links if link.kind is not LinkKind.REWORK
    ]  # fmt: skip
    return alternates.Choice(steps, arrows)


def _write_tasks(
    session: Session, order: WorkOrder, tasks: Iterable[TaskSpec], data: Engineering, choice: alternates.Choice
) -> dict[str, int]:
    tasks = list(tasks)
    table = Task.__table__
    rows = [_task(order, task, data, task.op_key in choice.off) for task in tasks]
    found = session.execute(insert(table).returning(table.c.id, table.c.op_key), rows)
    ids = {row.op_key: row.id for row in found}
    stations, materials = [], []
    for task in tasks:
        stations += [_station(ids[task.op_key], task, choice, data) for choice in task.stations]
        materials += [_material(ids[task.op_key], need, data) for need in task.materials]
    session.execute(insert(TaskStation.__table__), stations)
    if materials:
        session.execute(insert(TaskMaterial.__table__), materials)
    return ids


def _task(order: WorkOrder, task: TaskSpec, data: Engineering, skipped: bool) -> dict[str, Any]:
    item = data.items[task.item]
    row = data.operations[(task.item, task.operation.key)]
    return {
        "site_id": order.site_id, "order_id": order.id, "op_key": task.op_key, "node": task.node,
        "sequence": task.sequence, "name": row.name, "name_zh": row.name_zh, "item_id": item.id,
        "operation_id": row.id, "skill_id": row.skill_id, "quantity": task.quantity, "quantity_input": Decimal(0),
        "piece_min": row.piece_min, "fixed_min": row.fixed_min, "batch_size": row.batch_size,
        "setup_family": row.setup_family, "outside_min": row.outside_min,
        "max_loops": row.max_loops, "is_final": task.is_final, "is_serialised": item.is_serialised,
        "instruction": row.instruction, "instruction_zh": row.instruction_zh, "kind": row.kind,
        "status": "skipped" if skipped else "waiting",
    }  # fmt: skip


def _station(task_id: int, task: TaskSpec, choice: Any, data: Engineering) -> dict[str, Any]:
    machine = data.machines[(task.item, task.operation.key, choice.station)]
    return {"task_id": task_id, "station_id": data.stations[choice.station], "machine_id": machine,
            "factor": _decimal(choice.factor), "preference": choice.preference}  # fmt: skip


def _material(task_id: int, need: Any, data: Engineering) -> dict[str, Any]:
    return {"task_id": task_id, "item_id": data.items[need.item].id, "line_key": need.line_key,
            "need_num": need.quantity_per.numerator, "need_den": need.quantity_per.denominator,
            "backflush": need.backflush}  # fmt: skip


def _write_links(
    session: Session, order: WorkOrder, links: Iterable[LinkSpec], ids: dict[str, int], choice: alternates.Choice
) -> None:
    rows: dict[tuple[int, int, str], dict[str, Any]] = {}
    for link in links:
        kind = "return" if link.kind is LinkKind.REWORK else link.kind.value
        back = kind == "return"
        arrow = alternates.Arrow(link.pred, link.succ, None if back else link.alternate_group)
        row = _link(order, link, ids, kind, choice.is_flowing(arrow))
        rows.setdefault((row["pred_id"], row["succ_id"], kind), row)
    if rows:
        session.execute(insert(TaskLink.__table__), list(rows.values()))


def _link(order: WorkOrder, link: LinkSpec, ids: dict[str, int], kind: str, chosen: bool) -> dict[str, Any]:
    batch = None if link.transfer_batch is None else int(link.transfer_batch)
    return {
        "site_id": order.site_id, "order_id": order.id, "pred_id": ids[link.pred], "succ_id": ids[link.succ],
        "type": link.type.value, "kind": kind, "input_key": link.input_key, "ratio_num": link.ratio.numerator,
        "ratio_den": link.ratio.denominator, "lag_min": int(link.lag_min), "transfer_batch": batch,
        "alternate_group": link.alternate_group, "is_chosen": chosen, "quantity_passed": Decimal(0),
    }  # fmt: skip


def _single(session: Session, order: Any, station_id: int, name: str, **values: Any) -> int:
    """Orders without a bill of material are one task at one station."""
    task = Task(
        site_id=order.site_id, order_id=order.id, op_key="0/work", node="0", sequence=1, kind=order.kind, name=name,
        is_final=True, status="ready", quantity=values.pop("quantity", Decimal(1)), **values,
    )  # fmt: skip
    task.quantity_input = task.quantity
    session.add(task)
    session.flush()
    session.add(TaskStation(task_id=task.id, station_id=station_id, machine_id=task.machine_id))
    return 1


def _rework(session: Session, order: ReworkOrder, now: datetime, _skip: dict[str, frozenset[str]]) -> int:
    _freeze_plain(session, order, now, {"item": order.item_id, "quantity": str(order.quantity)})
    return _single(session, order, order.station_id or 0, order.title, item_id=order.item_id, quantity=order.quantity,
                   piece_min=order.minutes)  # fmt: skip


def _service(session: Session, order: ServiceOrder, now: datetime, _skip: dict[str, frozenset[str]]) -> int:
    _freeze_plain(session, order, now, {"title": order.title})
    order.state = "confirmed"
    return _single(session, order, order.station_id or 0, order.title, piece_min=order.minutes,
                   skill_id=order.skill_id, instruction=order.description)  # fmt: skip


def _maintenance(session: Session, order: MaintenanceOrder, now: datetime, _skip: dict[str, frozenset[str]]) -> int:
    if order.state == "proposed":
        raise Conflict("order.move", status="proposed", to="released", next="confirmed, dismissed")
    _freeze_plain(session, order, now, {"machine": order.machine_id})
    station_id = session.scalar(select(Machine.station_id).where(Machine.id == order.machine_id)) or 0
    order.state = "scheduled"
    return _single(session, order, station_id, order.title, piece_min=order.minutes, machine_id=order.machine_id,
                   skill_id=order.skill_id, instruction=order.description)  # fmt: skip


def _freeze_plain(session: Session, order: WorkOrder, now: datetime, snapshot: dict[str, Any]) -> None:
    digest = hashlib.sha256(canonical(snapshot).encode()).hexdigest()
    session.add(OrderRevision(site_id=order.site_id, order_id=order.id, revision=1, snapshot=snapshot,
                              content_hash=digest, created_at=now))  # fmt: skip


def _decimal(value: Fraction) -> Decimal:
    return round(Decimal(value.numerator) / Decimal(value.denominator), 6)


def _plain(values: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if name not in ("problem", "cause", "code")}


_WRITERS: dict[type, Any] = {
    ProductionOrder: _production, ReworkOrder: _rework, ServiceOrder: _service, MaintenanceOrder: _maintenance,
}  # fmt: skip
