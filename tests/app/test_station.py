"""A station: every kind of code, accepted and refused in its own way."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db import db, transaction
from app.errors import NotFound
from app.models import ExternalRef, Person, Scan, WorkOrder, WorkSession
from app.services import orders, station
from devices.codes import Kind, make
from tests.app.station_floor import Stations, reports
from tests.small_plant import NOW


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
        session.add(Person(site_id=floor.plant.site_id, code="X", name="X", badge=badge))
    assert floor.scan("BEND", badge)["code"] == "person.in"


def test_nothing_is_opened_or_reported_by_nobody(floor: Stations) -> None:
    assert floor.act("BEND", "good")["code"] == "station.sign_in"
    assert floor.scan("BEND", floor.card("C10"))["code"] == "pending.task"
    assert floor.state("BEND").task_id is None
    floor.scan("FOAM", "LI")
    assert floor.act("FOAM", "good")["code"] == "station.task_first"
    assert reports() == 0


def test_a_task_waits_a_short_while_for_its_badge(floor: Stations) -> None:
    floor.scan("BEND", floor.card("C10"))
    floor.now = NOW + timedelta(seconds=19)
    assert floor.scan("BEND", "LI")["code"] == "task.opened"
    floor.scan("DOOR", floor.card("D10"))
    floor.now += timedelta(seconds=21)
    assert floor.scan("DOOR", "LI")["code"] == "person.in"


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


def test_what_was_refused_is_kept_as_what_it_was(floor: Stations) -> None:
    floor.scan("BEND", "LI")
    assert floor.scan("BEND", floor.card("D10"))["accepted"] is False
    assert floor.scan("BEND", "no such thing")["accepted"] is False
    kept = db.session.scalars(select(Scan.parsed).order_by(Scan.id.desc()).limit(2)).all()
    assert kept == [None, f"task:{floor.task('D10').id}"]


def test_a_number_of_another_system_that_looks_like_a_damaged_code_is_found(floor: Stations) -> None:
    with transaction() as session:
        session.add(ExternalRef(site_id=floor.plant.site_id, system="erp", type="order", ref="T0000010WE",
                                target_id=floor.order_id))  # fmt: skip
    floor.scan("BEND", "LI")
    assert floor.scan("BEND", "T0000010WE")["code"] == "task.opened"


def test_a_station_of_another_site_does_not_exist(floor: Stations) -> None:
    with pytest.raises(NotFound):
        station.scan(floor.plant.site_id + 1, floor.plant.stations["BEND"], station.Scan("x", "LI"), "user:1", NOW)


def test_scans_and_events_hold_no_names(floor: Stations) -> None:
    floor.at("BEND", "C10")
    answer = db.session.scalars(select(Scan.answer).order_by(Scan.id)).first()
    assert answer["values"] == {"person": floor.plant.people["LI"]}
