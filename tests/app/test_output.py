"""Who made what in which time: shared among those who worked, corrected by reversal, closed where it was forgotten."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Event, Notice, Person, Report, Station, WorkSession
from app.queries import known
from app.queries.output import Output, output
from app.services.correcting import Wish, correct, make_again
from app.services.forgotten import close_forgotten
from tests.app.station_floor import Stations
from tests.small_plant import NOW

TODAY = NOW.date()


def made(floor: Stations, who: str = "LI") -> Output | None:
    rows = output(db.session, floor.plant.site_id, TODAY, TODAY, floor.now, floor.plant.people[who])
    return rows[0] if rows else None


def fix(floor: Stations, report_id: int, quantity: int | None, reason: str = "WRONG", number: str | None = None) -> Any:
    right = None if quantity is None else Decimal(quantity)
    wish = Wish(number or uuid.uuid4().hex, floor.plant.site_id, report_id, reason, right, None, "user:9")
    db.session.rollback()
    return correct(wish, floor.now)


def test_pieces_are_shared_among_who_works_and_minutes_are_each_ones_own(floor: Stations) -> None:
    with transaction() as session:
        session.get_one(Station, floor.plant.stations["DOOR"]).people = 2
    known.forget()
    floor.at("DOOR", "D10")
    floor.act("DOOR", "good", quantity=2)
    floor.now = NOW + timedelta(minutes=10)
    floor.scan("DOOR", "WANG")
    floor.act("DOOR", "good", quantity=3)
    floor.now = NOW + timedelta(minutes=30)
    li, wang = made(floor), made(floor, "WANG")
    assert (li.total("good"), wang.total("good")) == (Decimal("3.5"), Decimal("1.5"))
    assert (li.minutes["run"], wang.minutes["run"]) == (30, 20)
    assert (li.total("earned_min"), li.per_hour) == (7, 7)
    assert li.performance == Decimal(7) / 30
    assert sum(li.hours.values()) == Decimal("3.5")


def test_who_did_nothing_has_no_output(floor: Stations) -> None:
    assert made(floor) is None
    floor.at("BEND", "C10")
    floor.act("BEND", "pause")
    floor.now = NOW + timedelta(minutes=6)
    assert (made(floor).minutes["pause"], made(floor).per_hour, made(floor).performance) == (6, None, None)


def test_a_correction_reverses_and_reports_anew_for_the_same_person(floor: Stations) -> None:
    floor.made("BEND", "C10", 3)
    wrong = db.session.scalar(select(Report.id))
    floor.now = NOW + timedelta(hours=2)  # long after the operator could undo
    right = fix(floor, wrong, 2, number="from-the-form")
    assert right == fix(floor, wrong, 2, number="from-the-form")
    assert (floor.task("C10").quantity_good, made(floor).total("good")) == (2, 2)
    rows = db.session.scalars(select(Report).order_by(Report.id)).all()
    assert [(row.quantity, row.reverses_id, row.on_behalf_of) for row in rows] == [
        (3, None, None), (-3, wrong, None), (2, None, floor.plant.people["LI"]),
    ]  # fmt: skip
    told = db.session.scalars(select(Event).where(Event.topic == "report.corrected")).one()
    assert (told.actor, '"was":"3"' in told.data.replace(" ", "")) == ("user:9", True)
    assert fix(floor, right, None) is None
    assert floor.task("C10").quantity_good == 0


def test_a_correction_needs_a_reason_a_difference_and_pieces_that_are_still_there(floor: Stations) -> None:
    floor.made("BEND", "C10", 3)
    wrong = db.session.scalar(select(Report.id))
    for reason, quantity, code in (
        ("DENT", 2, "report.reason"),
        ("", 2, "report.reason"),
        ("WRONG", 3, "correction.same"),
    ):
        with pytest.raises(Invalid, match=code):
            fix(floor, wrong, quantity, reason)
    with pytest.raises(NotFound):
        fix(floor, 999, 1)
    floor.made("FOAM", "C20", 3)
    with pytest.raises(Conflict, match=r"report\.used"):
        fix(floor, wrong, 2)
    assert db.session.scalar(select(func.count()).select_from(Report)) == 2


def test_a_lead_has_scrap_made_again_from_the_inbox(floor: Stations) -> None:
    floor.at("BEND", "C10")
    floor.act("BEND", "scrap", reason="DENT")
    assert floor.act("BEND", "confirm")["code"] == "replace.asked"
    notice = db.session.scalars(select(Notice.id).where(Notice.kind == "replacement")).one()
    db.session.rollback()
    make_again(floor.plant.site_id, notice, "user:9", NOW)
    assert (floor.task("C10").quantity, floor.task("C10").quantity_input, floor.task("C20").quantity) == (5, 5, 4)
    db.session.rollback()
    with pytest.raises(Conflict, match="cleared"):
        make_again(floor.plant.site_id, notice, "user:9", NOW)


def test_a_forgotten_session_ends_with_its_shift_and_is_marked(floor: Stations) -> None:
    floor.at("BEND", "C10")  # shift A ends at 14:00
    db.session.rollback()
    assert close_forgotten(NOW + timedelta(hours=5, minutes=29)) == 0
    assert close_forgotten(NOW + timedelta(hours=5, minutes=30)) == 1
    row = db.session.scalars(select(WorkSession)).one()
    assert (row.ended_at, row.mark) == (NOW + timedelta(hours=5), "forgotten")
    assert (floor.state("BEND").person_id, floor.state("BEND").task_id) == (None, floor.task("C10").id)
    assert made(floor).forgotten == 1


def test_who_works_on_after_the_shift_is_not_forgotten(floor: Stations) -> None:
    floor.at("BEND", "C10")
    with transaction() as session:
        session.get_one(Station, floor.plant.stations["BEND"]).idle_min = 0
    floor.now = NOW + timedelta(hours=5, minutes=10)
    assert floor.act("BEND", "good")["accepted"]
    db.session.rollback()
    assert close_forgotten(NOW + timedelta(hours=5, minutes=40)) == 0
    assert close_forgotten(NOW + timedelta(hours=6, minutes=10)) == 1
    assert db.session.scalars(select(WorkSession.ended_at)).one() == floor.now
    assert db.session.get_one(Person, floor.plant.people["LI"])
