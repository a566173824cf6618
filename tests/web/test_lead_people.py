"""Leads give notices away and move people: with the skill, for the shift, back again; the wall tells who is missing."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, now_utc, transaction
from app.errors import Conflict, NotFound
from app.models import Event, Notice, Roster, ShiftPattern, Station, StationState
from app.queries.attendance import attendance, missing
from app.services import leading, readings, users
from app.services.notices import Matter, open_notice
from tests.app.machine_rigs import Shop, shop
from tests.small_plant import NOW
from tests.web.desk import SECRET, another_site
from tests.web.machine_desk import Outside


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        readings.prepare()
        found = shop()
        for role in ("lead", "operator"):
            users.create("T", role, SECRET, [role], None, now_utc(), weak=True)
        with transaction() as session:  # one shift round the clock, whatever the hour
            session.execute(update(ShiftPattern).where(ShiftPattern.code == "A").values(start_min=0, end_min=1440))
        yield found


@pytest.fixture
def desk(app: Flask, made: Shop) -> Outside:
    found = Outside(app)
    found.sign_in("lead")
    return found


def roster(made: Shop, who: str, where: str, now: datetime) -> None:
    shift_id, day = leading.shift_of_now(made.plant.site_id, now)
    with transaction() as session:
        session.add(Roster(site_id=made.plant.site_id, person_id=made.plant.people[who], day=day, shift_id=shift_id,
                           station_id=made.plant.stations[where]))  # fmt: skip


def line_of(made: Shop) -> int:
    return db.session.get_one(Station, made.plant.stations["BEND"]).line_id


def topics() -> list[str]:
    wanted = Event.topic.in_(("notice.assigned", "notice.unassigned", "person.moved"))
    return list(db.session.scalars(select(Event.topic).where(wanted).order_by(Event.id)))


def test_a_notice_is_given_away_and_taken_back(desk: Outside, made: Shop) -> None:
    station = made.plant.stations["FOAM"]
    with transaction() as session:
        notice_id = open_notice(session, Matter(made.plant.site_id, "help", ("station", station)), "warn", now_utc(),
                                None, station_id=station)  # fmt: skip
    path = f"/lead/notices/{notice_id}/assign"
    for _ in range(2):  # the second tap changes nothing
        answer = desk.post(path, {"person": str(made.plant.people["WANG"]), "line": "L1"})
    assert answer.location.endswith("/lead/L1")
    assert "Given to WANG" in desk.get("/lead/L1")
    desk.post(path, {"person": ""})
    assert "Given to" not in desk.get("/lead")
    desk.post(path, {"person": "9" * 12}, status=404)
    desk.post(path, {"person": "x"}, status=404)
    assert topics() == ["notice.assigned", "notice.unassigned"]
    assert db.session.get_one(Notice, notice_id, populate_existing=True).acknowledged_at is not None
    desk.speak("zh_Hans")
    assert "交给" in desk.get("/lead/L1")


def test_who_is_rostered_and_not_signed_in_is_missing(desk: Outside, made: Shop) -> None:
    assert "Nobody is rostered" in desk.get("/lead/L1/people")
    assert "People missing" not in desk.get("/wall/L1")
    now = now_utc()
    roster(made, "LI", "FOAM", now)
    roster(made, "WANG", "BEND", now)
    with transaction() as session:  # LI works elsewhere, as the second one there
        session.add(StationState(station_id=made.plant.stations["TEST"], person_id=made.plant.people["LI"], pending={},
                                 updated_at=now))  # fmt: skip
    assert [one.person.code for one in missing(db.session, made.plant.site_id, line_of(made), now)] == ["WANG"]
    wall = desk.get("/wall/L1")
    assert "People missing" in wall
    assert "Bend" in wall
    assert "1 person is missing" in desk.get("/lead/L1")
    with transaction() as session:
        session.execute(update(StationState).values(pending={"crew": [{"person": made.plant.people["WANG"]}]}))
    assert "People missing" not in desk.get("/wall/L1")


def test_a_person_is_moved_for_the_shift_and_back(desk: Outside, made: Shop) -> None:
    now = now_utc()
    roster(made, "WANG", "BEND", now)
    wang, stations = str(made.plant.people["WANG"]), made.plant.stations
    for _ in range(2):
        desk.post("/lead/L1/people", {"person": wang, "station": str(stations["FOAM"])})
    assert "moved from Bend" in desk.get("/lead/L1/people")
    desk.post("/lead/L1/people", {"person": wang, "station": str(stations["PACK"])})
    desk.post("/lead/L1/people", {"person": wang, "station": str(stations["BEND"])})
    (row,) = attendance(db.session, made.plant.site_id, line_of(made), now)
    assert (row.station.code, row.moved_from) == ("BEND", None)
    assert topics() == ["person.moved"] * 3


def test_work_that_needs_a_skill_wants_somebody_who_has_it(made: Shop) -> None:
    from app.models import Task

    site_id, charge = made.plant.site_id, made.plant.stations["CHARGE"]
    with transaction() as session:
        session.execute(update(Task).where(Task.id == made.task("F20").id).values(quantity_input=3))
    with pytest.raises(Conflict, match=r"roster\.skill"):
        leading.move_person(site_id, made.plant.people["WANG"], charge, "cli:test", NOW)
    leading.move_person(site_id, made.plant.people["LI"], charge, "cli:test", NOW)
    assert topics() == ["person.moved"]


def test_nobody_moves_outside_of_shifts_nor_to_another_site(made: Shop) -> None:
    site_id, li = made.plant.site_id, made.plant.people["LI"]
    elsewhere = another_site()
    for station in (10**9, elsewhere.ids["station_id"]):
        with pytest.raises(NotFound):
            leading.move_person(site_id, li, station, "cli:test", NOW)
    with transaction() as session:
        session.execute(update(ShiftPattern).values(weekdays=[]))
    from app.queries.known import forget

    forget()
    with pytest.raises(Conflict, match=r"roster\.no_shift"):
        leading.move_person(site_id, li, made.plant.stations["FOAM"], "cli:test", NOW + timedelta(days=1))


def test_an_operator_moves_nobody(app: Flask, made: Shop) -> None:
    desk = Outside(app)
    desk.sign_in("operator")
    desk.get("/lead/L1/people", 403)
    desk.post("/lead/L1/people", {"person": "1", "station": "1"}, status=403)
    desk.post("/lead/notices/1/assign", {"person": "1"}, status=403)
