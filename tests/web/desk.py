"""A desk in front of the small plant: users of every role, and a browser that signs in and posts forms."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.auth import ROLES
from app.db import db, now_utc, transaction
from app.models import (
    Area,
    Bom,
    Device,
    Item,
    Line,
    Location,
    Lot,
    Machine,
    Notice,
    Person,
    Plan,
    PlanRun,
    Printer,
    PrintJob,
    Report,
    Routing,
    Site,
    Station,
    Task,
    Unit,
)
from app.services import orders, users
from app.services.release import release
from tests.small_plant import Plant, build

SECRET = "open sesame"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Desk:
    """A browser: keeps its cookies, takes the hidden token of forms along."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self._token = ""

    def token(self) -> str:
        """The token that a form of this session would carry."""
        self._token = self._token or _TOKEN.findall(self.client.get("/login").text)[0]
        return self._token

    def sign_in(self, name: str, secret: str = SECRET, **more: str) -> Any:
        """Send the sign-in form."""
        data = {"name": name, "password": secret, "csrf_token": self.token(), **more}
        answer = self.client.post("/login", data=data)
        self._token = ""
        return answer

    def get(self, path: str, status: int = 200, **more: Any) -> str:
        """The text of a page, which answers with this status."""
        answer = self.client.get(path, **more)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-2000:])
        return answer.text

    def post(self, path: str, data: dict[str, Any] | None = None, status: int = 302, **more: Any) -> Any:
        """Send a form with its token."""
        answer = self.client.post(path, data={"csrf_token": self.token(), **(data or {})}, **more)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-2000:])
        return answer

    def speak(self, language: str) -> None:
        """Choose a language as the button does."""
        self.post("/preferences", {"language": language})


def plant_with_users(zone: str = "UTC") -> Plant:
    """The small plant with one login a role, named like the role (inside an application context)."""
    plant = build(zone)
    for role in ROLES:
        users.create("T", role, SECRET, [role], None, now_utc(), weak=True)
    return plant


@dataclass(frozen=True)
class Elsewhere:
    """Things of another site, by the name a route gives their id or code."""

    ids: dict[str, int]
    codes: dict[str, str]


def another_site() -> Elsewhere:
    """A second site with one of each thing that a page can ask for by id."""
    now = now_utc()
    with transaction() as session:
        rows = _things(session)
        site_id = rows["site_id"]
    ids = dict(rows)
    ids["order_id"] = orders.create_service(
        site_id, "Elsewhere", Decimal(5), "U-ST", now + timedelta(days=1), 3, None, now
    )
    release(site_id, ids["order_id"], "cli:test", now)
    ids["hold_id"] = orders.hold(site_id, "order", ids["order_id"], None, "why", None, "cli:test", now)
    ids["user_id"] = users.create("U", "stranger", SECRET, ["admin"], None, now, weak=True)
    ids["task_id"] = db.session.scalars(select(Task.id).where(Task.order_id == ids["order_id"])).one()
    with transaction() as session:
        ids["report_id"] = _added(session, Report(
            site_id=site_id, uuid="u-1", kind="good", quantity=Decimal(1), task_id=ids["task_id"], channel="test",
            business_date=now.date(), server_at=now,
        ))  # fmt: skip
    with transaction() as session:
        ids["draft_id"] = _added(session, Plan(site_id=site_id, status="draft", version=0, based_on=0, epoch_at=now,
                                               published_at=now, name="Theirs"))  # fmt: skip
        ids["run_id"] = _added(session, PlanRun(site_id=site_id, scope="draft", requested_at=now))
    return Elsewhere(ids, {"station": "U-ST", "line": "U-L", "machine": "U-M", "item": "U-I", "lot": "U-LOT",
                           "serial": "U-1", "device": "U-D", "code": "U-ST", "order": "SV-99999"})  # fmt: skip


def _added(session: Any, row: Any) -> int:
    session.add(row)
    session.flush()
    return row.id


def _things(session: Any) -> dict[str, int]:
    now = now_utc()
    site = _added(session, Site(code="U", name="Other"))
    ids = {"site_id": site, "area_id": _added(session, Area(site_id=site, code="U-A", name="A"))}
    ids["line_id"] = _added(session, Line(site_id=site, code="U-L", name="L"))
    place = ids["location_id"] = _added(session, Location(site_id=site, code="U-P", name="P"))
    ids["station_id"] = _added(session, Station(site_id=site, line_id=ids["line_id"], code="U-ST", name="S",
                                                location_id=place))  # fmt: skip
    ids["machine_id"] = _added(session, Machine(site_id=site, station_id=ids["station_id"], code="U-M", name="M"))
    ids["device_id"] = _added(session, Device(site_id=site, code="U-D", machine_id=ids["machine_id"], map={},
                                              map_hash="0"))  # fmt: skip
    item = ids["item_id"] = _added(session, Item(site_id=site, code="U-I", name="I", supply="make_to_order"))
    ids["lot_id"] = _added(session, Lot(site_id=site, item_id=item, code="U-LOT", received_at=now))
    ids["unit_id"] = _added(session, Unit(site_id=site, item_id=item, serial="U-1", created_at=now))
    ids["printer_id"] = _added(session, Printer(site_id=site, code="U-Z", name="Z", host="127.0.0.1"))
    ids["job_id"] = _added(session, PrintJob(site_id=site, printer_id=ids["printer_id"], template="unit", subject_id=1,
                                             title="U-1", status="failed", asked_by="user:1", asked_at=now,
                                             due_at=now))  # fmt: skip
    ids["bom_id"] = _added(session, Bom(site_id=site, item_id=item))
    ids["routing_id"] = _added(session, Routing(site_id=site, item_id=item))
    ids["person_id"] = _added(session, Person(site_id=site, code="U-X", name="X", badge="U-X"))
    ids["run_id"] = _added(session, PlanRun(site_id=site, requested_at=now))
    ids["plan_id"] = _added(session, Plan(site_id=site, version=1, based_on=0, epoch_at=now, published_at=now))
    ids["notice_id"] = _added(session, Notice(site_id=site, kind="help", severity="high", opened_at=now))
    return ids
