"""Master data, machines, limits, notices and plans through the API."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.models import (
    Device,
    LatestValue,
    LimitRule,
    LimitSignal,
    Machine,
    MachineState,
    Notice,
    Plan,
    PlannedTask,
    PlanRun,
)
from tests.small_plant import NOW
from tests.web.api_rig import Rig


@pytest.fixture
def rig(app: Flask) -> Rig:
    return Rig(app)


@pytest.mark.parametrize(("path", "some", "foreign"), [
    ("/items", "FRIDGE", "FITEM"), ("/stations", "BEND", "FSTATION"), ("/people", "LI", "FPERSON"),
    ("/reasons", "DENT", "FREASON"), ("/machines", "M-FOAM", "FMACHINE"),
])  # fmt: skip
def test_master_data_comes_in_pages_of_this_plant(rig: Rig, path: str, some: str, foreign: str) -> None:
    admin, codes, after = rig.caller("admin"), [], 0
    while after is not None:
        part = admin.get(path, limit=2, after=after).json
        codes += [row["code"] for row in part["rows"]]
        after = part["next"]
    assert some in codes
    assert foreign not in codes
    assert len(set(codes)) == len(codes)


def test_names_of_people_are_for_team_leads(rig: Rig) -> None:
    assert [row["name"] for row in rig.caller("lead").get("/people").json["rows"]] == ["LI", "WANG"]
    assert [row["name"] for row in rig.caller("operator").get("/people").json["rows"]] == [None, None]
    assert rig.caller("planner").get("/people").status_code == 403
    assert "badge" not in rig.caller("lead").get("/people").text


def test_reasons_of_a_kind(rig: Rig) -> None:
    rows = rig.caller("operator").get("/reasons", kind="rework").json["rows"]
    assert [row["code"] for row in rows] == ["LEAK"]


def test_a_machine_shows_its_state_and_values(rig: Rig) -> None:
    with rig.app.app_context(), transaction() as session:
        machine_id = session.scalar(select(Machine.id).where(Machine.code == "M-FOAM"))
        device = Device(site_id=rig.plant.site_id, code="PLC", machine_id=machine_id, map={}, map_hash="x")
        session.add(device)
        session.flush()
        session.add(LatestValue(device_id=device.id, tag="temp", meaning="temperature", value=41.5, unit="C",
                                quality="uncertain", reason="old", received_at=NOW))  # fmt: skip
        session.add_all([
            MachineState(site_id=rig.plant.site_id, machine_id=machine_id, state="idle", started_at=NOW, ended_at=NOW),
            MachineState(site_id=rig.plant.site_id, machine_id=machine_id, state="running", started_at=NOW),
        ])  # fmt: skip
    shown = rig.caller("lead").get("/machines/M-FOAM").json
    assert (shown["state"], shown["station"], shown["since"]) == ("running", "FOAM", "2026-11-23T09:00:00Z")
    assert (shown["values"][0]["value"], shown["values"][0]["quality"]) == (41.5, "uncertain")
    assert len(rig.caller("lead").get("/machines").json["rows"]) == 3
    assert rig.caller("lead").get("/machines/FMACHINE").status_code == 404
    assert rig.caller("operator").get("/machines/M-FOAM").status_code == 403


def test_limits_are_open_until_cleared(rig: Rig) -> None:
    with rig.app.app_context(), transaction() as session:
        rule = LimitRule(site_id=rig.plant.site_id, code="R1", station_id=rig.plant.stations["FOAM"],
                         upstream_station_id=rig.plant.stations["BEND"], high=8, low=4)  # fmt: skip
        session.add(rule)
        session.flush()
        for cleared in (NOW, None):
            session.add(LimitSignal(site_id=rig.plant.site_id, rule_id=rule.id, mode="hold", backlog=9,
                                    requested_at=NOW, cleared_at=cleared))  # fmt: skip
    rows = rig.caller("lead").get("/limits", open="true").json["rows"]
    assert [(row["rule"], row["station"], row["upstream"]) for row in rows] == [("R1", "FOAM", "BEND")]
    assert len(rig.caller("lead").get("/limits").json["rows"]) == 2
    assert len(rig.caller("lead").get("/limits", open="false").json["rows"]) == 1
    assert rig.caller("lead").get("/limits", open="maybe").status_code == 422


def test_a_notice_is_acknowledged_once(rig: Rig) -> None:
    with rig.app.app_context(), transaction() as session:
        notice = Notice(site_id=rig.plant.site_id, kind="help", severity="warn", opened_at=NOW)
        session.add(notice)
        session.flush()
        notice_id = notice.id
    lead = rig.caller("lead")
    assert [row["id"] for row in lead.get("/notices", open="true").json["rows"]] == [notice_id]
    seen = lead.post(f"/notices/{notice_id}/acknowledge", key="seen-once-1")
    again = lead.post(f"/notices/{notice_id}/acknowledge", key="seen-once-1")
    assert (seen.status_code, again.data) == (200, seen.data)
    assert seen.json["acknowledged_at"]
    assert lead.post(f"/notices/{rig.foreign.notice_id}/acknowledge").status_code == 404
    assert rig.caller("planner").post(f"/notices/{notice_id}/acknowledge").status_code == 403
    assert rig.caller("planner").get("/notices").status_code == 403


def test_a_plan_is_wished_once_and_read(rig: Rig) -> None:
    planner = rig.caller()
    assert planner.get("/plan").json["code"] == "plan.none"
    assert planner.get("/plan/tasks").status_code == 404
    wished = planner.post("/plans", key="plan-wish-1")
    assert (wished.status_code, wished.json["status"]) == (202, "queued")
    assert planner.post("/plans", key="plan-wish-1").data == wished.data
    assert planner.get(f"/plans/runs/{wished.json['id']}").json == wished.json
    assert len(rig.rows(PlanRun)) == 1
    assert rig.caller("operator").post("/plans").status_code == 403
    assert planner.get("/plans/runs/999").status_code == 404


def test_the_newest_plan_counts(rig: Rig) -> None:
    order = rig.released()
    with rig.app.app_context(), transaction() as session:
        for version in (1, 2):
            plan = Plan(site_id=rig.plant.site_id, version=version, based_on=7, epoch_at=NOW, published_at=NOW)
            session.add(plan)
            session.flush()
            for task in order["work"]:
                session.add(PlannedTask(plan_id=plan.id, task_id=task["id"], start_at=NOW,
                                        station_id=rig.plant.stations[task["stations"][0]],
                                        end_at=NOW + timedelta(hours=1), bound_by="release"))  # fmt: skip
        session.flush()
    planner = rig.caller()
    assert planner.get("/plan").json["version"] == 2
    part = planner.get("/plan/tasks", limit=5).json
    rest = planner.get("/plan/tasks", after=part["next"]).json
    assert len(part["rows"]) + len(rest["rows"]) == len(order["work"])
    assert rest["next"] is None
    bend = planner.get("/plan/tasks", station="BEND").json["rows"]
    assert [(row["order"], row["start_at"]) for row in bend] == [(order["code"], "2026-11-23T09:00:00Z")]
    assert planner.get("/plan/tasks", station="FSTATION").status_code == 404
    with rig.app.app_context():
        db.session.rollback()


def test_tasks_are_listed_by_order_station_and_state(rig: Rig) -> None:
    order, planner = rig.released(), rig.caller()
    assert len(planner.get("/tasks", order=order["code"]).json["rows"]) == 7
    assert [row["operation"].rsplit("/")[-1] for row in planner.get("/tasks", station="ASSY2").json["rows"]] == ["F10"]
    assert len(planner.get("/tasks", status="ready").json["rows"]) == 2
    assert planner.get(f"/tasks/{order['work'][0]['id']}").json == order["work"][0]
    assert planner.get("/tasks/9007199254740993").status_code == 404
