"""Time at a station: pause, finish, stop, call and sign out."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from app.db import db, transaction
from app.models import Event, Notice, Reason, Report, WorkOrder, WorkSession
from app.services import orders
from app.services.release import release
from tests.app.station_floor import Stations
from tests.small_plant import NOW


def test_pause_and_start_are_time_not_quantity(floor: Stations) -> None:
    floor.at("BEND", "C10")
    floor.now = NOW + timedelta(minutes=5)
    assert floor.act("BEND", "pause")["next"]["code"] == "next.start"
    assert floor.task("C10").status == "paused"
    floor.now = NOW + timedelta(minutes=8)
    assert floor.act("BEND", "start")["accepted"]
    rows = db.session.execute(
        select(WorkSession.kind, WorkSession.started_at, WorkSession.ended_at).order_by(WorkSession.id)
    )
    assert [tuple(row) for row in rows] == [
        ("run", NOW, NOW + timedelta(minutes=5)),
        ("pause", NOW + timedelta(minutes=5), NOW + timedelta(minutes=8)),
        ("run", NOW + timedelta(minutes=8), None),
    ]


def test_finish_asks_before_it_leaves_work_behind(floor: Stations) -> None:
    floor.at("BEND", "C10")
    assert floor.act("BEND", "confirm")["code"] == "station.nothing_to_confirm"
    assert floor.act("BEND", "finish")["next"]["code"] == "next.confirm"
    assert floor.act("BEND", "confirm")["code"] == "task.left"
    assert (floor.state("BEND").task_id, floor.task("C10").status) == (None, "paused")
    assert floor.act("BEND", "start")["code"] == "task.opened"


def test_work_that_is_not_counted_is_done_when_finished(floor: Stations) -> None:
    order_id = orders.create_service(
        floor.plant.site_id, "Repair door", Decimal(30), "DOOR", NOW + timedelta(days=1), 2, "cli:test", NOW
    )
    release(floor.plant.site_id, order_id, "cli:test", NOW)
    floor.scan("DOOR", "LI")
    code = db.session.get_one(WorkOrder, order_id).code
    assert floor.scan("DOOR", code)["next"]["code"] == "next.finish"
    assert floor.act("DOOR", "finish")["code"] == "report.good"
    assert db.session.get_one(WorkOrder, order_id, populate_existing=True).status == "completed"


def test_help_and_stop_reach_the_lead_once(floor: Stations) -> None:
    floor.at("BEND", "C10")
    assert floor.act("BEND", "help")["code"] == "call.help"
    assert floor.act("BEND", "help")["code"] == "call.help"
    notices = db.session.scalars(select(Notice).where(Notice.kind == "help")).all()
    assert [(row.station_id, row.cleared_at) for row in notices] == [(floor.plant.stations["BEND"], None)]
    topics = db.session.scalars(select(Event.topic).where(Event.topic == "notice.opened")).all()
    assert len(topics) == 1
    assert floor.act("BEND", "stop")["code"] == "report.reason"
    assert floor.act("BEND", "stop", reason="DENT")["code"] == "reason.other_use"


def test_a_stop_ends_with_the_next_piece(floor: Stations) -> None:
    with transaction() as session:
        session.add(Reason(site_id=floor.plant.site_id, code="BREAK", kind="stop", name="Breakdown", name_zh="故障"))
    floor.at("BEND", "C10")
    assert floor.act("BEND", "stop", reason="BREAK")["next"]["code"] == "next.start"
    assert floor.state("BEND").stopped_reason == "BREAK"
    assert floor.act("BEND", "good")["code"] == "report.good"
    assert floor.state("BEND").stopped_reason is None
    assert db.session.scalars(select(Notice.cleared_at).where(Notice.kind == "stop")).one() is not None


def test_signing_out_ends_the_time_and_keeps_the_task(floor: Stations) -> None:
    floor.at("BEND", "C10")
    floor.act("BEND", "sign_out")
    assert floor.state("BEND").task_id == floor.task("C10").id
    assert db.session.scalars(select(WorkSession.ended_at)).one() == NOW
    assert floor.act("BEND", "good")["code"] == "station.sign_in"
    floor.scan("BEND", "WANG")
    assert floor.act("BEND", "good")["code"] == "report.good"
    assert db.session.scalars(select(Report.person_id)).one() == floor.plant.people["WANG"]
