"""The pages about orders: the list and its filters, a new order, one order in full, and what can be done with it."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, now_utc, transaction
from app.group_commit import commit_together
from app.models import Event, Operation, Reason, Report, Task, WorkOrder
from app.queries.orders import COUNT_CAP, PAGE, Filters, order_page
from app.services import orders
from app.services.execution import Entry, report
from app.services.release import release
from app.web.orders.drawing import drawn, short
from tests.small_plant import Plant
from tests.web.desk import Desk, plant_with_users


@dataclass
class Shop:
    """The plant with a draft and a released order, and a planner at his desk."""

    app: Flask
    plant: Plant
    desk: Desk
    draft: int
    order: int

    def task(self, key: str) -> int:
        query = select(Task.id).where(Task.order_id == self.order, Task.op_key.endswith("/" + key))
        return db.session.scalars(query).one()

    def report(self, key: str, quantity: int, kind: str = "good") -> int:
        with self.app.app_context():
            wish = Entry(uuid.uuid4().hex, self.plant.site_id, kind, Decimal(quantity), self.task(key), None,
                         self.plant.people["LI"], "test",
                         reason_id=self.plant.reasons["DENT"] if kind != "good" else None)  # fmt: skip
            db.session.rollback()
            return commit_together(lambda connection: report(connection, wish, now_utc()))["report"]

    def status(self, order_id: int) -> str:
        with self.app.app_context():
            return db.session.scalars(select(WorkOrder.status).where(WorkOrder.id == order_id)).one()

    def as_role(self, role: str) -> Desk:
        desk = Desk(self.app)
        desk.sign_in(role)
        return desk


@pytest.fixture
def shop(app: Flask) -> Shop:
    with app.app_context():
        plant, now = plant_with_users("Asia/Shanghai"), now_utc()
        ids = [orders.create_production(plant.site_id, "FRIDGE", Decimal(4), now + timedelta(days=2), 3, None, now)
               for _n in range(2)]  # fmt: skip
        release(plant.site_id, ids[1], "cli:test", now)
    desk = Desk(app)
    desk.sign_in("planner")
    return Shop(app, plant, desk, *ids)


# the list


def test_an_empty_list_says_what_to_do(app: Flask) -> None:
    with app.app_context():
        plant_with_users()
    desk = Desk(app)
    desk.sign_in("planner")
    page = desk.get("/orders")
    assert "There are no open orders. Create the first" in page
    assert 'href="/orders/new"' in page
    desk.sign_in("operator")
    assert "A planner creates them." in desk.get("/orders")


def test_an_order_bears_its_items_name_in_the_readers_language(shop: Shop) -> None:
    for path in ("/orders", f"/orders/{shop.order}"):
        assert "冰箱" not in shop.desk.get(path)
    shop.desk.speak("zh_Hans")
    for path in ("/orders", f"/orders/{shop.order}"):
        assert "冰箱" in shop.desk.get(path)
        assert "Fridge" not in shop.desk.get(path)


def test_the_list_shows_all_kinds_with_progress_and_lateness(shop: Shop) -> None:
    with shop.app.app_context():
        now = now_utc()
        orders.create_service(
            shop.plant.site_id, "Fan noise", Decimal(9), "TEST", now - timedelta(hours=1), 2, None, now
        )
    page = shop.desk.get("/orders")
    assert "Fan noise" in page
    assert "WO-00002" in page
    assert "0 / 4" in page
    assert 'data-state="late"' in page
    assert "Fan noise" not in shop.desk.get("/orders?kind=production")
    late = shop.desk.get("/orders?late=1")
    assert "Fan noise" in late
    assert "WO-00002" not in late


@pytest.mark.parametrize(("query", "found"), [
    ("status=draft", ["WO-00001"]), ("status=released", ["WO-00002"]), ("status=any", ["WO-00001", "WO-00002"]),
    ("q=00002", ["WO-00002"]), ("q=fridge", ["WO-00001", "WO-00002"]), ("q=100%25", []), ("line=1", ["WO-00002"]),
    ("line=999", []), ("sort=-code", ["WO-00002", "WO-00001"]), ("status=nonsense&sort=evil&page=x&line=x",
                                                                ["WO-00001", "WO-00002"]),
])  # fmt: skip
def test_filters_and_sorting(shop: Shop, query: str, found: list[str]) -> None:
    page = shop.desk.get(f"/orders?{query}")
    assert re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', page) == found
    assert ("No order fits this filter." in page) is (not found)


def test_the_count_is_capped_and_pages_go_on(shop: Shop) -> None:
    with shop.app.app_context():
        now = now_utc()
        with transaction() as session:
            table = WorkOrder.__table__
            session.execute(table.insert(), [
                {"site_id": shop.plant.site_id, "code": f"X-{n}", "kind": "production", "status": "draft", "title": "X",
                 "priority": 3, "due_at": now + timedelta(minutes=n), "version": 1, "created_at": now}
                for n in range(COUNT_CAP + PAGE)
            ])  # fmt: skip
        first = order_page(db.session, shop.plant.site_id, Filters(), now)
        assert (len(first.rows), first.total, first.more, first.has_next) == (PAGE, COUNT_CAP, True, True)
        last = order_page(db.session, shop.plant.site_id, Filters(page=22), now)
        assert (len(last.rows), last.has_next) == (2, False)
    assert "more than 1000 orders" in shop.desk.get("/orders")
    assert 'rel="prev"' in shop.desk.get("/orders?page=2")


def test_the_fragment_holds_the_rows_alone(shop: Shop) -> None:
    text = shop.desk.get("/orders", headers={"HX-Request": "true"})
    assert "WO-00002" in text
    assert "<html" not in text


def test_the_export_holds_the_filtered_rows_as_text(shop: Shop) -> None:
    with shop.app.app_context():
        now = now_utc()
        orders.create_service(shop.plant.site_id, "=1+1", Decimal(9), "TEST", now, 2, None, now)
    text = shop.desk.get("/orders.csv?status=any")
    assert text.startswith("\ufeffOrder,Kind,")
    assert "WO-00001" in text
    assert ",'=1+1," in text
    assert "WO-00001" not in shop.desk.get("/orders.csv?status=released")
    shop.as_role("operator").get("/orders.csv", status=403)


# a new order


def new(shop: Shop, status: int = 302, **values: str) -> Any:
    usual = {"item": "FRIDGE", "quantity": "5", "due_at": "2026-12-24T08:30", "priority": "2", "earliest_at": "",
             "customer_order": "C-77", "customer_ref": ""}  # fmt: skip
    return shop.desk.post("/orders/new", usual | values, status=status)


def test_a_new_order_has_its_due_time_in_the_zone_of_the_site(shop: Shop) -> None:
    location = new(shop).location
    with shop.app.app_context():
        row = db.session.get_one(WorkOrder, int(location.rsplit("/", 1)[1]))
        assert row.due_at == datetime(2026, 12, 24, 0, 30, tzinfo=UTC)
        assert (row.status, row.priority, row.customer_order, row.quantity) == ("draft", 2, "C-77", 5)
        event = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
        assert (event.topic, event.actor) == ("order.created", "user:3")


@pytest.mark.parametrize(("values", "sentence"), [
    ({"item": "NOPE"}, "There is no item NOPE."), ({"item": ""}, "Fill this in."),
    ({"quantity": "-1"}, "-1 is not a number above 0."), ({"quantity": "NaN"}, "NaN is not a number above 0."),
    ({"quantity": "1.5"}, "1.5 is too fine: FRIDGE is counted with 0 decimals."),
    ({"quantity": "1e30"}, "is not a quantity here"), ({"quantity": ""}, "Fill this in."),
    ({"due_at": "tomorrow"}, "tomorrow is no date with time."), ({"priority": "9"}, "Choose a number from 1 to 5."),
])  # fmt: skip
def test_a_wrong_field_is_told_under_it_and_nothing_typed_is_lost(
    shop: Shop, values: dict[str, str], sentence: str
) -> None:
    page = new(shop, 422, **values).text
    assert sentence in page
    assert 'aria-invalid="true"' in page
    assert 'value="C-77"' in page


def test_items_are_found_by_code_and_by_name(shop: Shop) -> None:
    assert 'value="FRIDGE"' in shop.desk.get("/orders/items?item=冰箱")
    assert 'value="FRIDGE"' in shop.desk.get("/orders/items?item=fri")
    assert "SHEET" not in shop.desk.get("/orders/items?item=s")


# one order


def test_a_draft_shows_what_releasing_would_do(shop: Shop) -> None:
    page = shop.desk.get(f"/orders/{shop.draft}")
    assert "7 tasks will stand in the queues of their stations." in page
    materials = shop.desk.get(f"/orders/{shop.draft}?view=materials")
    assert "SHEET" in materials
    assert "Covered" in materials


def test_a_draft_that_cannot_be_released_says_why(shop: Shop) -> None:
    with shop.app.app_context(), transaction() as session:
        from app.models import OperationStation

        session.execute(OperationStation.__table__.delete())
    page = shop.desk.get(f"/orders/{shop.draft}")
    assert "It cannot be released yet, see below." in page
    assert "no station can do the operation" in page
    answer = shop.desk.post(f"/orders/{shop.draft}/release", status=409)
    assert "cannot be released" in answer.text
    assert shop.status(shop.draft) == "draft"


def test_release_breaks_the_order_down_and_may_leave_out_an_optional_operation(shop: Shop) -> None:
    with shop.app.app_context(), transaction() as session:
        session.execute(update(Operation).where(Operation.key == "F40").values(is_optional=True))
    assert "Leave out optional operations" in shop.desk.get(f"/orders/{shop.draft}")
    shop.desk.post(f"/orders/{shop.draft}/release", {"skip": "FRIDGE/F40"})
    with shop.app.app_context():
        keys = db.session.scalars(select(Task.op_key).where(Task.order_id == shop.draft)).all()
        assert len(keys) == 6
        assert not any(key.endswith("/F40") for key in keys)


def test_the_process_shows_states_quantities_and_what_a_task_waits_for(shop: Shop) -> None:
    shop.report("C10", 3)
    page = shop.desk.get(f"/orders/{shop.order}")
    assert '<svg class="process"' in page
    assert "3 / 4" in page
    assert page.count('class="task ') == 7
    row = page.split(f'id="task-{_task(shop, "F10")}"')[1].split("</tr>")[0]
    assert "Foam" in row
    assert "Press door" in row


def _task(shop: Shop, key: str) -> int:
    with shop.app.app_context():
        return shop.task(key)


def test_reports_are_listed_and_a_lead_corrects_one_with_a_reason(shop: Shop) -> None:
    number = shop.report("C10", 2)
    lead = shop.as_role("lead")
    page = lead.get(f"/orders/{shop.order}?view=reports")
    assert "Why is it wrong?" in page
    path = f"/orders/{shop.order}/reports/{number}/undo"
    lead.post(path, status=422)
    lead.post(path, {"reason_id": str(shop.plant.reasons["DENT"])}, status=422)
    lead.post(path, {"reason_id": str(shop.plant.reasons["WRONG"]), "uuid": "u1"})
    page = lead.get(f"/orders/{shop.order}?view=reports")
    assert "Undone" in page
    with shop.app.app_context():
        row = db.session.scalars(select(Report).where(Report.reverses_id == number)).one()
        assert (row.quantity, row.reason_id, row.channel) == (-2, shop.plant.reasons["WRONG"], "desk")
    lead.post(path, {"reason_id": str(shop.plant.reasons["WRONG"])}, status=409)


def test_correcting_is_refused_to_others_and_for_a_report_of_another_order(shop: Shop) -> None:
    number = shop.report("C10", 1)
    shop.desk.post(f"/orders/{shop.order}/reports/{number}/undo", status=403)
    assert "Why is it wrong?" not in shop.desk.get(f"/orders/{shop.order}?view=reports")
    shop.as_role("lead").post(f"/orders/{shop.draft}/reports/{number}/undo", status=404)


def test_hold_and_resume(shop: Shop) -> None:
    with shop.app.app_context(), transaction() as session:
        reason = Reason(site_id=shop.plant.site_id, code="GLUE", kind="hold", name="Glue is wrong", name_zh="胶不对")
        session.add(reason)
        session.flush()
        reason_id = reason.id
    shop.desk.post(f"/orders/{shop.order}/hold", status=422)
    shop.desk.post(f"/orders/{shop.order}/hold", {"reason_id": str(reason_id)})
    page = shop.desk.get(f"/orders/{shop.order}")
    assert "On hold: Glue is wrong" in page
    assert 'data-state="hold"' in shop.desk.get("/orders")
    hold = re.search(r"/holds/(\d+)/resume", page)
    assert hold
    shop.desk.post(f"/orders/{shop.draft}/holds/{hold[1]}/resume", status=404)
    shop.desk.post(f"/orders/{shop.order}/holds/{hold[1]}/resume")
    assert "On hold" not in shop.desk.get(f"/orders/{shop.order}")


def test_a_change_of_an_older_version_is_refused(shop: Shop) -> None:
    path = f"/orders/{shop.draft}/change"
    shop.desk.post(path, {"version": "1", "due_at": "2027-01-01T10:00", "priority": "1"})
    answer = shop.desk.post(path, {"version": "1", "due_at": "2027-02-01T10:00", "priority": "5"}, status=409)
    assert "changed meanwhile" in answer.text
    shop.desk.post(path, {"version": "2", "due_at": "soon", "priority": "5"}, status=422)
    with shop.app.app_context():
        row = db.session.get_one(WorkOrder, shop.draft)
        assert (row.due_at, row.priority) == (datetime(2027, 1, 1, 2, tzinfo=UTC), 1)


def test_cancel_and_close_follow_the_states(shop: Shop) -> None:
    shop.desk.post(f"/orders/{shop.order}/close", status=409)
    assert "Only a completed order can be closed." in shop.desk.get(f"/orders/{shop.order}")
    shop.desk.post(f"/orders/{shop.order}/cancel")
    assert shop.status(shop.order) == "cancelled"
    shop.desk.post(f"/orders/{shop.order}/cancel")
    shop.desk.post(f"/orders/{shop.order}/release", status=409)
    with shop.app.app_context(), transaction() as session:
        session.execute(update(WorkOrder).where(WorkOrder.id == shop.draft).values(status="completed"))
    shop.desk.post(f"/orders/{shop.draft}/close")
    assert shop.status(shop.draft) == "closed"


def test_a_refusal_comes_back_to_the_page_it_came_from(shop: Shop) -> None:
    back = f"/orders/{shop.order}"
    answer = shop.desk.post(f"{back}/close", status=302, headers={"Referer": f"http://localhost{back}"})
    assert answer.location == back
    assert "cannot become closed" in shop.desk.get(f"/orders/{shop.order}")


def test_an_operator_may_look_but_has_no_buttons(shop: Shop) -> None:
    desk = shop.as_role("operator")
    page = desk.get(f"/orders/{shop.draft}")
    assert 'data-dialog="' not in page
    assert "Your role does not allow this." in page
    desk.post(f"/orders/{shop.draft}/release", status=403)


def test_history_and_snapshot(shop: Shop) -> None:
    shop.report("C10", 2)
    page = shop.desk.get(f"/orders/{shop.order}?view=history")
    for words in ("Order created", "Released: broken down into 7 tasks", "2 good reported", "Work began"):
        assert words in page
    page = shop.desk.get(f"/orders/{shop.order}?view=revision")
    assert re.search(r"<dd>[0-9a-f]{64}</dd>", page)
    assert "12.5" in page


def test_the_live_part_is_a_fragment_with_its_topic(shop: Shop) -> None:
    assert f'data-live="order:{shop.order} plan forecast"' in shop.desk.get(f"/orders/{shop.order}")
    assert "<html" not in shop.desk.get(f"/orders/{shop.order}/live?view=reports")


# the drawing


def test_boxes_never_lie_on_each_other_and_links_run_forward(shop: Shop) -> None:
    from app.queries.order_detail import task_lines

    with shop.app.app_context():
        lines, links = task_lines(db.session, shop.plant.site_id, shop.order)
        picture = drawn(lines, links, lambda task: task.name)
    places = {(box.x, box.y) for box in picture.boxes}
    assert len(places) == len(picture.boxes) == 7
    at = {box.line.task.id: box.x for box in picture.boxes}
    for curve in picture.curves:
        assert curve.is_back is (at[curve.link.pred_id] >= at[curve.link.succ_id])
    assert sum(curve.is_back for curve in picture.curves) == 1


def test_a_title_is_cut_by_its_width() -> None:
    assert short("Assemble", 21) == "Assemble"
    assert short("真空与制冷剂加注工序", 10) == "真空与制…"
    assert len(short("x" * 50, 21)) <= 21
