"""A person's own password: the old one is asked, the new one must fit, and whoever else was signed in is out."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.models import Event, LoginSession, User
from app.services import passwords, users
from tests.web.desk import SECRET, Desk, plant_with_users

NEW = "a longer sesame"
PAGE = "/account/password"


@pytest.fixture
def plant(app: Flask) -> Flask:
    with app.app_context():
        plant_with_users()
    return app


def signed_in(plant: Flask, name: str = "planner") -> Desk:
    desk = Desk(plant)
    assert desk.sign_in(name).status_code == 302
    return desk


def form(current: str = SECRET, new: str = NEW, repeated: str | None = None) -> dict[str, str]:
    return {"current": current, "password": new, "repeated": new if repeated is None else repeated}


def topics(plant: Flask) -> list[str]:
    with plant.app_context():
        return list(db.session.scalars(select(Event.topic).where(Event.subject_type == "user").order_by(Event.id)))


def still_old(plant: Flask) -> bool:
    return Desk(plant).sign_in("planner").status_code == 302


def test_the_new_password_counts_and_only_this_browser_stays_signed_in(plant: Flask) -> None:
    here, there, other = signed_in(plant), signed_in(plant), signed_in(plant, "quality")
    assert f'href="{PAGE}"' in here.get("/orders")
    assert 'autocomplete="current-password"' in here.get(PAGE)
    assert here.post(PAGE, form()).location == "/account"
    assert "Your password is changed." in here.get("/account")
    assert there.client.get("/orders").status_code == 302
    other.get("/account")
    assert not still_old(plant)
    assert Desk(plant).sign_in("planner", NEW).status_code == 302
    assert topics(plant)[-2:] == ["user.password_changed", "user.session_ended"]
    with plant.app_context():
        event = db.session.scalars(select(Event).where(Event.topic == "user.password_changed")).one()
        assert event.actor == f"user:{event.subject_id}"
        assert NEW not in event.data
    assert "Password changed by its owner" in signed_in(plant, "admin").get("/admin/log")


@pytest.mark.parametrize(("sent", "field", "sentence"), [
    (form(current="nonsense"), "current", "This is not your password. Try again."),
    (form(current=""), "current", "Fill this in."),
    (form(new="123456789"), "password", "Use at least 10 characters."),
    (form(repeated="a longer sesamE"), "repeated", "The two new passwords differ."),
    (form(new=SECRET), "password", "This is your password already."),
    ({}, "password", "Use at least 10 characters."),
])  # fmt: skip
def test_what_does_not_fit_is_told_under_its_field_and_nothing_changes(
    plant: Flask, sent: dict[str, str], field: str, sentence: str
) -> None:
    desk, there, before = signed_in(plant), signed_in(plant), topics(plant)
    page = desk.post(PAGE, sent, status=422).text
    under = page.split(f'id="f-{field}-wrong"')[1].split("</p>")[0]
    assert sentence in under
    assert page.count('aria-invalid="true"') == page.count("autofocus") == 1
    assert SECRET not in page
    assert NEW not in page
    there.get("/account")
    assert topics(plant) == before
    assert still_old(plant)


def test_the_words_are_chinese_for_who_reads_chinese(plant: Flask) -> None:
    desk = signed_in(plant)
    desk.speak("zh_Hans")
    assert "密码不正确，请重试。" in desk.post(PAGE, form(current="nonsense"), status=422).text
    assert "两次输入的新密码不一致" in desk.post(PAGE, form(repeated="x"), status=422).text
    desk.post(PAGE, form())
    assert "密码已修改" in desk.get("/account")


def test_guessing_waits_as_at_the_sign_in_even_with_the_right_one(plant: Flask) -> None:
    desk = signed_in(plant)
    for _try in range(4):
        assert "This is not your password" in desk.post(PAGE, form(current="no"), status=422).text
    with plant.app_context():
        user_id = db.session.scalars(select(User.id).where(User.name == "planner")).one()
        session_id = db.session.scalars(select(LoginSession.id)).one()
        now = now_utc()
        with pytest.raises(users.SignInRefused, match="wrong"):
            passwords.change(user_id, session_id, "no", NEW, "user:1", now)
        with pytest.raises(users.SignInRefused, match="wait"):
            passwords.change(user_id, session_id, SECRET, NEW, "user:1", now + timedelta(seconds=1))
        passwords.change(user_id, session_id, SECRET, NEW, "user:1", now + timedelta(seconds=3))
        assert db.session.scalars(select(User.failed_count).where(User.id == user_id)).one() == 0


def test_sent_twice_it_changes_once(plant: Flask) -> None:
    desk = signed_in(plant)
    desk.post(PAGE, form())
    once = topics(plant)
    desk.post(PAGE, form(), status=422)
    assert topics(plant) == once
    assert Desk(plant).sign_in("planner", NEW).status_code == 302


def test_of_two_at_once_one_wins_and_the_other_is_told(plant: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = signed_in(plant), signed_in(plant)
    slow = passwords.users.hashed

    def meanwhile(password: str) -> str:
        if password == NEW:
            there.post(PAGE, form(new="that of the other"))
        return slow(password)

    monkeypatch.setattr(passwords.users, "hashed", meanwhile)
    assert "This is not your password" in here.post(PAGE, form(), status=422).text
    assert Desk(plant).sign_in("planner", "that of the other").status_code == 302
    assert Desk(plant).sign_in("planner", NEW).status_code == 401
    assert topics(plant).count("user.password_changed") == 1


def test_a_program_with_a_token_has_no_password(plant: Flask) -> None:
    with plant.app_context():
        user_id = db.session.scalars(select(User.id).where(User.name == "planner")).one()
        token = users.create_token(user_id, "erp", "cli:test", now_utc())
    head = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answer = plant.test_client().post(PAGE, data=form(), headers=head)
    assert (answer.status_code, answer.json["code"]) == (403, "sign.nobody")
    assert still_old(plant)
