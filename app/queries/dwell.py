"""Dwell: what stands at which operation since when, against its standard, the longest first.

A unit stands at the operation behind its last report; pieces without numbers stand where they were passed on to and
not yet counted. What nobody has begun yet stands nowhere.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select

from app.events import Store
from app.models import Hold, Item, Operation, Report, Task, TaskLink, Unit, WorkOrder
from app.queries.trace_links import Node, chunks
from app.queries.trace_rows import Named
from app.states.dwell import allowed, arrived, middle, tone
from app.states.task import CLOSED

_R, _T, _L, _U, _O, _H = (table.__table__ for table in (Report, Task, TaskLink, Unit, WorkOrder, Hold))


@dataclass(frozen=True)
class Stay:
    """Something that stands at an operation: a unit, or pieces of an order; minutes there, standard, and allowed."""

    node: Node
    code: str
    quantity: Decimal
    key: str
    operation: Named
    item: str
    order: str
    since: datetime
    minutes: Decimal
    standard: Decimal
    allowed: Decimal
    tone: str
    held: bool


@dataclass(frozen=True)
class Place:
    """An operation with all that stands there."""

    key: str
    operation: Named
    item: str
    count: Decimal
    median: Decimal
    longest: Decimal
    standard: Decimal
    late: int


def stays(store: Store, site_id: int, now: datetime) -> list[Stay]:
    """All that stands at an operation of a site now, the longest first."""
    found = [*_units(store, site_id, now), *_pieces(store, site_id, now)]
    return sorted(found, key=lambda stay: (-stay.minutes, stay.code, stay.key))


def places(found: list[Stay]) -> list[Place]:
    """The operations, the one with the longest stay first."""
    groups: dict[str, list[Stay]] = defaultdict(list)
    for stay in found:
        groups[stay.key].append(stay)
    return [
        Place(key, rows[0].operation, rows[0].item, sum((row.quantity for row in rows), Decimal()),
              middle([row.minutes for row in rows]), rows[0].minutes, rows[0].standard,
              sum(bool(row.tone) for row in rows))
        for key, rows in groups.items()
    ]  # fmt: skip


def _units(store: Store, site_id: int, now: datetime) -> Iterator[Stay]:
    back = _R.alias("back")
    undone = select(back.c.id).where(back.c.reverses_id == _R.c.id).correlate(_R).exists()
    last = (
        select(_R.c.unit_id, func.max(_R.c.id).label("report")).join(_U, _U.c.id == _R.c.unit_id)
        .where(_U.c.site_id == site_id, _U.c.status.in_(("in_process", "in_rework")), _R.c.quantity > 0,
               _R.c.kind.in_(("good", "rework")), ~undone)
        .group_by(_R.c.unit_id).subquery()
    )  # fmt: skip
    ways = or_(and_(_R.c.kind == "good", _L.c.kind != "rework"), and_(_R.c.kind == "rework", _L.c.kind == "rework"))
    held = select(_H.c.id).where(_H.c.target_type == "unit", _H.c.target_id == _U.c.id, _H.c.released_at.is_(None))
    query = (
        _task_columns(_U.c.id.label("unit_id"), _U.c.serial, _R.c.server_at.label("since"), _L.c.lag_min,
                      held.correlate(_U).exists().label("held"))
        .select_from(last).join(_R, _R.c.id == last.c.report).join(_U, _U.c.id == last.c.unit_id)
        .join(_L, and_(_L.c.pred_id == _R.c.task_id, _L.c.is_chosen.is_(True), ways))
        .join(_T, _T.c.id == _L.c.succ_id).join(_O, _O.c.id == _T.c.order_id).join(Item, Item.id == _T.c.item_id)
        .outerjoin(Operation, Operation.id == _T.c.operation_id)
        .where(_T.c.status.not_in(tuple(CLOSED)), _T.c.item_id == _U.c.item_id).order_by(_U.c.id, _T.c.id)
    )  # fmt: skip
    seen = set()
    for row in store.execute(query):
        if (row.unit_id, row.task_id) not in seen:
            seen.add((row.unit_id, row.task_id))
            yield _stay(row, Node("unit", row.unit_id), row.serial, Decimal(1), row.since, row.lag_min, row.held, now)


def _task_columns(*more: Any) -> Any:
    return select(
        _T.c.id.label("task_id"), _T.c.operation_id, _T.c.op_key, _T.c.name.label("task_name"),
        _T.c.name_zh.label("task_zh"), _T.c.piece_min, _T.c.fixed_min, _T.c.batch_size, Operation.key,
        Operation.parameters, Item.code.label("item"), _O.c.code.label("order_code"), *more,
    )  # fmt: skip


def _pieces(store: Store, site_id: int, now: datetime) -> Iterator[Stay]:
    used = _T.c.quantity_good + _T.c.quantity_scrap + _T.c.quantity_rework
    held = select(_H.c.id).where(_H.c.target_type == "task", _H.c.target_id == _T.c.id, _H.c.released_at.is_(None))
    query = (
        _task_columns(used.label("used"), (_T.c.quantity_input - used).label("here"),
                      held.correlate(_T).exists().label("held"))
        .select_from(_T).join(_O, _O.c.id == _T.c.order_id).join(Item, Item.id == _T.c.item_id)
        .outerjoin(Operation, Operation.id == _T.c.operation_id)
        .where(_T.c.site_id == site_id, _T.c.status.not_in(tuple(CLOSED)), _T.c.is_serialised.is_(False),
               _T.c.quantity_input > used)
        .order_by(_T.c.id)
    )  # fmt: skip
    rows = list(store.execute(query))
    came = _arrivals(store, {row.task_id: row.used for row in rows})
    for row in rows:
        if row.task_id in came:
            since, lag = came[row.task_id]
            yield _stay(row, Node("task", row.task_id), row.order_code, row.here, since, lag, row.held, now)


def _arrivals(store: Store, used: dict[int, Decimal]) -> dict[int, tuple[datetime, int]]:
    """When the oldest piece that still waits came to each task: when the last of its inputs had brought it."""
    moves: dict[int, dict[str, list[tuple[datetime, Decimal]]]] = defaultdict(lambda: defaultdict(list))
    lags: dict[int, int] = defaultdict(int)
    for chunk in chunks(sorted(used)):
        query = (
            select(_L.c.succ_id, _L.c.input_key, _L.c.ratio_num, _L.c.ratio_den, _L.c.lag_min, _R.c.quantity,
                   _R.c.server_at)
            .join(_R, _R.c.task_id == _L.c.pred_id)
            .where(_L.c.succ_id.in_(chunk), _L.c.is_chosen.is_(True), _L.c.kind != "rework", _R.c.kind == "good")
            .order_by(_R.c.id)
        )  # fmt: skip
        for row in store.execute(query):
            quantity = row.quantity * row.ratio_num / row.ratio_den
            moves[row.succ_id][row.input_key].append((row.server_at, quantity))
            lags[row.succ_id] = max(lags[row.succ_id], row.lag_min)
    found = {}
    for task_id, inputs in moves.items():
        times = [arrived(passed, used[task_id]) for passed in inputs.values()]
        if all(times):
            found[task_id] = (max(at for at in times if at), lags[task_id])
    return found


def _stay(
    row: Any, node: Node, code: str, quantity: Decimal, since: datetime, lag: int, held: bool, now: datetime
) -> Stay:
    standard = Decimal(lag) + row.fixed_min + row.piece_min * (row.batch_size or 1)
    most = allowed(standard, _own(row.parameters))
    minutes = round(Decimal((now - since).total_seconds()) / 60, 1)
    operation = Named(row.task_id, row.key or row.op_key, row.task_name, row.task_zh)
    key = f"{row.item}/{operation.code}"
    mark = "" if held else tone(minutes, most)
    return Stay(node, code, quantity, key, operation, row.item, row.order_code, since, max(minutes, Decimal(0)),
                standard, most, mark, bool(held))  # fmt: skip


def _own(parameters: Any) -> Decimal | None:
    """The minutes that an operation's parameters allow (``dwell_max_min``); what is no number counts as none."""
    try:
        value = Decimal(str((parameters or {})["dwell_max_min"]))
    except (KeyError, ArithmeticError, TypeError):
        return None
    return value if value.is_finite() and value > 0 else None


__all__ = ["Place", "Stay", "places", "stays"]
