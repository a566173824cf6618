"""Two stations on what is left of the stock: one gets it, the other is told, and no balance falls below nothing."""

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.models import Item, StockBalance
from app.queries.differences import differences
from app.services.stock import Move, post
from tests.app.station_floor import Stations, together
from tests.small_plant import NOW

KG = 10**6


@pytest.fixture
def steel(floor: Stations) -> Stations:
    """Steel that refuses to fall below nothing, with a cabinet's need (12.5 kg) in the older of two lots."""
    floor.at("BEND", "C10")
    floor.at("DOOR", "D10")
    plant = floor.plant
    with transaction() as session:
        session.execute(update(Item).where(Item.id == plant.items["SHEET"]).values(negative_stock="refuse"))
        for lot, amount in (("S1", -87.5), ("S2", -900)):
            move = Move("adjust", plant.items["SHEET"], int(amount * KG), plant.lots[lot])
            post(session, move, plant.site_id, plant.location_id, "cli:test", NOW)
    return floor


def left(floor: Stations) -> dict[str, Decimal]:
    """What lies there of each lot of steel, and what was taken without a lot (under "")."""
    db.session.rollback()
    names = {key: code for code, key in floor.plant.lots.items()}
    rows = db.session.execute(select(StockBalance.lot_key, StockBalance.quantity)
                              .where(StockBalance.item_id == floor.plant.items["SHEET"]))  # fmt: skip
    return {names.get(lot, ""): quantity for lot, quantity in rows}


def test_of_two_who_need_the_last_of_it_one_is_told_and_takes_nothing(app: Flask, steel: Stations) -> None:
    answers = together(app, [lambda: steel.act("BEND", "good"), lambda: steel.act("DOOR", "good", quantity=3)])
    assert sorted(answer["accepted"] for answer in answers) == [False, True]
    assert next(answer["code"] for answer in answers if not answer["accepted"]) == "stock.short"
    rest = Decimal(0) if answers[0]["accepted"] else Decimal("2.501")
    assert left(steel) == {"S1": rest, "S2": Decimal(0)}
    assert (steel.task("C10").quantity_good, steel.task("D10").quantity_good) in ((1, 0), (0, 3))
    assert list(differences(db.session)) == []


def test_when_the_next_lot_has_enough_both_are_served(app: Flask, steel: Stations) -> None:
    plant = steel.plant
    with transaction() as session:
        more = Move("receipt", plant.items["SHEET"], 100 * KG, plant.lots["S2"])
        post(session, more, plant.site_id, plant.location_id, "cli:test", NOW)
    answers = together(app, [lambda: steel.act("BEND", "good"), lambda: steel.act("DOOR", "good", quantity=3)])
    assert [answer["accepted"] for answer in answers] == [True, True], answers
    assert left(steel) == {"S1": Decimal(0), "S2": Decimal("90.001")}
    assert list(differences(db.session)) == []


def test_one_after_the_other_the_second_is_told_what_is_left(steel: Stations) -> None:
    assert steel.act("DOOR", "good", quantity=3)["accepted"]
    refused = steel.act("BEND", "good")
    assert (refused["code"], refused["accepted"]) == ("stock.short", False)
    assert left(steel) == {"S1": Decimal("2.501"), "S2": Decimal(0)}


def test_of_two_who_build_in_the_same_compressor_one_is_told(app: Flask, floor: Stations) -> None:
    floor.parts_made()
    for place in ("ASSY1", "ASSY2"):
        floor.at(place, "F10")
        floor.scan(place, "CP1")
    answers = together(app, [lambda: floor.act("ASSY1", "good"), lambda: floor.act("ASSY2", "good")])
    assert sorted(answer["accepted"] for answer in answers) == [False, True], answers
    assert floor.task("F10").quantity_good == 1
    assert list(differences(db.session)) == []
