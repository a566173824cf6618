"""Do the counters agree with the rows? Recomputes them all and names what differs.

Reports, moves and consumption are the truth; counters, link quantities, states of units and balances follow.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, case, func, select, type_coerce

from app import events
from app.db import from_micro
from app.events import Store
from app.models import Consumption, Item, Report, StockBalance, StockMove, Task, TaskLink, TaskMaterial, Unit
from app.states.flow import Inflow, available, grain
from app.states.task import CLOSED

_T, _L, _R, _M = Task.__table__, TaskLink.__table__, Report.__table__, TaskMaterial.__table__
_KINDS = ("good", "scrap", "rework")


class Difference(NamedTuple):
    """A counter that does not agree with its rows."""

    what: str
    id: int
    field: str
    stored: str
    counted: str


def differences(store: Store) -> Iterator[Difference]:
    """All disagreements of the store, the chain of events last."""
    counted = _counted(store)
    yield from _counters(store, counted)
    yield from _links(store, counted)
    yield from _inputs(store)
    yield from _issued(store)
    yield from _balances(store)
    yield from _units(store)
    for broken in events.broken_links(store):
        yield Difference("event", broken.event_id, "hash", f"position {broken.position}", broken.why)


def _raw(column: Any) -> Any:
    return type_coerce(column, BigInteger)


def _differ(what: str, key: int, field: str, stored: int, counted: int) -> Iterator[Difference]:
    if stored != counted:
        yield Difference(what, key, field, str(from_micro(stored)), str(from_micro(counted)))


def _counted(store: Store) -> dict[tuple[int, str], int]:
    total = func.sum(_raw(_R.c.quantity)).label("total")
    rows = store.execute(select(_R.c.task_id, _R.c.kind, total).group_by(_R.c.task_id, _R.c.kind))
    return {(row.task_id, row.kind): int(row.total) for row in rows}


def _counters(store: Store, counted: dict[tuple[int, str], int]) -> Iterator[Difference]:
    columns = [_raw(_T.c[f"quantity_{kind}"]).label(kind) for kind in _KINDS]
    for row in store.execute(select(_T.c.id, *columns)):
        for kind in _KINDS:
            yield from _differ("task", row.id, f"quantity_{kind}", getattr(row, kind), counted.get((row.id, kind), 0))


def _links(store: Store, counted: dict[tuple[int, str], int]) -> Iterator[Difference]:
    passed, planned = _raw(_L.c.quantity_passed).label("passed"), _raw(_T.c.quantity).label("planned")
    query = select(_L.c.id, _L.c.pred_id, _L.c.type, _L.c.kind, _L.c.is_chosen, _T.c.started_at, passed, planned)
    for row in store.execute(query.join(_T, _T.c.id == _L.c.pred_id)):
        if row.kind == "return" or not row.is_chosen:
            right = 0
        elif row.type == "start_start":
            right = row.planned if row.started_at else 0
        else:
            right = counted.get((row.pred_id, "rework" if row.kind == "rework" else "good"), 0)
        yield from _differ("task_link", row.id, "quantity_passed", row.passed, right)


def _inputs(store: Store) -> Iterator[Difference]:
    into: dict[int, list[Inflow]] = {}
    query = (
        select(_L.c.succ_id, _L.c.input_key, _raw(_L.c.quantity_passed).label("passed"), _L.c.ratio_num, _L.c.ratio_den,
               _L.c.transfer_batch, _T.c.status)
        .join(_T, _T.c.id == _L.c.pred_id).where(_L.c.kind != "return", _L.c.is_chosen.is_(True))
    )  # fmt: skip
    for row in store.execute(query):
        inflow = Inflow(
            row.input_key, row.passed, row.ratio_num, row.ratio_den, row.transfer_batch, row.status in CLOSED
        )
        into.setdefault(row.succ_id, []).append(inflow)
    quantity, given = _raw(_T.c.quantity).label("quantity"), _raw(_T.c.quantity_input).label("given")
    tasks = select(_T.c.id, _T.c.status, quantity, given, Item.decimals).outerjoin(Item, Item.id == _T.c.item_id)
    for row in store.execute(tasks):
        if row.id in into and row.status != "aborted":
            right = available(into[row.id], row.quantity, grain(row.decimals or 0))
            yield from _differ("task", row.id, "quantity_input", row.given, right)


def _issued(store: Store) -> Iterator[Difference]:
    table = Consumption.__table__
    total = func.sum(_raw(table.c.quantity)).label("total")
    used = {
        (row.task_id, row.item_id): int(row.total)
        for row in store.execute(
            select(table.c.task_id, table.c.item_id, total).group_by(table.c.task_id, table.c.item_id)
        )
    }
    issued = func.sum(_raw(_M.c.quantity_issued)).label("issued")
    query = select(func.min(_M.c.id).label("id"), _M.c.task_id, _M.c.item_id, issued).group_by(
        _M.c.task_id, _M.c.item_id
    )
    for row in store.execute(query):
        right = used.get((row.task_id, row.item_id), 0)
        yield from _differ("task_material", row.id, "quantity_issued", int(row.issued), right)


def _balances(store: Store) -> Iterator[Difference]:
    moves, balance = StockMove.__table__, StockBalance.__table__
    lot = func.coalesce(moves.c.lot_id, 0)
    query = select(
        moves.c.item_id, lot.label("lot"), moves.c.location_id, func.sum(_raw(moves.c.quantity)).label("total")
    )
    moved = {
        (row.item_id, row.lot, row.location_id): int(row.total)
        for row in store.execute(query.group_by(moves.c.item_id, lot, moves.c.location_id))
    }
    rows = store.execute(
        select(balance.c.item_id, balance.c.lot_key, balance.c.location_id, _raw(balance.c.quantity).label("stored"))
    )
    kept = {(row.item_id, row.lot_key, row.location_id): row.stored for row in rows}
    for key in sorted(moved.keys() | kept.keys()):
        yield from _differ("stock_balance", key[0], f"lot {key[1]}", kept.get(key, 0), moved.get(key, 0))


def _units(store: Store) -> Iterator[Difference]:
    """A unit that was reported must not be counted more than once at any task."""
    total = func.sum(case((_R.c.kind.in_(_KINDS), _raw(_R.c.quantity)), else_=0)).label("total")
    query = (
        select(_R.c.unit_id, _R.c.task_id, total).join(Unit.__table__, Unit.id == _R.c.unit_id)
        .group_by(_R.c.unit_id, _R.c.task_id).having(total > 10**6)
    )  # fmt: skip
    for row in store.execute(query):
        yield Difference("unit", row.unit_id, f"task {row.task_id}", str(from_micro(int(row.total))), "1")
