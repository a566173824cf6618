"""Reports: what flows on, what is refused, what comes back."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.group_commit import commit_together
from app.models import Consumption, Event, Hold, Report, StockBalance, Task, TaskLink, Unit, WorkOrder
from app.queries.differences import differences
from app.queries.progress import progress
from app.services import orders
from app.services.execution import Entry, Use, report
from app.services.release import release
from app.services.undoing import Undo, undo
from tests.small_plant import NOW, Plant, build


class Floor:
    """An order of fridges on the floor, with short words for what operators do."""

    def __init__(self, plant: Plant, quantity: int) -> None:
        self.plant = plant
        self.order_id = orders.create_production(
            plant.site_id, "FRIDGE", Decimal(quantity), NOW + timedelta(days=2), 3, "cli:test", NOW
        )
        self.made = release(plant.site_id, self.order_id, "cli:test", NOW)
        query = select(Unit.id).where(Unit.item_id == plant.items["COMP"]).order_by(Unit.id)
        self.compressors = iter(db.session.scalars(query).all())

    def task(self, key: str, loop: int = 0) -> Task:
        query = select(Task).where(
            Task.order_id == self.order_id, Task.loop_no == loop, Task.op_key.endswith("/" + key)
        )
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    def order(self) -> WorkOrder:
        return db.session.get_one(WorkOrder, self.order_id, populate_existing=True)

    def report(self, key: str, quantity: Any = 1, kind: str = "good", loop: int = 0, **more: Any) -> dict[str, Any]:
        values: dict[str, Any] = {
            "uuid": uuid.uuid4().hex, "site_id": self.plant.site_id, "kind": kind, "quantity": Decimal(quantity),
            "task_id": self.task(key, loop).id, "station_id": None, "person_id": self.plant.people["LI"],
            "channel": "test", "reason_id": self.plant.reasons["DENT"] if kind != "good" else None,
        }  # fmt: skip
        entry = Entry(**values | more)
        now = more.get("device_at") or NOW
        return seen(lambda connection: report(connection, entry, now))

    def assemble(self) -> dict[str, Any]:
        use = Use(self.plant.items["COMP"], 10**6, unit_id=next(self.compressors))
        return self.report("F10", uses=(use,))

    def undo(self, report_id: int, **more: Any) -> dict[str, Any]:
        wish = Undo(uuid.uuid4().hex, self.plant.site_id, report_id, self.plant.people["LI"], "test", **more)
        return seen(lambda connection: undo(connection, wish, NOW))


def seen(work: Any) -> dict[str, Any]:
    """Commit a report and end the test's own read, so that it sees what was written."""
    try:
        return commit_together(work)
    finally:
        db.session.rollback()
        db.session.expire_all()


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        yield Floor(build(), 4)
        db.session.rollback()
        assert list(differences(db.session)) == []


def test_release_makes_a_task_of_each_operation(floor: Floor) -> None:
    assert floor.made == 7
    assert floor.task("D10").quantity == 8
    assert {key: floor.task(key).status for key in ("C10", "D10", "C20", "F10")} == {
        "C10": "ready", "D10": "ready", "C20": "waiting", "F10": "waiting",
    }  # fmt: skip
    assert release(floor.plant.site_id, floor.order_id, "cli:test", NOW) == 7


def test_a_part_flows_on_at_once(floor: Floor) -> None:
    floor.report("C10", 2)
    foam = floor.task("C20")
    assert (foam.status, foam.quantity_input) == ("ready", 2)
    assert floor.order().status == "running"


def test_an_assembly_waits_for_its_scarcest_input(floor: Floor) -> None:
    floor.report("C10", 3)
    floor.report("C20", 3)
    floor.report("D10", 5)
    assert floor.task("F10").quantity_input == 2


def test_an_operation_before_its_input_is_refused_by_name(floor: Floor) -> None:
    with pytest.raises(Conflict) as refusal:
        floor.report("C20", 1)
    assert refusal.value.code == "task.no_input"
    assert refusal.value.values["waiting_for"] == "Bend"
    assert db.session.scalars(select(Report)).all() == []


