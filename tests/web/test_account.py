"""Signing in and out: sessions are made anew, wrong tries wait, nobody is sent elsewhere; tokens are shown once."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, now_utc, transaction
from app.models import ApiToken, User
from app.services import users
from tests.web.desk import SECRET, Desk, plant_with_users


@pytest.fixture
def plant(app: Flask) -> Flask:
    with app.app_context():
        plant_with_users()
    return app


@pytest.fixture
def desk(plant: Flask) -> Desk:
    return Desk(plant)


def test_signing_in_leads_to_the_place_that_was_asked_for(desk: Desk) -> None:
    answer = desk.client.get("/orders?late=1")
    assert answer.location == "/login?next=/orders?late%3D1"
    assert desk.sign_in("planner", next="/orders?late=1").location == "/orders?late=1"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/x", "/\\evil.example", "javascript:x", "x"])
def test_signing_in_never_leads_to_another_server(desk: Desk, target: str) -> None:
    location = desk.sign_in("planner", next=target).location
    assert location.startswith("/")
    assert "evil" not in location


def test_wrong_secret_and_unknown_name_look_the_same(desk: Desk) -> None:
    wrong = desk.sign_in("planner", "no")
    unknown = desk.sign_in("nobody", "no")
    assert wrong.status_code == unknown.status_code == 401
    sentence = "Name and password do not match. Check both and try again."
    assert sentence in wrong.text
    assert sentence in unknown.text
    assert 'value="planner"' in wrong.text


def test_an_unknown_name_costs_a_hash_like_a_known_one(plant: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    real = users.check_password_hash
    monkeypatch.setattr(users, "check_password_hash", lambda kept, given: checked.append(kept) or real(kept, given))
    with plant.app_context():
        for name in ("planner", "nobody"):
            with pytest.raises(users.SignInRefused):
                users.sign_in(name, "no", now_utc())
    assert [kept.split("$")[0] for kept in checked] == [checked[0].split("$")[0]] * 2


def test_the_fifth_failure_waits_even_with_the_right_secret(desk: Desk, plant: Flask) -> None:
    for _try in range(5):
        assert desk.sign_in("planner", "no").status_code == 401
    with plant.app_context():
        locked = db.session.scalar(select(User.locked_until).where(User.name == "planner"))
        assert locked is not None
        with pytest.raises(users.SignInRefused) as refusal:
            users.sign_in("planner", SECRET, locked - timedelta(milliseconds=10))
        assert refusal.value.code == "auth.wait"
        users.sign_in("planner", SECRET, locked + timedelta(milliseconds=10))
        assert db.session.scalar(select(User.failed_count).where(User.name == "planner")) == 0


def test_each_further_failure_doubles_the_wait(plant: Flask) -> None:
    waits, now = [], now_utc()
    with plant.app_context():
        for _try in range(8):
            with pytest.raises(users.SignInRefused):
                users.sign_in("planner", "no", now)
            locked = db.session.scalar(select(User.locked_until).where(User.name == "planner"))
            waits.append((locked - now).total_seconds() if locked else 0)
            now = (locked or now) + timedelta(milliseconds=1)
            db.session.rollback()
            db.session.expire_all()
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16]


def test_a_session_is_made_anew_when_signing_in(desk: Desk) -> None:
    with desk.client.session_transaction() as before:
        before["planted"] = "by somebody else"
        before["language"] = "zh_Hans"
    desk.sign_in("planner")
    with desk.client.session_transaction() as after:
        assert "planted" not in after
        assert after["language"] == "zh_Hans"


def test_a_token_of_the_old_session_does_not_fit_the_new(desk: Desk) -> None:
    old = desk.token()
    desk.sign_in("planner")
    assert desk.client.post("/account/tokens", data={"name": "x", "csrf_token": old}).status_code == 400


def test_signing_out_ends_the_session(desk: Desk) -> None:
    desk.sign_in("planner")
    desk.get("/orders")
    desk.post("/logout")
    assert desk.client.get("/orders").status_code == 302


def test_ended_sessions_and_switched_off_logins_are_out_at_once(desk: Desk, plant: Flask) -> None:
    desk.sign_in("planner")
    with plant.app_context():
        user_id = db.session.scalars(select(User.id).where(User.name == "planner")).one()
        users.end_sessions(user_id, "cli:test", now_utc())
    assert desk.client.get("/orders").status_code == 302
    desk.sign_in("planner")
    desk.get("/orders")
    with plant.app_context():
        users.set_active(user_id, False, "cli:test", now_utc())
    assert desk.client.get("/orders").status_code == 302
    assert desk.sign_in("planner").status_code == 401


def test_a_personal_token_is_shown_once_works_and_ends(desk: Desk, plant: Flask) -> None:
    desk.sign_in("planner")
    desk.post("/account/tokens", {"name": "progress reader"})
    token = re.search(r'id="fresh-token">(gx_[^<]+)<', desk.get("/account"))
    assert token
    assert token[1] not in desk.get("/account")
    head = {"Authorization": f"Bearer {token[1]}", "Accept": "application/json, */*;q=0.1"}
    assert plant.test_client().get("/orders", headers=head).status_code == 200
    with plant.app_context():
        token_id = db.session.scalars(select(ApiToken.id)).one()
        assert token[1] not in str(db.session.execute(select(ApiToken.__table__)).all())
    desk.post(f"/account/tokens/{token_id}/revoke")
    assert plant.test_client().get("/orders", headers=head).status_code == 401
    assert "Revoked" in desk.get("/account")


def test_nobody_revokes_the_token_of_another(desk: Desk, plant: Flask) -> None:
    desk.sign_in("planner")
    desk.post("/account/tokens", {"name": "mine"})
    other = Desk(plant)
    other.sign_in("admin")
    other.post("/account/tokens/1/revoke", status=404)


def test_language_and_theme_are_kept_on_the_device(desk: Desk) -> None:
    assert "Sign in" in desk.get("/login")
    desk.post("/preferences", {"language": "zh_Hans"})
    desk.post("/preferences", {"theme": "dark"})
    page = desk.get("/login")
    assert "登录" in page
    assert 'lang="zh-Hans"' in page
    assert 'data-theme="dark"' in page
    desk.post("/preferences", {"language": "klingon", "theme": "pink"})
    assert "登录" in desk.get("/login")


def test_preferences_go_back_to_our_own_pages_only(desk: Desk) -> None:
    answer = desk.post("/preferences", {"theme": "dark"}, headers={"Referer": "http://localhost/orders?late=1"})
    assert answer.location == "/orders?late=1"
    answer = desk.post("/preferences", {"theme": "dark"}, headers={"Referer": "http://evil.example//evil.example/x"})
    assert "evil" not in answer.location


def test_a_login_without_roles_still_has_its_account(plant: Flask) -> None:
    with plant.app_context():
        users.create("T", "plain", SECRET, [], None, now_utc(), weak=True)
        with transaction() as session:
            session.execute(update(User).where(User.name == "plain").values(failed_count=0))
    desk = Desk(plant)
    assert desk.sign_in("plain").location == "/account"
    desk.get("/orders", status=403)
