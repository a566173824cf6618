"""A station: every kind of code, accepted and refused, one effect and one answer whatever is sent twice."""

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.models import (
    Consumption,
    Event,
    ExternalRef,
    Hold,
    Lot,
    Notice,
    Report,
    Scan,
    StationState,
    Task,
    Unit,
    WorkOrder,
    WorkSession,
)
from app.queries.differences import differences
from app.services import orders, station
from app.services.release import release
from devices.codes import Kind, make
from tests.small_plant import NOW, Plant, build


class Stations:
    """An order of fridges on the floor, and short words for what people scan and press."""

    def __init__(self, plant: Plant, quantity: int = 4) -> None:
        self.plant = plant
        self.now = NOW
        self.order_id = orders.create_production(
            plant.site_id, "FRIDGE", Decimal(quantity), NOW + timedelta(days=2), 3, "cli:test", NOW
        )
        release(plant.site_id, self.order_id, "cli:test", NOW)

    def task(self, key: str, loop: int = 0) -> Task:
        query = select(Task).where(
            Task.order_id == self.order_id, Task.loop_no == loop, Task.op_key.endswith("/" + key)
        )
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    def scan(self, place: str, raw: str, number: str | None = None, **more: Any) -> dict[str, Any]:
        wish = station.Scan(number or uuid.uuid4().hex, raw, **more)
        return self._seen(station.scan(self.plant.site_id, self.plant.stations[place], wish, "user:1", self.now))

    def act(self, place: str, action: str, number: str | None = None, **values: Any) -> dict[str, Any]:
        wish = station.Act(number or uuid.uuid4().hex, action, values)
        return self._seen(station.act(self.plant.site_id, self.plant.stations[place], wish, "user:1", self.now))

    def _seen(self, answer: tuple[int, dict[str, Any]]) -> dict[str, Any]:
        db.session.rollback()
        db.session.expire_all()
        return answer[1] | {"status": answer[0]}

    def card(self, key: str) -> str:
        return make(Kind.TASK, self.task(key).id)

    def at(self, place: str, key: str, who: str = "LI") -> dict[str, Any]:
        """Sign in and open a task."""
        if self.state(place) is None or self.state(place).person_id != self.plant.people[who]:
            assert self.scan(place, who)["accepted"]
        return self.scan(place, self.card(key))

    def state(self, place: str) -> StationState | None:
        return db.session.get(StationState, self.plant.stations[place], populate_existing=True)

    def made(self, place: str, key: str, quantity: int) -> None:
        """Report a quantity by signing in, opening and pressing."""
        assert self.at(place, key)["accepted"]
        answer = self.act(place, "good", quantity=quantity)
        assert answer["accepted"], answer

    def parts_made(self) -> None:
        self.made("BEND", "C10", 4)
        self.made("FOAM", "C20", 4)
        self.made("DOOR", "D10", 8)

    def born(self, compressor: str = "CP1") -> str:
        assert self.at("ASSY1", "F10")["accepted"]
        assert self.scan("ASSY1", compressor)["accepted"]
        answer = self.act("ASSY1", "good")
        assert answer["accepted"], answer
        return str(answer["serial"])


@pytest.fixture
def floor(app: Flask) -> Iterator[Stations]:
    with app.app_context():
        yield Stations(build())
        assert list(differences(db.session)) == []


def reports() -> int:
    return db.session.scalar(select(func.count()).select_from(Report)) or 0


def test_a_badge_signs_in_out_and_another_replaces(floor: Stations) -> None:
    assert floor.scan("BEND", "LI")["code"] == "person.in"
    assert floor.state("BEND").person_id == floor.plant.people["LI"]
    assert floor.scan("BEND", "WANG")["code"] == "person.in"
    assert floor.state("BEND").person_id == floor.plant.people["WANG"]
    assert floor.scan("BEND", "WANG")["code"] == "person.out"
    assert floor.state("BEND").person_id is None


def test_an_opaque_badge_code_is_looked_up_not_counted(floor: Stations) -> None:
    badge = make(Kind.BADGE, 987_654)
    refused = floor.scan("BEND", badge)
    assert (refused["status"], refused["code"]) == (404, "code.unknown")
    with transaction() as session:
        from app.models import Person

        session.add(Person(site_id=floor.plant.site_id, code="X", name="X", badge=badge))
    assert floor.scan("BEND", badge)["code"] == "person.in"


def test_nothing_is_opened_or_reported_by_nobody(floor: Stations) -> None:
    assert floor.scan("BEND", floor.card("C10"))["code"] == "station.sign_in"
    assert floor.act("BEND", "good")["code"] == "station.task_first"
    assert reports() == 0