@pytest.mark.parametrize("wrong", ["0", "-1", "NaN", "Infinity", "0.5", "1e30"])
def test_what_is_no_quantity_is_refused(floor: Floor, wrong: str) -> None:
    with pytest.raises(Invalid) as refusal:
        floor.report("C10", wrong)
    assert refusal.value.code.startswith("quantity.")


def test_more_than_planned_is_refused_beyond_the_tolerance_of_the_item(floor: Floor) -> None:
    with pytest.raises(Conflict):
        floor.report("C10", 5)
    floor.report("D10", 8)
    assert floor.task("D10").status == "completed"


def test_scrap_asks_for_a_reason_and_shrinks_what_follows(floor: Floor) -> None:
    with pytest.raises(Invalid):
        floor.report("C10", 1, "scrap", reason_id=None)
    floor.report("C10", 1, "scrap")
    floor.report("C10", 3)
    floor.report("C20", 3)
    assert floor.task("C10").status == "completed"
    assert floor.task("C20").status == "completed"


def test_material_is_taken_from_the_oldest_lot(floor: Floor) -> None:
    for _ in range(3):
        floor.report("C10", 1)
    floor.report("D10", 8)
    used = db.session.execute(
        select(Consumption.lot_id, Consumption.quantity).where(Consumption.task_id == floor.task("D10").id)
    ).all()
    s1, s2 = floor.plant.lots["S1"], floor.plant.lots["S2"]
    assert used == [(s1, Decimal("26.664"))]
    left = dict(db.session.execute(select(StockBalance.lot_key, StockBalance.quantity)).all())
    assert left[s1] == Decimal(100) - Decimal("37.5") - Decimal("26.664")
    assert left[s2] == 900


def test_an_item_that_refuses_negative_stock_stops_the_report(floor: Floor) -> None:
    with app_stock(floor, "F1", Decimal(-55)):
        floor.report("C10", 2)
        with pytest.raises(Conflict) as refusal:
            floor.report("C20", 2)
    assert refusal.value.code == "stock.short"
    assert floor.task("C20").quantity_good == 0


def app_stock(floor: Floor, lot: str, change: Decimal) -> Any:
    """Take stock away before a story."""
    from contextlib import nullcontext

    from app.db import to_micro, transaction
    from app.services.stock import Move, post

    with transaction() as session:
        move = Move("adjust", floor.plant.items["FOAM"], to_micro(change), floor.plant.lots[lot], reason="counted")
        post(session, move, floor.plant.site_id, floor.plant.location_id, "cli:test", NOW)
    return nullcontext()


def ready_to_assemble(floor: Floor) -> None:
    floor.report("C10", 4)
    floor.report("C20", 4)
    floor.report("D10", 8)


def test_units_are_born_at_their_first_task_and_walk_the_line(floor: Floor) -> None:
    ready_to_assemble(floor)
    born = floor.assemble()
    unit = db.session.get_one(Unit, born["unit"])
    assert unit.serial == born["serial"] == "FR-2611-00001"
    with pytest.raises(Conflict) as early:
        floor.report("F30", unit_id=unit.id)
    assert early.value.code == "task.no_input"
    for key in ("F20", "F30", "F40"):
        floor.report(key, unit_id=unit.id)
    assert db.session.get_one(Unit, unit.id).status == "good"
    balance = db.session.scalar(
        select(StockBalance.quantity).where(StockBalance.item_id == floor.plant.items["FRIDGE"])
    )
    assert balance == 1


def test_a_unit_is_not_counted_twice_nor_out_of_turn(floor: Floor) -> None:
    ready_to_assemble(floor)
    one, two = floor.assemble()["unit"], floor.assemble()["unit"]
    floor.report("F20", unit_id=one)
    with pytest.raises(Conflict) as again:
        floor.report("F20", unit_id=one)
    assert again.value.code == "unit.done"
    with pytest.raises(Conflict) as early:
        floor.report("F30", unit_id=two)
    assert early.value.code == "unit.not_here"
    with pytest.raises(Invalid) as nameless:
        floor.report("F20")
    assert nameless.value.code == "unit.needed"
    with pytest.raises(Invalid):
        floor.report("F20", 2, unit_id=two)


