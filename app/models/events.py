"""The event log, its seals, and what makes background work and the API repeatable."""

from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Code, Document, Key, Model, Moment, Word, to


class Event(Model):
    """Audit trail, outbox and feed in one. ``data`` is canonical JSON text: the hash covers these very bytes."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_subject_type_subject_id", "subject_type", "subject_id"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    topic: Mapped[Code] = mapped_column(index=True)
    subject_type: Mapped[Word]
    subject_id: Mapped[int]
    actor: Mapped[Code | None]
    occurred_at: Mapped[Moment]
    recorded_at: Mapped[Moment]
    data: Mapped[str] = mapped_column(String)


class EventSeal(Model):
    """The gap-free order of committed events, each bound to the one before it in its site by a hash."""

    __tablename__ = "event_seal"
    __table_args__ = (UniqueConstraint("event_id"),)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = to("event.id", index=False)
    site_id: Mapped[int] = to("site.id")
    hash: Mapped[Code]


class EventCursor(Model):
    """How far a consumer has come."""

    __tablename__ = "event_cursor"
    consumer: Mapped[Code] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class Lease(Model):
    """Who does a job that only one may do; ``fence`` grows with each change of holder."""

    __tablename__ = "lease"
    name: Mapped[Code] = mapped_column(primary_key=True)
    holder: Mapped[Code]
    fence: Mapped[int] = mapped_column(default=1)
    until: Mapped[Moment]
    info: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)


class IdempotencyKey(Model):
    """The stored answer of a write through the API."""

    __tablename__ = "idempotency_key"
    user_id: Mapped[int] = to("user_account.id", primary_key=True)
    key: Mapped[Code] = mapped_column(primary_key=True)
    payload_hash: Mapped[Code]
    status: Mapped[int]
    answer: Mapped[dict[str, Any]] = mapped_column(Document)
    created_at: Mapped[Moment]
