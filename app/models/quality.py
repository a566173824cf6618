"""Quality: nonconformances and what was decided about each piece."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Amount, Code, Key, Model, Moment, Text, Word, to


class Nonconformance(Model):
    """A deviation: open, contained, dispositioned or closed."""

    __tablename__ = "nonconformance"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    status: Mapped[Word] = mapped_column(default="open")
    title: Mapped[Text]
    reason_id: Mapped[int | None] = to("reason.id", index=False, nullable=True)
    task_id: Mapped[int | None] = to("task.id", nullable=True)
    opened_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    opened_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]


class Disposition(Model):
    """What was decided about one piece or lot: rework, scrap, concession (让步接收) or return."""

    __tablename__ = "disposition"
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    nonconformance_id: Mapped[int] = to("nonconformance.id")
    unit_id: Mapped[int | None] = to("unit.id", nullable=True)
    lot_id: Mapped[int | None] = to("lot.id", nullable=True)
    quantity: Mapped[Amount]
    decision: Mapped[Word | None]
    decided_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    decided_at: Mapped[Moment | None]
    note: Mapped[Text | None]