def test_a_serialised_component_must_be_scanned_and_is_used_once(floor: Floor) -> None:
    ready_to_assemble(floor)
    with pytest.raises(Conflict) as missing:
        floor.report("F10")
    assert missing.value.code == "consume.needed"
    use = Use(floor.plant.items["COMP"], 10**6, unit_id=next(floor.compressors))
    floor.report("F10", uses=(use,))
    with pytest.raises(Conflict) as twice:
        floor.report("F10", uses=(use,))
    assert twice.value.code == "unit.used"


def test_rework_opens_a_bounded_loop_and_leads_back(floor: Floor) -> None:
    ready_to_assemble(floor)
    unit = floor.assemble()["unit"]
    floor.report("F20", unit_id=unit)
    floor.report("F30", kind="rework", unit_id=unit)
    assert floor.task("F20", 1).quantity == 1
    with pytest.raises(Conflict):
        floor.report("F40", unit_id=unit)
    floor.report("F20", unit_id=unit, loop=1)
    floor.report("F30", unit_id=unit, loop=1, kind="rework")
    floor.report("F20", unit_id=unit, loop=2)
    with pytest.raises(Conflict) as bound:
        floor.report("F30", unit_id=unit, loop=2, kind="rework")
    assert bound.value.code == "task.loops"
    floor.report("F30", unit_id=unit, loop=2)
    floor.report("F40", unit_id=unit)
    assert db.session.get_one(Unit, unit).status == "good"


def test_where_the_process_has_no_way_back_rework_is_refused(floor: Floor) -> None:
    with pytest.raises(Conflict) as refusal:
        floor.report("C10", kind="rework")
    assert refusal.value.code == "task.no_rework"


def test_the_order_completes_with_its_last_task(floor: Floor) -> None:
    ready_to_assemble(floor)
    units = [floor.assemble()["unit"] for _ in range(4)]
    for key in ("F20", "F30", "F40"):
        for unit in units:
            floor.report(key, unit_id=unit)
    assert floor.order().status == "completed"
    last = db.session.scalars(select(Report.id).order_by(Report.id.desc())).first()
    floor.undo(last)
    assert floor.order().status == "running"
    assert floor.task("F40").quantity_good == 3


def test_an_order_whose_pieces_were_all_scrapped_ends(floor: Floor) -> None:
    floor.report("C10", 4, "scrap")
    assert floor.task("C20").status == "skipped"
    floor.report("D10", 8)
    assert {floor.task(key).status for key in ("F10", "F20", "F30", "F40")} == {"skipped"}
    assert floor.order().status == "completed"


def test_undo_takes_everything_back(floor: Floor) -> None:
    before = dict(db.session.execute(select(StockBalance.lot_key, StockBalance.quantity)).all())
    done = floor.report("C10", 2)
    floor.undo(done["report"])
    after = dict(db.session.execute(select(StockBalance.lot_key, StockBalance.quantity)).all())
    assert before == after
    assert (floor.task("C10").quantity_good, floor.task("C10").status) == (0, "ready")
    assert floor.task("C20").quantity_input == 0
    link = db.session.scalars(select(TaskLink).where(TaskLink.pred_id == floor.task("C10").id)).one()
    assert link.quantity_passed == 0
    with pytest.raises(Conflict) as twice:
        floor.undo(done["report"])
    assert twice.value.code == "report.reversed"


def test_undo_of_what_a_successor_used_names_the_report_to_reverse_first(floor: Floor) -> None:
    bend = floor.report("C10", 2)
    foam = floor.report("C20", 2)
    with pytest.raises(Conflict) as refusal:
        floor.undo(bend["report"])
    assert refusal.value.values["report"] == foam["report"]
    floor.undo(foam["report"])
    floor.undo(bend["report"])
    assert floor.task("C10").quantity_good == 0


