"""People, pauses, calls, take-over, counters, concessions, replacements, and scans that waited in a device."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from app.db import db, transaction
from app.models import (
    Characteristic,
    Disposition,
    Event,
    Hold,
    LimitRule,
    LimitSignal,
    Lot,
    Nonconformance,
    Notice,
    Person,
    Reason,
    Report,
    Scan,
    Station,
    StockBalance,
    Unit,
    WorkSession,
)
from app.queries import known
from app.states.device_clock import made
from devices.codes import Kind, make
from tests.app.station_floor import Stations
from tests.small_plant import NOW

CONFIRM, CONCESSION, MATERIAL = (make(Kind.COMMAND, number) for number in (10, 18, 17))


def change(model: Any, row_id: int, **values: Any) -> None:
    with transaction() as session:
        for name, value in values.items():
            setattr(session.get_one(model, row_id), name, value)
    known.forget()


def notices(kind: str) -> list[Notice]:
    return list(db.session.scalars(select(Notice).where(Notice.kind == kind)))


def test_several_people_work_on_one_task_each_with_a_clock(floor: Stations) -> None:
    change(Station, floor.plant.stations["BEND"], people=2)
    with transaction() as session:
        session.add(Person(site_id=floor.plant.site_id, code="ZHAO", name="Zhao", badge="ZHAO"))
    floor.at("BEND", "C10")
    joined = floor.scan("BEND", "WANG")
    assert (joined["code"], joined["values"]["people"]) == ("person.joined", 2)
    assert floor.scan("BEND", "ZHAO")["code"] == "station.full"
    floor.now = NOW + timedelta(minutes=5)
    assert floor.act("BEND", "pause")["accepted"]
    assert floor.scan("BEND", "LI")["code"] == "person.left"
    assert floor.state("BEND").person_id == floor.plant.people["WANG"]
    assert floor.scan("BEND", "WANG")["code"] == "person.out"
    rows = db.session.execute(select(WorkSession.person_id, WorkSession.kind, WorkSession.ended_at))
    who = floor.plant.people
    assert sorted((row.person_id, row.kind, row.ended_at) for row in rows) == sorted(
        (who[name], kind, floor.now) for name in ("LI", "WANG") for kind in ("run", "pause")
    )


def test_one_person_on_two_tasks_is_warned_not_refused(floor: Stations) -> None:
    floor.at("BEND", "C10")
    assert "notices" not in floor.scan("DOOR", "LI")
    opened = floor.scan("DOOR", floor.card("D10"))
    assert (opened["accepted"], opened["notices"]) == (True, ["overlap"])


def test_a_station_nobody_used_asks_for_the_badge_again(floor: Stations) -> None:
    floor.at("BEND", "C10")
    floor.now = NOW + timedelta(minutes=15)
    assert floor.act("BEND", "good")["accepted"]
    floor.now += timedelta(minutes=16)
    refused = floor.act("BEND", "good")
    assert (refused["code"], refused["next"]["code"]) == ("station.locked", "next.unlock")
    assert floor.scan("BEND", "LI")["code"] == "person.back"
    assert floor.act("BEND", "good")["accepted"]
    assert db.session.scalars(select(WorkSession.ended_at)).one() is None
    floor.now += timedelta(minutes=16)
    assert floor.scan("BEND", "WANG")["code"] == "person.in"
    change(Station, floor.plant.stations["BEND"], idle_min=0)
    floor.now += timedelta(hours=5)
    assert floor.act("BEND", "good")["accepted"]


def test_a_pause_has_a_reason_and_setup_is_time_of_its_own(floor: Stations) -> None:
    with transaction() as session:
        session.add(Reason(site_id=floor.plant.site_id, code="LUNCH", kind="pause", name="Lunch"))
    floor.at("BEND", "C10")
    assert floor.scan("BEND", make(Kind.COMMAND, 16))["next"]["code"] == "next.setup"
    assert floor.act("BEND", "start")["code"] == "task.continues"
    assert floor.scan("BEND", "LUNCH")["code"] == "task.paused"
    assert floor.act("BEND", "pause", reason="DENT")["code"] == "reason.other_use"
    rows = db.session.execute(select(WorkSession.kind, WorkSession.reason_id.is_not(None)).order_by(WorkSession.id))
    assert [tuple(row) for row in rows] == [("run", False), ("setup", False), ("run", False), ("pause", True)]


def test_a_task_of_another_station_is_taken_over_by_a_yes(floor: Stations) -> None:
    refused = floor.at("PACK", "C10")
    assert (refused["accepted"], refused["code"], refused["offer"]) == (False, "task.other_station", "take_over")
    assert refused["next"]["code"] == "next.take_over"
    assert floor.scan("PACK", CONFIRM)["code"] == "task.opened"
    assert floor.act("PACK", "good")["accepted"]
    assert [row.data["task"] for row in notices("take_over")] == [floor.task("C10").id]


def test_what_may_not_be_taken_over_is_not_offered(floor: Stations) -> None:
    assert "offer" not in floor.at("PACK", "C20")  # nothing to work on yet
    floor.parts_made()
    floor.born()
    assert "offer" not in floor.at("PACK", "F20", "WANG")  # has not the skill
    assert floor.scan("PACK", CONFIRM)["code"] == "station.nothing_to_confirm"


def test_material_is_called_for_and_a_shortage_tells_itself(floor: Stations) -> None:
    floor.at("BEND", "C10")
    assert floor.scan("BEND", MATERIAL)["values"] == {"item": "SHEET", "quantity": "50"}
    assert floor.act("BEND", "material", item="SHEET", quantity="7")["accepted"]
    assert [row.quantity for row in notices("material")] == [Decimal(7)]
    assert floor.act("BEND", "material", item="FOAM")["code"] == "lot.wrong_item"
    floor.made("BEND", "C10", 4)
    foam = floor.plant.items["FOAM"]
    with transaction() as session:
        balance = session.scalars(select(StockBalance).where(StockBalance.item_id == foam)).one()
        kept = balance.quantity
        balance.quantity = Decimal(1)
    floor.at("FOAM", "C20")
    assert floor.act("FOAM", "good", quantity=4)["code"] == "stock.short"
    assert [row.station_id for row in notices("shortage")] == [floor.plant.stations["FOAM"]]
    with transaction() as session:
        session.scalars(select(StockBalance).where(StockBalance.item_id == foam)).one().quantity = kept


def test_a_counter_is_read_at_the_start_and_the_end(floor: Stations) -> None:
    floor.at("BEND", "C10")
    assert floor.act("BEND", "counter", quantity="1200")["code"] == "counter.begun"
    floor.act("BEND", "scrap", reason="DENT")
    assert floor.act("BEND", "counter", quantity="1200")["code"] == "counter.less"
    assert floor.act("BEND", "counter", quantity="1201")["code"] == "counter.same"
    told = floor.act("BEND", "counter", quantity="1203")
    assert (told["code"], told["values"]["quantity"]) == ("report.good", "2")
    assert floor.act("BEND", "counter", quantity="-1")["code"] == "quantity.wrong"


def test_a_concession_holds_the_piece_until_quality_decides(floor: Stations) -> None:
    floor.parts_made()
    serial = floor.born()
    with transaction() as session:
        session.add(Characteristic(operation_id=floor.task("F20").operation_id, code="GAS", name="Charge", lower=70,
                                   upper=80, source="person", is_required=True))  # fmt: skip
    known.forget()
    assert floor.at("CHARGE", "F20")["next"]["code"] == "next.check"
    assert floor.act("CHARGE", "value", check="GAS", quantity="90")["code"] == "check.out"
    assert floor.scan("CHARGE", serial)["code"] == "check.missing"
    assert floor.scan("CHARGE", CONCESSION)["next"]["code"] == "next.unit_bad"
    asked = floor.scan("CHARGE", serial)
    assert (asked["code"], len(notices("concession"))) == ("call.concession", 1)
    assert floor.scan("CHARGE", serial)["code"] == "unit.held"
    with transaction() as session:  # quality signs its decision on a page of its own; here is what it leaves
        case = session.scalars(select(Nonconformance)).one()
        assert (case.status, case.task_id) == ("contained", floor.task("F20").id)
        session.scalars(select(Disposition)).one().decision = "concession"
        session.scalars(select(Hold)).one().released_at = NOW
    unit = db.session.scalars(select(Unit).where(Unit.serial == serial)).one()
    told = floor.act("CHARGE", "good", unit=unit.serial)
    assert told["code"] == "check.missing"
    change(Characteristic, db.session.scalars(select(Characteristic.id)).one(), is_required=False)
    floor.act("CHARGE", "value", check="GAS", quantity="90")
    change(Characteristic, db.session.scalars(select(Characteristic.id)).one(), is_required=True)
    assert floor.scan("CHARGE", serial)["code"] == "report.good_unit"


def test_a_value_of_a_machine_cannot_be_typed(floor: Stations) -> None:
    with transaction() as session:
        session.add(Characteristic(operation_id=floor.task("C10").operation_id, code="ANGLE", name="Angle", lower=80,
                                   upper=90, source="device", meaning="angle"))  # fmt: skip
    known.forget()
    floor.at("BEND", "C10")
    assert floor.act("BEND", "value", check="ANGLE", quantity="85")["code"] == "check.by_device"
    assert floor.act("BEND", "value", check="OTHER", quantity="85")["code"] == "value.wrong"


def test_scrap_is_made_again_when_a_lead_says_so(floor: Stations) -> None:
    floor.parts_made()
    floor.at("ASSY1", "F10")
    scrapped = floor.act("ASSY1", "scrap", reason="DENT")
    assert (scrapped["code"], scrapped["offer"]) == ("report.scrap_unit", "replace")
    assert floor.scan("ASSY1", CONFIRM)["code"] == "replace.asked"
    assert [row.quantity for row in notices("replacement")] == [Decimal(1)]
    floor.act("ASSY1", "scrap", reason="DENT")
    change(Person, floor.plant.people["LI"], is_lead=True)
    assert floor.scan("ASSY1", CONFIRM)["code"] == "replace.made"
    wanted = {key: floor.task(key).quantity for key in ("C10", "C20", "D10", "F10", "F20")}
    assert wanted == {"C10": 5, "C20": 5, "D10": 10, "F10": 5, "F20": 4}
    assert [floor.task(key).status for key in ("C10", "C20", "D10")] == ["running", "running", "running"]
    assert floor.at("BEND", "C10")["accepted"]
    assert floor.scan("BEND", CONFIRM)["code"] == "station.nothing_to_confirm"


def test_a_rate_counts_what_was_started_in_the_last_hour(floor: Stations) -> None:
    with transaction() as session:
        rule = LimitRule(site_id=floor.plant.site_id, code="R", station_id=floor.plant.stations["FOAM"], high=10,
                         upstream_station_id=floor.plant.stations["BEND"], low=4)  # fmt: skip
        session.add(rule)
        session.flush()
        session.add(LimitSignal(site_id=floor.plant.site_id, rule_id=rule.id, mode="limit", rate_permille=150,
                                backlog=14, requested_at=NOW - timedelta(minutes=1)))  # fmt: skip
    assert floor.at("BEND", "C10")["accepted"]  # 60 / 4 min × 15 % = 2 an hour
    floor.act("BEND", "good", quantity=2)
    assert floor.act("BEND", "good")["accepted"]  # in hand
    floor.act("BEND", "pause")
    floor.now = NOW + timedelta(minutes=10)
    refused = floor.act("BEND", "start")
    assert (refused["code"], refused["values"]["rate"], refused["values"]["minutes"]) == ("limit.start", "2", "50")
    assert floor.act("BEND", "override")["code"] == "limit.lead_only"
    change(Person, floor.plant.people["LI"], is_lead=True)
    assert floor.act("BEND", "override")["code"] == "limit.overridden"
    assert floor.act("BEND", "start")["accepted"]
    assert db.session.scalar(select(func.count()).where(Event.topic == "station.limit_overridden")) == 1


def test_what_waited_in_a_device_counts_when_it_was_made(floor: Stations) -> None:
    floor.at("BEND", "C10")
    slow = NOW - timedelta(seconds=100)  # the device's clock is 100 s behind
    floor.now = NOW + timedelta(minutes=30)
    sent = {"sent_at": slow + timedelta(minutes=30), "device": "tablet-1"}
    good = floor.scan("BEND", make(Kind.COMMAND, 3), device_at=slow + timedelta(minutes=2), sequence=7, **sent)
    assert good["accepted"]
    row = db.session.scalars(select(Report)).one()
    assert (row.device_at, row.server_at, row.uncertain) == (NOW + timedelta(minutes=2), floor.now, False)
    scan = db.session.scalars(select(Scan).order_by(Scan.id.desc())).first()
    assert (scan.offset_ms, scan.made_at) == (100_000, NOW + timedelta(minutes=2))
    late = floor.scan("BEND", make(Kind.COMMAND, 6), device_at=slow + timedelta(minutes=11), sequence=8, **sent)
    assert late["code"] == "report.undone"
    jumped = floor.scan("BEND", make(Kind.COMMAND, 3), device_at=slow + timedelta(minutes=1), sequence=9, **sent)
    assert jumped["code"] == "station.locked"  # the server's clock counts then: nobody was here for half an hour
    scan = db.session.scalars(select(Scan).order_by(Scan.id.desc())).first()
    assert (scan.uncertain, scan.made_at) == (True, floor.now)


def test_a_late_scan_that_is_refused_goes_to_the_lead(floor: Stations) -> None:
    floor.at("BEND", "C10")
    change(Lot, floor.plant.lots["S1"], status="quarantine")
    assert floor.scan("BEND", "S1", device_at=NOW, sent_at=NOW)["code"] == "lot.status"
    assert notices("conflict") == []
    floor.now = NOW + timedelta(minutes=9)
    floor.scan("BEND", "S1", device_at=NOW, sent_at=floor.now, number="waited-in-the-tablet")
    floor.scan("BEND", "S1", device_at=NOW, sent_at=floor.now, number="waited-in-the-tablet")
    assert [row.data["code"] for row in notices("conflict")] == ["lot.status"]


@pytest.mark.parametrize(
    ("device", "sent", "before", "offset_ms", "uncertain"),
    [
        (0, 0, None, 0, False),
        (-600, -119, None, 119_000, False),
        (-600, -121, None, 121_000, True),
        (300, 200, None, -200_000, True),
        (-60, 0, -59, 0, False),
        (-60, 0, -50, 0, True),
        (10, 0, None, 0, True),
        (-90_000, 0, None, 0, True),
        (60, None, None, None, False),
        (200, None, None, None, True),
    ],
)
def test_a_clock_is_put_right_or_doubted(
    device: int, sent: int | None, before: int | None, offset_ms: int | None, uncertain: bool
) -> None:
    at = [None if moment is None else NOW + timedelta(seconds=moment) for moment in (device, sent, before)]
    found = made(at[0], at[1], NOW, at[2])
    assert (found.offset_ms, found.uncertain) == (offset_ms, uncertain)
    assert found.at <= NOW
    if not uncertain:
        assert found.at == min(NOW, at[0] + (NOW - at[1] if at[1] else timedelta()))
