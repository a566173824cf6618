"""The plan's pages: who may see and do what, what they say, and that another site's plan stays out of sight."""

import csv
import io
import itertools
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.auth.policy import ROLES
from app.db import db, now_utc, transaction
from app.models import PlanRun, Skill, Task, WorkOrder
from app.queries import plan_help, plans
from app.services import orders, planning
from app.services.release import release
from app.workers.solve import work
from tests.small_plant import Plant
from tests.web.desk import Desk, another_site, plant_with_users

PATHS = ("/plan", "/plan/summary", "/plan/reasons", "/plan/history", "/plan/table", "/plan/board.json")


@pytest.fixture
def plant(app: Flask) -> Plant:
    with app.app_context():
        return plant_with_users()


@pytest.fixture
def shop(app: Flask, plant: Plant) -> "Shop":
    return Shop(app, plant)


def unpacked(text: str) -> dict[str, Any]:
    """The board's picture with its bars as objects, as the page makes them."""
    board = json.loads(text)
    return board | {"tasks": [dict(zip(board["columns"], row, strict=True)) for row in board["tasks"]]}


class Shop:
    """What happens in the plant; each call in a context of its own, so that requests do not share one."""

    def __init__(self, app: Flask, plant: Plant) -> None:
        self.app, self.plant = app, plant

    def seat(self, role: str = "planner") -> Desk:
        desk = Desk(self.app)
        desk.sign_in(role)
        return desk

    def order(self, quantity: int = 2, hours: int = 48) -> int:
        now = now_utc()
        with self.app.app_context():
            order_id = orders.create_production(
                self.plant.site_id, "FRIDGE", Decimal(quantity), now + timedelta(hours=hours), 3, "cli:test", now
            )
            release(self.plant.site_id, order_id, "cli:test", now)
        return order_id

    def service(self, title: str, skill: str | None = None) -> None:
        now = now_utc()
        with self.app.app_context():
            made = orders.create_service(
                self.plant.site_id, title, Decimal(9), "PACK", now, 3, "cli:test", now, skill=skill
            )
            release(self.plant.site_id, made, "cli:test", now)

    def claim(self) -> planning.Claim:
        planning.wish(self.plant.site_id, {"type": "person", "at_once": True}, None, now_utc())
        held = planning.claim(now_utc())
        assert held is not None
        return held

    def make_plan(self) -> int:
        with self.app.app_context():
            plan_id = work(self.claim(), now_utc())
        assert plan_id is not None
        return plan_id

    def runs(self) -> list[PlanRun]:
        with self.app.app_context():
            return list(db.session.scalars(select(PlanRun)).all())


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_sees_or_not(shop: Shop, role: str) -> None:
    desk, status = shop.seat(role), 200 if "plan.view" in ROLES[role] else 403
    for path in PATHS:
        desk.get(path, status)
    desk.get("/plan.csv", 200 if "export" in ROLES[role] else 403)
    desk.post("/plan/runs", status=302 if "plan.edit" in ROLES[role] else 403)
    assert len(shop.runs()) == (1 if "plan.edit" in ROLES[role] else 0)


def test_nobody_signed_in_sees_nothing(shop: Shop) -> None:
    assert "/login" in Desk(shop.app).client.get("/plan").headers["Location"]


def test_nothing_released_says_what_to_do(shop: Shop) -> None:
    page = shop.seat().get("/plan")
    assert "Nothing is released yet" in page
    assert 'href="/orders"' in page
    assert "data-board-zoom" not in page


def test_a_released_order_without_a_worker_says_so(shop: Shop) -> None:
    shop.order()
    desk = shop.seat()
    desk.post("/plan/runs")
    page = desk.get("/plan")
    assert "A plan is asked for" in page
    assert "No worker is running" in page


def test_plan_now_keeps_who_asked(shop: Shop) -> None:
    shop.seat().post("/plan/runs")
    (run,) = shop.runs()
    assert (run.status, run.cause["type"], run.requested_by is not None) == ("queued", "person", True)


