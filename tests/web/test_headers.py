"""What every page carries: a strict policy, no inline script or style, and no way to be guessed or framed."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask

from app.db import now_utc
from app.services import orders
from app.services.release import release
from tests.web.desk import Desk, plant_with_users

INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle\s*=\s*[\"']|\son[a-z]+\s*=\s*[\"']|javascript:|hx-on"
    r"|(?:src|href|action)=[\"'](?:https?:)?//",
    re.I,
)  # fmt: skip
PAGES = ("/login", "/account", "/account/password", "/orders", "/orders/new", "/orders/1", "/orders/1?view=materials",
         "/orders/1?view=reports", "/orders/1?view=history", "/orders/1?view=revision", "/service", "/service/new",
         "/service/new?kind=maintenance", "/service/new?kind=rework", "/admin", "/admin/data", "/admin/data/items",
         "/admin/users", "/admin/users/new", "/admin/users/1", "/admin/roles", "/admin/import", "/admin/log", "/health",
         "/admin/boms/1", "/admin/routings/1")  # fmt: skip


@pytest.fixture
def desk(app: Flask) -> Desk:
    with app.app_context():
        plant = plant_with_users()
        now = now_utc()
        made = orders.create_production(plant.site_id, "FRIDGE", Decimal(4), now + timedelta(days=2), 3, None, now)
        release(plant.site_id, made, "cli:test", now)
    found = Desk(app)
    found.sign_in("admin")
    return found


def plain_pages(app: Flask) -> list[str]:
    found = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    return sorted({rule.rule for rule in found if rule.rule != "/live"} | set(PAGES))


def test_every_page_has_the_policy_and_nothing_inline(desk: Desk) -> None:
    wrong = []
    for path in plain_pages(desk.client.application):
        answer = desk.client.get(path)
        policy = answer.headers.get("Content-Security-Policy", "")
        if "'unsafe-inline'" in policy or "default-src 'self'" not in policy or "object-src 'none'" not in policy:
            wrong.append((path, policy))
        if answer.mimetype == "text/html":
            wrong += [(path, hit.group()) for hit in INLINE.finditer(answer.text)]
        answer.close()
    assert wrong == []


def test_the_inline_check_sees_what_it_looks_for() -> None:
    for text in ("<script>x</script>", '<i style="a:b">', '<a onclick="x()">', '<a href="javascript:x">', "<style>"):
        assert INLINE.search(text), text
    assert not INLINE.search('<script src="/static/js/page.js" type="module"></script>')


@pytest.mark.parametrize("path", ["/login", "/orders", "/healthz", "/nothing-here"])
def test_security_headers(desk: Desk, path: str) -> None:
    headers = desk.client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Request-Id"]


def test_sheets_may_be_read_and_kept_without_signing_in(app: Flask) -> None:
    answer = app.test_client().get("/static/css/base.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers.get("Cache-Control", "")
    answer.close()


def test_a_refusal_carries_the_number_of_its_request(desk: Desk) -> None:
    text = desk.get("/nothing-here", status=404, headers={"X-Request-Id": "abc123"})
    assert "abc123" in text
    assert "There is no such page." in text


def test_a_program_gets_problem_details(desk: Desk) -> None:
    answer = desk.client.get("/orders/424242", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "order.unknown"
