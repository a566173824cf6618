"""What customers complain about, and what has to come back because of it."""

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Code, Key, Model, Moment, Text, Word, to


class Complaint(Model):
    """A market complaint (市场投诉) about one unit: a symptom (a reason of kind symptom), when it was received.

    ``note`` is what the customer says and ``customer_ref`` who it is to the ERP; neither is told in events.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        UniqueConstraint("site_id", "unit_id", "symptom_id", "received_at"),
        Index("ix_complaint_site_id_received_at", "site_id", "received_at"),
    )
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    code: Mapped[Code]
    unit_id: Mapped[int] = to("unit.id")
    symptom_id: Mapped[int] = to("reason.id", index=False)
    received_at: Mapped[Moment]
    customer_ref: Mapped[Code | None]
    note: Mapped[Text | None]
    opened_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    opened_at: Mapped[Moment]


class Recall(Model):
    """A unit of a nonconformance that is with a customer: open, informed or returned."""

    __tablename__ = "recall"
    __table_args__ = (UniqueConstraint("nonconformance_id", "unit_id"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    nonconformance_id: Mapped[int] = to("nonconformance.id", index=False)
    unit_id: Mapped[int] = to("unit.id")
    status: Mapped[Word] = mapped_column(default="open")
    changed_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    changed_at: Mapped[Moment]
