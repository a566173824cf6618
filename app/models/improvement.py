"""What keeps a process right: control plans, corrective actions, signatures."""

from datetime import date

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Code, Key, Model, Moment, Text, Word, to


class ControlPlan(Model):
    """How a characteristic is charted: kind of chart, subgroup, rules, the points that give the limits.

    ``phase`` is the number of first points the limits come from; with ``opens_case`` a broken rule opens a
    nonconformance, and ``checked_id`` is the last measurement that was looked at for it.
    """

    __tablename__ = "control_plan"
    __table_args__ = (UniqueConstraint("characteristic_id"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    characteristic_id: Mapped[int] = to("characteristic.id", index=False)
    chart: Mapped[Word] = mapped_column(default="i-mr")
    size: Mapped[int] = mapped_column(default=1)
    rules: Mapped[Word] = mapped_column(default="nelson")
    phase: Mapped[int | None]
    opens_case: Mapped[bool] = mapped_column(default=False)
    checked_id: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[Moment]


class CorrectiveAction(Model):
    """What is done so that a nonconformance does not come back (CAPA), by whom until when, and whether it helped."""

    __tablename__ = "corrective_action"
    __table_args__ = (Index("ix_corrective_action_site_id_due_on", "site_id", "due_on"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    nonconformance_id: Mapped[int] = to("nonconformance.id")
    kind: Mapped[Word]
    what: Mapped[Text]
    owner_id: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    due_on: Mapped[date]
    done_at: Mapped[Moment | None]
    done_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    check_on: Mapped[date]
    effect: Mapped[Word] = mapped_column(default="open")
    checked_at: Mapped[Moment | None]
    checked_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    check_note: Mapped[Text | None]


class EightD(Model):
    """The text of a step of an 8D report, D1 to D8."""

    __tablename__ = "eight_d"
    nonconformance_id: Mapped[int] = to("nonconformance.id", primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    site_id: Mapped[int] = to("site.id", index=False)
    text: Mapped[Text]
    changed_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    changed_at: Mapped[Moment]


class Signature(Model):
    """An electronic signature: who, when, what it means, over which content (its hash), with the secret re-entered."""

    __tablename__ = "signature"
    __table_args__ = (Index("ix_signature_subject_type_subject_id", "subject_type", "subject_id"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    subject_type: Mapped[Word]
    subject_id: Mapped[int]
    meaning: Mapped[Word]
    user_id: Mapped[int] = to("user_account.id", index=False)
    content_hash: Mapped[Code]
    at: Mapped[Moment]


__all__ = ["ControlPlan", "CorrectiveAction", "EightD", "Signature"]