def test_a_task_card_opens_the_task_and_starts_the_clock(floor: Stations) -> None:
    answer = floor.at("BEND", "C10")
    assert (answer["code"], answer["next"]["code"]) == ("task.opened", "next.good")
    assert floor.task("C10").status == "running"
    session = db.session.scalars(select(WorkSession)).one()
    assert (session.kind, session.ended_at) == ("run", None)
    assert floor.scan("BEND", floor.card("C10"))["code"] == "task.is_open"


@pytest.mark.parametrize(
    ("place", "key", "code"), [("PACK", "C10", "task.other_station"), ("FOAM", "C20", "task.no_input")]
)
def test_a_task_that_cannot_be_done_says_why(floor: Stations, place: str, key: str, code: str) -> None:
    answer = floor.at(place, key)
    assert (answer["accepted"], answer["code"]) == (False, code)
    assert floor.state(place).task_id is None


def test_holds_skills_and_closed_tasks_are_refused_when_opening(floor: Stations) -> None:
    held = orders.hold(floor.plant.site_id, "order", floor.order_id, None, None, None, "cli:test", NOW)
    assert floor.at("BEND", "C10")["code"] == "task.held"
    orders.resume(floor.plant.site_id, held, None, "cli:test", NOW)
    floor.parts_made()
    floor.born()
    assert floor.at("CHARGE", "F20", "WANG")["code"] == "skill.missing"
    orders.cancel(floor.plant.site_id, floor.order_id, "cli:test", NOW)
    assert floor.at("CHARGE", "F20", "LI")["code"] == "task.closed"


def test_an_order_number_opens_what_is_next_here(floor: Stations) -> None:
    code = db.session.get_one(WorkOrder, floor.order_id).code
    floor.scan("BEND", "LI")
    assert floor.scan("BEND", code)["code"] == "task.opened"
    floor.scan("PACK", "LI")
    assert floor.scan("PACK", make(Kind.ORDER, floor.order_id))["code"] == "task.no_input"
    with transaction() as session:
        session.add(ExternalRef(site_id=floor.plant.site_id, system="erp", type="order", ref="4500012345",
                                target_id=floor.order_id))  # fmt: skip
    floor.scan("DOOR", "LI")
    assert floor.scan("DOOR", "4500012345")["code"] == "task.opened"


def test_good_scrap_and_undo_by_command_cards(floor: Stations) -> None:
    floor.at("BEND", "C10")
    assert floor.scan("BEND", make(Kind.COMMAND, 3))["code"] == "report.good"
    assert floor.task("C20").quantity_input == 1
    assert floor.scan("BEND", make(Kind.NUMBER, 2))["next"]["code"] == "next.good_many"
    assert floor.scan("BEND", make(Kind.COMMAND, 4))["next"]["code"] == "next.reason"
    answer = floor.scan("BEND", make(Kind.REASON, floor.plant.reasons["DENT"]))
    assert (answer["code"], answer["quantity"]) == ("report.scrap", "2")
    assert floor.scan("BEND", make(Kind.COMMAND, 6))["code"] == "report.undone"
    assert floor.scan("BEND", make(Kind.COMMAND, 6))["code"] == "report.undone"
    assert floor.scan("BEND", make(Kind.COMMAND, 6))["code"] == "station.nothing_to_undo"
    assert floor.task("C10").quantity_good == floor.task("C10").quantity_scrap == 0


def test_a_reason_alone_says_scrap_and_a_foreign_reason_is_refused(floor: Stations) -> None:
    floor.at("BEND", "C10")
    assert floor.scan("BEND", "DENT")["code"] == "report.scrap"
    assert floor.scan("BEND", "WRONG")["code"] == "reason.other_use"
    floor.act("BEND", "scrap")
    assert floor.scan("BEND", "LEAK")["code"] == "reason.other_use"
    assert floor.act("BEND", "cancel")["next"]["code"] == "next.good"


def test_undo_is_late_after_ten_minutes(floor: Stations) -> None:
    floor.made("BEND", "C10", 1)
    floor.now = NOW + timedelta(minutes=11)
    assert floor.act("BEND", "undo")["code"] == "report.late"


