"""The queue of labels: asked for, claimed by the sender, sent or tried again, given up, cancelled.

A label that was printed before is printed again only with a reason: two labels of one unit are how units get mixed
up. The sender holds a job by its due time: when it dies the job is due again by itself, so that a label may come
twice but never be lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Printer, PrintJob
from app.services.printers import of_site

ONCE = ("unit", "lot", "badge")  # a second one wants a reason
MOST_COPIES = 50
MOST_ATTEMPTS = 10
HOLD_S = 30
_FIRST_WAIT_S, _LONGEST_WAIT_S = 5, 300


@dataclass(frozen=True)
class Wanted:
    """A label to print: its template, what it is about, a line for the queue, and what is sent (None on paper)."""

    template: str
    subject_id: int
    title: str
    content: bytes | None


@dataclass(frozen=True)
class Claim:
    """A job that this sender may send, once; ``attempt`` is the fence."""

    job_id: int
    attempt: int
    host: str
    port: int
    content: bytes


def ask(
    site_id: int, wanted: Sequence[Wanted], printer_id: int | None, copies: int, reason: str, actor: str, now: datetime
) -> list[int]:  # fmt: skip
    """Put labels into the queue of a printer, all or none; without a printer they are noted as printed on paper."""
    if not 1 <= copies <= MOST_COPIES:
        raise Invalid("value.wrong", field="copies", value=str(copies))
    reason = reason.strip()[:2000]
    with transaction() as session:
        if printer_id is not None:
            of_site(session, site_id, printer_id)
        again = [one for one in wanted if one.template in ONCE and printed_before(session, site_id, one)]
        if again and not reason:
            raise Conflict("label.reason", label=again[0].title)
        jobs = [_job(site_id, one, printer_id, copies, reason if one in again else "", actor, now) for one in wanted]
        session.add_all(jobs)
        session.flush()
        for job in jobs:
            topic = "label.asked_again" if job.reason else "label.asked"
            _tell(session, job, topic, actor, now, {"template": job.template, "copies": copies, "reason": job.reason})
        return [job.id for job in jobs]


def printed_before(session: Session, site_id: int, wanted: Wanted) -> bool:
    """Whether a label of this thing was asked for and not cancelled."""
    same = (PrintJob.site_id == site_id, PrintJob.template == wanted.template, PrintJob.subject_id == wanted.subject_id)
    return bool(session.scalar(select(func.count()).where(*same, PrintJob.status != "cancelled")))


def again(site_id: int, job_id: int, actor: str, now: datetime) -> None:
    """Try a job that failed once more, at once."""
    with transaction() as session:
        job = _open(session, site_id, job_id, ("failed", "queued"))
        job.status, job.attempts, job.due_at, job.problem, job.ended_at = "queued", 0, now, None, None
        _tell(session, job, "label.tried_again", actor, now)


def cancel(site_id: int, job_id: int, actor: str, now: datetime) -> None:
    """Give a job up that was not sent."""
    with transaction() as session:
        job = _open(session, site_id, job_id, ("failed", "queued"))
        job.status, job.ended_at, job.content = "cancelled", now, None
        _tell(session, job, "label.cancelled", actor, now)


def claim(now: datetime) -> Claim | None:
    """The oldest job that is due, for half a minute; None when there is none."""
    due = (PrintJob.status.in_(("queued", "sending")), PrintJob.due_at <= now)
    found = db.session.scalar(select(PrintJob.id).where(*due).order_by(PrintJob.due_at, PrintJob.id).limit(1))
    db.session.rollback()
    if found is None:
        return None
    with transaction() as session:
        locked = select(PrintJob).where(PrintJob.id == found, *due).with_for_update(skip_locked=True)
        job = session.scalars(locked).first()
        if job is None:
            return None
        printer = session.get_one(Printer, job.printer_id)
        job.status, job.attempts, job.due_at = "sending", job.attempts + 1, now + timedelta(seconds=HOLD_S)
        return Claim(job.id, job.attempts, printer.host, printer.port, job.content or b"")


def sent(held: Claim, now: datetime) -> None:
    """The printer took the label."""
    with transaction() as session:
        job = _held(session, held)
        if job is not None:
            job.status, job.ended_at, job.problem, job.content = "printed", now, None, None
            _tell(session, job, "label.printed", None, now)


def not_sent(held: Claim, problem: str, now: datetime) -> None:
    """The printer did not take it: wait twice as long each time; after ten tries a person decides."""
    with transaction() as session:
        job = _held(session, held)
        if job is None:
            return
        job.problem = problem[:200]
        if job.attempts >= MOST_ATTEMPTS:
            job.status, job.ended_at = "failed", now
            _tell(session, job, "label.failed", None, now, {"attempts": job.attempts})
        else:
            wait = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** (job.attempts - 1))
            job.status, job.due_at = "queued", now + timedelta(seconds=wait)


def forget(before: datetime) -> int:
    """Empty what finished jobs would have sent; gives how many."""
    with transaction() as session:
        old = (PrintJob.ended_at < before, PrintJob.content.is_not(None))
        return int(session.execute(update(PrintJob).where(*old).values(content=None)).rowcount)  # type: ignore[attr-defined]


def _job(
    site_id: int, one: Wanted, printer_id: int | None, copies: int, reason: str, actor: str, now: datetime
) -> PrintJob:  # fmt: skip
    on_paper = printer_id is None
    return PrintJob(
        site_id=site_id, printer_id=printer_id, template=one.template, subject_id=one.subject_id, copies=copies,
        title=one.title[:200], reason=reason or None, content=None if on_paper else one.content, asked_by=actor,
        status="paper" if on_paper else "queued", asked_at=now, due_at=now, ended_at=now if on_paper else None,
    )  # fmt: skip


def _open(session: Session, site_id: int, job_id: int, states: tuple[str, ...]) -> PrintJob:
    job = session.scalars(select(PrintJob).where(PrintJob.id == job_id).with_for_update()).first()
    if job is None or job.site_id != site_id:
        raise NotFound("label.unknown", job=job_id)
    if job.status not in states:
        raise Conflict("label.ended", label=job.title)
    return job


def _held(session: Session, held: Claim) -> PrintJob | None:
    """The job while it is still ours: a slower sender finds another attempt."""
    job = session.scalars(select(PrintJob).where(PrintJob.id == held.job_id).with_for_update()).first()
    return job if job is not None and (job.status, job.attempts) == ("sending", held.attempt) else None


def _tell(
    session: Session, job: PrintJob, topic: str, actor: str | None, now: datetime, data: dict[str, Any] | None = None
) -> None:  # fmt: skip
    events.record(
        session, job.site_id, topic, ("print_job", job.id), actor, now, {"subject": job.subject_id} | (data or {})
    )
