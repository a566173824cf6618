"""Plans: what planning writes, and nothing else (operations schedule)."""

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Code, Document, Key, Model, Moment, Word, to


class PlanRun(Model):
    """A wish for a plan, claimed by the worker with a lease: queued, running, done, failed or superseded."""

    __tablename__ = "plan_run"
    __table_args__ = (Index("ix_plan_run_site_id_status", "site_id", "status"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    status: Mapped[Word] = mapped_column(default="queued")
    cause: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    requested_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    requested_at: Mapped[Moment]
    leased_until: Mapped[Moment | None]
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[Moment | None]
    outcome: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)


class Plan(Model):
    """A published plan, made from the store as it was at event ``based_on``; the newest counts."""

    __tablename__ = "plan"
    __table_args__ = (Index("ix_plan_site_id_status", "site_id", "status"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    status: Mapped[Word] = mapped_column(default="published")
    version: Mapped[int]
    based_on: Mapped[int]
    run_id: Mapped[int | None] = to("plan_run.id", index=False, nullable=True)
    epoch_at: Mapped[Moment]
    tick_s: Mapped[int] = mapped_column(default=60)
    objective: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    problem_hash: Mapped[Code | None]
    published_at: Mapped[Moment]


class PlannedTask(Model):
    """Where and when a task stands in a plan, and what bound its start."""

    __tablename__ = "planned_task"
    plan_id: Mapped[int] = to("plan.id", primary_key=True)
    task_id: Mapped[int] = to("task.id", primary_key=True)
    station_id: Mapped[int] = to("station.id")
    start_at: Mapped[Moment]
    end_at: Mapped[Moment]
    bound_by: Mapped[Word]
    bound_ref: Mapped[Code | None]
    is_late: Mapped[bool] = mapped_column(default=False)
    is_pinned: Mapped[bool] = mapped_column(default=False)
