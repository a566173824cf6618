"""One effect and one answer, whatever is sent twice or at once."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db
from app.errors import Conflict
from app.models import Scan
from tests.app.station_floor import Stations, together


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
