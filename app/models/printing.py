"""Label printers, which station prints where, and what waits to be printed."""

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, Code, Key, Model, Moment, Name, Text, Word, to


class Printer(Model):
    """A label printer that takes ZPL over TCP (port 9100)."""

    __tablename__ = "printer"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    name: Mapped[Name]
    host: Mapped[Name]
    port: Mapped[int] = mapped_column(default=9100)
    dpi: Mapped[int] = mapped_column(default=203)
    retired: Mapped[bool] = mapped_column(default=False)


class StationPrinter(Model):
    """The printer that a station's labels come from."""

    __tablename__ = "station_printer"
    station_id: Mapped[int] = to("station.id", primary_key=True)
    printer_id: Mapped[int] = to("printer.id")


class PrintJob(Model):
    """One label that was asked for: queued, sending, printed, failed, cancelled, or paper (a PDF, no printer).

    ``reason`` says why a label is printed a second time; ``content`` is what is sent, emptied when it was.
    """

    __tablename__ = "print_job"
    __table_args__ = (
        Index("ix_print_job_status_due_at", "status", "due_at"),
        Index("ix_print_job_site_id_template_subject_id", "site_id", "template", "subject_id"),
    )
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    printer_id: Mapped[int | None] = to("printer.id", nullable=True)
    template: Mapped[Word]
    subject_id: Mapped[int] = mapped_column(BigKey)
    title: Mapped[Name]
    copies: Mapped[int] = mapped_column(default=1)
    reason: Mapped[Text | None]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    status: Mapped[Word] = mapped_column(default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[Name | None]
    asked_by: Mapped[Code]
    asked_at: Mapped[Moment]
    due_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
