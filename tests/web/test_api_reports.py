"""Reports, undoing and queues through the API: the same rules as at the station, once for each UUID."""

import uuid
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.db import transaction
from app.models import Consumption, Hold, Lot, Report, Task
from devices.codes import Kind, make
from tests.small_plant import NOW
from tests.web.api_rig import Rig, entry, task_of
from tests.web.test_api_orders import together


@pytest.fixture
def rig(app: Flask) -> Rig:
    return Rig(app)


def test_a_report_flows_on_at_once(rig: Rig) -> None:
    order, operator = rig.released(), rig.caller("operator")
    assert [row["id"] for row in operator.get("/stations/BEND/queue").json["rows"]] == [task_of(order, "C10")["id"]]
    told = operator.post("/stations/BEND/reports", entry(task_of(order, "C10"), "2"), key=None)
    assert told.status_code == 201
    assert (told.json["good"], told.json["of"], told.json["order"]) == ("2", "2", order["code"])
    foam = operator.get(f"/tasks/{task_of(order, 'C20')['id']}").json
    assert (foam["status"], foam["available"]) == ("ready", "2")
    assert operator.get("/stations/BEND/queue").json["rows"] == []


def test_units_components_and_lots_go_in_by_their_codes(rig: Rig) -> None:
    order, unit = built(rig)
    assert unit.startswith("FR-")
    assert any(row.component_unit_id for row in rig.rows(Consumption))
    charged = rig.caller("operator").post("/stations/CHARGE/reports", entry(task_of(order, "F20"), unit=unit))
    assert (charged.status_code, charged.json["serial"]) == (201, unit)
    again = rig.caller("operator").post("/stations/CHARGE/reports", entry(task_of(order, "F20"), unit=unit))
    assert (again.status_code, again.json["code"]) == (409, "task.no_input")


def built(rig: Rig) -> tuple[dict[str, Any], str]:
    """An order with one fridge assembled, and its serial number."""
    order, operator = rig.released(), rig.caller("operator")
    for station, key, quantity in (("BEND", "C10", "2"), ("FOAM", "C20", "2"), ("DOOR", "D10", "4")):
        assert operator.post(f"/stations/{station}/reports", entry(task_of(order, key), quantity)).status_code == 201
    use = [{"item": "COMP", "unit": "CP1"}]
    made = operator.post("/stations/ASSY1/reports", entry(task_of(order, "F10"), uses=use))
    assert made.status_code == 201, made.json
    return order, made.json["serial"]


def test_the_same_uuid_gets_the_same_answer(rig: Rig) -> None:
    order, operator = rig.released(), rig.caller("operator")
    wish = entry(task_of(order, "C10"))
    first = operator.post("/stations/BEND/reports", wish)
    again = operator.post("/stations/BEND/reports", wish)
    assert (again.status_code, again.data, again.headers["Idempotent-Replay"]) == (201, first.data, "true")
    other = operator.post("/stations/BEND/reports", wish | {"quantity": "2"})
    assert (other.status_code, other.json["code"]) == (409, "api.other_payload")
    somebody = rig.caller("lead").post("/stations/BEND/reports", wish)
    assert (somebody.status_code, somebody.json["code"]) == (409, "scan.other_payload")
    assert len(rig.rows(Report)) == 1


@pytest.mark.parametrize("roles", [["operator"], ["operator", "lead", "admin"]])
def test_duplicates_at_the_same_moment_are_counted_once(rig: Rig, roles: list[str]) -> None:
    order = rig.released()
    wish, callers = entry(task_of(order, "C10")), iter([rig.caller(roles[n % len(roles)]) for n in range(9)])
    answers = together(9, lambda: next(callers).post("/stations/BEND/reports", wish))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert [row.quantity_good for row in rig.rows(Task) if row.id == wish["task"]] == [1]
    assert len(rig.rows(Report)) == 1