def test_a_plan_is_shown_as_figures_table_and_board(shop: Shop) -> None:
    shop.order()
    shop.make_plan()
    desk = shop.seat()
    page = desk.get("/plan")
    for words in ("WO-00001", "Bend", "Press door", "after WO-00001·C10 Bend", "Plan now"):
        assert words in page
    board = unpacked(desk.get("/plan/board.json"))
    assert len(board["tasks"]) == 7
    assert len(board["links"]) == 6
    assert {task["code"] for task in board["tasks"]} >= {"WO-00001·C10", "WO-00001·F40"}
    rows = {row["id"] for row in board["resources"]}
    assert {task["resource"] for task in board["tasks"]} <= rows
    assert all(board["opens"][row["open"]] for row in board["resources"])


def test_the_board_gives_work_done_side_by_side_a_row_each(shop: Shop) -> None:
    for _ in range(2):
        shop.order()
    shop.make_plan()
    board = unpacked(shop.seat().get("/plan/board.json"))
    for row in board["resources"]:
        spans = sorted((task["start"], task["end"]) for task in board["tasks"] if task["resource"] == row["id"])
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans))


def test_late_orders_come_with_their_reasons(shop: Shop) -> None:
    late = shop.order()
    with shop.app.app_context(), transaction() as session:
        session.execute(update(WorkOrder).where(WorkOrder.id == late).values(due_at=now_utc()))
    shop.make_plan()
    page = shop.seat().get("/plan")
    assert "Late orders" in page
    assert "work at WO-00001·C10 Bend" in page


def late_pair(shop: Shop) -> tuple[int, int]:
    """Two orders that are due now and want the same stations: the one that is later, and one in time."""
    pair = [shop.order(20), shop.order(20)]
    with shop.app.app_context(), transaction() as session:
        session.execute(update(WorkOrder).values(due_at=now_utc()))
    timely = shop.order(1, hours=600)
    shop.make_plan()
    with shop.app.app_context():
        plan = plans.current(db.session, shop.plant.site_id)
        assert plan is not None
        late = {one["order"]: one["min"] for one in plan.objective["late"]}
    return max(pair, key=lambda order: late[order]), timely


def test_what_would_help_a_late_order_is_planned_anew_in_both_languages(shop: Shop) -> None:
    late, timely = late_pair(shop)
    desk = shop.seat()
    assert f'href="/plan/help/{late}"' in desk.get("/plan/reasons")
    page = desk.get(f"/plan/help/{late}")
    for words in ("What would help WO-0000", "It gains", "Late orders then", "Why it is late"):
        assert words in page
    # Which of them help depends on the hour of the test.
    assert any(
        words in page for words in ("beside the first", "open around the clock", "before all others", "Plan again")
    )
    assert "WO-00003 is in time now." in desk.get(f"/plan/help/{timely}")
    desk.get("/plan/help/999", 404)
    desk.speak("zh_Hans")
    page = desk.get(f"/plan/help/{late}")
    for words in ("怎样改善 WO-0000", "可提前", "届时逾期工单", "逾期原因"):
        assert words in page
    assert any(words in page for words in ("增设一个与", "改为全天开班", "优先安排此工单", "不保留即将"))


def test_the_search_for_help_ends_at_its_deadline(shop: Shop) -> None:
    late, _timely = late_pair(shop)
    with shop.app.app_context():
        plan = plans.current(db.session, shop.plant.site_id)
        assert plan is not None
        whole, cut = (plan_help.help_for(db.session, shop.plant.site_id, plan, late, now_utc(), s) for s in (60, 0))
    assert (whole.complete, cut.complete) == (True, False)
    assert len(cut.remedies) <= 1 < len(whole.remedies)
    assert all(one.late < whole.late_min for one in whole.remedies)


