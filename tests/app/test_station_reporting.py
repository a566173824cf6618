"""What is reported at a station: pieces, units, lots and numbers."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db import db, transaction
from app.models import Consumption, Hold, Lot, Unit
from devices.codes import Kind, make
from tests.app.station_floor import Stations, reports
from tests.small_plant import NOW


def test_good_scrap_and_undo_by_command_cards(floor: Stations) -> None:
    floor.at("BEND", "C10")
    good = floor.scan("BEND", make(Kind.COMMAND, 3))
    # A report tells its own kind beside the answer's; the answer's holds.
    assert (good["code"], good["kind"], good["accepted"]) == ("report.good", "report", True)
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


@pytest.mark.parametrize("quantity", ["-1", "0", "NaN", "many", "0.5", "1e40"])
def test_what_is_no_quantity_is_refused(floor: Stations, quantity: str) -> None:
    floor.at("BEND", "C10")
    answer = floor.act("BEND", "good", quantity=quantity)
    assert answer["accepted"] is False
    assert answer["code"].startswith("quantity.")
    assert reports() == 0
