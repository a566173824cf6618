"""Limit pages: how full a rope is, a rule is tried before it is saved, notices go to the shelf and come back."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.models import Device, LimitRule
from app.services import limits, readings, users
from tests.app.machine_rigs import Shop, notices, shop
from tests.web.desk import SECRET
from tests.web.machine_desk import Outside

VALUES = "high=9&low=6&measure=pieces&mode=hold&rate_permille=0&hold_at=&on_delay_s=0&dwell_s=60"


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        readings.prepare()
        found = shop()
        for role in ("lead", "throttle", "planner"):
            users.create("T", role, SECRET, [role], None, now_utc(), weak=True)
        yield found


@pytest.fixture
def desk(app: Flask, made: Shop) -> Outside:
    found = Outside(app)
    found.sign_in("throttle")
    return found


def form(text: str, **more: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split("&")) | more


def test_the_list_shows_the_rope_the_limit_and_its_machine(desk: Outside, made: Shop) -> None:
    assert "FOAM-BEND" in desk.get("/limits")
    made.make("C10", 5)
    limits.step({}, now_utc())
    text = desk.get("/limits")
    assert "1 – 4" in text
    assert "Hold" in text
    assert "M-BEND" in text
    assert "Requested" in text


def test_a_rule_is_tried_then_saved_and_its_cost_is_kept(desk: Outside, made: Shop) -> None:
    assert "Save these values" not in desk.get("/limits/FOAM-BEND")
    text = desk.get("/limits/FOAM-BEND?try=1&enabled=1&" + VALUES)
    assert "This line would keep" in text
    assert "Save these values" in text
    desk.post("/limits/FOAM-BEND", form(VALUES, enabled="1"))
    rule = db.session.scalars(select(LimitRule).execution_options(populate_existing=True)).one()
    assert (rule.high, rule.low, rule.dwell_s, rule.enabled) == (9, 6, 60, True)
    assert "This line would keep" in desk.get("/limits/FOAM-BEND?propose=1")
    desk.post("/limits/FOAM-BEND", form(VALUES, high="5"), status=422)
    text = desk.get("/limits/FOAM-BEND?try=1&" + VALUES.replace("high=9", "high=x"))
    assert "These values do not fit together" in text
    assert db.session.scalars(select(LimitRule.high)).one() == 9


def test_a_new_rule_is_off_until_it_was_tried(desk: Outside, made: Shop) -> None:
    assert "Station that waits" in desk.get("/limits/new")
    desk.post("/limits/new", form(VALUES, code="ROPE", station="ASSY1", upstream="BEND", machine=""))
    assert db.session.scalars(select(LimitRule.enabled).where(LimitRule.code == "ROPE")).one() is False


def test_a_pause_and_the_right_to_write_are_buttons(desk: Outside, made: Shop) -> None:
    desk.post("/limits/FOAM-BEND/pause", {"minutes": "30", "note": "tool change"})
    assert "Paused until" in desk.get("/limits/FOAM-BEND")
    desk.post("/limits/FOAM-BEND/resume", {})
    assert "Paused until" not in desk.get("/limits/FOAM-BEND")
    assert "Forbid writing" in desk.get("/devices/D-BEND")
    desk.post("/devices/D-BEND/writes", {"allowed": "0"})
    assert db.session.scalars(select(Device.may_write)).one() is False
    assert "Allow writing" in desk.get("/devices/D-BEND")


def test_a_planner_sees_and_tries_but_does_not_save(app: Flask, made: Shop) -> None:
    desk = Outside(app)
    desk.sign_in("planner")
    text = desk.get("/limits/FOAM-BEND?try=1&" + VALUES)
    assert "This line would keep" in text
    assert "Save these values" not in text
    desk.post("/limits/FOAM-BEND", form(VALUES), status=403)


def test_a_notice_goes_to_the_shelf_and_back(app: Flask, made: Shop) -> None:
    made.make("C10", 5)
    limits.step({}, now_utc())
    (notice,) = notices("limit")
    desk = Outside(app)
    desk.sign_in("lead")
    desk.post(f"/limits/notices/{notice.id}/shelve", {"minutes": "30", "note": "known"})
    text = desk.get("/lead")
    assert "Shelved until" in text
    assert "known" in text
    desk.post(f"/limits/notices/{notice.id}/unshelve", {})
    assert "Shelved until" not in desk.get("/lead")
    assert "Notices an hour" in desk.get("/limits/alarms")
