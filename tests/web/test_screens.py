"""A screen is paired by its code, shows its place without a password, and is signed out at once."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.auth.identity import forget
from app.db import db, now_utc
from app.errors import NotFound
from app.models import Event, Screen, Station, User
from app.services import screens
from tests.web.desk import Desk, plant_with_users


@pytest.fixture
def place(app: Flask) -> str:
    with app.app_context():
        plant_with_users()
        return str(db.session.scalars(select(Station.code).order_by(Station.id)).first())


def shown_code(screen: Desk) -> str:
    screen.post("/pair")
    return "".join(re.findall(r'class="big-count"[^>]*>(\d{3}) (\d{3})<', screen.get("/pair"))[0])


def paired(app: Flask, place: str, kind: str = "station") -> tuple[Desk, Desk]:
    screen, admin = Desk(app), Desk(app)
    code = shown_code(screen)
    admin.sign_in("admin")
    admin.post("/admin/screens", {"code": f"{code[:3]} {code[3:]}", "place": f"{kind}:{place}", "distance": "8"})
    return screen, admin


def test_a_screen_waits_with_its_code_and_then_shows_its_station(app: Flask, place: str) -> None:
    screen, _admin = paired(app, place)
    answer = screen.client.get("/pair")
    assert answer.headers["Location"].endswith(f"/s/{place}")
    assert screen.client.get(f"/s/{place}").status_code == 200


def test_a_paired_screen_may_do_what_its_role_may_and_no_more(app: Flask, place: str) -> None:
    screen, _admin = paired(app, place)
    assert screen.client.get("/admin").status_code == 403


def test_an_unpaired_screen_sees_nothing(app: Flask, place: str) -> None:
    screen = Desk(app)
    shown_code(screen)
    assert screen.client.get(f"/s/{place}").status_code in (302, 401)


def test_a_wall_keeps_distance_and_size(app: Flask, place: str) -> None:
    with app.app_context():
        from app.models import Line

        line = str(db.session.scalars(select(Line.code)).first())
    screen, _admin = paired(app, line, "wall")
    assert screen.client.get("/pair").headers["Location"].endswith(f"/wall/{line}?distance=8")
    assert screen.client.get(f"/wall/{line}").status_code == 200


def test_a_revoked_screen_is_out_at_once(app: Flask, place: str) -> None:
    screen, admin = paired(app, place)
    with app.app_context():
        number = db.session.scalars(select(Screen.id)).one()
    admin.post(f"/admin/screens/{number}/revoke")
    assert screen.client.get(f"/s/{place}").status_code in (302, 401)
    with app.app_context():
        topics = set(db.session.scalars(select(Event.topic)))
        assert {"screen.paired", "screen.revoked"} <= topics
        assert not db.session.scalars(select(User.active).where(User.name.startswith("station-"))).one()


def test_a_code_holds_for_ten_minutes_and_once(app: Flask, place: str) -> None:
    with app.app_context():
        site = db.session.scalars(select(User.site_id)).first()
        asked = screens.ask(now_utc())
        late = now_utc() + timedelta(minutes=11)
        with pytest.raises(NotFound):
            screens.pair(site, asked.code, "station", place, "", "user:1", late)
        screens.pair(site, asked.code, "station", place, "", "user:1", now_utc())
        with pytest.raises(NotFound):
            screens.pair(site, asked.code, "station", place, "", "user:1", now_utc())


def test_a_place_that_is_not_there_leaves_the_code_waiting(app: Flask, place: str) -> None:
    with app.app_context():
        site = db.session.scalars(select(User.site_id)).first()
        asked = screens.ask(now_utc())
        with pytest.raises(NotFound):
            screens.pair(site, asked.code, "station", "NOWHERE", "", "user:1", now_utc())
        assert screens.state(asked.secret, now_utc()).code == asked.code


def test_a_person_who_signs_in_at_a_paired_screen_comes_first(app: Flask, place: str) -> None:
    screen, _admin = paired(app, place)
    screen.sign_in("admin")
    with app.app_context():
        forget()
    assert screen.client.get("/admin").status_code == 200
