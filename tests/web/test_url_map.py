"""A walk over the map of routes: each has a policy, forms need their token, roles and sites stay apart."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from app.auth import PUBLIC, ROLES
from app.auth.policy import permissions, policy_of
from tests.web.desk import Desk, Elsewhere, another_site, plant_with_users

ANY = {"note": "x", "password": "long enough word", "roles": "admin", "due_at": "2026-12-01T10:00", "version": "1"}
OPEN_TO_PROGRAMS = 503  # readiness may say that a part does not run in this test


def rules(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def plain_pages(app: Flask) -> list[Rule]:
    return [rule for rule in rules(app) if "GET" in (rule.methods or ()) and not rule.arguments]


def policy(app: Flask, rule: Rule) -> str | None:
    return policy_of(app.view_functions[rule.endpoint])


def filled(rule: Rule, ids: dict[str, int], codes: dict[str, str]) -> str:
    values: dict[str, Any] = {
        name: ids.get(name, 424242) if isinstance(converter, IntegerConverter) else codes.get(name, "U-NONE")
        for name, converter in rule._converters.items()
    }
    built = rule.build(values, append_unknown=False)
    assert built is not None, rule.rule
    return built[1]


@pytest.fixture
def plant(app: Flask) -> Flask:
    with app.app_context():
        plant_with_users()
    return app


@pytest.fixture
def elsewhere(plant: Flask) -> Elsewhere:
    with plant.app_context():
        return another_site()


def test_every_route_has_a_policy(app: Flask) -> None:
    known = {PUBLIC, "account"}.union(*ROLES.values())
    assert [rule.rule for rule in rules(app) if policy(app, rule) not in known] == []


def test_a_route_without_a_policy_answers_nobody(plant: Flask) -> None:
    plant.add_url_rule("/forgotten", "forgotten", lambda: "open")
    desk = Desk(plant)
    desk.sign_in("admin")
    desk.get("/forgotten", status=403)


def test_a_form_without_its_token_is_refused_on_every_route(plant: Flask, elsewhere: Elsewhere) -> None:
    desk = Desk(plant)
    desk.sign_in("admin")
    taken = []
    for rule in rules(plant):
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            answer = desk.client.open(filled(rule, elsewhere.ids, elsewhere.codes), method=method)
            if answer.status_code != 400:
                taken.append((method, rule.rule, answer.status_code))
            answer.close()
    assert taken == []


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_gets_the_pages_it_may_and_no_others(plant: Flask, role: str) -> None:
    desk, wrong = Desk(plant), []
    desk.sign_in(role)
    allowed = permissions(frozenset({role})) | {PUBLIC}
    for rule in plain_pages(plant):
        answer = desk.client.get(rule.rule)
        may = policy(plant, rule) in allowed
        fits = answer.status_code not in (401, 403) if may else answer.status_code == 403
        if not fits or (answer.status_code >= 500 and answer.status_code != OPEN_TO_PROGRAMS):
            wrong.append((rule.rule, may, answer.status_code))
        answer.close()
    assert wrong == []


def test_nobody_is_sent_to_sign_in(plant: Flask) -> None:
    desk, wrong = Desk(plant), []
    for rule in plain_pages(plant):
        if policy(plant, rule) == PUBLIC:
            continue
        answer = desk.client.get(rule.rule)
        to_login = answer.status_code == 302 and answer.location.startswith("/login?next=")
        if not (to_login or answer.status_code == 401):
            wrong.append((rule.rule, answer.status_code))
        answer.close()
    assert wrong == []


def test_things_of_another_site_do_not_exist(plant: Flask, elsewhere: Elsewhere) -> None:
    desk, shown = Desk(plant), []
    desk.sign_in("admin")
    for rule in rules(plant):
        if "GET" not in (rule.methods or ()) or not rule.arguments or policy(plant, rule) == PUBLIC:
            continue
        path = filled(rule, elsewhere.ids, elsewhere.codes)
        answer = desk.client.get(path)
        if answer.status_code != 404:
            shown.append((path, answer.status_code))
        answer.close()
    assert shown == []


def test_things_of_another_site_cannot_be_changed(plant: Flask, elsewhere: Elsewhere) -> None:
    desk, changed = Desk(plant), []
    desk.sign_in("admin")
    for rule in rules(plant):
        by_id = any(name.endswith("_id") for name in rule.arguments)
        if "POST" not in (rule.methods or ()) or not by_id:
            continue
        path = filled(rule, elsewhere.ids, elsewhere.codes)
        answer = desk.client.post(path, data=ANY | {"csrf_token": desk.token()})
        if answer.status_code not in (404, 415, 422):
            changed.append((path, answer.status_code))
        answer.close()
    assert changed == []
