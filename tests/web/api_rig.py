"""Callers of the API with tokens of each role, a plant of their own and a second plant that must stay invisible."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.db import db, transaction
from app.events import seal, unsealed
from app.models import Item, Line, Machine, Notice, Person, Reason, Site, Skill, Station, Task, Unit, User
from app.services import orders, users
from app.services.release import release
from tests.small_plant import NOW, Plant, build

ROLES = ("planner", "operator", "lead", "quality", "service", "wall", "admin")
DUE = "2027-03-01T12:00:00Z"
FRIDGES = {"kind": "production", "item": "FRIDGE", "quantity": "2", "due_at": DUE}


@dataclass(frozen=True)
class Foreign:
    """Codes and ids that exist at the other plant only."""

    order: str
    order_id: int
    task_id: int
    notice_id: int


class Caller:
    """Somebody with a personal token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: Any) -> TestResponse:
        """Read."""
        return self._client.get(f"/api/v1{path}", headers=self._headers, query_string=query)

    def post(self, path: str, body: Any = None, key: str | None = "", **headers: str) -> TestResponse:
        """Write once; with a fresh key unless one is given, without any when it is None."""
        named = {} if key is None else {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._client.post(f"/api/v1{path}", json={} if body is None else body,
                                 headers=self._headers | named | headers)  # fmt: skip

    def patch(self, path: str, body: Any, key: str | None = None) -> TestResponse:
        """Change."""
        named = {} if key is None else {"Idempotency-Key": key}
        return self._client.patch(f"/api/v1{path}", json=body, headers=self._headers | named)

    def raw(self, path: str, data: bytes, content_type: str = "application/json") -> TestResponse:
        """Send bytes as they are."""
        headers = self._headers | {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": content_type}
        return self._client.post(f"/api/v1{path}", data=data, headers=headers)


class Rig:
    """Two plants and a caller of each role at the first."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            self.plant: Plant = build()
            self.foreign = other_plant()
            self.tokens = {role: token_of("T", role) for role in ROLES}

    def caller(self, role: str = "planner") -> Caller:
        """A caller with a client of its own (clients are not shared between threads)."""
        return Caller(self.app.test_client(), self.tokens[role])

    def seal(self) -> None:
        """What the relay does: give committed events their positions."""
        with self.app.app_context(), transaction() as session:
            seal(session, unsealed(session, 0))

    def released(self, **more: Any) -> dict[str, Any]:
        """An order that is on the floor."""
        caller = self.caller()
        code = caller.post("/orders", FRIDGES | more).json["code"]
        return caller.post(f"/orders/{code}/release").json

    def rows(self, model: Any) -> list[Any]:
        """All rows of a table."""
        with self.app.app_context():
            return list(db.session.scalars(select(model)).all())


def task_of(order: dict[str, Any], key: str) -> dict[str, Any]:
    """The task of an order by the key of its operation."""
    return next(task for task in order["work"] if task["operation"].endswith("/" + key))


def entry(task: dict[str, Any], quantity: str = "1", **more: Any) -> dict[str, Any]:
    """A report of good pieces."""
    return {"uuid": uuid.uuid4().hex, "task": task["id"], "kind": "good", "quantity": quantity, "person": "LI"} | more


def token_of(site: str, role: str) -> str:
    """A token of a new user with one role."""
    user_id = users.create(site, f"{role}@{site}", "secret", [role], None, NOW, weak=True)
    return users.create_token(user_id, "test", f"user:{user_id}", NOW)


def other_plant() -> Foreign:
    """Another site with a thing of each kind."""
    with transaction() as session:
        site = Site(code="F", name="Foreign", zone="UTC")
        session.add(site)
        session.flush()
        line = Line(site_id=site.id, code="FLINE", name="Line")
        session.add(line)
        session.flush()
        station = Station(site_id=site.id, line_id=line.id, code="FSTATION", name="Station")
        item = Item(site_id=site.id, code="FITEM", name="Item", supply="buy", is_serialised=True)
        session.add_all([station, item])
        session.flush()
        unit = Unit(site_id=site.id, item_id=item.id, serial="FSERIAL", created_at=NOW)
        session.add_all([
            Machine(site_id=site.id, station_id=station.id, code="FMACHINE", name="Machine"), unit,
            Reason(site_id=site.id, code="FREASON", kind="scrap", name="Reason"),
            Person(site_id=site.id, code="FPERSON", badge="FBADGE"), Skill(site_id=site.id, code="FSKILL", name="S"),
        ])  # fmt: skip
        notice = Notice(site_id=site.id, kind="help", severity="warn", opened_at=NOW)
        session.add(notice)
        session.flush()
        site_id, notice_id = site.id, notice.id
    order_id = orders.create_service(site_id, "Foreign", Decimal(5), "FSTATION", NOW + timedelta(days=1), 3, None, NOW)
    with transaction() as session:
        # Numbers are per site; this one must not look like one of ours.
        orders.of_site(session, site_id, order_id).code = "FORDER"
    release(site_id, order_id, "cli:test", NOW)
    task_id = db.session.scalar(select(Task.id).where(Task.order_id == order_id))
    return Foreign("FORDER", order_id, task_id, notice_id)


def user_id(rig: Rig, role: str) -> int:
    """The id behind a role's caller."""
    return next(user.id for user in rig.rows(User) if user.name == f"{role}@T")
