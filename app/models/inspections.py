"""Inspection: the instruments with their calibrations, the plans, and what fell due by them (quality test)."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Amount, Code, Document, Key, Model, Moment, Name, Text, Word, to


class Instrument(Model):
    """A measuring instrument; after ``due_on`` it must be calibrated before it measures again.

    What it can show lies between ``range_from`` and ``range_to``, in its unit; a retired one has the day of that.
    """

    __tablename__ = "instrument"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    unit: Mapped[Word | None]
    range_from: Mapped[Amount | None]
    range_to: Mapped[Amount | None]
    calibrated_on: Mapped[date | None]
    due_on: Mapped[date]
    retired: Mapped[bool] = mapped_column(default=False)
    retired_on: Mapped[date | None]


class Calibration(Model):
    """A calibration of an instrument: what it found (good, adjusted, failed) and until when it holds."""

    __tablename__ = "calibration"
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    instrument_id: Mapped[int] = to("instrument.id")
    done_on: Mapped[date]
    due_on: Mapped[date]
    result: Mapped[Word]
    certificate: Mapped[Name | None]
    note: Mapped[Text | None]
    user_id: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    at: Mapped[Moment]


class InspectionPlan(Model):
    """When an item is inspected: kind first_article, in_process, final or incoming.

    ``every`` counts pieces (or minutes, with ``by`` minutes) in process; ``aql`` with ``level`` samples a lot by
    ISO 2859-1; neither means that every piece is looked at. ``pieces`` are looked at each time in process.
    """

    __tablename__ = "inspection_plan"
    __table_args__ = (UniqueConstraint("site_id", "item_id", "operation", "kind"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    item_id: Mapped[int] = to("item.id")
    operation: Mapped[Code | None]
    kind: Mapped[Word]
    by: Mapped[Word] = mapped_column(default="pieces")
    every: Mapped[int | None]
    pieces: Mapped[int] = mapped_column(default=1)
    level: Mapped[Word] = mapped_column(default="II")
    aql: Mapped[Amount | None]
    instruction: Mapped[Text | None]
    active: Mapped[bool] = mapped_column(default=True)


class InspectionCheck(Model):
    """A characteristic that a plan looks at: variable with limits, or attribute. A retired one is kept for history."""

    __tablename__ = "inspection_check"
    __table_args__ = (UniqueConstraint("plan_id", "code"),)
    id: Mapped[Key]
    plan_id: Mapped[int] = to("inspection_plan.id", index=False)
    position: Mapped[int]
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    kind: Mapped[Word] = mapped_column(default="variable")
    unit: Mapped[Word | None]
    lower: Mapped[Amount | None]
    target: Mapped[Amount | None]
    upper: Mapped[Amount | None]
    by_instrument: Mapped[bool] = mapped_column(default=True)
    retired: Mapped[bool] = mapped_column(default=False)


class Inspection(Model):
    """A quality test of a task, unit or lot: due since ``at``, and when done its verdict (open, pass, fail, void).

    ``cause`` says what made it due, ``trigger`` names that event so that it makes one only once; size, accept and
    reject are those of the time it fell due. ``report_id`` is the report behind it, ``person_id`` who made that.
    """

    __tablename__ = "inspection"
    __table_args__ = (
        UniqueConstraint("site_id", "trigger"),
        Index("ix_inspection_site_id_verdict_at", "site_id", "verdict", "at"),
    )
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    plan_id: Mapped[int | None] = to("inspection_plan.id", nullable=True)
    kind: Mapped[Word]
    cause: Mapped[Word] = mapped_column(default="")
    trigger: Mapped[Code | None]
    task_id: Mapped[int | None] = to("task.id", nullable=True)
    unit_id: Mapped[int | None] = to("unit.id", nullable=True)
    lot_id: Mapped[int | None] = to("lot.id", nullable=True)
    report_id: Mapped[int | None] = to("report.id", nullable=True)
    station_id: Mapped[int | None] = to("station.id", index=False, nullable=True)
    lot_size: Mapped[Amount] = mapped_column(default=Decimal(1))
    size: Mapped[int] = mapped_column(default=1)
    accept: Mapped[int] = mapped_column(default=0)
    reject: Mapped[int] = mapped_column(default=1)
    severity: Mapped[Word] = mapped_column(default="normal")
    verdict: Mapped[Word]
    nonconforming: Mapped[int | None]
    nonconformance_id: Mapped[int | None] = to("nonconformance.id", nullable=True)
    person_id: Mapped[int | None] = to("person.id", index=False, nullable=True)
    user_id: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    details: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    at: Mapped[Moment]
    measured_at: Mapped[Moment | None]
    done_at: Mapped[Moment | None]


__all__ = ["Calibration", "Inspection", "InspectionCheck", "InspectionPlan", "Instrument"]