def test_undo_of_a_rework_takes_its_loop_back(floor: Floor) -> None:
    ready_to_assemble(floor)
    unit = floor.assemble()["unit"]
    floor.report("F20", unit_id=unit)
    sent = floor.report("F30", kind="rework", unit_id=unit)
    floor.undo(sent["report"])
    assert floor.task("F20", 1).quantity == 0
    floor.report("F30", unit_id=unit)
    assert db.session.get_one(Unit, unit).status == "in_process"


def test_undo_is_for_ten_minutes_and_for_oneself(floor: Floor) -> None:
    early = floor.report("C10", 1, device_at=NOW - timedelta(minutes=11))
    with pytest.raises(Conflict) as late:
        floor.undo(early["report"])
    assert late.value.code == "report.late"
    other = floor.report("C10", 1, person_id=floor.plant.people["WANG"])
    with pytest.raises(Conflict) as stranger:
        floor.undo(other["report"])
    assert stranger.value.code == "report.not_yours"
    floor.undo(other["report"], is_lead=True, reason_id=floor.plant.reasons["WRONG"])


def test_a_task_of_another_station_names_the_right_one(floor: Floor) -> None:
    with pytest.raises(Conflict) as refusal:
        floor.report("C10", 1, station_id=floor.plant.stations["PACK"])
    assert refusal.value.values["stations"] == "BEND"


def test_a_skill_is_needed_where_the_operation_says_so(floor: Floor) -> None:
    ready_to_assemble(floor)
    unit = floor.assemble()["unit"]
    with pytest.raises(Conflict) as refusal:
        floor.report("F20", unit_id=unit, person_id=floor.plant.people["WANG"])
    assert refusal.value.code == "skill.missing"


def test_a_hold_stops_reports_until_released(floor: Floor) -> None:
    held = orders.hold(floor.plant.site_id, "order", floor.order_id, None, "check", None, "cli:test", NOW)
    with pytest.raises(Conflict) as refusal:
        floor.report("C10", 1)
    assert refusal.value.code == "task.held"
    orders.resume(floor.plant.site_id, held, None, "cli:test", NOW)
    floor.report("C10", 1)


def test_a_cancelled_order_takes_no_more_reports(floor: Floor) -> None:
    orders.cancel(floor.plant.site_id, floor.order_id, "cli:test", NOW)
    with pytest.raises(Conflict):
        floor.report("C10", 1)


def test_a_task_of_another_site_does_not_exist(floor: Floor) -> None:
    with pytest.raises(NotFound):
        floor.report("C10", 1, site_id=floor.plant.site_id + 1)


def test_each_report_is_told_once(floor: Floor) -> None:
    floor.report("C10", 1)
    with pytest.raises(Conflict):
        floor.report("F10", 1)
    topics = db.session.scalars(select(Event.topic).where(Event.topic.like("report.%"))).all()
    assert topics == ["report.good"]


def test_nobody_is_not_who_reported(floor: Floor) -> None:
    nameless = floor.report("C10", 1, person_id=None)
    wish = Undo(uuid.uuid4().hex, floor.plant.site_id, nameless["report"], None, "test")
    with pytest.raises(Conflict) as refusal:
        seen(lambda connection: undo(connection, wish, NOW))
    assert refusal.value.code == "report.not_yours"


def test_a_fridge_finished_through_rework_counts_in_its_order(floor: Floor) -> None:
    ready_to_assemble(floor)
    unit = floor.assemble()["unit"]
    floor.report("F20", unit_id=unit)
    floor.report("F30", kind="rework", unit_id=unit)
    for key in ("F20", "F30"):
        floor.report(key, unit_id=unit, loop=1)
    floor.report("F40", unit_id=unit)
    assert progress(db.session, [floor.order_id])[floor.order_id][:2] == (1, 4)


def test_a_lot_on_hold_is_not_taken_by_itself(floor: Floor) -> None:
    with transaction() as session:
        session.add(
            Hold(site_id=floor.plant.site_id, target_type="lot", target_id=floor.plant.lots["S1"], opened_at=NOW)
        )
    floor.report("D10", 1)
    used = db.session.scalars(select(Consumption.lot_id).where(Consumption.task_id == floor.task("D10").id)).all()
    assert used == [floor.plant.lots["S2"]]
