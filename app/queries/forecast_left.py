"""What is left of each open task: pieces to do, pieces that lie before it, and how they come."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, func, select, type_coerce

from app.events import Store
from app.models import Plan, PlannedTask, Task, TaskLink, TaskStation, WorkOrder
from app.queries.machines import placed
from app.queries.plan_rows import holds
from app.states.order import WORKABLE
from app.states.task import OPEN

_T, _O, _L = Task.__table__, WorkOrder.__table__, TaskLink.__table__
ONE = 1_000_000


@dataclass
class Left:
    """What is left of a task, in its pieces: to do, available now, and what came by each input."""

    row: Any
    todo: int
    ready: int
    inputs: dict[str, list[Any]]

    @property
    def used(self) -> int:
        """What was done of it already, good or not."""
        return int((self.row.good + self.row.scrap + self.row.rework) // ONE)


def open_work(store: Store, site_id: int) -> dict[int, Left]:
    """Open tasks of orders that may be worked on and are not held, with what is left of them."""
    newest = select(func.max(Plan.id)).where(Plan.status == "published", Plan.site_id == site_id)
    planned = select(PlannedTask.start_at).where(
        PlannedTask.task_id == _T.c.id, PlannedTask.plan_id == newest.scalar_subquery()
    )
    query = (
        select(
            _T.c.id, _T.c.order_id, _T.c.status, placed(_T).label("place"), _raw(_T.c.quantity).label("quantity"),
            _raw(_T.c.quantity_input).label("input"), _raw(_T.c.quantity_good).label("good"),
            _raw(_T.c.quantity_scrap).label("scrap"), _raw(_T.c.quantity_rework).label("rework"), _T.c.piece_min,
            _T.c.fixed_min, _T.c.batch_size, _T.c.outside_min, _T.c.sequence, _O.c.priority, _O.c.due_at,
            planned.scalar_subquery().label("start_at"),
        )
        .join(_O, _O.c.id == _T.c.order_id)
        .where(_T.c.site_id == site_id, _O.c.status.in_(sorted(WORKABLE)), _T.c.status.in_(sorted(OPEN)))
        .order_by(_T.c.id)
    )  # fmt: skip
    held = holds(store, site_id)
    rows = [row for row in store.execute(query) if not {("order", row.order_id), ("task", row.id)} & held]
    links = _links(store, [row.id for row in rows])
    found = {row.id: Left(row, 0, 0, links.get(row.id, {})) for row in rows}
    reach: dict[int, int] = {}
    for key in found:
        _reach(found, key, reach)
    return {key: one for key, one in found.items() if one.todo > 0}


def _reach(found: dict[int, Left], key: int, known: dict[int, int]) -> int:
    """How many pieces a task can still get: its quantity, or less where a part of it was scrapped before."""
    if key in known:
        return known[key]
    one = found[key]
    known[key] = 0  # a loop of rework brings nothing new
    wanted = max(math.ceil(one.row.quantity / ONE) - one.used, 0)
    one.ready = max(int(one.row.input // ONE) - one.used, 0)
    comes = [
        math.floor(came(links) + sum(_reach(found, link.pred_id, known) * link.ratio_num / link.ratio_den
                                      for link in links if link.pred_id in found) + 1e-9) - one.used
        for links in one.inputs.values()
    ]  # fmt: skip
    one.todo = known[key] = max(min([wanted, *comes] if comes else [wanted, one.ready]), 0)
    return one.todo


def came(links: Iterable[Any]) -> float:
    """What an input has brought, in pieces of the task."""
    return sum(link.passed / ONE * link.ratio_num / link.ratio_den for link in links)


def _links(store: Store, tasks: list[int]) -> dict[int, dict[str, list[Any]]]:
    """The links that feed each task, by input."""
    query = (
        select(_L.c.pred_id, _L.c.succ_id, _L.c.input_key, _raw(_L.c.quantity_passed).label("passed"), _L.c.ratio_num,
               _L.c.ratio_den)
        .join(_O, _O.c.id == _L.c.order_id)
        .where(_O.c.status.in_(sorted(WORKABLE)), _L.c.kind != "return", _L.c.is_chosen.is_(True))
        .order_by(_L.c.id)
    )  # fmt: skip
    wanted, found = set(tasks), {}  # type: ignore[var-annotated]
    for row in store.execute(query):
        if row.succ_id in wanted:
            found.setdefault(row.succ_id, {}).setdefault(row.input_key, []).append(row)
    return found


def _raw(column: Any) -> Any:
    return type_coerce(column, BigInteger)


def factors(store: Store, site_id: int) -> dict[tuple[int, int], float]:
    """How many standard minutes a minute's work takes at a station that is not the usual one, by task and station."""
    query = (
        select(TaskStation.task_id, TaskStation.station_id, TaskStation.factor)
        .join(_T, _T.c.id == TaskStation.task_id)
        .where(_T.c.site_id == site_id, _T.c.status.in_(sorted(OPEN)), TaskStation.factor != 1)
    )
    return {(row.task_id, row.station_id): float(row.factor) for row in store.execute(query)}
