"""Plans: what planning writes, and nothing else (operations schedule)."""

from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, Code, Document, Key, Model, Moment, Name, Word, to


class PlanRun(Model):
    """A wish for a plan, claimed by the worker with a lease: queued, running, done or failed.

    ``scope`` site repairs and publishes at once; draft searches for ``seconds`` and offers drafts, beginning with
    ``plan_id`` (none: the published plan). ``wanted`` stop ends the search with the best so far.
    """

    __tablename__ = "plan_run"
    __table_args__ = (Index("ix_plan_run_site_id_status", "site_id", "status"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    status: Mapped[Word] = mapped_column(default="queued")
    scope: Mapped[Word] = mapped_column(default="site")
    seconds: Mapped[int] = mapped_column(default=0)
    wanted: Mapped[Word | None]
    plan_id: Mapped[int | None] = mapped_column(BigKey)  # no foreign key: old plans are forgotten
    cause: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    requested_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    requested_at: Mapped[Moment]
    leased_until: Mapped[Moment | None]
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[Moment | None]
    outcome: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)


class PlanProgress(Model):
    """How far a search had come: the best so far and what no plan can be below; at most four rows a second."""

    __tablename__ = "plan_progress"
    __table_args__ = (Index("ix_plan_progress_run_id_id", "run_id", "id"),)
    id: Mapped[Key]
    run_id: Mapped[int] = to("plan_run.id", index=False)
    attempt: Mapped[int] = mapped_column(default=1)
    at_ms: Mapped[int]
    phase: Mapped[Word]
    cost: Mapped[int] = mapped_column(BigInteger)
    bound: Mapped[int] = mapped_column(BigInteger)
    late_orders: Mapped[int]
    late_bound: Mapped[int]
    makespan_min: Mapped[int]
    moved: Mapped[int]


class Plan(Model):
    """A plan, made from the store as it was at event ``based_on``: published (the newest counts), superseded or draft.

    A draft is a what-if of planners: it has a ``name``, the plan ``base_id`` it is compared with, and a ``revision``
    that every change raises; ``run_id`` binds the drafts one search offers. Nobody else sees it before it is
    published as a new plan. Its ``published_at`` is when it was last changed.
    """

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
    name: Mapped[Name | None]
    base_id: Mapped[int | None] = mapped_column(BigKey)
    revision: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)


class PlanStep(Model):
    """One change of a draft with the rows before and after it, so that it can be undone and done again.

    ``undone`` steps are the newest ones; a new change forgets them.
    """

    __tablename__ = "plan_step"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)
    id: Mapped[Key]
    plan_id: Mapped[int] = to("plan.id", index=False)
    number: Mapped[int]
    kind: Mapped[Word]
    task_id: Mapped[int | None] = mapped_column(BigKey)
    before: Mapped[list[list[Any]]] = mapped_column(Document, default=list)
    after: Mapped[list[list[Any]]] = mapped_column(Document, default=list)
    undone: Mapped[bool] = mapped_column(default=False)
    at: Mapped[Moment]


class PlannedTask(Model):
    """Where and when a task stands in a plan, and what bound its start.

    ``is_pinned`` is in work and cannot move; ``is_locked`` was put there by a planner and stays as long as it can.
    """

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
    is_locked: Mapped[bool] = mapped_column(default=False)
