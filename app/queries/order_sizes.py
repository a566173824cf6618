"""What another quantity of a released order would change: task by task, beside what is reported and planned."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, select

from app.events import Store
from app.models import Item, OrderRevision, PlannedTask, Task
from app.queries.progress import current_plan
from bom.rescale import planned, rescaled

_T = Task.__table__


@dataclass(frozen=True)
class TaskChange:
    """A task before and after; ``used`` is what was reported on it, ``start_at`` where the plan has it."""

    task: Any
    before: Decimal
    after: Decimal
    used: Decimal
    start_at: datetime | None

    @property
    def is_started(self) -> bool:
        """Work on it began: what it is done by stays, only what is still open follows."""
        return self.task.started_at is not None or self.used > 0

    @property
    def is_too_low(self) -> bool:
        """More was reported than would be left."""
        return self.after < self.used and self.task.status != "skipped"


def newest_revision(store: Store, order_id: int) -> Any:
    """The snapshot an order goes by."""
    table = OrderRevision.__table__
    query = select(table).where(table.c.order_id == order_id).order_by(table.c.revision.desc()).limit(1)
    return store.execute(query).one()


def task_changes(store: Store, site_id: int, order_id: int, quantity: Decimal) -> list[TaskChange]:
    """Every task of an order as it is and as it would be; what was added for scrapped pieces stays added."""
    snapshot = newest_revision(store, order_id).snapshot
    now, then = planned(snapshot), rescaled(snapshot, quantity, decimals_of(store, site_id, snapshot))
    found = []
    for row in _tasks(store, site_id, order_id):
        more = then[row.node] - now[row.node] if row.loop_no == 0 else Decimal(0)
        used = row.quantity_good + row.quantity_scrap + row.quantity_rework
        found.append(TaskChange(row, row.quantity, row.quantity + more, used, row.start_at))
    return found


def decimals_of(store: Store, site_id: int, snapshot: Any) -> dict[str, int]:
    """How fine the items of a snapshot are counted."""
    codes = sorted({node["item"] for node in snapshot["nodes"]})
    query = select(Item.code, Item.decimals).where(Item.site_id == site_id, Item.code.in_(codes))
    return {row.code: row.decimals for row in store.execute(query)}


def _tasks(store: Store, site_id: int, order_id: int) -> list[Any]:
    plan = current_plan(store, site_id)
    query = select(_T, PlannedTask.start_at).outerjoin(
        PlannedTask, and_(PlannedTask.task_id == _T.c.id, PlannedTask.plan_id == plan)
    )
    return list(store.execute(query.where(_T.c.order_id == order_id).order_by(_T.c.sequence, _T.c.id)))
