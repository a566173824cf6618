"""Devices, their latest values and states, and the throttling of upstream machines."""

from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Amount, Code, Document, Key, Model, Moment, Name, Text, Word, to


class Device(Model):
    """A connection to a machine: its register map, versioned by a hash of its content."""

    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    machine_id: Mapped[int | None] = to("machine.id", nullable=True)
    map: Mapped[dict[str, Any]] = mapped_column(Document)
    map_hash: Mapped[Code]
    may_write: Mapped[bool] = mapped_column(default=False)
    enabled: Mapped[bool] = mapped_column(default=True)


class LatestValue(Model):
    """The last value of a tag with its quality; the time is that of the reading and never refreshed."""

    __tablename__ = "latest_value"
    device_id: Mapped[int] = to("device.id", primary_key=True)
    tag: Mapped[Code] = mapped_column(primary_key=True)
    meaning: Mapped[Word]
    value: Mapped[Any] = mapped_column(Document)
    unit: Mapped[Word | None]
    quality: Mapped[Word]
    reason: Mapped[Word | None]
    received_at: Mapped[Moment]


class MachineState(Model):
    """A slice of a machine's time: running, idle, stopped or no_data, until the next one begins."""

    __tablename__ = "machine_state"
    __table_args__ = (Index("ix_machine_state_machine_id_started_at", "machine_id", "started_at"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    machine_id: Mapped[int] = to("machine.id", index=False)
    state: Mapped[Word]
    reason: Mapped[Code | None]
    started_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    reason_id: Mapped[int | None] = to("reason.id", index=False, nullable=True)
    reason_by: Mapped[Name | None]
    asked_at: Mapped[Moment | None]


class MachineCount(Model):
    """Pieces a machine's own counter made in an hour; ``odd`` counts resets and jumps, ``last_at`` the last step."""

    __tablename__ = "machine_count"
    machine_id: Mapped[int] = to("machine.id", primary_key=True)
    tag: Mapped[Code] = mapped_column(primary_key=True)
    hour_at: Mapped[Moment] = mapped_column(primary_key=True)
    site_id: Mapped[int] = to("site.id", index=False)
    pieces: Mapped[int] = mapped_column(default=0)
    odd: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[Moment]
    scanned: Mapped[int | None]


class LimitRule(Model):
    """When the work between upstream and ``station`` passes ``high``, upstream waits until it is down to ``low``.

    ``measure`` counts it in pieces or in minutes of standard work. ``paused_until`` lets upstream run meanwhile.
    """

    __tablename__ = "limit_rule"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    station_id: Mapped[int] = to("station.id")
    upstream_station_id: Mapped[int] = to("station.id")
    upstream_machine_id: Mapped[int | None] = to("machine.id", index=False, nullable=True)
    high: Mapped[int]
    low: Mapped[int]
    mode: Mapped[Word] = mapped_column(default="hold")
    rate_permille: Mapped[int] = mapped_column(default=0)
    on_delay_s: Mapped[int] = mapped_column(default=10)
    dwell_s: Mapped[int] = mapped_column(default=120)
    measure: Mapped[Word] = mapped_column(default="pieces")
    hold_at: Mapped[int | None]
    enabled: Mapped[bool] = mapped_column(default=True)
    paused_until: Mapped[Moment | None]
    paused_by: Mapped[Name | None]
    paused_note: Mapped[Text | None]


class LimitSignal(Model):
    """A limit while it lasts (限流信号): requested, written, verified, refused, lost, cleared."""

    __tablename__ = "limit_signal"
    __table_args__ = (Index("ix_limit_signal_site_id_cleared_at", "site_id", "cleared_at"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    rule_id: Mapped[int] = to("limit_rule.id")
    mode: Mapped[Word]
    rate_permille: Mapped[int] = mapped_column(default=0)
    backlog: Mapped[int]
    status: Mapped[Word] = mapped_column(default="requested")
    written: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    read_back: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    requested_at: Mapped[Moment]
    verified_at: Mapped[Moment | None]
    cleared_at: Mapped[Moment | None]


class LimitTarget(Model):
    """What one machine made of a limit: requested, written, verified, accepted, effective, or what went wrong."""

    __tablename__ = "limit_target"
    signal_id: Mapped[int] = to("limit_signal.id", primary_key=True)
    machine_id: Mapped[int] = to("machine.id", primary_key=True)
    site_id: Mapped[int] = to("site.id", index=False)
    status: Mapped[Word] = mapped_column(default="requested")
    written: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    read_back: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    verified_at: Mapped[Moment | None]
    updated_at: Mapped[Moment]


class Notice(Model):
    """Something a person must look at: the team lead's inbox. Acknowledged is not cleared."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_site_id_cleared_at", "site_id", "cleared_at"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    kind: Mapped[Word]
    severity: Mapped[Word]
    line_id: Mapped[int | None] = to("line.id", nullable=True)
    station_id: Mapped[int | None] = to("station.id", nullable=True)
    subject_type: Mapped[Word | None]
    subject_id: Mapped[int | None]
    data: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    note: Mapped[Text | None]
    quantity: Mapped[Amount | None]
    opened_at: Mapped[Moment]
    acknowledged_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    acknowledged_at: Mapped[Moment | None]
    assigned_to: Mapped[int | None] = to("person.id", index=False, nullable=True)
    cleared_at: Mapped[Moment | None]
    cleared_by: Mapped[Name | None]
    escalated: Mapped[int] = mapped_column(default=0)
    escalated_at: Mapped[Moment | None]
    shelved_until: Mapped[Moment | None]
    shelved_by: Mapped[Name | None]
    shelved_note: Mapped[Text | None]
