"""What happened on the floor: reports, work sessions, consumption, measurements, scans (job response)."""

from datetime import date
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Amount, Code, Document, Key, Model, Moment, Name, Text, Word, to


class Report(Model):
    """Quantity only, append-only; everything around it is frozen at that moment. Undo is a reversing row.

    ``device_at`` is when it was made, by the device's clock put right; ``uncertain`` says that this clock cannot be
    believed, and ``server_at`` counts.
    """

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("uuid"),
        UniqueConstraint("reverses_id"),
        Index("ix_report_station_id_server_at", "station_id", "server_at"),
        Index("ix_report_site_id_server_at", "site_id", "server_at"),
    )
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    uuid: Mapped[Code]
    kind: Mapped[Word]
    quantity: Mapped[Amount]
    task_id: Mapped[int] = to("task.id")
    unit_id: Mapped[int | None] = to("unit.id", nullable=True)
    lot_id: Mapped[int | None] = to("lot.id", nullable=True)
    station_id: Mapped[int | None] = to("station.id", index=False, nullable=True)
    machine_id: Mapped[int | None] = to("machine.id", index=False, nullable=True)
    person_id: Mapped[int | None] = to("person.id", nullable=True)
    on_behalf_of: Mapped[int | None] = to("person.id", index=False, nullable=True)
    shift_id: Mapped[int | None] = to("shift_pattern.id", index=False, nullable=True)
    business_date: Mapped[date]
    work_session_id: Mapped[int | None] = to("work_session.id", index=False, nullable=True)
    reason_id: Mapped[int | None] = to("reason.id", index=False, nullable=True)
    channel: Mapped[Word]
    reverses_id: Mapped[int | None] = to("report.id", index=False, nullable=True)
    device_at: Mapped[Moment | None]
    server_at: Mapped[Moment]
    uncertain: Mapped[bool] = mapped_column(default=False)


class WorkSession(Model):
    """Time only: who worked on what from when to when; setup, run or pause. ``mark`` says what ended it (forgotten)."""

    __tablename__ = "work_session"
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    task_id: Mapped[int] = to("task.id")
    person_id: Mapped[int | None] = to("person.id", nullable=True)
    station_id: Mapped[int | None] = to("station.id", nullable=True)
    kind: Mapped[Word] = mapped_column(default="run")
    reason_id: Mapped[int | None] = to("reason.id", index=False, nullable=True)
    started_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    mark: Mapped[Word | None]


class Consumption(Model):
    """Genealogy: what went into what. Written only by a report of kind consume (or its backflush)."""

    __tablename__ = "consumption"
    __table_args__ = (Index("ix_consumption_unit_id", "unit_id"), Index("ix_consumption_lot_id", "lot_id"))
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    report_id: Mapped[int] = to("report.id")
    task_id: Mapped[int] = to("task.id")
    unit_id: Mapped[int | None] = to("unit.id", index=False, nullable=True)
    item_id: Mapped[int] = to("item.id", index=False)
    lot_id: Mapped[int | None] = to("lot.id", index=False, nullable=True)
    component_unit_id: Mapped[int | None] = to("unit.id", nullable=True)
    quantity: Mapped[Amount]
    at: Mapped[Moment]


class Measurement(Model):
    """A value of a characteristic with the limits of that time and the verdict.

    Of an inspection it also names the piece of the sample; an attribute is 1 where it conforms and 0 where not.
    """

    __tablename__ = "measurement"
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    characteristic_id: Mapped[int | None] = to("characteristic.id", nullable=True)
    code: Mapped[Code]
    task_id: Mapped[int | None] = to("task.id", nullable=True)
    unit_id: Mapped[int | None] = to("unit.id", nullable=True)
    report_id: Mapped[int | None] = to("report.id", index=False, nullable=True)
    machine_id: Mapped[int | None] = to("machine.id", index=False, nullable=True)
    person_id: Mapped[int | None] = to("person.id", index=False, nullable=True)
    value: Mapped[Amount]
    unit: Mapped[Word | None]
    lower: Mapped[Amount | None]
    upper: Mapped[Amount | None]
    verdict: Mapped[Word]
    instrument: Mapped[Code | None]
    source: Mapped[Word]
    inspection_id: Mapped[int | None] = to("inspection.id", nullable=True)
    piece: Mapped[int | None]
    at: Mapped[Moment]


class BatchRun(Model):
    """What a jig or oven did to several pieces at once."""

    __tablename__ = "batch_run"
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    machine_id: Mapped[int | None] = to("machine.id", nullable=True)
    station_id: Mapped[int | None] = to("station.id", index=False, nullable=True)
    started_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    values: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)


class BatchRunItem(Model):
    """A report, and with it the task and unit, that was in a batch run."""

    __tablename__ = "batch_run_item"
    batch_run_id: Mapped[int] = to("batch_run.id", primary_key=True)
    report_id: Mapped[int] = to("report.id", primary_key=True)


class Scan(Model):
    """Every scan, accepted or refused, with the answer it got: the same scan again gets the same answer.

    ``device_at`` is what the device's clock said, ``offset_ms`` how far that clock was behind when it was sent,
    ``made_at`` the two together (server_at when they are ``uncertain``).
    """

    __tablename__ = "scan"
    __table_args__ = (UniqueConstraint("uuid"), Index("ix_scan_station_id_id", "station_id", "id"))
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    uuid: Mapped[Code]
    payload_hash: Mapped[Code]
    raw: Mapped[Text]
    parsed: Mapped[Code | None]
    station_id: Mapped[int | None] = to("station.id", index=False, nullable=True)
    person_id: Mapped[int | None] = to("person.id", index=False, nullable=True)
    sequence: Mapped[int | None]
    accepted: Mapped[bool]
    status: Mapped[int]
    answer: Mapped[dict[str, Any]] = mapped_column(Document)
    device: Mapped[Code | None]
    device_at: Mapped[Moment | None]
    offset_ms: Mapped[int | None]
    made_at: Mapped[Moment | None]
    server_at: Mapped[Moment]
    uncertain: Mapped[bool] = mapped_column(default=False)


class StationState(Model):
    """Who is signed in at a station and what is open there; ``pending`` is what the next scan completes."""

    __tablename__ = "station_state"
    station_id: Mapped[int] = to("station.id", primary_key=True)
    person_id: Mapped[int | None] = to("person.id", index=False, nullable=True)
    task_id: Mapped[int | None] = to("task.id", index=False, nullable=True)
    pending: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    stopped_reason: Mapped[Name | None]
    updated_at: Mapped[Moment]