def test_a_unit_is_born_with_its_scanned_compressor(floor: Stations) -> None:
    floor.parts_made()
    opened = floor.at("ASSY1", "F10")
    assert opened["next"] == {"code": "next.part", "values": {"item": "COMP", "quantity": 1}}
    assert floor.act("ASSY1", "good")["code"] == "consume.needed"
    added = floor.scan("ASSY1", "CP1")
    assert (added["code"], added["next"]["code"]) == ("part.added", "next.born")
    assert floor.scan("ASSY1", "CP1")["code"] == "part.twice"
    assert floor.scan("ASSY1", "CP2")["code"] == "part.enough"
    born = floor.act("ASSY1", "good")
    assert (born["code"], born["serial"]) == ("report.good_unit", "FR-2611-00001")
    assert floor.scan("ASSY1", "CP1")["code"] == "unit.used"
    used = db.session.scalars(select(Consumption).where(Consumption.component_unit_id.is_not(None))).one()
    assert used.unit_id == born["unit"]


def test_units_are_reported_by_their_number_and_walk_the_line(floor: Stations) -> None:
    floor.parts_made()
    serial = floor.born()
    floor.scan("CHARGE", "LI")
    assert floor.scan("CHARGE", serial)["code"] == "report.good_unit"
    assert floor.scan("CHARGE", serial)["code"] == "unit.done"
    unit = db.session.scalars(select(Unit).where(Unit.serial == serial)).one()
    floor.scan("TEST", "LI")
    assert floor.act("TEST", "rework", reason="LEAK")["code"] == "station.task_first"
    assert floor.at("TEST", "F30")["accepted"]
    assert floor.act("TEST", "reject", reason="LEAK")["next"]["code"] == "next.unit_bad"
    assert floor.scan("TEST", make(Kind.UNIT, unit.id))["code"] == "report.rework_unit"
    assert floor.scan("CHARGE", serial)["code"] == "report.good_unit"
    assert floor.task("F20", 1).quantity_good == 1
    assert floor.scan("TEST", serial)["code"] == "report.good_unit"
    assert floor.task("F30", 1).quantity_good == 1
    floor.scan("PACK", "LI")
    assert floor.scan("PACK", serial)["code"] == "report.good_unit"
    assert db.session.get_one(Unit, unit.id, populate_existing=True).status == "good"


def test_a_number_of_pieces_is_refused_where_units_are_counted(floor: Stations) -> None:
    floor.parts_made()
    floor.at("ASSY1", "F10")
    assert floor.scan("ASSY1", make(Kind.NUMBER, 2))["code"] == "unit.one"


def test_a_loaded_lot_is_used_by_every_report_until_another_is_scanned(floor: Stations) -> None:
    floor.at("BEND", "C10")
    assert floor.scan("BEND", "S2")["code"] == "lot.loaded"
    floor.act("BEND", "good")
    floor.act("BEND", "good")
    floor.scan("BEND", make(Kind.LOT, floor.plant.lots["S1"]))
    floor.act("BEND", "good")
    used = db.session.scalars(select(Consumption.lot_id).order_by(Consumption.id)).all()
    assert used == [floor.plant.lots["S2"], floor.plant.lots["S2"], floor.plant.lots["S1"]]


def test_lots_that_may_not_be_used_are_refused(floor: Stations) -> None:
    floor.at("BEND", "C10")
    assert floor.scan("BEND", "F1")["code"] == "lot.wrong_item"
    lot_id = floor.plant.lots["S1"]
    with transaction() as session:
        session.get_one(Lot, lot_id).expires_on = NOW.date() - timedelta(days=1)
    assert floor.scan("BEND", "S1")["code"] == "lot.expired"
    with transaction() as session:
        session.add(Hold(site_id=floor.plant.site_id, target_type="lot", target_id=lot_id, opened_at=NOW))
    assert floor.scan("BEND", "S1")["code"] == "lot.held"
    with transaction() as session:
        session.get_one(Lot, floor.plant.lots["S2"]).status = "quarantine"
    assert floor.scan("BEND", "S2")["code"] == "lot.status"


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        ("T0000010WE", 422, "code.damaged"),
        ("https://example.org/x", 422, "code.foreign"),
        ("99887766", 404, "code.unknown"),
        ("\r\n", 422, "code.empty"),
        (make(Kind.TASK, 999_999), 404, "code.unknown"),
        ("FRIDGE", 409, "code.not_here"),
    ],
)  # fmt: skip
def test_what_is_no_code_here_is_refused_in_its_own_way(floor: Stations, raw: str, status: int, code: str) -> None:
    answer = floor.scan("BEND", raw)
    assert (answer["status"], answer["code"], answer["accepted"]) == (status, code, False)


