"""The lead's pages: the inbox in its order, what can be done with it, the stations and the rows behind a number."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.db import db, now_utc, transaction
from app.models import Notice, Reason, StationState, WorkOrder
from app.services import limits, monitoring, readings, users
from app.services.notices import Matter, open_notice
from tests.app.machine_rigs import Shop, edge, notices, shop
from tests.web.desk import SECRET, another_site
from tests.web.machine_desk import Outside


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        readings.prepare()
        found = shop()
        for role in ("lead", "operator", "planner"):
            users.create("T", role, SECRET, [role], None, now_utc(), weak=True)
        yield found


@pytest.fixture
def desk(app: Flask, made: Shop) -> Outside:
    found = Outside(app)
    found.sign_in("lead")
    return found


def call(made: Shop, kind: str = "help", severity: str = "warn", minutes: int = 0) -> int:
    station = made.plant.stations["FOAM"]
    with transaction() as session:
        row = Reason(site_id=made.plant.site_id, code=f"H{minutes}", kind="help", name="No parts", name_zh="缺料")
        session.add(row)
        session.flush()
        return open_notice(session, Matter(made.plant.site_id, kind, ("station", station + minutes)), severity,
                           now_utc() - timedelta(minutes=minutes), None, station_id=station,
                           data={"reason": row.id})  # fmt: skip


def test_nothing_to_decide_is_said(desk: Outside) -> None:
    for path in ("/lead", "/lead/L1"):
        assert "Nothing needs your decision" in desk.get(path)


def test_a_call_names_station_and_reason(desk: Outside, made: Shop) -> None:
    call(made)
    text = desk.get("/lead/L1")
    assert "Foam calls for help" in text
    assert "No parts" in text
    desk.speak("zh_Hans")
    assert "缺料" in desk.get("/lead")


def test_the_worst_stands_first_then_the_oldest(desk: Outside, made: Shop) -> None:
    ids = [call(made, minutes=1), call(made, minutes=5), call(made, severity="crit", minutes=2)]
    text = desk.get("/lead")
    assert sorted(ids, key=lambda one: text.index(f'id="notice-{one}"')) == [ids[2], ids[1], ids[0]]


def test_acknowledge_says_who_and_done_clears(desk: Outside, made: Shop) -> None:
    notice_id = call(made)
    answered = desk.post(f"/lead/notices/{notice_id}/acknowledge", {"line": "L1"})
    assert answered.location.endswith("/lead/L1")
    assert "lead looks after it" in desk.get("/lead/L1")
    answered = desk.post(f"/lead/notices/{notice_id}/clear", {"line": "//evil"})
    assert answered.location.endswith("/lead")
    db.session.rollback()
    assert notices("help") == []


def test_what_ends_by_itself_cannot_be_cleared(desk: Outside, made: Shop) -> None:
    monitoring.ingest([edge(made, "stopped", now_utc(), "alarm:11")], now_utc())
    (row,) = notices("stop")
    text = desk.get("/lead/L1")
    assert "BEND stands" in text
    assert "alarm 11" in text
    assert f"/lead/notices/{row.id}/clear" not in text
    desk.post(f"/lead/notices/{row.id}/clear", status=409)
    db.session.rollback()
    assert len(notices("stop")) == 1


def test_a_station_shows_queue_state_people_and_limit(desk: Outside, made: Shop) -> None:
    made.make("C10", 5)
    limits.step({}, now_utc())
    with transaction() as session:
        session.add(StationState(station_id=made.plant.stations["FOAM"], person_id=made.plant.people["LI"],
                                 pending={}, updated_at=now_utc()))  # fmt: skip
    text = desk.get("/lead/L1")
    assert "Foam is full: 5 wait, the limit is 4" in text
    assert "Limited" in text
    assert ">LI</p>" in text
    assert "/lead/L1/FOAM?only=ready" in text


def test_each_number_opens_its_rows(desk: Outside, made: Shop) -> None:
    made.make("C10", 5)
    with transaction() as session:
        session.execute(update(WorkOrder).values(due_at=now_utc() - timedelta(days=1)))
    assert "/lead/L1/FOAM?only=late" in desk.get("/lead/L1")
    code = db.session.get_one(WorkOrder, made.order_id).code
    for path in ("/lead/L1/FOAM", "/lead/L1/FOAM?only=late", "/lead/L1/FOAM?only=ready"):
        assert code in desk.get(path)
    assert "No task stands here" in desk.get("/lead/L1/TEST?only=ready")
    assert "<html" not in desk.get("/lead/L1/FOAM", headers={"HX-Request": "true"})


def test_a_stop_told_by_people_stands_at_the_station(desk: Outside, made: Shop) -> None:
    with transaction() as session:
        session.add(StationState(station_id=made.plant.stations["PACK"], pending={}, stopped_reason="TAPE",
                                 updated_at=now_utc()))  # fmt: skip
    text = desk.get("/lead/L1")
    assert "Stopped" in text
    assert "TAPE" in text


def test_another_site_does_not_exist(desk: Outside) -> None:
    elsewhere = another_site()
    for path in ("/lead/U-L", "/lead/L1/U-ST", "/lead/U-L/U-ST"):
        desk.get(path, 404)
    for action in ("acknowledge", "clear"):
        desk.post(f"/lead/notices/{elsewhere.ids['notice_id']}/{action}", status=404)
    db.session.rollback()
    assert db.session.get_one(Notice, elsewhere.ids["notice_id"]).acknowledged_at is None


@pytest.mark.parametrize("role", ["operator", "planner"])
def test_who_does_not_lead_is_refused(app: Flask, made: Shop, role: str) -> None:
    desk = Outside(app)
    desk.sign_in(role)
    desk.get("/lead", 403)
    desk.post("/lead/notices/1/acknowledge", status=403)
