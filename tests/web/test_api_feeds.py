"""Feeds by cursor: nothing is missed, nothing doubled, an undo is a row of its own."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from app.db import db, transaction
from app.events import seal, unsealed
from app.models import Consumption, Event, Report
from tests.web.api_rig import Rig, entry, task_of


@pytest.fixture
def rig(app: Flask) -> Rig:
    return Rig(app)


def followed(rig: Rig, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
    """All rows of a feed, read part by part as an ERP would."""
    rows, after, more = [], 0, True
    while more:
        part = rig.caller().get(path, after=after, limit=limit, **query).json
        rows += part["rows"]
        assert part["next"] > after or not part["more"]
        after, more = part["next"], part["more"]
    return rows


def worked(rig: Rig) -> dict[str, Any]:
    """An order with reports, one of them taken back, and some scrap."""
    order = rig.released(external={"system": "erp", "number": "4711"})
    operator = rig.caller("operator")
    first = operator.post("/stations/BEND/reports", entry(task_of(order, "C10"))).json["report"]
    operator.post("/stations/DOOR/reports", entry(task_of(order, "D10"), "3"))
    operator.post("/stations/DOOR/reports", entry(task_of(order, "D10"), kind="scrap", reason="DENT"))
    operator.post(f"/reports/{first}/undo", {"uuid": uuid.uuid4().hex, "person": "LI"})
    operator.post("/stations/BEND/reports", entry(task_of(order, "C10"), "2"))
    return order


@pytest.mark.parametrize("limit", [1, 2, 500])
def test_completions_come_once_with_their_reversals(rig: Rig, limit: int) -> None:
    order = worked(rig)
    rig.seal()
    rows = followed(rig, "/feed/completions", limit)
    assert [row["quantity"] for row in rows] == ["1", "3", "-1", "2"]
    assert rows[2]["reverses"] == rows[0]["report"]
    assert {row["external"][0]["number"] for row in rows} == {"4711"}
    assert (rows[0]["person"], rows[0]["station"], rows[0]["order"]) == ("LI", "BEND", order["code"])
    assert len({row["report"] for row in rows}) == 4
    scrap = followed(rig, "/feed/scrap", limit)
    assert [(row["quantity"], row["reason"]) for row in scrap] == [("1", "DENT")]


@pytest.mark.parametrize("limit", [1, 500])
def test_consumption_adds_up_to_the_rows_of_the_store(rig: Rig, limit: int) -> None:
    worked(rig)
    rig.seal()
    rows = followed(rig, "/feed/consumption", limit)
    assert len({row["id"] for row in rows}) == len(rows) == len(rig.rows(Consumption))
    assert any(row["quantity"].startswith("-") for row in rows)
    assert sum(Decimal(row["quantity"]) for row in rows) == sum(row.quantity for row in rig.rows(Consumption))
    assert {row["lot"] for row in rows} == {"S1"}


def test_what_is_not_sealed_yet_comes_with_the_next_part(rig: Rig) -> None:
    order = rig.released()
    rig.seal()
    operator, planner = rig.caller("operator"), rig.caller()
    operator.post("/stations/BEND/reports", entry(task_of(order, "C10")))
    early = planner.get("/feed/completions").json
    assert early["rows"] == []
    rig.seal()
    late = planner.get("/feed/completions", after=early["next"]).json
    assert [row["quantity"] for row in late["rows"]] == ["1"]
    assert planner.get("/feed/completions", after=late["next"]).json["rows"] == []


def test_an_event_sealed_between_two_reads_is_not_skipped(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader asks for the head; before it reads the rows the relay seals another report."""
    from app.queries import feed

    order = rig.released()
    rig.seal()
    rig.caller("operator").post("/stations/BEND/reports", entry(task_of(order, "C10")))
    known = feed.last_position

    def overtaken(store: Any) -> int:
        head = known(store)
        with rig.app.app_context(), transaction() as session:
            seal(session, unsealed(session, 0))
        return head

    with monkeypatch.context() as patch, rig.app.app_context():
        patch.setattr(feed, "last_position", overtaken)
        first = feed.completions(db.session, rig.plant.site_id, 0, 10)
    second = rig.caller().get("/feed/completions", after=first.next).json
    assert len(first.rows) + len(second["rows"]) == 1


def test_order_progress_tells_what_happened_and_how_far_it_is(rig: Rig) -> None:
    order = worked(rig)
    rig.caller().post(f"/orders/{order['code']}/cancel")
    rig.seal()
    rows = followed(rig, "/feed/orders", 2)
    topics = [row["topic"] for row in rows if row["order"] == order["code"]]
    assert topics == ["order.created", "order.released", "order.running", "order.cancelled"]
    assert rows[-1]["status"] == "cancelled"
    assert rows[-1]["progress"]["quantity"] == "2"


def test_the_last_task_moves_the_order(rig: Rig) -> None:
    planner, operator = rig.caller(), rig.caller("operator")
    wish = {"kind": "service", "title": "Noise", "minutes": "5", "station": "TEST", "due_at": "2027-03-01T12:00:00Z"}
    code = planner.post("/orders", wish).json["code"]
    task = planner.post(f"/orders/{code}/release").json["work"][0]
    operator.post("/stations/TEST/reports", entry(task))
    rig.seal()
    rows = [row for row in followed(rig, "/feed/orders", 500) if row["order"] == code]
    assert {"report.good", "order.completed"} <= {row["topic"] for row in rows}
    assert (rows[-1]["status"], rows[-1]["progress"]["good"]) == ("completed", "1")


def test_events_are_given_in_their_order_and_only_of_this_plant(rig: Rig) -> None:
    worked(rig)
    rig.seal()
    rows = followed(rig, "/events", 3)
    positions = [row["position"] for row in rows]
    assert positions == sorted(set(positions))
    mine = [row for row in rig.rows(Event) if row.site_id == rig.plant.site_id]
    assert [row["id"] for row in rows] == sorted(row.id for row in mine)
    assert {row["topic"] for row in followed(rig, "/events", 500, topic="report.good")} == {"report.good"}
    assert len(followed(rig, "/events", 500, topic="report.good")) == 3
    assert len(rig.rows(Report)) == 5


@pytest.mark.parametrize("path", ["completions", "scrap", "consumption", "orders"])
def test_feeds_are_for_those_who_may_use_the_api(rig: Rig, path: str) -> None:
    for role in rig.tokens:
        status = rig.caller(role).get(f"/feed/{path}").status_code
        assert (status == 200) == (role in ("planner", "admin")), role
    assert rig.caller("lead").get("/events").status_code == 403
    assert rig.caller().get(f"/feed/{path}", after=-1).status_code == 422
    assert rig.caller().get(f"/feed/{path}", limit=501).status_code == 422