def test_a_number_of_another_system_that_looks_like_a_damaged_code_is_found(floor: Stations) -> None:
    with transaction() as session:
        session.add(ExternalRef(site_id=floor.plant.site_id, system="erp", type="order", ref="T0000010WE",
                                target_id=floor.order_id))  # fmt: skip
    floor.scan("BEND", "LI")
    assert floor.scan("BEND", "T0000010WE")["code"] == "task.opened"


@pytest.mark.parametrize("quantity", ["-1", "0", "NaN", "many", "0.5", "1e40"])
def test_what_is_no_quantity_is_refused(floor: Stations, quantity: str) -> None:
    floor.at("BEND", "C10")
    answer = floor.act("BEND", "good", quantity=quantity)
    assert answer["accepted"] is False
    assert answer["code"].startswith("quantity.")
    assert reports() == 0


def test_a_refused_scan_is_kept_with_its_answer(floor: Stations) -> None:
    floor.scan("BEND", "99887766", number="a-refused-scan")
    row = db.session.scalars(select(Scan).where(Scan.uuid == "a-refused-scan")).one()
    assert (row.accepted, row.status, row.raw, row.answer["code"]) == (False, 404, "99887766", "code.unknown")
    assert floor.scan("BEND", "99887766", number="a-refused-scan")["code"] == "code.unknown"
    assert db.session.scalar(select(func.count()).select_from(Scan)) == 1


def test_the_same_scan_again_gets_the_same_answer_and_one_effect(floor: Stations) -> None:
    floor.at("BEND", "C10")
    first = floor.act("BEND", "good", number="lost-reply")
    again = floor.act("BEND", "good", number="lost-reply")
    assert first == again
    assert floor.task("C10").quantity_good == 1
    with pytest.raises(Conflict) as other:
        floor.act("BEND", "good", number="lost-reply", quantity=2)
    assert other.value.code == "scan.other_payload"


def test_the_same_scan_at_the_same_moment_has_one_effect(app: Flask, floor: Stations) -> None:
    floor.at("BEND", "C10")
    answers = together(app, [lambda: floor.act("BEND", "good", number="twice-at-once") for _ in range(6)])
    assert all(answer == answers[0] for answer in answers)
    assert floor.task("C10").quantity_good == 1


def test_of_two_who_report_the_last_piece_one_is_told(app: Flask, floor: Stations) -> None:
    floor.parts_made()
    for place, part in (("ASSY1", "CP1"), ("ASSY2", "CP2")):
        floor.at(place, "F10")
        floor.scan(place, part)
    floor.act("ASSY1", "good")
    for part in ("CP3", "CP4"):
        floor.scan("ASSY1", part)
        floor.act("ASSY1", "good")
    floor.scan("ASSY1", "CP5")
    answers = together(app, [lambda: floor.act("ASSY1", "good"), lambda: floor.act("ASSY2", "good")])
    assert sorted(answer["accepted"] for answer in answers) == [False, True]
    refused = next(answer for answer in answers if not answer["accepted"])
    assert refused["code"] in ("task.closed", "task.input", "task.no_input")
    assert floor.task("F10").quantity_good == 4


def test_many_stations_report_at_once_and_nothing_is_lost(app: Flask, floor: Stations) -> None:
    floor.at("BEND", "C10")
    floor.at("DOOR", "D10")
    work = [lambda: floor.act("BEND", "good") for _ in range(4)] + [lambda: floor.act("DOOR", "good") for _ in range(8)]
    assert all(answer["accepted"] for answer in together(app, work))
    assert (floor.task("C10").quantity_good, floor.task("D10").quantity_good) == (4, 8)
    assert (floor.task("C10").status, floor.task("D10").status) == ("completed", "completed")


def together(app: Flask, work: list[Any]) -> list[dict[str, Any]]:
    """Run work in threads that all begin at once."""
    gate = threading.Barrier(len(work))
    answers: list[Any] = [None] * len(work)

    def run(place: int) -> None:
        with app.app_context():
            gate.wait()
            answers[place] = work[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    db.session.expire_all()
    return answers


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
        from app.models import Reason

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


def test_a_station_of_another_site_does_not_exist(floor: Stations) -> None:
    with pytest.raises(NotFound):
        station.scan(floor.plant.site_id + 1, floor.plant.stations["BEND"], station.Scan("x", "LI"), "user:1", NOW)


def test_scans_and_events_hold_no_names(floor: Stations) -> None:
    floor.at("BEND", "C10")
    answer = db.session.scalars(select(Scan.answer).order_by(Scan.id)).first()
    assert answer["values"] == {"person": floor.plant.people["LI"]}
