"""Choosing alternates and skipping operations on the page of an order and by the API, each role allowed and refused."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.models import Operation, Reason, Task
from tests.web.api_rig import Rig, task_of
from tests.web.desk import Desk
from tests.web.station_rig import Rig as StationRig
from tests.web.test_orders import Shop, shop

__all__ = ["shop"]


@pytest.fixture
def optional(app: Flask, shop: Shop) -> Shop:
    with app.app_context(), transaction() as session:
        session.execute(update(Operation).where(Operation.key == "C20").values(is_optional=True))
        session.add(Reason(site_id=shop.plant.site_id, code="PASS", kind="skip", name="Not needed", name_zh="不需要"))
    return shop


def test_a_planner_skips_on_the_page_and_takes_it_back(app: Flask, optional: Shop) -> None:
    shop = optional
    page = shop.desk.get(f"/orders/{shop.order}")
    assert 'id="turns"' in page
    assert "Not needed" in page
    with app.app_context():
        task_id = shop.task("C20")
        reason = db.session.scalars(select(Reason.id).where(Reason.code == "PASS")).one()
    shop.desk.post(f"/orders/{shop.order}/tasks/{task_id}/skip", {"reason_id": str(reason)})
    with app.app_context():
        assert db.session.get_one(Task, task_id).status == "skipped"
    assert "Take the skip back" in shop.desk.get(f"/orders/{shop.order}")
    shop.desk.post(f"/orders/{shop.order}/tasks/{task_id}/unskip")
    with app.app_context():
        assert db.session.get_one(Task, task_id).status == "waiting"
    shop.desk.post(f"/orders/{shop.draft}/tasks/{task_id}/skip", {"reason_id": str(reason)}, status=404)
    shop.as_role("operator").post(f"/orders/{shop.order}/tasks/{task_id}/skip", {"reason_id": str(reason)}, status=403)


def test_a_refusal_is_told_on_the_page(app: Flask, optional: Shop) -> None:
    with app.app_context():
        task_id = optional.task("F30")
    desk: Desk = optional.desk
    answer = desk.client.post(
        f"/orders/{optional.order}/tasks/{task_id}/choose", data={"csrf_token": desk.token()}, follow_redirects=True
    )
    assert "one way here" in answer.text


def test_skips_by_the_api_are_done_once_and_refused_in_codes(app: Flask) -> None:
    rig = Rig(app)
    with app.app_context(), transaction() as session:
        session.execute(update(Operation).where(Operation.key == "C20").values(is_optional=True))
        session.add(Reason(site_id=rig.plant.site_id, code="PASS", kind="skip", name="Not needed"))
    order, planner = rig.released(), rig.caller()
    foam, bend = task_of(order, "C20"), task_of(order, "C10")
    body = {"reason": "PASS"}
    first = planner.post(f"/tasks/{foam['id']}/skip", body, key="skip-once")
    again = planner.post(f"/tasks/{foam['id']}/skip", body, key="skip-once")
    assert (first.status_code, again.headers["Idempotent-Replay"]) == (200, "true")
    assert task_of(first.json, "C20")["status"] == "skipped"
    assert planner.post(f"/tasks/{bend['id']}/skip", body).json["code"] == "task.optional"
    assert planner.post(f"/tasks/{foam['id']}/choose").json["code"] == "task.no_alternate"
    assert task_of(planner.post(f"/tasks/{foam['id']}/unskip").json, "C20")["status"] == "waiting"
    assert planner.post(f"/tasks/{rig.foreign.task_id}/skip", body).status_code == 404
    assert rig.caller("operator").post(f"/tasks/{foam['id']}/skip", body).status_code == 403


def test_the_station_shows_what_lies_in_its_jig(app: Flask) -> None:
    station = StationRig(app)
    browser = station.browser("operator")
    with app.app_context():
        person = station.plant.people["LI"]
    for place, action, values in (
        ("BEND", "sign_in", {"person": person}), ("BEND", "start", {"task": station.tasks["C10"]}),
        ("BEND", "good", {"quantity": 4}), ("FOAM", "sign_in", {"person": person}),
        ("FOAM", "start", {"task": station.tasks["C20"]}), ("FOAM", "load", {"quantity": 3}),
    ):  # fmt: skip
        assert browser.act(place, action, **values).status_code == 200
    page = browser.get("/s/FOAM").text
    assert "In the jig" in page
    assert "Start the run" in page
    browser.act("FOAM", "batch_start")
    assert "End of the run" in browser.get("/s/FOAM").text
    browser.act("FOAM", "batch_end")
    assert "In the jig" not in browser.get("/s/FOAM").text
