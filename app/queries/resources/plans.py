"""The plan that counts, its tasks, and the runs that make plans."""

from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Plan, PlannedTask, PlanRun, Station, Task, WorkOrder

_P, _A, _T, _O, _S, _R = (
    Plan.__table__, PlannedTask.__table__, Task.__table__, WorkOrder.__table__, Station.__table__, PlanRun.__table__,
)  # fmt: skip


def current(store: Store, site_id: int) -> dict[str, Any] | None:
    """The newest published plan of a site; None before the first."""
    query = select(_P.c.id, _P.c.version, _P.c.based_on, _P.c.run_id.label("run"), _P.c.published_at, _P.c.objective)
    query = query.where(_P.c.site_id == site_id, _P.c.status == "published").order_by(_P.c.id.desc()).limit(1)
    row = store.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def planned(store: Store, plan_id: int, after: int, limit: int, station_id: int | None) -> list[dict[str, Any]]:
    """Tasks of a plan beyond a task id: where, when, and what bound their start."""
    query = (
        select(_A.c.task_id.label("id"), _O.c.code.label("order"), _T.c.op_key.label("operation"), _T.c.status,
               _S.c.code.label("station"), _A.c.start_at, _A.c.end_at, _A.c.bound_by, _A.c.bound_ref, _A.c.is_late,
               _A.c.is_pinned)
        .join(_T, _T.c.id == _A.c.task_id).join(_O, _O.c.id == _T.c.order_id).join(_S, _S.c.id == _A.c.station_id)
        .where(_A.c.plan_id == plan_id, _A.c.task_id > after).order_by(_A.c.task_id).limit(limit)
    )  # fmt: skip
    query = query if station_id is None else query.where(_A.c.station_id == station_id)
    return [dict(row) for row in store.execute(query).mappings()]


def run(store: Store, site_id: int, run_id: int) -> dict[str, Any] | None:
    """How a wish for a plan stands."""
    query = select(_R.c.id, _R.c.status, _R.c.requested_at, _R.c.finished_at, _R.c.outcome)
    row = store.execute(query.where(_R.c.site_id == site_id, _R.c.id == run_id)).mappings().one_or_none()
    return None if row is None else dict(row)
