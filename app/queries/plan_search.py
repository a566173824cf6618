"""A search as the panel shows it: what it found so far, what nothing can beat, and for how long nothing came."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Plan, PlanProgress, PlanRun

_P = PlanProgress.__table__
QUIET_S = 20


@dataclass(frozen=True)
class Search:
    """A run that searches with its progress, oldest first, and the drafts it ended with."""

    run: PlanRun
    points: list[Any]
    drafts: list[Plan]
    waits: int
    elapsed_s: int
    quiet_s: int
    lost: bool = False

    @property
    def open(self) -> bool:
        """Whether it waits or runs."""
        return self.run.status in ("queued", "running")

    @property
    def again(self) -> bool:
        """Whether it began anew after its worker died or was stopped."""
        return self.open and not self.lost and self.run.status == "running" and self.run.attempts > 1

    @property
    def possible(self) -> int:
        """How many orders more could be in time at most."""
        last = self.points[-1] if self.points else None
        return max(0, last.late_orders - last.late_bound) if last else 0

    @property
    def proven(self) -> bool:
        """Whether nothing can be better."""
        return bool(self.points) and self.points[-1].cost <= self.points[-1].bound


def newest(store: Store, site_id: int, now: datetime) -> Search | None:
    """The newest search of a site; None when there was none or its drafts are gone."""
    query = select(PlanRun).where(PlanRun.site_id == site_id, PlanRun.scope == "draft").order_by(PlanRun.id.desc())
    run = store.execute(query.limit(1)).scalars().first()
    return None if run is None else _search(store, run, now)


def _search(store: Store, run: PlanRun, now: datetime) -> Search | None:
    rows = store.execute(select(_P).where(_P.c.run_id == run.id, _P.c.attempt == run.attempts).order_by(_P.c.id)).all()
    drafts = list(
        store.execute(select(Plan).where(Plan.run_id == run.id, Plan.status == "draft").order_by(Plan.id)).scalars()
    )
    if run.status == "done" and not drafts:
        return None
    ahead = select(PlanRun.id).where(
        PlanRun.site_id == run.site_id, PlanRun.scope == "draft", PlanRun.status.in_(("queued", "running")),
        PlanRun.id < run.id,
    )  # fmt: skip
    elapsed = round(((run.finished_at or now) - run.requested_at).total_seconds())
    best = _first_best(rows)
    quiet = elapsed - round(best.at_ms / 1000) if best else 0
    lost = run.status == "running" and run.leased_until is not None and run.leased_until <= now
    return Search(run, list(rows), drafts, len(store.execute(ahead).all()), elapsed, quiet, lost)


def _first_best(rows: list[Any]) -> Any:
    """Where the best so far was found."""
    least = min((row.cost for row in rows), default=None)
    return next((row for row in rows if row.cost == least), None)