def test_two_take_the_last_piece_and_one_is_told(rig: Rig) -> None:
    order = rig.released(quantity="1")
    task = task_of(order, "C10")
    answers = together(4, lambda: rig.caller("operator").post("/stations/BEND/reports", entry(task)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


def test_a_report_is_taken_back_once(rig: Rig) -> None:
    order, operator = rig.released(), rig.caller("operator")
    made = operator.post("/stations/BEND/reports", entry(task_of(order, "C10"))).json["report"]
    stranger = operator.post(f"/reports/{made}/undo", {"uuid": uuid.uuid4().hex, "person": "WANG"})
    assert (stranger.status_code, stranger.json["code"]) == (409, "report.not_yours")
    wish = {"uuid": uuid.uuid4().hex, "person": "LI"}
    undone, again = (operator.post(f"/reports/{made}/undo", wish) for _ in range(2))
    assert (undone.status_code, undone.json["reverses"]) == (201, made)
    assert again.data == undone.data
    twice = operator.post(f"/reports/{made}/undo", wish | {"uuid": uuid.uuid4().hex})
    assert (twice.status_code, twice.json["code"]) == (409, "report.reversed")


def test_a_team_lead_undoes_for_others_with_a_reason(rig: Rig) -> None:
    order = rig.released()
    made = rig.caller("operator").post("/stations/BEND/reports", entry(task_of(order, "C10"))).json["report"]
    wish = {"uuid": uuid.uuid4().hex}
    assert rig.caller("lead").post(f"/reports/{made}/undo", wish).status_code == 409
    assert rig.caller("lead").post(f"/reports/{made}/undo", wish | {"reason": "WRONG"}).status_code == 201


def test_scrap_says_why(rig: Rig) -> None:
    order, operator = rig.released(), rig.caller("operator")
    wish = entry(task_of(order, "C10"), kind="scrap")
    assert operator.post("/stations/BEND/reports", wish).json["code"] == "report.reason"
    assert operator.post("/stations/BEND/reports", wish | {"reason": "DENT"}).status_code == 201


@pytest.mark.parametrize("change", [{"quantity": "-1"}, {"quantity": "NaN"}, {"quantity": 0}, {"kind": "adjust"},
                                    {"uuid": "x"}, {"task": 2**60}, {"uses": [{}]}, {"values": {}}])  # fmt: skip
def test_a_report_that_does_not_fit_is_named(rig: Rig, change: dict[str, Any]) -> None:
    wish = entry(task_of(rig.released(), "C10")) | change
    refused = rig.caller("operator").post("/stations/BEND/reports", wish)
    assert (refused.status_code, refused.json["code"]) == (422, "api.fields")
    assert rig.rows(Report) == []


def test_more_than_available_and_a_foreign_station_are_refused(rig: Rig) -> None:
    order, operator = rig.released(), rig.caller("operator")
    assert operator.post("/stations/BEND/reports", entry(task_of(order, "C10"), "3")).json["code"] == "task.input"
    assert operator.post("/stations/FOAM/reports", entry(task_of(order, "C20"))).json["code"] == "task.no_input"
    assert operator.post("/stations/DOOR/reports", entry(task_of(order, "C10"))).json["code"] == "task.other_station"


FOREIGN: list[dict[str, Any]] = [
    {"unit": "FSERIAL"}, {"reason": "FREASON"}, {"person": "FPERSON"}, {"person": "FBADGE"},
    {"uses": [{"item": "FITEM"}]}, {"uses": [{"item": "COMP", "unit": "FSERIAL"}]},
    {"uses": [{"item": "SHEET", "lot": "NONE"}]},
]  # fmt: skip


@pytest.mark.parametrize("foreign", FOREIGN)
def test_what_belongs_to_another_plant_does_not_exist_in_any_field(rig: Rig, foreign: dict[str, Any]) -> None:
    wish = entry(task_of(rig.released(), "C10")) | foreign
    assert rig.caller("operator").post("/stations/BEND/reports", wish).status_code == 404
    assert rig.rows(Report) == []


def test_tasks_and_stations_of_another_plant_do_not_exist(rig: Rig) -> None:
    order, lead = rig.released(), rig.caller("lead")
    mine = task_of(order, "C10")
    assert lead.post("/stations/BEND/reports", entry({"id": rig.foreign.task_id})).status_code == 404
    assert lead.post("/stations/FSTATION/reports", entry(mine)).status_code == 404
    assert lead.get("/stations/FSTATION/queue").status_code == 404
    assert lead.get(f"/tasks/{rig.foreign.task_id}").status_code == 404
    assert lead.get("/tasks", station="FSTATION").status_code == 404
    assert lead.get("/tasks", order="FORDER").status_code == 404
    assert lead.post("/reports/999/undo", {"uuid": uuid.uuid4().hex, "person": "LI"}).status_code == 404
    made = lead.post("/stations/BEND/reports", entry(mine)).json["report"]
    undo = {"uuid": uuid.uuid4().hex, "reason": "FREASON"}
    assert lead.post(f"/reports/{made}/undo", undo).status_code == 404


@pytest.mark.parametrize(("change", "code"), [({"status": "quarantine"}, "lot.status"), ({}, "lot.held"),
                                              ({"expires_on": date(2020, 1, 1)}, "lot.expired")])  # fmt: skip
def test_a_lot_that_must_not_be_used_is_refused(rig: Rig, change: dict[str, Any], code: str) -> None:
    with rig.app.app_context(), transaction() as session:
        lot = session.get_one(Lot, rig.plant.lots["S1"])
        for name, value in change.items():
            setattr(lot, name, value)
        if not change:
            session.add(Hold(site_id=lot.site_id, target_type="lot", target_id=lot.id, opened_at=NOW))
    wish = entry(task_of(rig.released(), "C10"), uses=[{"item": "SHEET", "lot": "S1", "quantity": "12.5"}])
    refused = rig.caller("operator").post("/stations/BEND/reports", wish)
    assert (refused.status_code, refused.json["code"]) == (409, code)


def test_only_the_roles_of_the_station_report(rig: Rig) -> None:
    task = task_of(rig.released(), "C10")
    for role in rig.tokens:
        status = rig.caller(role).post("/stations/BEND/reports", entry(task, "0.5")).status_code
        assert (status == 403) == (role not in ("operator", "lead", "admin")), role


def test_a_scan_does_what_it_does_on_the_page(rig: Rig) -> None:
    operator, task = rig.caller("operator"), task_of(rig.released(), "C10")
    card = make(Kind.TASK, task["id"])
    first = {"uuid": uuid.uuid4().hex, "raw": "LI", "sequence": 1, "device_at": "2026-11-23T09:00:00Z"}
    signed = operator.post("/stations/BEND/scans", first, key=None)
    assert (signed.status_code, signed.json["code"]) == (200, "person.in")
    assert operator.post("/stations/BEND/scans", first).data == signed.data
    opened = operator.post("/stations/BEND/scans", {"uuid": uuid.uuid4().hex, "raw": card})
    assert opened.json["code"] == "task.opened"
    assert opened.json["next"]
    other = operator.post("/stations/BEND/scans", first | {"raw": card})
    assert (other.status_code, other.json["code"]) == (409, "scan.other_payload")


def test_a_refused_scan_is_a_problem_that_says_what_next(rig: Rig) -> None:
    operator, wish = rig.caller("operator"), {"uuid": uuid.uuid4().hex, "raw": "garbage\u001d\n"}
    refused, again = (operator.post("/stations/BEND/scans", wish) for _ in range(2))
    assert (refused.status_code // 100, refused.content_type) == (4, "application/problem+json")
    assert refused.json["next"]
    assert operator.post("/stations/BEND/scans", wish | {"raw": "\x00"}).status_code == 422
    assert again.status_code == refused.status_code
    assert operator.post("/stations/FSTATION/scans", wish | {"uuid": uuid.uuid4().hex}).status_code == 404
    assert rig.caller("planner").post("/stations/BEND/scans", wish).status_code == 403
