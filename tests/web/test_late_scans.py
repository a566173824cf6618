"""Scans that waited in a device and were refused: the lead sees what, when and why, and books or drops each once."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.errors import Conflict, Invalid, NotFound
from app.models import Event, Notice, Report
from app.services import late_scans, station
from devices.codes import Kind, make
from tests.web.station_rig import Browser, Rig

GOOD = make(Kind.COMMAND, 3)
LATE = timedelta(minutes=9)


def refused(app: Flask, raw: str = GOOD, number: str = "waited-in-the-tablet") -> tuple[Rig, int]:
    """A scan at BEND, made nine minutes ago, that is refused when it comes; gives the id of the notice."""
    rig = Rig(app)
    now = now_utc()
    with app.app_context():
        wish = station.Scan(number, raw, device_at=now - LATE, sent_at=now)
        status, _answer = station.scan(rig.plant.site_id, rig.plant.stations["BEND"], wish, "user:1", now)
        assert status >= 400
        return rig, db.session.scalars(select(Notice.id).where(Notice.kind == "conflict")).one()


def post(lead: Browser, path: str, **form: str) -> int:
    return int(lead.client.post(path, data=form | {"csrf_token": lead.token}).status_code)


def booking(rig: Rig, notice: int, **more: object) -> late_scans.Booking:
    said = {"uuid": "a-form-of-the-lead", "site_id": rig.plant.site_id, "notice_id": notice, "kind": "good",
            "task_id": rig.tasks["C10"], "quantity": Decimal(2), "reason": None, "why": "WRONG",
            "person_id": rig.plant.people["LI"], "actor": "user:1"}  # fmt: skip
    return late_scans.Booking(**said | more)  # type: ignore[arg-type]


def topics() -> list[str]:
    return list(db.session.scalars(select(Event.topic).where(Event.topic.startswith("scan."))))


def test_the_lead_sees_what_was_refused_and_books_it(app: Flask) -> None:
    rig, notice = refused(app)
    lead = rig.browser("lead")
    assert "#late" in lead.get("/lead").text
    page = lead.get("/corrections?station=BEND").text
    row = page[page.index(f'id="late-{notice}"') :]
    assert "good" in row[:900]
    assert "Nobody is signed in" in row or "badge" in row
    assert f'id="late-{notice}"' not in lead.get("/corrections?station=FOAM").text
    number = re.search(r'name="uuid" value="(\w+)"', row)
    assert number
    form = {"uuid": number[1], "task": str(rig.tasks["C10"]), "what": "good", "quantity": "2", "reason": "WRONG"}
    for _ in range(2):
        assert post(lead, f"/corrections/late/{notice}/book", **form) == 302
    assert "Scans that came too late" not in lead.get("/corrections").text
    with app.app_context():
        report = db.session.scalars(select(Report)).one()
        assert (report.kind, report.quantity, report.channel) == ("good", 2, "correction")
        assert report.device_at is not None
        assert report.server_at - report.device_at >= LATE
        assert topics() == ["scan.booked"]


def test_dropping_needs_a_reason_and_books_nothing(app: Flask) -> None:
    rig, notice = refused(app)
    lead = rig.browser("lead")
    with app.app_context():
        with pytest.raises(Invalid):
            late_scans.drop(rig.plant.site_id, notice, "DENT", "user:1", now_utc())
        db.session.rollback()
        assert topics() == []
    assert post(lead, f"/corrections/late/{notice}/drop", reason="WRONG") == 302
    with app.app_context():
        event = db.session.scalars(select(Event).where(Event.topic == "scan.dropped")).one()
        data = json.loads(event.data)
        assert (data["raw"], data["reason"]) == (GOOD, rig.plant.reasons["WRONG"])
        assert db.session.scalars(select(Report)).all() == []
        with pytest.raises(Conflict):
            late_scans.book(booking(rig, notice), now_utc())


def test_what_cannot_be_booked_stays_on_the_list(app: Flask) -> None:
    rig, notice = refused(app)
    with app.app_context():
        for wrong in ({"quantity": Decimal(1000)}, {"kind": "scrap"}, {"why": "DENT"}, {"task_id": 0}):
            with pytest.raises((Conflict, Invalid, NotFound)):
                late_scans.book(booking(rig, notice, **wrong), now_utc())
        with pytest.raises(NotFound):
            late_scans.book(booking(rig, notice, site_id=rig.other_site_id), now_utc())
        assert db.session.scalars(select(Report)).all() == []
        assert late_scans.book(booking(rig, notice, kind="scrap", reason="DENT", quantity=Decimal(1)), now_utc())
        db.session.rollback()
        report = db.session.scalars(select(Report)).one()
        assert (report.kind, report.reason_id) == ("scrap", rig.plant.reasons["DENT"])


def test_only_who_may_correct_decides(app: Flask) -> None:
    rig, notice = refused(app, "not one of ours", "another-number")
    assert "not one of ours" in rig.browser("lead").get("/corrections").text
    operator = rig.browser("operator")
    assert post(operator, f"/corrections/late/{notice}/drop", reason="WRONG") == 403
    with app.app_context():
        assert db.session.get(Notice, notice).cleared_at is None