def test_links_of_parts_that_flow_are_no_links_back_in_time(shop: Shop) -> None:
    shop.order()
    shop.make_plan()
    with shop.app.app_context(), transaction() as session:
        session.execute(update(Task).where(Task.op_key.endswith("/F40")).values(outside_min=60))
        session.execute(update(Task).where(Task.op_key.endswith("/F10")).values(quantity_input=Decimal(1)))
    board = unpacked(shop.seat().get("/plan/board.json"))
    keys = {row["id"]: row["code"].split("·")[1] for row in board["tasks"]}
    how = {(keys[a], keys[b]): kind for a, b, kind in board["links"]}
    assert {kind for (_pred, succ), kind in how.items() if succ == "F40"} == {0}
    assert {kind for (_pred, succ), kind in how.items() if succ == "F10"} == {3}
    assert {kind for (_pred, succ), kind in how.items() if succ not in ("F10", "F40")} == {2}


def test_what_is_not_planned_says_why_and_what_to_do(shop: Shop) -> None:
    with shop.app.app_context(), transaction() as session:
        session.add(Skill(site_id=shop.plant.site_id, code="NEW", name="New skill"))
    shop.service("Look", "NEW")
    shop.make_plan()
    assert "Nobody has the skill New skill today. Qualify somebody." in shop.seat().get("/plan")


def test_the_table_is_filtered_sorted_and_keeps_odd_values_out(shop: Shop) -> None:
    shop.order()
    shop.order(hours=0)
    shop.make_plan()
    desk = shop.seat()
    assert "WO-00001" not in desk.get("/plan/table?late=1")
    assert "WO-00002" in desk.get("/plan/table?late=1")
    assert "Press door" not in desk.get(f"/plan/table?station={shop.plant.stations['BEND']}")
    assert "Press door" in desk.get("/plan/table?q=press")
    assert "No planned task fits this filter." in desk.get("/plan/table?q=100%25")
    assert "No planned task fits this filter." in desk.get("/plan/table?kind=service")
    first = desk.get("/plan/table?sort=-start")
    assert first.index("Pack") < first.index("Bend")
    for odd in ("sort=drop", "page=0", "page=99999999", "station=x", "line=99999999999999", "kind=%00"):
        desk.get(f"/plan/table?{odd}")


def test_the_plan_goes_out_as_csv(shop: Shop) -> None:
    shop.order()
    shop.make_plan()
    answer = shop.seat().client.get("/plan.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 7
    assert [row["Station"] for row in rows] == sorted(row["Station"] for row in rows)
    assert {row["Order"] for row in rows} == {"WO-00001"}


def test_a_cell_that_looks_like_a_formula_stays_text(shop: Shop) -> None:
    shop.service("=1+1")
    shop.make_plan()
    assert ",'=1+1," in shop.seat().client.get("/plan.csv").text


def test_runs_tell_cause_and_outcome(shop: Shop) -> None:
    shop.order()
    shop.make_plan()
    with shop.app.app_context():
        planning.fail(shop.claim(), "plan.unverified", {"codes": "overlap", "count": 1}, now_utc())
    page = shop.seat().get("/plan")
    assert "7 tasks, 0 orders late" in page
    assert "The plan broke 1 rules (overlap) and was not published." in page


def test_pages_speak_chinese(shop: Shop) -> None:
    shop.order(hours=0)
    shop.make_plan()
    desk = shop.seat()
    desk.speak("zh_Hans")
    page = desk.get("/plan")
    for words in ("立即排程", "延误工单", "排程记录"):
        assert words in page
    assert "as soon as possible" not in page


def test_another_sites_plan_is_not_seen(shop: Shop) -> None:
    with shop.app.app_context():
        another_site()
    desk = shop.seat()
    assert "SV-00001" not in desk.get("/plan")
    assert json.loads(desk.get("/plan/board.json"))["tasks"] == []
    assert "U-ST" not in desk.get("/plan/board.json")
    assert "Elsewhere" not in desk.get("/plan.csv")
    stranger = Desk(shop.app)
    stranger.sign_in("stranger")
    shop.order()
    shop.make_plan()
    assert "WO-00001" not in stranger.get("/plan")
