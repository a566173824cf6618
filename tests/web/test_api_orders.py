"""Orders through the API: each operation, its refusals, and that a write happens once."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from app.db import now_utc
from app.models import Event, Hold, IdempotencyKey, WorkOrder
from app.services import logins
from tests.web.api_rig import DUE, FRIDGES, Rig, user_id

SERVICE = {"kind": "service", "title": "Noise", "minutes": "30", "station": "TEST", "due_at": DUE}
REWORK = {"kind": "rework", "item": "DOOR", "quantity": 3, "minutes": 4.5, "station": "DOOR", "due_at": DUE}
MAINTENANCE = {"kind": "maintenance", "machine": "M-FOAM", "title": "Grease", "minutes": "20", "due_at": DUE}


@pytest.fixture
def rig(app: Flask) -> Rig:
    return Rig(app)


def test_an_order_of_each_kind_is_made_released_and_read(rig: Rig) -> None:
    planner = rig.caller()
    for wish, tasks in ((FRIDGES, 7), (SERVICE, 1), (REWORK, 1), (MAINTENANCE, 1)):
        made = planner.post("/orders", wish)
        assert (made.status_code, made.json["status"], made.json["kind"]) == (201, "draft", wish["kind"])
        released = planner.post(f"/orders/{made.json['code']}/release")
        assert (released.status_code, released.json["status"]) == (200, "released")
        assert len(planner.get(f"/orders/{made.json['code']}").json["work"]) == tasks


def test_times_are_utc_and_quantities_are_text(rig: Rig) -> None:
    made = rig.caller().post("/orders", FRIDGES | {"due_at": "2027-03-01T14:00:00+02:00", "quantity": 2}).json
    assert (made["due_at"], made["quantity"]) == (DUE, "2")
    assert made["progress"] == {"quantity": "0", "good": "0", "scrap": "0", "tasks": 0, "tasks_closed": 0}


def test_lists_are_narrowed_and_turned_page_by_page(rig: Rig) -> None:
    planner = rig.caller()
    codes = [planner.post("/orders", wish).json["code"] for wish in (FRIDGES, SERVICE, FRIDGES, MAINTENANCE)]
    seen, after = [], 0
    while after is not None:
        part = planner.get("/orders", limit=3, after=after).json
        seen += [row["code"] for row in part["rows"]]
        after = part["next"]
    assert seen == codes
    assert [row["code"] for row in planner.get("/orders", kind="service").json["rows"]] == [codes[1]]
    assert len(planner.get("/orders", item="FRIDGE", status="draft").json["rows"]) == 2
    assert planner.get("/orders", due_before="2026-01-01T00:00:00Z").json == {"rows": [], "next": None}


def test_an_external_number_sent_again_gives_the_same_order(rig: Rig) -> None:
    planner = rig.caller()
    wish = FRIDGES | {"external": {"system": "erp", "number": "4711"}}
    first, again = planner.post("/orders", wish), planner.post("/orders", wish)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["code"] == again.json["code"]
    assert first.json["external"] == [{"system": "erp", "number": "4711"}]
    assert len(planner.get("/orders", system="erp", number="4711").json["rows"]) == 1
    assert planner.get("/orders", number="4712").json["rows"] == []


def test_an_order_is_changed_at_the_version_that_was_read(rig: Rig) -> None:
    planner = rig.caller()
    made = planner.post("/orders", FRIDGES).json
    changed = planner.patch(f"/orders/{made['code']}", {"version": made["version"], "priority": 1})
    assert (changed.status_code, changed.json["priority"]) == (200, 1)
    late = planner.patch(f"/orders/{made['code']}", {"version": made["version"], "priority": 2})
    assert (late.status_code, late.json["code"]) == (409, "order.changed")


def test_a_hold_stops_reports_until_it_ends(rig: Rig) -> None:
    planner = rig.caller()
    code = rig.released()["code"]
    hold = planner.post(f"/orders/{code}/hold", {"reason": "DENT", "note": "Wait\nfor parts"})
    assert (hold.status_code, hold.json["reason"]) == (201, "DENT")
    planner.post(f"/orders/{code}/hold")
    assert len(planner.get(f"/orders/{code}").json["holds"]) == 2
    one_left = planner.post(f"/orders/{code}/resume", {"hold": hold.json["id"]})
    assert len(one_left.json["holds"]) == 1
    assert planner.post(f"/orders/{code}/resume").json["holds"] == []
    assert planner.post(f"/orders/{code}/resume", {"hold": hold.json["id"]}).status_code == 404


def test_an_order_is_cancelled_and_an_open_one_is_not_closed(rig: Rig) -> None:
    planner = rig.caller()
    code = rig.released()["code"]
    closed = planner.post(f"/orders/{code}/close")
    assert (closed.status_code, closed.json["code"]) == (409, "order.move")
    assert planner.post(f"/orders/{code}/cancel").json["status"] == "cancelled"
    assert planner.post(f"/orders/{code}/release").status_code == 409


def test_a_write_without_a_key_says_how_to_send_one(rig: Rig) -> None:
    missing = rig.caller().post("/orders", FRIDGES, key=None)
    assert (missing.status_code, missing.json["code"]) == (400, "api.key_missing")
    assert "Idempotency-Key" in missing.json["detail"]
    assert rig.caller().post("/orders", FRIDGES, key="short").json["code"] == "api.key_wrong"
    assert rig.rows(WorkOrder)[1:] == []


def test_the_same_key_gives_the_same_answer_and_one_effect(rig: Rig) -> None:
    planner = rig.caller()
    first = planner.post("/orders", FRIDGES, key="first-try-1")
    again = planner.post("/orders", FRIDGES, key="first-try-1")
    assert (again.status_code, again.data) == (201, first.data)
    assert (first.headers.get("Idempotent-Replay"), again.headers["Idempotent-Replay"]) == (None, "true")
    other = planner.post("/orders", FRIDGES | {"quantity": "9"}, key="first-try-1")
    assert (other.status_code, other.json["code"]) == (409, "api.other_payload")
    elsewhere = planner.post(f"/orders/{first.json['code']}/release", key="first-try-1")
    assert elsewhere.json["code"] == "api.other_payload"
    assert len(rig.rows(WorkOrder)) == 2


def test_a_key_belongs_to_its_user(rig: Rig) -> None:
    one = rig.caller("planner").post("/orders", FRIDGES, key="shared-key")
    two = rig.caller("service").post("/orders", FRIDGES, key="shared-key")
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.json["code"] != two.json["code"]


def test_a_refused_write_may_be_corrected_with_its_key(rig: Rig) -> None:
    planner = rig.caller()
    assert planner.post("/orders", FRIDGES | {"item": "NONE"}, key="corrected").status_code == 404
    assert rig.rows(IdempotencyKey) == []
    assert planner.post("/orders", FRIDGES, key="corrected").status_code == 201


@pytest.mark.parametrize("path", ["/orders", "release"])
def test_duplicates_at_the_same_moment_have_one_effect(rig: Rig, path: str) -> None:
    code = rig.caller().post("/orders", FRIDGES).json["code"]
    target, body = (path, FRIDGES) if path == "/orders" else (f"/orders/{code}/release", {})
    key = uuid.uuid4().hex
    answers = together(8, lambda: rig.caller().post(target, body, key=key))
    assert {answer.status_code for answer in answers} == {201 if path == "/orders" else 200}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotent-Replay" not in answer.headers for answer in answers) == 1
    topic = "order.created" if path == "/orders" else "order.released"
    assert len([row for row in rig.rows(Event) if row.topic == topic]) == (3 if path == "/orders" else 2)


def together(count: int, call: Callable[[], Any]) -> list[Any]:
    """The answers of calls on as many real threads."""
    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(call) for _ in range(count)]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": "NaN"}, "production.quantity"), ({"quantity": "-1"}, "production.quantity"),
        ({"quantity": 0}, "production.quantity"), ({"quantity": "1e3"}, "production.quantity"),
        ({"quantity": 0.12345678}, "production.quantity"), ({"quantity": True}, "production.quantity"),
        ({"quantity": "9" * 40}, "production.quantity"), ({"due_at": "2027-03-01T12:00:00"}, "production.due_at"),
        ({"due_at": "0001-01-01T00:00:00+23:59"}, "production.due_at"), ({"priority": 6}, "production.priority"),
        ({"priority": "3"}, "production.priority"), ({"colour": "red"}, "production.colour"),
        ({"item": "A\x00B"}, "production.item"), ({"item": "A" * 65}, "production.item"),
        ({"customer_ref": "\ud800"}, "production.customer_ref"), ({"kind": "sales"}, "kind"),
        ({"external": {"system": "erp"}}, "production.external.number"), ({"due_at": None}, "production.due_at"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_field_by_field(rig: Rig, change: dict[str, Any], field: str) -> None:
    refused = rig.caller().post("/orders", FRIDGES | change)
    assert (refused.status_code, refused.content_type) == (422, "application/problem+json")
    assert refused.json["errors"][0]["field"] in (field, "")
    assert refused.json["errors"][0]["message"]


def test_a_quantity_finer_than_the_item_is_refused(rig: Rig) -> None:
    refused = rig.caller().post("/orders", FRIDGES | {"quantity": 1.5})
    assert (refused.status_code, refused.json["code"]) == (422, "quantity.decimals")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"{", 400, "api.json"), (b'{"a": NaN}', 400, "api.json"), (b"[" * 50_000, 400, "api.json"),
        (b'{"kind": 1, "kind": 2}', 400, "api.json"), (b"\xff", 400, "api.json"),
        (b"9" * 5000, 400, "api.json"), (b" " * 100_001, 413, "api.large"), (b"[]", 422, "api.fields"),
        (b"null", 422, "api.fields"), (b'{"a": 1e999999999}', 422, "api.fields"),
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_read_are_refused(rig: Rig, data: bytes, status: int, code: str) -> None:
    refused = rig.caller().raw("/orders", data)
    assert (refused.status_code, refused.json["code"]) == (status, code)


def test_other_media_and_unknown_query_names_are_refused(rig: Rig) -> None:
    planner = rig.caller()
    assert planner.raw("/orders", b"a=1", "application/x-www-form-urlencoded").status_code == 415
    assert planner.get("/orders", colour="red").json["errors"][0]["field"] == "colour"
    assert planner.get("/orders", limit="many").status_code == 422
    assert planner.get("/orders", limit="9" * 30).status_code == 422
    assert planner.get("/orders", limit=["1", "2"]).status_code == 422
    assert planner.get("/items/").status_code == 404


FOREIGN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (FRIDGES, {"item": "FITEM"}), (FRIDGES, {"line": "FLINE"}), (REWORK, {"item": "FITEM"}),
    (REWORK, {"station": "FSTATION"}), (REWORK, {"unit": "FSERIAL"}), (REWORK, {"rework_of": "FORDER"}),
    (SERVICE, {"station": "FSTATION"}), (SERVICE, {"unit": "FSERIAL"}), (SERVICE, {"item": "FITEM", "unit": "FSERIAL"}),
    (SERVICE, {"skill": "FSKILL"}), (MAINTENANCE, {"machine": "FMACHINE"}), (MAINTENANCE, {"skill": "FSKILL"}),
]  # fmt: skip


@pytest.mark.parametrize(("wish", "foreign"), FOREIGN)
def test_what_belongs_to_another_plant_does_not_exist_in_any_field(rig: Rig, wish: Any, foreign: Any) -> None:
    before = len(rig.rows(WorkOrder))
    assert rig.caller().post("/orders", wish | foreign).status_code == 404
    assert len(rig.rows(WorkOrder)) == before


def test_an_order_of_another_plant_does_not_exist(rig: Rig) -> None:
    admin = rig.caller("admin")
    assert admin.get("/orders/FORDER").status_code == 404
    assert admin.patch("/orders/FORDER", {"version": 1, "priority": 1}).status_code == 404
    for verb in ("release", "hold", "resume", "cancel", "close"):
        assert admin.post(f"/orders/FORDER/{verb}").status_code == 404
    code = rig.released()["code"]
    assert admin.post(f"/orders/{code}/hold", {"reason": "FREASON"}).status_code == 404
    assert rig.rows(Hold) == []


WRITES = [("/orders", FRIDGES, "planner service admin"), ("/orders/WO-00001/release", {}, "planner admin"),
          ("/orders/WO-00001/hold", {}, "planner lead quality admin"),
          ("/orders/WO-00001/resume", {}, "planner lead quality admin"),
          ("/orders/WO-00001/cancel", {}, "planner service admin"),
          ("/orders/WO-00001/close", {}, "planner service admin")]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "allowed"), WRITES)
def test_each_role_may_do_what_its_pages_do(rig: Rig, path: str, body: Any, allowed: str) -> None:
    rig.caller().post("/orders", FRIDGES)
    for role in rig.tokens:
        status = rig.caller(role).post(path, body).status_code
        assert (status != 403) == (role in allowed.split()), role


def test_a_session_needs_its_form_token_and_a_wrong_token_is_nobody(rig: Rig) -> None:
    client = rig.app.test_client()
    assert client.get("/api/v1/orders").status_code == 401
    assert client.get("/api/v1/orders", headers={"Authorization": "Bearer gx_wrong"}).status_code == 401
    with rig.app.app_context():
        key = logins.begin(user_id(rig, "planner"), "127.0.0.1", "Chrome", now_utc())
    with client.session_transaction() as session:
        session.update({"_user_id": str(user_id(rig, "planner")), "epoch": 0, "key": key})
    assert client.get("/api/v1/orders").status_code == 200
    refused = client.post("/api/v1/orders", json=FRIDGES, headers={"Idempotency-Key": "a-session-1"})
    assert (refused.status_code, refused.json["code"]) == (400, "csrf")
