"""Inspections: what makes them due, what is refused when their result is written, and what follows from it."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import events
from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound, Refused
from app.group_commit import commit_together
from app.models import Disposition, Hold, Inspection, Instrument, Lot, Measurement, Nonconformance, Unit, WorkSession
from app.services import inspection_plans, instruments
from app.services.inspecting import Watcher, watch
from app.services.inspection_plans import Check, Plan, add_check
from app.services.inspection_results import Found, record
from app.services.receiving import Receipt, receive
from app.services.undoing import Undo, undo
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build

TODAY = NOW.date()
GAP = Check("GAP", "Gap", unit="mm", lower=Decimal(1), upper=Decimal(2))
LOOK = Check("LOOK", "Surface", "attribute", by_instrument=False)


class Inspected:
    """A floor with an instrument, and a watch over what is reported."""

    def __init__(self) -> None:
        self.floor = Floor(build(), 4)
        self.site = self.floor.plant.site_id
        self.watcher = Watcher()
        self.due()
        instruments.add(
            self.site, "CAL-1", "Caliper", "mm", (Decimal(0), Decimal(150)), date(2027, 1, 1), "user:1", NOW
        )

    def plan(self, item: str, kind: str, *checks: Check, **more: Any) -> int:
        made = inspection_plans.create(self.site, Plan(item, kind, **more), "user:1", NOW)
        for check in checks or (GAP,):
            add_check(self.site, made, check, "user:1", NOW)
        return made

    def due(self) -> list[Inspection]:
        """Seal what happened, follow it, give what fell due."""
        with transaction() as session:
            events.seal(session, events.unsealed(session, 0))
        made = watch(self.watcher, NOW)
        found = db.session.scalars(select(Inspection).where(Inspection.id.in_(made)).order_by(Inspection.id)).all()
        return list(found)

    def record(self, row: Inspection, gap: str = "1.5", **more: Any) -> str:
        values = {"texts": {"GAP": gap}, "instruments": {"GAP": "CAL-1"}} | more
        return record(self.site, row.id, Found(**values), None, "user:2", NOW)

    def refused(self, row: Inspection, gap: str = "1.5", **more: Any) -> Refused:
        with pytest.raises(Refused) as caught:
            self.record(row, gap, **more)
        db.session.rollback()
        assert db.session.scalars(select(Measurement.id)).all() == []
        return caught.value


@pytest.fixture
def place(app: Flask) -> Iterator[Inspected]:
    with app.app_context():
        yield Inspected()
        db.session.rollback()


def held(kind: str) -> list[int]:
    query = select(Hold.target_id).where(Hold.target_type == kind, Hold.released_at.is_(None)).order_by(Hold.target_id)
    return list(db.session.scalars(query))


def test_the_first_piece_of_an_order_a_set_up_and_a_shift(place: Inspected) -> None:
    place.plan("CABINET", "first_article", operation="C10")
    bend, here = place.floor.plant.stations["BEND"], {"station_id": place.floor.plant.stations["BEND"]}
    place.floor.report("C10", **here)
    assert [(row.cause, row.size, row.station_id) for row in place.due()] == [("order_start", 1, bend)]
    place.floor.report("C10", **here)
    assert place.due() == []
    with transaction() as session:
        session.add(WorkSession(site_id=place.site, task_id=place.floor.task("C10").id, station_id=bend, kind="setup",
                                started_at=NOW + timedelta(minutes=1)))  # fmt: skip
    place.floor.report("C10", **here, device_at=NOW + timedelta(minutes=2))
    assert [row.cause for row in place.due()] == ["setup"]
    place.floor.report("C10", **here, device_at=NOW + timedelta(hours=9))
    assert [row.cause for row in place.due()] == ["shift"]
    place.floor.report("C20", 4)
    assert place.due() == []


def test_every_so_many_pieces_or_minutes_and_a_restart_makes_nothing_twice(place: Inspected) -> None:
    place.plan("DOOR", "in_process", by="pieces", every=3)
    place.plan("CABINET", "in_process", operation="C10", by="minutes", every=60, pieces=2)
    for _ in range(2):
        place.floor.report("D10")
    place.floor.report("C10")
    assert [(row.cause, row.size) for row in place.due()] == [("minutes", 2)]
    place.floor.report("D10", 5)
    place.floor.report("C10", device_at=NOW + timedelta(minutes=10))
    assert [row.cause for row in place.due()] == ["pieces"]
    place.floor.report("C10", device_at=NOW + timedelta(minutes=70))
    assert [row.cause for row in place.due()] == ["minutes"]
    place.watcher = Watcher(0)
    assert place.due() == []


def test_an_undone_report_takes_its_inspection_back(place: Inspected) -> None:
    place.plan("CABINET", "first_article", operation="C10")
    answer = place.floor.report("C10")
    row = place.due()[0]
    wish = Undo(uuid.uuid4().hex, place.site, answer["report"], place.floor.plant.people["LI"], "test")
    commit_together(lambda connection: undo(connection, wish, NOW))
    place.due()
    db.session.refresh(row)
    assert row.verdict == "void"
    assert place.refused(row).code == "inspection.void"
    place.floor.report("C10")
    assert [row.cause for row in place.due()] == ["order_start"]


def test_a_failed_first_piece_holds_it_and_its_operation(place: Inspected) -> None:
    place.plan("FRIDGE", "first_article", GAP, LOOK, operation="F10")
    for key, quantity in (("C10", 4), ("C20", 4), ("D10", 8)):
        place.floor.report(key, quantity)
    place.floor.assemble()
    row = place.due()[0]
    assert place.record(row, "2.5mm", texts={"GAP": "2.5mm", "LOOK": "1"}) == "fail"
    unit = db.session.scalars(select(Unit.id).where(Unit.serial.like("FR-%"))).one()
    assert (row.unit_id, row.nonconforming) == (unit, 1)  # wrong twice, counted once
    assert held("unit") == [unit]
    assert held("task") == [place.floor.task("F10").id]
    case = db.session.get_one(Nonconformance, row.nonconformance_id)
    assert case.status == "contained"
    found = db.session.execute(select(Measurement.code, Measurement.value, Measurement.verdict, Measurement.instrument,
                                      Measurement.unit_id).order_by(Measurement.code)).all()  # fmt: skip
    assert [tuple(value) for value in found] == [
        ("GAP", Decimal("2.5"), "fail", "CAL-1", unit), ("LOOK", Decimal(0), "fail", None, unit)
    ]  # fmt: skip
    with pytest.raises(Conflict, match=r"inspection\.done"):
        place.record(row)


def test_units_since_the_last_good_inspection_are_suspect(place: Inspected) -> None:
    place.plan("FRIDGE", "in_process", operation="F10", every=1)
    for key, quantity in (("C10", 4), ("C20", 4), ("D10", 8)):
        place.floor.report(key, quantity)
    units = [place.floor.assemble()["unit"] for _ in range(3)]
    first, _, third = place.due()
    assert place.record(first) == "pass"
    assert place.record(third, "3") == "fail"
    assert held("unit") == units[1:]


def test_the_whole_order_is_refused_by_its_sample(place: Inspected) -> None:
    place.plan("DOOR", "final", aql=Decimal("1.0"))
    place.floor.report("D10", 7)
    assert place.due() == []
    place.floor.report("D10", 1)
    row = place.due()[0]
    assert (row.lot_size, row.size, row.accept, row.reject) == (8, 8, 0, 1)
    assert place.record(row, " ".join(["1.5"] * 7 + ["2.1"])) == "fail"
    assert db.session.get_one(Nonconformance, row.nonconformance_id).status == "dispositioned"  # doors have no numbers


def test_a_received_lot_waits_for_its_inspection(place: Inspected) -> None:
    place.plan("FOAM", "incoming", aql=Decimal("4.0"), level="S-1")
    lots = [receive(place.site, Receipt("FOAM", Decimal(100), code), "user:1", NOW)["lot"] for code in ("N1", "N2")]
    rows = db.session.scalars(select(Inspection).order_by(Inspection.id)).all()
    assert [(row.kind, row.size, row.accept, row.reject) for row in rows] == [("incoming", 3, 0, 1)] * 2
    states = select(Lot.status).where(Lot.code.in_(lots)).order_by(Lot.code)
    assert db.session.scalars(states).all() == ["quarantine", "quarantine"]
    assert place.record(rows[0], "1.5 1.5 2") == "pass"
    assert place.record(rows[1], "1.5 1.5 2.1") == "fail"
    db.session.expire_all()
    assert db.session.scalars(states).all() == ["available", "quarantine"]
    assert held("lot") == [rows[1].lot_id]
    piece = db.session.scalars(select(Disposition).where(Disposition.lot_id == rows[1].lot_id)).one()
    assert piece.decision is None


def test_two_of_five_refused_lots_tighten_the_next(place: Inspected) -> None:
    place.plan("FOAM", "incoming", aql=Decimal("1.0"))
    for number in range(2):
        receive(place.site, Receipt("FOAM", Decimal(1000), f"N{number}"), "user:1", NOW)
        row = db.session.scalars(select(Inspection).where(Inspection.verdict == "open")).one()
        assert (row.size, row.accept, row.severity) == (80, 2, "normal")
        place.record(row, " ".join(["9"] * 80))
    receive(place.site, Receipt("FOAM", Decimal(1000), "N9"), "user:1", NOW)
    row = db.session.scalars(select(Inspection).where(Inspection.verdict == "open")).one()
    assert (row.size, row.accept, row.severity) == (80, 1, "tightened")


def test_what_cannot_be_written(place: Inspected) -> None:
    place.plan("CABINET", "first_article", operation="C10")
    place.floor.report("C10")
    row = place.due()[0]
    instruments.add(place.site, "OLD", "Old gauge", "mm", (None, None), TODAY - timedelta(days=1), "user:1", NOW)
    inch = instruments.add(place.site, "INCH", "Inch gauge", "in", (None, None), date(2027, 1, 1), "user:1", NOW)
    assert place.refused(row, "NaN").code == "inspection.value"
    assert place.refused(row, "1e15").code == "inspection.value"
    assert place.refused(row, "1.5in").code == "inspection.unit"
    assert place.refused(row, "1.5 1.6").code == "inspection.count"
    assert place.refused(row, "151").code == "instrument.beyond"
    assert place.refused(row, measured_at=NOW + timedelta(minutes=1)).code == "inspection.future"
    assert place.refused(row, instruments={}).code == "inspection.instrument"
    assert place.refused(row, units="FR-0").code == "inspection.unit_unknown"
    assert place.refused(row, instruments={"GAP": "INCH"}).code == "instrument.unit"
    overdue = place.refused(row, instruments={"GAP": "OLD"})
    assert (overdue.code, overdue.values["day"]) == ("instrument.overdue", (TODAY - timedelta(days=1)).isoformat())
    instruments.retire(place.site, inch, TODAY, "user:1", NOW)
    retired = place.refused(row, instruments={"GAP": "INCH"})
    assert (retired.code, retired.values["day"]) == ("instrument.retired", TODAY.isoformat())
    assert place.record(row) == "pass"


def test_plans_that_cannot_stand(place: Inspected) -> None:
    for wish, error in (
        (Plan("DOOR", "incoming"), Invalid), (Plan("NONE", "final"), NotFound),
        (Plan("DOOR", "final", operation="X"), NotFound), (Plan("DOOR", "in_process"), Invalid),
        (Plan("DOOR", "final", aql=Decimal(3)), Invalid), (Plan("DOOR", "yearly"), Invalid),
    ):  # fmt: skip
        with pytest.raises(error):
            inspection_plans.create(place.site, wish, "user:1", NOW)
    made = place.plan("DOOR", "final")
    with pytest.raises(Conflict):
        place.plan("DOOR", "final")
    with pytest.raises(Invalid):
        add_check(place.site, made, Check("X", "X", lower=Decimal(2), upper=Decimal(1)), "user:1", NOW)


def test_a_calibration_moves_the_day_or_ends_the_use(place: Inspected) -> None:
    row = db.session.scalars(select(Instrument)).one()

    def calibrate(done: date, due: date, result: str) -> None:
        instruments.calibrate(place.site, row.id, done, due, result, "K-1", "", TODAY, None, "user:1", NOW)
        db.session.refresh(row)

    calibrate(TODAY, TODAY + timedelta(days=365), "adjusted")
    assert (row.calibrated_on, row.due_on) == (TODAY, TODAY + timedelta(days=365))
    calibrate(TODAY - timedelta(days=9), TODAY + timedelta(days=9), "good")
    assert row.due_on == TODAY + timedelta(days=365)  # written down late
    for done, due in ((TODAY + timedelta(days=1), TODAY + timedelta(days=9)), (TODAY, TODAY)):
        with pytest.raises(Invalid):
            calibrate(done, due, "good")
    calibrate(TODAY, TODAY + timedelta(days=9), "failed")
    assert (row.retired, row.retired_on) == (True, TODAY)
    with pytest.raises(Conflict):
        calibrate(TODAY, TODAY + timedelta(days=9), "good")
