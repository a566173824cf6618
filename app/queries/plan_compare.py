"""Plans side by side: what each is worth, and for whom a draft changes something, the hardest hit customers first."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Plan, PlannedTask, ProductionOrder, Task, WorkOrder
from app.queries.plan_drafts import Places, places
from app.queries.plan_told import LEAST_SHIFT_MIN

_P, _T, _O, _PR = PlannedTask.__table__, Task.__table__, WorkOrder.__table__, ProductionOrder.__table__


@dataclass(frozen=True)
class Facts:
    """What a plan is worth: orders late and by how much, until when it works, how often stations are set up."""

    plan: Plan
    late_orders: int
    late_min: int
    weighted_min: int
    until: datetime | None
    setups: int
    tasks: int
    moved: int
    changed: int


@dataclass(frozen=True)
class Change:
    """What changes for one order: minutes late before and after (0 is in time), tasks that move."""

    order: int
    code: str
    title: str
    customer: str | None
    priority: int
    due_at: datetime
    end_before: datetime | None
    end_after: datetime
    late_before: int
    late_after: int
    moved: int

    @property
    def impact(self) -> int:
        """Weighted minutes of lateness more; priority 1 weighs sixteen times 5."""
        return (self.late_after - self.late_before) * int(2 ** max(0, 5 - self.priority))


def facts(store: Store, plan: Plan, base: Places) -> Facts:
    """The facts of a plan; moves are counted against ``base``."""
    rows = store.execute(_rows(plan.id)).all()
    ends: dict[int, Any] = {}
    for row in rows:
        if row.order_id not in ends or row.end_at > ends[row.order_id].end_at:
            ends[row.order_id] = row
    late = {row.order_id: (_late(row.end_at, row.due_at), row.priority) for row in ends.values()}
    here = places(store, plan.id)
    both = [(base[task], place) for task, place in here.items() if task in base]
    return Facts(
        plan, sum(minutes > 0 for minutes, _ in late.values()), sum(minutes for minutes, _ in late.values()),
        sum(minutes * int(2 ** max(0, 5 - priority)) for minutes, priority in late.values()),
        max((row.end_at for row in rows), default=None), _setups(rows), len(rows),
        sum(_moves(old, new) for old, new in both), sum(old.station != new.station for old, new in both),
    )  # fmt: skip


def changes(store: Store, before: Places, plan: Plan) -> list[Change]:
    """Orders that a plan changes against other places, the largest damage first, then the largest gain."""
    rows = store.execute(_rows(plan.id)).all()
    orders: dict[int, list[Any]] = {}
    for row in rows:
        orders.setdefault(row.order_id, []).append(row)
    found = [_change(mine, before) for mine in orders.values()]
    hit = [one for one in found if one.moved or one.late_before != one.late_after or one.end_before is None]
    return sorted(hit, key=lambda one: (-one.impact, -one.moved, one.code))


def _rows(plan_id: int) -> Any:
    columns = (_P.c.task_id, _P.c.station_id, _P.c.start_at, _P.c.end_at, _T.c.order_id, _T.c.setup_family, _O.c.code,
               _O.c.title, _O.c.priority, _O.c.due_at, _PR.c.customer_order)  # fmt: skip
    return (
        select(*columns)
        .select_from(_P.join(_T, _T.c.id == _P.c.task_id).join(_O, _O.c.id == _T.c.order_id))
        .outerjoin(_PR, _PR.c.id == _O.c.id)
        .where(_P.c.plan_id == plan_id)
        .order_by(_P.c.station_id, _P.c.start_at, _P.c.task_id)
    )


def _change(mine: list[Any], before: Places) -> Change:
    first, end = mine[0], max(row.end_at for row in mine)
    was = [before[row.task_id].end_at for row in mine if row.task_id in before]
    moved = sum(
        before[row.task_id].station != row.station_id
        or abs((before[row.task_id].start_at - row.start_at).total_seconds()) >= LEAST_SHIFT_MIN * 60
        for row in mine if row.task_id in before
    )  # fmt: skip
    return Change(
        first.order_id, first.code, first.title, first.customer_order, first.priority, first.due_at,
        max(was, default=None), end, _late(max(was, default=end), first.due_at), _late(end, first.due_at), moved,
    )  # fmt: skip


def _late(end_at: datetime, due_at: datetime) -> int:
    return max(0, round((end_at - due_at).total_seconds() / 60))


def _moves(old: Any, new: Any) -> bool:
    shift = abs((old.start_at - new.start_at).total_seconds())
    return bool(old.station != new.station or shift >= LEAST_SHIFT_MIN * 60)


def _setups(rows: list[Any]) -> int:
    """How often a station goes from one setup family to another."""
    known = [row for row in rows if row.setup_family]
    pairs = itertools.pairwise(known)
    return sum(a.station_id == b.station_id and a.setup_family != b.setup_family for a, b in pairs)
