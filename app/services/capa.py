"""Corrective and preventive actions with their check of effect, and the 8D report of a nonconformance."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import CorrectiveAction, EightD, Nonconformance, User
from app.services.signing import sign

KINDS = ("containment", "corrective", "preventive")
STEPS = range(1, 9)
LONGEST = 2000


def plan_action(
    site_id: int, case_id: int, kind: str, what: str, owner_id: int | None, due_on: date, check_on: date, actor: str,
    now: datetime,
) -> int:  # fmt: skip
    """Plan an action: what, by whom, until when, and when its effect is looked at. The check comes after the end."""
    with transaction() as session:
        case = _case(session, site_id, case_id)
        if kind not in KINDS:
            raise Invalid("value.wrong", field="kind", value=kind[:20])
        if not what.strip():
            raise Invalid("value.missing", field="what")
        if check_on < due_on:
            raise Invalid("capa.check_before", due=due_on.isoformat())
        _owner(session, site_id, owner_id)
        row = CorrectiveAction(site_id=site_id, nonconformance_id=case.id, kind=kind, what=what.strip()[:LONGEST],
                               owner_id=owner_id, due_on=due_on, check_on=check_on)  # fmt: skip
        session.add(row)
        session.flush()
        _tell(session, row, "planned", actor, now)
        return row.id


def finish_action(site_id: int, action_id: int, user_id: int | None, actor: str, now: datetime) -> None:
    """Say that it is done; doing it twice changes nothing."""
    with transaction() as session:
        row = _action(session, site_id, action_id)
        if row.done_at is None:
            row.done_at, row.done_by = now, user_id
            _tell(session, row, "done", actor, now)


def check_effect(
    site_id: int, action_id: int, is_effective: bool, note: str, user_id: int | None, actor: str, now: datetime
) -> None:
    """Say whether it helped, with what shows it, signed; the secret was checked before.

    Refused before it is done, and by the one who did it: nobody judges their own work.
    """
    with transaction() as session:
        row = _action(session, site_id, action_id)
        if row.done_at is None:
            raise Conflict("capa.not_done")
        if row.effect != "open":
            raise Conflict("capa.checked")
        if user_id is not None and row.done_by == user_id:
            raise Conflict("capa.own")
        if not note.strip():
            raise Invalid("report.reason")
        row.effect = "effective" if is_effective else "not_effective"
        row.checked_at, row.checked_by, row.check_note = now, user_id, note.strip()[:LONGEST]
        content = {"action": row.id, "effect": row.effect, "note": row.check_note}
        sign(session, site_id, ("corrective_action", row.id), "effectiveness", content, user_id, actor, now)
        _tell(session, row, row.effect, actor, now)


def write_step(
    site_id: int, case_id: int, step: int, text: str, user_id: int | None, actor: str, now: datetime
) -> None:
    """Write a step of the 8D report; the last version stands, each change is told. Empty takes it away."""
    with transaction() as session:
        case = _case(session, site_id, case_id)
        if step not in STEPS:
            raise Invalid("value.wrong", field="step", value=str(step)[:20])
        row = session.get(EightD, (case.id, step))
        text = text.strip()[:LONGEST]
        if (row.text if row else "") == text:
            return
        if row is None:
            row = EightD(nonconformance_id=case.id, step=step, site_id=site_id)
            session.add(row)
        row.text, row.changed_by, row.changed_at = text, user_id, now
        events.record(session, site_id, "nonconformance.eight_d", ("nonconformance", case.id), actor, now,
                      {"step": step, "length": len(text)})  # fmt: skip


def open_actions(session: Session, case_id: int) -> int:
    """How many actions of a case are not done, or not looked at for their effect."""
    query = select(CorrectiveAction.id).where(
        CorrectiveAction.nonconformance_id == case_id, CorrectiveAction.effect == "open"
    )
    return len(session.scalars(query).all())


def _case(session: Session, site_id: int, case_id: int) -> Nonconformance:
    row = session.get(Nonconformance, case_id, with_for_update=True)
    if row is None or row.site_id != site_id:
        raise NotFound("quality.unknown", nonconformance=case_id)
    return row


def _action(session: Session, site_id: int, action_id: int) -> CorrectiveAction:
    row = session.get(CorrectiveAction, action_id, with_for_update=True)
    if row is None or row.site_id != site_id:
        raise NotFound("capa.unknown", action=action_id)
    return row


def _owner(session: Session, site_id: int, owner_id: int | None) -> None:
    user = session.get(User, owner_id) if owner_id is not None else None
    if owner_id is not None and (user is None or user.site_id != site_id):
        raise NotFound("user.unknown", user=owner_id)


def _tell(session: Session, row: CorrectiveAction, what: str, actor: str, now: datetime) -> None:
    subject = ("nonconformance", row.nonconformance_id)
    events.record(session, row.site_id, f"action.{what}", subject, actor, now, {"action": row.id})


__all__ = ["KINDS", "STEPS", "check_effect", "finish_action", "open_actions", "plan_action", "write_step"]
