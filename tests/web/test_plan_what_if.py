"""What-if on the pages: drops through the board's addresses, publishing that asks, compare, load, promise, paper."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from app.db import db, now_utc, transaction
from app.models import Plan, PlannedTask, PlanRun, Task
from app.queries import plan_try
from app.services import plan_runs, planning
from app.workers import search
from app.workers.search import Course
from tests.small_plant import Plant
from tests.web.desk import Desk, plant_with_users
from tests.web.test_plan_pages import Shop, unpacked


@pytest.fixture
def plant(app: Flask) -> Plant:
    with app.app_context():
        plan_try.forget()
        return plant_with_users()


@pytest.fixture
def shop(app: Flask, plant: Plant) -> Shop:
    made = Shop(app, plant)
    made.order(hours=240)
    made.make_plan()
    return made


def send(desk: Desk, path: str, status: int = 200, **data: Any) -> dict[str, Any]:
    answer = desk.client.post(path, json=data, headers={"X-CSRFToken": desk.token(), "Accept": "application/json"})
    assert answer.status_code == status, answer.text
    return answer.get_json()


def task(shop: Shop, key: str) -> int:
    with shop.app.app_context():
        return db.session.scalars(select(Task.id).where(Task.op_key.endswith("/" + key))).first() or 0


def ms(days: float) -> int:
    return round((now_utc() + timedelta(days=days)).replace(hour=16, minute=0).timestamp() * 1000)


def draft(desk: Desk) -> str:
    return f"/plan/drafts/{send(desk, '/plan/drafts', 201)['draft']}"


def test_a_drop_is_checked_made_undone_and_published(shop: Shop) -> None:
    desk, pack = shop.seat(), task(shop, "F40")
    path = draft(desk)
    number = path.rsplit("/", 1)[-1]
    wish = {"task": pack, "station": shop.plant.stations["PACK"], "start": ms(4)}
    found = send(desk, f"{path}/check", **wish)
    assert (found["ok"], found["knock_on"], found["words"]) == (True, 0, "nothing else moves")
    moved = send(desk, f"{path}/move", **wish, revision=1)
    assert moved["revision"] == 2
    board = unpacked(desk.get(f"/plan/board.json?draft={number}"))
    bar = next(one for one in board["tasks"] if one["id"] == pack)
    assert (bar["start"], bar["locked"], board["draft"]) == (moved["places"][0][2], True, int(number))
    assert [ghost[0] for ghost in board["ghosts"]] == [pack]
    assert send(desk, f"{path}/undo", revision=2)["revision"] == 3
    assert unpacked(desk.get(f"/plan/board.json?draft={number}"))["ghosts"] == []
    send(desk, f"{path}/undo", revision=3, forth=True)
    assert "What would" in desk.get(f"/plan/compare/draft?draft={number}")
    answer = desk.post(f"{path}/publish", {"revision": 4}, status=302)
    assert answer.location == "/plan"
    bar = next(one for one in unpacked(desk.get("/plan/board.json"))["tasks"] if one["id"] == pack)
    assert bar["locked"]
    desk.get(f"/plan?draft={number}", status=404)


def test_a_drop_that_cannot_be_is_refused_in_words(shop: Shop) -> None:
    desk, path = shop.seat(), draft(shop.seat())
    wish = {"task": task(shop, "F40"), "station": shop.plant.stations["BEND"], "start": ms(4)}
    found = send(desk, f"{path}/check", **wish)
    assert (found["ok"], found["words"]) == (False, "Bend cannot do it. Choose a station of its routing.")
    assert "Choose a station" in send(desk, f"{path}/move", 409, **wish, revision=1)["detail"]
    for nonsense in ({}, {"task": "x", "station": 1, "start": 1}, {"task": 1, "station": 1, "start": 1e300}):
        assert send(desk, f"{path}/check", 422, **nonsense)["code"] == "plan.drop_unreadable"


def test_publishing_asks_again_when_the_frozen_zone_is_touched(shop: Shop) -> None:
    desk, bend = shop.seat(), task(shop, "C10")
    with shop.app.app_context(), transaction() as session:
        row = session.scalars(select(PlannedTask).where(PlannedTask.task_id == bend)).one()
        row.start_at, row.end_at = now_utc() + timedelta(minutes=5), now_utc() + timedelta(minutes=25)
    path = draft(desk)
    send(desk, f"{path}/move", task=bend, station=shop.plant.stations["BEND"], start=ms(3), revision=1)
    asked = desk.post(f"{path}/publish", {"revision": 2}).location
    page = desk.get(asked)
    assert "Publish although this changed?" in page
    assert "about to start move" in page
    token = asked.split("token=")[1].split("#")[0]
    assert desk.post(f"{path}/publish", {"revision": 2, "agreed": token}).location == "/plan"


def test_who_may_only_look_cannot_change(shop: Shop) -> None:
    path, lead = draft(shop.seat()), shop.seat("lead")
    assert "data-board-lock" not in lead.get("/plan")
    send(lead, f"{path}/lock", 403, tasks=[1], locked=True, revision=1)


def test_alternatives_locks_names_and_discarding(shop: Shop) -> None:
    desk, assemble = shop.seat(), task(shop, "F10")
    path = draft(desk)
    found = desk.client.get(f"{path}/alternatives?task={assemble}").get_json()
    assert {one["name"] for one in found} == {"Assy1", "Assy2"}
    assert send(desk, f"{path}/lock", tasks=[assemble], locked=True, revision=1)["revision"] == 2
    assert send(desk, f"{path}/lock", 409, tasks=[assemble], locked=True, revision=1)["code"] == "plan.draft_changed"
    desk.post(f"{path}/rename", {"name": "Saturday shift"})
    assert "Saturday shift" in desk.get("/plan")
    assert "Saturday shift" in desk.get("/plan/compare")
    desk.post(f"{path}/discard")
    assert "Saturday shift" not in desk.get("/plan")


def test_a_search_ends_in_drafts_side_by_side(shop: Shop) -> None:
    desk = shop.seat()
    desk.post("/plan/search", {"seconds": "1"})
    assert "The first plan comes in a moment." in desk.get("/plan/search")
    with shop.app.app_context():
        held = planning.claim(now_utc(), scope="draft")
        assert held is not None
        assert planning.claim(now_utc(), scope="draft") is None  # one at a time
        course = Course(1)
        search.search(held, course)
        run = db.session.get_one(PlanRun, held.run_id, populate_existing=True)
        assert run.status == "done"
        made = db.session.scalars(select(Plan).where(Plan.run_id == run.id)).all()
        assert {row.name for row in made} <= {"calm", "balanced", "best"}
    page = desk.get("/plan/compare")
    assert "Calm" in page
    assert "Publish plan" in page
    desk.post(f"/plan/search/{held.run_id}/stop", status=409, headers={"Accept": "application/json"})
    desk.post("/plan/search", {"seconds": "0"}, status=422, headers={"Accept": "application/json"})


def test_a_search_is_steered_and_heard(shop: Shop) -> None:
    from app.services import offers

    desk = shop.seat()
    with shop.app.app_context():
        run_id = plan_runs.search(shop.plant.site_id, None, 30, None, now_utc())
        held = planning.claim(now_utc(), scope="draft")
        assert held is not None
    desk.post(f"/plan/search/{run_id}/more")
    with shop.app.app_context():
        row = {"at_ms": 400, "phase": "rule", "cost": 900, "bound": 300, "late_orders": 3, "late_bound": 2,
               "makespan_min": 0, "moved": 0}  # fmt: skip
        assert offers.beat(held, now_utc(), 15, row) == (True, 90)
        offers.beat(held, now_utc(), 15, row | {"at_ms": 900, "cost": 600, "late_orders": 2})
    page = desk.get("/plan/search")
    for words in ("2 late orders", "3 at the start", "no order more can be in time", "Use this now", "60 s more"):
        assert words in page
    desk.post(f"/plan/search/{run_id}/stop")
    with shop.app.app_context():
        assert offers.heard(held) == (False, 90)


def test_a_search_that_lost_its_worker_says_so(shop: Shop) -> None:
    desk = shop.seat()
    for lease_s, words in ((0, "The process that searched has stopped."), (60, "the search has begun again")):
        with shop.app.app_context():
            if not lease_s:
                plan_runs.search(shop.plant.site_id, None, 30, None, now_utc())
            assert planning.claim(now_utc(), lease_s, "draft") is not None
        assert words in desk.get("/plan/search")


def test_load_promise_and_paper(shop: Shop) -> None:
    desk = shop.seat()
    page = desk.get("/plan/load")
    assert "Bend" in page
    assert " of " in page
    page = desk.get("/plan/promise?item=FRIDGE&quantity=2")
    assert "Earliest date" in page
    assert "Pack" in page
    assert "later than wished" in desk.get("/plan/promise?item=FRIDGE&quantity=2&due=2020-01-01T10:00")
    assert "There is no item NONE here" in desk.get("/plan/promise?item=NONE&quantity=2")
    for wrong in ("0", "-1", "x", "NaN", "1e99"):
        assert "Enter a quantity" in desk.get(f"/plan/promise?item=FRIDGE&quantity={wrong}")
    paper = desk.client.get("/plan/sheet.pdf?days=9")
    text = "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(paper.data)).pages)
    assert "WO-00001·C10" in text
    assert "BEND Bend" in text
    assert ",Shift," in desk.get("/plan.csv")


def test_the_promise_is_what_a_plan_then_gives(shop: Shop) -> None:
    from decimal import Decimal

    from app.queries import plan_promise, plans

    with shop.app.app_context():
        site, now = shop.plant.site_id, now_utc()
        found = plan_promise.promised(db.session, site, "FRIDGE", Decimal(2), None, now)
        before = plans.published(db.session, site)
        db.session.rollback()
    second = shop.order(2, hours=999)
    shop.make_plan()
    with shop.app.app_context():
        query = select(PlannedTask, Task.order_id).join(Task).join(Plan, Plan.id == PlannedTask.plan_id)
        rows = db.session.execute(query.where(Plan.status == "published")).all()
        ready = max(row[0].end_at for row in rows if row[1] == second)
        assert abs(ready - found.ready_at) <= timedelta(minutes=30)
        assert all(before[row[0].task_id].station == row[0].station_id for row in rows if row[0].task_id in before)
