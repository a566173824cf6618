"""A plant with an order on the floor, and people of each role with a browser of their own."""

import re
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.auth.policy import ROLES
from app.db import db, now_utc, transaction
from app.models import Line, Site, Station, Task
from app.services import orders, users
from app.services.release import release
from devices.codes import Kind, make
from tests.small_plant import Plant, build

SECRET = "a long enough secret"
_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class Rig:
    """The plant, its order, and one login a role."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            now = now_utc()
            self.plant: Plant = build()
            self.order_id = orders.create_production(
                self.plant.site_id, "FRIDGE", Decimal(4), now + timedelta(days=2), 3, "cli:test", now
            )
            release(self.plant.site_id, self.order_id, "cli:test", now)
            self.tasks = {
                row.op_key.rsplit("/", 1)[1]: row.id for row in db.session.execute(select(Task.op_key, Task.id))
            }
            with transaction() as session:
                other = Site(code="OTHER", name="Other")
                session.add(other)
                session.flush()
                line = Line(site_id=other.id, code="L", name="L")
                session.add(line)
                session.flush()
                session.add(Station(site_id=other.id, line_id=line.id, code="FAR", name="Far"))
                self.other_site_id = other.id
            for role in ROLES:
                users.create("T", role, SECRET, [role], None, now)
            users.create("OTHER", "stranger", SECRET, ["operator"], None, now)

    def browser(self, name: str) -> "Browser":
        """Somebody who is signed in."""
        return Browser(self.app, name)

    def card(self, key: str) -> str:
        """The printed code of a task."""
        return make(Kind.TASK, self.tasks[key])


class Browser:
    """A client that carries the token of its pages."""

    def __init__(self, app: Flask, name: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.token = self._token("/login")
        form = {"name": name, "password": SECRET, "csrf_token": self.token}
        assert self.client.post("/login", data=form).status_code == 302
        self.token = self._token("/account")

    def _token(self, path: str) -> str:
        found = _TOKEN.search(self.client.get(path).text)
        assert found
        return found[1]

    def get(self, path: str, **headers: str) -> Any:
        """Read a page."""
        return self.client.get(path, headers=headers)

    def post(self, path: str, body: dict[str, Any], token: str | None = None) -> Any:
        """Send as queue.js does."""
        headers = {"X-CSRFToken": self.token if token is None else token, "Accept": "application/json"}
        return self.client.post(path, json=body, headers=headers)

    def scan(self, place: str, raw: str, number: str | None = None) -> Any:
        """Scan at a station."""
        return self.post(f"/s/{place}/scan", {"uuid": number or uuid.uuid4().hex, "raw": raw, "sequence": 1})

    def act(self, place: str, action: str, **values: Any) -> Any:
        """Press a button at a station."""
        return self.post(f"/s/{place}/act", {"uuid": uuid.uuid4().hex, "action": action, "values": values})
