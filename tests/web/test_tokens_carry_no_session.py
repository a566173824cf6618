"""A request with a personal token: the same policy, headers and refusals as any, and no session at all."""

import pytest
from flask import Flask

from tests.web.api_rig import FRIDGES, Rig
from tests.web.desk import SECRET, Desk


@pytest.fixture
def rig(app: Flask) -> Rig:
    return Rig(app)


@pytest.fixture
def person(rig: Rig) -> Desk:
    """A browser in which the administrator is signed in."""
    with rig.app.app_context():
        from app.db import now_utc
        from app.services import users

        users.create("T", "person", SECRET, ["admin"], None, now_utc(), weak=True)
    desk = Desk(rig.app)
    desk.sign_in("person")
    return desk


def bearer(rig: Rig, role: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {rig.tokens[role]}", "Accept": "application/json"} | more


def test_nothing_of_a_session_is_sent_and_every_header_is(rig: Rig) -> None:
    client = rig.app.test_client()
    answer = client.get("/api/v1/orders", headers=bearer(rig, "planner"))
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    for name, wanted in (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
                         ("Cache-Control", "no-store")):  # fmt: skip
        assert answer.headers.getlist(name) == [wanted]
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert len(answer.headers.getlist("X-Request-Id")) == 1


def test_the_cookie_beside_a_token_counts_for_nothing(rig: Rig, person: Desk) -> None:
    # The token's role may not, whoever is signed in in the same browser.
    answer = person.client.post(
        "/api/v1/orders", json=FRIDGES, headers=bearer(rig, "wall", **{"Idempotency-Key": "a" * 9})
    )
    assert answer.status_code == 403
    wrong = person.client.get("/api/v1/orders", headers={"Authorization": "Bearer gx_wrong"})
    assert wrong.status_code == 401
    assert person.client.get("/account").status_code == 200


def test_a_form_without_its_token_is_refused_where_a_cookie_speaks(rig: Rig, person: Desk) -> None:
    key = {"Idempotency-Key": "b" * 9}
    assert person.client.post("/api/v1/orders", json=FRIDGES, headers=key).status_code == 400
    assert person.client.post("/api/v1/orders", json=FRIDGES, headers=key | bearer(rig, "planner")).status_code == 201


def test_what_a_page_puts_into_a_session_goes_with_the_request(rig: Rig) -> None:
    # A refused form leaves its words in the session and leads back: with a token there is none to keep them in.
    client = rig.app.test_client()
    headers = {"Authorization": f"Bearer {rig.tokens['planner']}", "Referer": "http://localhost/orders"}
    answer = client.post("/orders/new", data={"kind": "production"}, headers=headers)
    assert answer.status_code in (302, 200, 422)
    assert "Set-Cookie" not in answer.headers
