"""What administration looks at: how much is set up, lists of master data, users, and the log."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.events import Store
from app.models import (
    ApiToken,
    Bom,
    Event,
    Item,
    Line,
    Location,
    Machine,
    Person,
    Reason,
    Routing,
    ShiftPattern,
    Site,
    Station,
    Task,
    User,
    UserRole,
    WorkOrder,
)
from app.queries.order_detail import Told

PAGE = 50
_E = Event.__table__
_COUNTED = (Location, WorkOrder, Line, Station, Machine, ShiftPattern, Person, Reason, Item, Bom, Routing, User)


@dataclass(frozen=True)
class Slice:
    """One page of rows and how many there are in all."""

    rows: list[Any]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


def counts(store: Store, site_id: int) -> dict[str, int]:
    """How many rows each kind of master data of a site has, by table name."""
    return {
        model.__tablename__: store.execute(
            select(func.count()).select_from(model).where(model.site_id == site_id)
        ).scalar_one()
        for model in _COUNTED
    }


def sliced(store: Store, query: Select[Any], page: int) -> Slice:
    """A page of a query, with its count."""
    total = store.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    page = min(max(1, page), max(1, -(-total // PAGE)))
    return Slice(list(store.execute(query.limit(PAGE).offset((page - 1) * PAGE))), total, page)


def users(store: Store, site_id: int) -> list[dict[str, Any]]:
    """The logins of a site with their roles and person, active ones first."""
    query = (
        select(User.id, User.name, User.active, User.created_at, User.locked_until, Person.name.label("person_name"))
        .outerjoin(Person, Person.id == User.person_id).where(User.site_id == site_id)
        .order_by(User.active.desc(), User.name)
    )  # fmt: skip
    roles: dict[int, list[str]] = {}
    owned = select(UserRole.user_id, UserRole.role).join(User, User.id == UserRole.user_id)
    for row in store.execute(owned.where(User.site_id == site_id).order_by(UserRole.role)):
        roles.setdefault(row.user_id, []).append(row.role)
    tokens = select(ApiToken.user_id, func.count()).where(ApiToken.revoked_at.is_(None)).group_by(ApiToken.user_id)
    held = {row[0]: row[1] for row in store.execute(tokens)}
    return [
        {**row._mapping, "roles": roles.get(row.id, []), "tokens": held.get(row.id, 0)} for row in store.execute(query)
    ]


def user_of_site(store: Store, site_id: int, user_id: int) -> Any | None:
    """A login, if it is one of this site."""
    table = User.__table__
    return store.execute(select(table).where(table.c.id == user_id, table.c.site_id == site_id)).one_or_none()


def site_code(store: Store, site_id: int) -> str:
    """The code of a site."""
    return store.execute(select(Site.code).where(Site.id == site_id)).scalar_one()


@dataclass(frozen=True)
class Asked:
    """What the log is narrowed to; ``before`` is an event id to page back from."""

    topic: str = ""
    subject_type: str = ""
    subject_id: int | None = None
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def log(store: Store, site_id: int, wish: Asked) -> tuple[list[Told], int | None]:
    """Events of a site, newest first, and the id to ask for the older ones (None at the end)."""
    query = select(_E).where(_E.c.site_id == site_id)
    pairs = ((wish.subject_type, _E.c.subject_type), (wish.subject_id, _E.c.subject_id), (wish.actor, _E.c.actor))
    for value, column in pairs:
        if value:
            query = query.where(column == value)
    if wish.topic:
        query = query.where(or_(_E.c.topic == wish.topic, _E.c.topic.startswith(wish.topic + ".", autoescape=True)))
    if wish.since:
        query = query.where(_E.c.occurred_at >= wish.since)
    if wish.until:
        query = query.where(_E.c.occurred_at < wish.until)
    if wish.before:
        query = query.where(_E.c.id < wish.before)
    found = list(store.execute(query.order_by(_E.c.id.desc()).limit(PAGE + 1)))
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return [Told(row, json.loads(row.data)) for row in found[:PAGE]], older


def order_codes(store: Store, told: list[Told]) -> dict[tuple[str, int], tuple[str, int]]:
    """For subjects of kind order and task: the order's code and id."""
    table, tasks = WorkOrder.__table__, Task.__table__
    wanted: dict[str, set[int]] = {"order": set(), "task": set()}
    for row in told:
        wanted.get(row.event.subject_type, set()).add(row.event.subject_id)
    found: dict[tuple[str, int], tuple[str, int]] = {}
    for row in store.execute(select(table.c.id, table.c.code).where(table.c.id.in_(wanted["order"]))):
        found["order", row.id] = (row.code, row.id)
    query = select(tasks.c.id, table.c.code, table.c.id.label("order_id")).join(table, table.c.id == tasks.c.order_id)
    for row in store.execute(query.where(tasks.c.id.in_(wanted["task"]))):
        found["task", row.id] = (row.code, row.order_id)
    return found
