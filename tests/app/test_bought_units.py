"""A bought part with a number nobody knows is known once it is scanned where it is waited for; nowhere else."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db
from app.models import Event, Unit
from app.queries.differences import differences
from app.queries.waiting_units import waiting_units
from tests.app.test_station import Stations
from tests.small_plant import build


@pytest.fixture
def floor(app: Flask) -> Iterator[Stations]:
    with app.app_context():
        yield Stations(build())
        assert list(differences(db.session)) == []


def units(serial: str) -> list[Unit]:
    return list(db.session.scalars(select(Unit).where(Unit.serial == serial)))


def due(floor: Stations, key: str, loop: int = 0) -> list[str]:
    found = waiting_units(db.session, floor.plant.site_id, floor.task(key, loop).id)
    return [row["serial"] for row in found]


def test_an_unknown_number_becomes_the_part_that_is_waited_for(floor: Stations) -> None:
    floor.parts_made()
    floor.at("ASSY1", "F10")
    assert floor.scan("ASSY1", "QX-550-1")["code"] == "part.added"
    assert floor.act("ASSY1", "good")["accepted"]
    (unit,) = units("QX-550-1")
    assert (unit.item_id, unit.status) == (floor.plant.items["COMP"], "built_in")
    assert db.session.scalar(select(Event.subject_id).where(Event.topic == "unit.received")) == unit.id


def test_the_same_number_is_not_built_in_twice(floor: Stations) -> None:
    floor.parts_made()
    assert floor.born("QX-550-1")
    assert floor.scan("ASSY1", "QX-550-1")["code"] == "unit.used"
    assert len(units("QX-550-1")) == 1


def test_elsewhere_an_unknown_number_stays_unknown(floor: Stations) -> None:
    floor.parts_made()
    for place, key in (("BEND", "C10"), ("ASSY2", None)):
        if key:
            floor.at(place, key)
        assert floor.scan(place, "QX-550-1")["code"] == "code.unknown"
    assert units("QX-550-1") == []


def test_with_the_part_at_hand_a_further_number_is_unknown(floor: Stations) -> None:
    floor.parts_made()
    floor.at("ASSY1", "F10")
    floor.scan("ASSY1", "QX-550-1")
    assert floor.scan("ASSY1", "QX-550-2")["code"] == "code.unknown"


def test_an_article_number_is_no_serial_number(floor: Stations) -> None:
    floor.parts_made()
    floor.at("ASSY1", "F10")
    assert floor.scan("ASSY1", "4006381333931")["code"] == "code.unknown"


def test_units_wait_where_they_are_due_and_nowhere_else(floor: Stations) -> None:
    floor.parts_made()
    first, second = floor.born("CP1"), floor.born("CP2")
    assert (due(floor, "F10"), due(floor, "F20"), due(floor, "F30")) == ([], [first, second], [])
    floor.at("CHARGE", "F20")
    floor.scan("CHARGE", first)
    assert (due(floor, "F20"), due(floor, "F30")) == ([second], [first])


def test_an_undone_report_brings_the_unit_back(floor: Stations) -> None:
    floor.parts_made()
    serial = floor.born()
    floor.at("CHARGE", "F20")
    floor.scan("CHARGE", serial)
    assert floor.act("CHARGE", "undo")["accepted"]
    assert (due(floor, "F20"), due(floor, "F30")) == ([serial], [])


def test_a_unit_in_rework_waits_at_the_loop(floor: Stations) -> None:
    floor.parts_made()
    serial = floor.born()
    for place, key in (("CHARGE", "F20"), ("TEST", "F30")):
        floor.at(place, key)
        if place == "CHARGE":
            floor.scan(place, serial)
    floor.act("TEST", "rework", reason="LEAK", unit=serial)
    assert (due(floor, "F30"), due(floor, "F20", loop=1)) == ([], [serial])


def test_nothing_waits_at_a_task_without_numbers_or_of_nobody(floor: Stations) -> None:
    floor.parts_made()
    assert due(floor, "C20") == []
    assert waiting_units(db.session, floor.plant.site_id + 1, floor.task("F20").id) == []
