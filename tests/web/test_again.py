"""Sessions that are listed and ended, and the secret once more where somebody releases, undoes or overrides."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, now_utc, transaction
from app.models import LoginSession, User, WorkOrder
from app.services import logins, users
from app.web.device_words import device_words
from app.workers.uses import flush
from tests.web.desk import SECRET, Desk, plant_with_users

LONG_AGO = timedelta(hours=1)


@pytest.fixture
def plant(app: Flask) -> Flask:
    with app.app_context():
        plant_with_users()
    return app


def signed_in(plant: Flask, name: str) -> Desk:
    desk = Desk(plant)
    assert desk.sign_in(name).status_code == 302
    return desk


def sessions(plant: Flask, name: str) -> list[Any]:
    with plant.app_context():
        mine = select(LoginSession).join(User).where(User.name == name).order_by(LoginSession.id)
        return list(db.session.scalars(mine))


def entered(plant: Flask, ago: timedelta) -> None:
    with plant.app_context(), transaction() as session:
        session.execute(update(LoginSession).values(confirmed_at=now_utc() - ago))


def draft(plant: Flask, desk: Desk) -> str:
    body = {"item": "FRIDGE", "quantity": "2", "due_at": "2027-03-01T14:00"}
    desk.post("/orders/new", body)
    with plant.app_context():
        return f"/orders/{db.session.scalars(select(WorkOrder.id)).one()}"


def status(plant: Flask) -> str:
    with plant.app_context():
        return db.session.scalars(select(WorkOrder.status)).one()


def test_a_release_asks_for_the_secret_when_it_was_entered_long_ago(plant: Flask) -> None:
    desk = signed_in(plant, "planner")
    order = draft(plant, desk)
    entered(plant, LONG_AGO)
    form = {"skip": "FRIDGE/test", "note": 'a "quoted" <note>'}
    asked = desk.post(f"{order}/release", form, status=403, headers={"Referer": f"http://localhost{order}?view=tasks"})
    assert 'name="secret_again"' in asked.text
    assert 'name="skip" value="FRIDGE/test"' in asked.text
    assert "&lt;note&gt;" in asked.text
    assert f'value="{order}?view=tasks"' in asked.text
    wrong = desk.post(f"{order}/release", {"secret_again": "nonsense"}, status=403)
    assert "This is not your password" in wrong.text
    assert status(plant) == "draft"
    desk.post(f"{order}/release", {"secret_again": SECRET})
    assert status(plant) == "released"
    assert sessions(plant, "planner")[0].confirmed_at > now_utc() - timedelta(minutes=1)


def service_orders(plant: Flask) -> list[str]:
    with plant.app_context():
        return list(db.session.scalars(select(WorkOrder.status)))


def test_making_and_releasing_in_one_asks_too_and_keeps_what_was_filled_in(plant: Flask) -> None:
    desk = signed_in(plant, "service")
    form = {"kind": "service", "title": "Fan <noise>", "station": "TEST", "minutes": "45", "due_at": "2027-03-01T08:30",
            "then": "release"}  # fmt: skip
    entered(plant, LONG_AGO)
    asked = desk.post("/service/new", form, status=403).text
    assert 'name="title" value="Fan &lt;noise&gt;"' in asked
    assert 'name="then" value="release"' in asked
    assert "This is not your password" in desk.post("/service/new", form | {"secret_again": "no"}, status=403).text
    assert service_orders(plant) == []
    desk.post("/service/new", form | {"secret_again": SECRET})
    assert service_orders(plant) == ["released"]
    desk.post("/service/new", form)
    assert service_orders(plant) == ["released", "released"]


def test_a_draft_of_the_same_form_asks_for_nothing(plant: Flask) -> None:
    desk = signed_in(plant, "service")
    entered(plant, LONG_AGO)
    form = {"kind": "service", "title": "Fan", "station": "TEST", "minutes": "45", "due_at": "2027-03-01T08:30"}
    desk.post("/service/new", form | {"then": "draft"})
    desk.post("/service/new", form)
    desk.post("/service/new", form | {"then": "Release"})
    assert service_orders(plant) == ["draft"] * 3


def test_approving_what_engineers_wrote_asks_for_the_secret(plant: Flask) -> None:
    desk = signed_in(plant, "quality")
    entered(plant, LONG_AGO)
    for place in ("boms/drafts/99/approve", "boms/revisions/99/retire", "routings/99/approve"):
        asked = desk.post(f"/engineering/{place}", {"version": "2"}, status=403)
        assert 'name="secret_again"' in asked.text, place
    desk.post("/engineering/boms/drafts/99/approve", {"version": "2", "secret_again": SECRET}, status=404)


def test_a_refusal_after_it_leads_back_to_where_the_form_was_and_nowhere_else(plant: Flask) -> None:
    desk = signed_in(plant, "planner")
    order = draft(plant, desk)
    desk.post(f"{order}/cancel", {"note": "too late"})
    for told, back in (
        (f"{order}?view=tasks", f"{order}?view=tasks"),
        ("https://evil.example/x", "/x"),
        ("//x/y", "/y"),
    ):
        entered(plant, LONG_AGO)
        again = desk.post(f"{order}/release", {"secret_again": SECRET, "came_from": told})
        assert again.location == back


def test_programs_are_told_and_a_token_is_never_asked(plant: Flask) -> None:
    desk = signed_in(plant, "planner")
    order = draft(plant, desk)
    with plant.app_context():
        user_id = db.session.scalars(select(User.id).where(User.name == "planner")).one()
        token = users.create_token(user_id, "erp", "cli:test", now_utc())
        code = db.session.scalars(select(WorkOrder.code)).one()
    entered(plant, LONG_AGO)
    told = desk.post(f"{order}/release", status=403, headers={"Accept": "application/json"})
    assert told.json["code"] == "auth.again"
    head = {"Authorization": f"Bearer {token}", "Idempotency-Key": "release-1"}
    assert plant.test_client().post(f"/api/v1/orders/{code}/release", headers=head).status_code == 200


def test_guessing_at_the_second_question_waits_too_even_with_the_right_secret(plant: Flask) -> None:
    desk = signed_in(plant, "planner")
    order = draft(plant, desk)
    entered(plant, LONG_AGO)
    with plant.app_context(), transaction() as session:
        until = now_utc() + timedelta(minutes=5)
        session.execute(update(User).where(User.name == "planner").values(failed_count=9, locked_until=until))
    assert "Too many tries" in desk.post(f"{order}/release", {"secret_again": SECRET}, status=403).text
    assert status(plant) == "draft"


def test_sessions_are_listed_and_ended_by_their_owner(plant: Flask) -> None:
    here, there, third = (signed_in(plant, "planner") for _desk in range(3))
    with plant.app_context(), transaction() as session:
        session.execute(update(LoginSession).values(device="Firefox · Linux", address="10.0.0.7"))
    page = here.get("/account")
    assert page.count("Firefox · Linux</th>") == 3
    assert page.count(">This browser<") == 1
    here.post(f"/account/sessions/{sessions(plant, 'planner')[1].id}/end")
    assert there.client.get("/account").status_code == 302
    third.get("/account")
    here.post("/account/sessions/end")
    assert third.client.get("/account").status_code == 302
    here.get("/account")
    other = signed_in(plant, "quality")
    other.post(f"/account/sessions/{sessions(plant, 'planner')[0].id}/end", status=404)
    here.post("/logout")
    assert all(one.ended_at for one in sessions(plant, "planner"))


def test_an_administrator_ends_one_or_all_and_sets_a_new_secret(plant: Flask) -> None:
    admin, desk, second = (signed_in(plant, name) for name in ("admin", "planner", "planner"))
    one = sessions(plant, "planner")[0]
    assert f"/sessions/{one.id}/end" in admin.get(f"/admin/users/{one.user_id}")
    admin.post(f"/admin/users/{one.user_id}/sessions/{one.id}/end")
    assert desk.client.get("/orders").status_code == 302
    second.get("/orders")
    form = {"password": "a new long secret"}
    desk.sign_in("planner")
    desk.post(f"/admin/users/{one.user_id}/password", form, status=403)
    admin.post(f"/admin/users/{one.user_id}/password", form)
    assert second.client.get("/orders").status_code == 302
    assert all(row.ended_at for row in sessions(plant, "planner"))
    assert desk.sign_in("planner").status_code == 401
    assert desk.sign_in("planner", "a new long secret").status_code == 302


def test_use_is_written_down_and_what_is_not_seen_for_long_signs_in_again(plant: Flask) -> None:
    desk = signed_in(plant, "planner")
    with plant.app_context():
        with transaction() as session:
            session.execute(update(LoginSession).values(seen_at=now_utc() - LONG_AGO))
        desk.get("/orders")
        assert flush(plant) == 1
        assert flush(plant) == 0
        assert logins.expire(now_utc() - LONG_AGO) == 0
        assert logins.expire(now_utc() + LONG_AGO) == 1
        users.forget()
    assert desk.client.get("/orders").status_code == 302


@pytest.mark.parametrize(("agent", "words"), [
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge · Windows"),
    ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome · Android"),
    ("curl/8.5", ""), ("", ""),
])  # fmt: skip
def test_a_browser_is_told_in_words_people_know(agent: str, words: str) -> None:
    assert device_words(agent) == words
