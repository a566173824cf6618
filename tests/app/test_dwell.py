"""Dwell: what stands where since when, and when it stands out."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.models import Operation
from app.queries.dwell import places, stays
from app.services import orders
from app.states.dwell import allowed, arrived, middle, tone
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build
from tests.web.trace_client import visitor


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        yield Floor(build(), 4)
        db.session.rollback()


def later(minutes: int) -> dict[str, object]:
    return {"device_at": NOW + timedelta(minutes=minutes)}


def test_pieces_and_units_stand_behind_their_last_report(app: Flask, floor: Floor) -> None:
    floor.report("C10", 2)
    floor.report("C10", 2, **later(5))
    floor.report("C20", 3, **later(10))
    floor.report("D10", 8, **later(10))
    unit = floor.assemble()["unit"]
    found = stays(db.session, floor.plant.site_id, NOW + timedelta(minutes=20))
    told = {stay.key: (stay.quantity, stay.minutes) for stay in found}
    assert told["CABINET/C20"] == (Decimal(1), Decimal(15))  # the fourth cabinet came with the second report
    assert told["FRIDGE/F20"] == (Decimal(1), Decimal(20))
    assert "FRIDGE/F10" not in told  # a fridge that nobody has begun stands nowhere
    assert [stay.minutes for stay in found] == sorted((stay.minutes for stay in found), reverse=True)
    stay = next(stay for stay in found if stay.key == "FRIDGE/F20")
    assert (stay.node.id, stay.standard, stay.allowed, stay.tone) == (unit, Decimal(4), Decimal(12), "warn")
    row = next(place for place in places(found) if place.key == "FRIDGE/F20")
    assert (row.count, row.median, row.longest, row.late) == (1, Decimal(20), Decimal(20), 1)
    page = visitor(app, "quality").get("/quality/dwell?at=FRIDGE/F20").text
    assert stay.code in page
    assert "Nothing stands" not in page


def test_a_unit_in_rework_an_own_limit_and_a_hold(app: Flask, floor: Floor) -> None:
    for key, quantity in (("C10", 4), ("C20", 4), ("D10", 8)):
        floor.report(key, quantity)
    unit = floor.assemble()["unit"]
    floor.report("F20", unit_id=unit)
    floor.report("F30", kind="rework", unit_id=unit, reason_id=floor.plant.reasons["LEAK"])
    with transaction() as session:
        session.execute(update(Operation).where(Operation.key == "F20").values(parameters={"dwell_max_min": "45"}))
    at = NOW + timedelta(minutes=60)

    def here() -> tuple[str, Decimal, str, bool]:
        stay = next(stay for stay in stays(db.session, floor.plant.site_id, at) if stay.node.kind == "unit")
        return stay.key, stay.allowed, stay.tone, stay.held

    assert here() == ("FRIDGE/F20", Decimal(45), "warn", False)
    orders.hold(floor.plant.site_id, "unit", unit, None, "Look at it", None, "user:1", NOW)
    assert here() == ("FRIDGE/F20", Decimal(45), "", True)
    assert db.session.scalars(select(Operation.id).where(Operation.key == "F20")).one()


def test_nothing_stands_anywhere(app: Flask, floor: Floor) -> None:
    assert stays(db.session, floor.plant.site_id, NOW) == []
    assert "没有在工序停留的产品" in visitor(app, "quality", language="zh").get("/quality/dwell").text


def test_the_arithmetic_of_dwell() -> None:
    moves = [(NOW, Decimal(2)), (NOW + timedelta(hours=1), Decimal(-1)), (NOW + timedelta(hours=2), Decimal(3))]
    assert arrived(moves, Decimal(1)) == NOW
    assert arrived(moves, Decimal(2)) == NOW + timedelta(hours=2)
    assert arrived(moves, Decimal(4)) is None
    assert [tone(Decimal(minutes), Decimal(10)) for minutes in (10, 11, 20, 21)] == ["", "warn", "warn", "crit"]
    assert tone(Decimal(99), Decimal(0)) == ""
    assert (allowed(Decimal(4)), allowed(Decimal(4), Decimal(5))) == (Decimal(12), Decimal(5))
    assert middle([Decimal(1), Decimal(2), Decimal(9)]) == 2
