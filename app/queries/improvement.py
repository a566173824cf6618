"""Corrective actions, 8D reports and signatures, as they are shown."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import CorrectiveAction, EightD, Nonconformance, Signature, User, UserRole

_A = CorrectiveAction.__table__


@dataclass(frozen=True)
class Action:
    """A corrective action with the names of who it is about."""

    id: int
    case_id: int
    case: str
    kind: str
    what: str
    owner: str | None
    due_on: date
    done_at: datetime | None
    done_by: str | None
    check_on: date
    effect: str
    checked_at: datetime | None
    checked_by: str | None
    check_note: str | None

    def is_late(self, today: date) -> bool:
        """Not done when it should be, or its effect not looked at."""
        return self.effect == "open" and (self.due_on if self.done_at is None else self.check_on) < today


@dataclass(frozen=True)
class Signed:
    """A signature: name, time, meaning, and the hash of what was signed."""

    name: str
    meaning: str
    at: datetime
    hash: str


def actions(store: Store, site_id: int, case_id: int | None = None, limit: int = 500) -> list[Action]:
    """The actions of a case or of the site: what is open first, by when it is due."""
    owner, doer, checker = (User.__table__.alias(name) for name in ("owner", "doer", "checker"))
    where = [_A.c.site_id == site_id] + ([_A.c.nonconformance_id == case_id] if case_id is not None else [])
    query = (
        select(_A, Nonconformance.code, owner.c.name.label("owner"), doer.c.name.label("doer"),
               checker.c.name.label("checker"))
        .join(Nonconformance, Nonconformance.id == _A.c.nonconformance_id)
        .outerjoin(owner, owner.c.id == _A.c.owner_id).outerjoin(doer, doer.c.id == _A.c.done_by)
        .outerjoin(checker, checker.c.id == _A.c.checked_by).where(*where)
        .order_by(_A.c.effect != "open", _A.c.due_on, _A.c.id).limit(limit)
    )  # fmt: skip
    return [
        Action(row.id, row.nonconformance_id, row.code, row.kind, row.what, row.owner, row.due_on, row.done_at,
               row.doer, row.check_on, row.effect, row.checked_at, row.checker, row.check_note)
        for row in store.execute(query)
    ]  # fmt: skip


def eight_d(store: Store, site_id: int, case_id: int) -> dict[int, str]:
    """The steps that are written."""
    query = select(EightD.step, EightD.text).where(EightD.site_id == site_id, EightD.nonconformance_id == case_id)
    return {row.step: row.text for row in store.execute(query)}


def signatures(store: Store, site_id: int, subject_type: str, ids: list[int]) -> list[Signed]:
    """The signatures under things of one kind, in the order in which they were made."""
    row: Any = Signature
    query = (
        select(User.name, row.meaning, row.at, row.content_hash).join(User, User.id == row.user_id)
        .where(row.site_id == site_id, row.subject_type == subject_type, row.subject_id.in_(ids)).order_by(row.id)
    )  # fmt: skip
    return [Signed(*found) for found in store.execute(query)]


def owners(store: Store, site_id: int) -> list[tuple[int, str]]:
    """Who can be asked to do something: everybody with a role that may."""
    query = (
        select(User.id, User.name).join(UserRole, UserRole.user_id == User.id)
        .where(User.site_id == site_id, User.active.is_(True), UserRole.role.not_in(("wall", "operator"))).distinct()
    )  # fmt: skip
    return [(row.id, row.name) for row in store.execute(query.order_by(User.name))]


__all__ = ["Action", "Signed", "actions", "eight_d", "owners", "signatures"]
