"""Work done outside (委外): what was sent to whom, until when it should be back, and what came back or was lost."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Amount, Code, Key, Model, Moment, Name, to


class OutsideDispatch(Model):
    """Pieces of a task that left for a supplier; closed when all came back or were lost."""

    __tablename__ = "outside_dispatch"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        Index("ix_outside_dispatch_site_id_closed_at", "site_id", "closed_at"),
        CheckConstraint("quantity_good + quantity_lost <= quantity", name="balance"),
    )
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    code: Mapped[Code]
    task_id: Mapped[int] = to("task.id")
    supplier: Mapped[Name]
    quantity: Mapped[Amount]
    quantity_good: Mapped[Amount] = mapped_column(default=Decimal(0))
    quantity_lost: Mapped[Amount] = mapped_column(default=Decimal(0))
    sent_at: Mapped[Moment]
    due_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]


class OutsideUnit(Model):
    """A unit with a number that is or was out; ``back_at`` when it came back or was given up."""

    __tablename__ = "outside_unit"
    dispatch_id: Mapped[int] = to("outside_dispatch.id", primary_key=True)
    unit_id: Mapped[int] = to("unit.id", primary_key=True)
    back_at: Mapped[Moment | None]
