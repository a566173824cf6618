"""Stock by page: received, moved, counted, corrected, each once; short, expired and held told; every move behind it."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc, transaction
from app.errors import Conflict, Invalid
from app.models import Location, Lot, StockBalance
from app.queries import stock as look
from app.queries.differences import differences
from app.services import orders
from app.services.receiving import Receipt
from app.services.release import release
from app.services.stock_keeping import Doer, Spot, adjust, count, receive_once, transfer
from tests.small_plant import Plant
from tests.web.desk import Desk, plant_with_users


@pytest.fixture
def floor(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        found = plant_with_users()
        with transaction() as session:
            session.add(Location(site_id=found.site_id, code="SHELF", name="Shelf"))
    yield found
    with app.app_context():
        assert list(differences(db.session)) == []


@pytest.fixture
def plant(app: Flask, floor: Plant) -> Iterator[Plant]:
    with app.app_context():
        yield floor


@pytest.fixture
def desk(app: Flask, floor: Plant) -> Desk:
    found = Desk(app)
    found.sign_in("lead")
    return found


FOAM = Spot("FOAM", "F9", "FLOOR")


def doer(plant: Plant, key: str) -> Doer:
    return Doer(plant.site_id, 1, key, "user:1", now_utc())


def lies(place: str = "FLOOR") -> Decimal:
    query = select(StockBalance.quantity).join(Lot, Lot.id == StockBalance.lot_key)
    query = query.join(Location, Location.id == StockBalance.location_id)
    found = db.session.scalar(query.where(Lot.code == "F9", Location.code == place))
    db.session.rollback()
    return found or Decimal(0)


@pytest.fixture
def foam(plant: Plant) -> Plant:
    receive_once(Receipt("FOAM", Decimal(10), "F9", "FLOOR"), doer(plant, "r"))
    return plant


def test_a_form_that_is_sent_twice_books_once(foam: Plant) -> None:
    for _again in range(2):
        adjust(FOAM, Decimal("-2.5"), "spilled", doer(foam, "k"))
    assert lies() == Decimal("7.5")


def test_stock_moves_to_another_place_and_none_is_lost(foam: Plant) -> None:
    transfer(FOAM, "SHELF", Decimal(4), doer(foam, "k"))
    assert (lies(), lies("SHELF")) == (6, 4)


def test_more_than_lies_there_does_not_move(foam: Plant) -> None:
    with pytest.raises(Conflict) as told:
        transfer(FOAM, "SHELF", Decimal(11), doer(foam, "k"))
    assert (told.value.code, told.value.values["available"]) == ("stock.short", "10")
    assert (lies(), lies("SHELF")) == (10, 0)


def test_a_count_books_the_difference_and_a_second_one_nothing(foam: Plant) -> None:
    assert count(FOAM, Decimal("9.5"), "monthly", doer(foam, "a")) == Decimal("-0.5")
    assert count(FOAM, Decimal("9.5"), "monthly", doer(foam, "b")) == 0
    assert lies() == Decimal("9.5")
    assert count(FOAM, Decimal(0), "empty", doer(foam, "c")) == Decimal("-9.5")


def test_a_correction_needs_a_reason_and_a_lot(foam: Plant) -> None:
    with pytest.raises(Invalid):
        adjust(FOAM, Decimal(1), "  ", doer(foam, "k"))
    with pytest.raises(Invalid):
        adjust(Spot("FOAM", None, "FLOOR"), Decimal(1), "why", doer(foam, "k"))
    assert lies() == 10


FORM = {"item": "FOAM", "lot": "F9", "location": "FLOOR", "key": "x1"}


def test_the_pages_receive_and_show_every_move(desk: Desk, floor: Plant) -> None:
    desk.post("/stock/book/receive", FORM | {"quantity": "3,5", "supplier": "Mill"})
    assert "3.5" in desk.get("/stock?q=F9")
    assert "+3.5" in desk.get(f"/stock/items/{floor.items['FOAM']}")


@pytest.mark.parametrize(("deed", "values"), [
    ("receive", {"quantity": "none"}), ("transfer", {"quantity": "1", "to": "FLOOR"}),
    ("count", {"quantity": "-1"}), ("adjust", {"quantity": "1"}), ("adjust", {"quantity": "0", "reason": "x"}),
])  # fmt: skip
def test_a_refused_form_keeps_what_was_typed(desk: Desk, deed: str, values: dict[str, str]) -> None:
    desk.post("/stock/book/receive", FORM | {"quantity": "10"})
    answer = desk.client.post(f"/stock/book/{deed}", data={"csrf_token": desk.token()} | FORM | {"key": "2"} | values)
    assert answer.status_code in (404, 409, 422)
    assert 'value="F9"' in answer.text
    assert "10" in desk.get("/stock?q=F9")


def test_expired_and_negative_stock_is_found(plant: Plant) -> None:
    receive_once(Receipt("FOAM", Decimal(10), "F9", "FLOOR", expires_on=now_utc().date()), doer(plant, "r"))

    def shown(only: str) -> set[str]:
        found = look.balances(db.session, plant.site_id, "F9", only, now_utc().date() + timedelta(days=1), 1)
        db.session.rollback()
        return {row.lot for row in found.rows}

    assert (shown("expired"), shown("below"), shown("held")) == ({"F9"}, set(), set())
    adjust(FOAM, Decimal(-12), "gone", doer(plant, "k"))
    assert (shown("expired"), shown("below"), shown("")) == (set(), {"F9"}, {"F9"})


def test_a_released_order_promises_stock_and_tells_what_is_missing(app: Flask, floor: Plant, desk: Desk) -> None:
    with app.app_context():
        released(floor, 4000)
        rows = {row.item.code: row for row in look.shortages(db.session, floor.site_id)}
        assert 0 < rows["FOAM"].missing < rows["FOAM"].needed
        assert look.reserved(db.session, floor.site_id)[floor.items["FOAM"]] == rows["FOAM"].needed
    assert "FOAM" in desk.get("/stock/shortages")
    assert "FOAM" in desk.client.get("/stock/shortages.csv").text


def released(plant: Plant, pieces: int) -> None:
    now = now_utc()
    due = now + timedelta(days=3)
    order = orders.create_production(plant.site_id, "FRIDGE", Decimal(pieces), due, 3, "user:1", now)
    release(plant.site_id, order, "user:1", now)


def test_enough_stock_is_no_shortage(plant: Plant) -> None:
    released(plant, 4000)
    receive_once(Receipt("FOAM", Decimal(500_000), "F9", "FLOOR"), doer(plant, "r"))
    assert "FOAM" not in {row.item.code for row in look.shortages(db.session, plant.site_id)}


def test_whoever_may_not_move_material_is_refused(app: Flask, floor: Plant) -> None:
    quality = Desk(app)
    quality.sign_in("quality")
    quality.get("/stock")
    quality.get("/stock/book/receive", status=403)
