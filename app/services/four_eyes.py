"""Four eyes on a draft: who changed it does not approve it, unless nobody else of the site may."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.auth.policy import ROLES
from app.errors import Conflict
from app.models import Event, User, UserRole

APPROVE = "engineering.approve"


def approved_alone(session: Session, site_id: int, kind: str, draft_id: int, user_id: int) -> bool:
    """Whether somebody approves what they wrote because nobody else may; Conflict ``approve.own`` when others may.

    ``kind`` is bom or routing: its log tells who changed the draft since it was begun.
    """
    if f"user:{user_id}" not in _writers(session, kind, draft_id):
        return False
    if _approvers(session, site_id) > 1:
        raise Conflict("approve.own")
    return True


def _writers(session: Session, kind: str, draft_id: int) -> set[str | None]:
    # A draft that was given up may have left its number to this one: only what was saved after its beginning counts.
    here = (Event.subject_type == kind, Event.subject_id == draft_id)
    begun = (f"{kind}.draft_begun", f"{kind}.draft_opened")
    since = select(func.coalesce(func.max(Event.id), 0)).where(*here, Event.topic.in_(begun)).scalar_subquery()
    query = select(Event.actor).where(*here, Event.topic == f"{kind}.draft_saved", Event.id > since).distinct()
    return set(session.scalars(query))


def _approvers(session: Session, site_id: int) -> int:
    roles = [role for role, may in ROLES.items() if APPROVE in may]
    query = select(func.count(User.id.distinct())).join(UserRole, UserRole.user_id == User.id)
    return session.scalar(query.where(User.site_id == site_id, User.active, UserRole.role.in_(roles))) or 0


__all__ = ["APPROVE", "approved_alone"]
