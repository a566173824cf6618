"""An optional operation is left out on the floor: quantity and units flow past it, and the skip can be taken back."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Event, Operation, Person, Reason, Task
from app.queries.differences import differences
from app.services import orders, skipping, station
from app.services.release import release
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        plant = build()
        with transaction() as session:
            session.add(Reason(site_id=plant.site_id, code="PASS", kind="skip", name="Not needed"))
            session.execute(update(Operation).where(Operation.key.in_(("C20", "F20", "F40"))).values(is_optional=True))
        yield Floor(plant, 4)
        db.session.rollback()
        assert list(differences(db.session)) == []


def reason(floor: Floor, code: str = "PASS") -> int:
    found = db.session.scalars(select(Reason.id).where(Reason.code == code)).one()
    db.session.rollback()
    return found


def skip(floor: Floor, key: str, loop: int = 0) -> None:
    skipping.skip(floor.plant.site_id, floor.task(key, loop).id, reason(floor), "cli:test", NOW)


def take_back(floor: Floor, key: str) -> None:
    skipping.take_back(floor.plant.site_id, floor.task(key).id, "cli:test", NOW)


def fridges(floor: Floor, pieces: int) -> list[int]:
    """Assemble fridges; gives their units."""
    floor.report("C10", pieces)
    if floor.task("C20").status != "skipped":
        floor.report("C20", pieces)
    floor.report("D10", pieces * 2)
    return [floor.assemble()["unit"] for _ in range(pieces)]


def test_quantity_and_units_flow_past_what_is_skipped(floor: Floor) -> None:
    units = fridges(floor, 2)
    skip(floor, "F20")
    assert (floor.task("F20").status, floor.task("F30").quantity_input) == ("skipped", 2)
    floor.report("F30", unit_id=units[0])
    units += fridges(floor, 2)
    assert floor.task("F30").quantity_input == 4
    for unit in units[1:]:
        floor.report("F30", unit_id=unit)
    for unit in units:
        floor.report("F40", unit_id=unit)
    assert floor.order().status == "completed"
    told = db.session.scalars(select(Event).where(Event.topic == "task.skipped")).one()
    assert told.subject_id == floor.task("F20").id


def test_a_skip_is_taken_back_with_all_it_changed(floor: Floor) -> None:
    units = fridges(floor, 2)
    floor.report("F20", unit_id=units[0])
    skip(floor, "F20")
    assert floor.task("F30").quantity_input == 2
    take_back(floor, "F20")
    take_back(floor, "F20")
    assert (floor.task("F20").status, floor.task("F30").quantity_input) == ("running", 1)
    with pytest.raises(Conflict, match=r"unit\.not_here|task\.no_input|task\.input"):
        floor.report("F30", unit_id=units[1])
    floor.report("F20", unit_id=units[1])
    floor.report("F30", unit_id=units[1])


def test_a_skip_whose_pieces_were_used_stays(floor: Floor) -> None:
    units = fridges(floor, 2)
    skip(floor, "F20")
    tested = floor.report("F30", unit_id=units[0])
    with pytest.raises(Conflict, match=r"task\.skip_used"):
        take_back(floor, "F20")
    assert floor.task("F20").status == "skipped"
    floor.undo(tested["report"])
    take_back(floor, "F20")
    assert floor.task("F20").status == "ready"


def test_skipping_twice_changes_nothing_and_released_skips_stay_out(floor: Floor) -> None:
    fridges(floor, 1)
    skip(floor, "F20")
    skip(floor, "F20")
    assert floor.task("F30").quantity_input == 1
    order_id = orders.create_production(floor.plant.site_id, "FRIDGE", Decimal(1), NOW, 3, "cli:test", NOW)
    release(floor.plant.site_id, order_id, "cli:test", NOW, {"FRIDGE": frozenset({"F20"})})
    keys = db.session.scalars(select(Task.op_key).where(Task.order_id == order_id)).all()
    assert "0/F20" not in keys


def test_rework_goes_back_to_what_follows_the_skipped_operation(floor: Floor) -> None:
    (unit,) = fridges(floor, 1)
    skip(floor, "F20")
    with pytest.raises(Conflict, match=r"task\.no_rework"):
        # The way back led to the skipped operation, and what follows it is the test itself.
        floor.report("F30", kind="rework", unit_id=unit, reason_id=floor.plant.reasons["LEAK"])
    floor.report("F30", unit_id=unit)


def test_what_cannot_be_skipped_is_refused_with_its_reason(floor: Floor) -> None:
    (unit,) = fridges(floor, 1)
    with pytest.raises(Invalid):
        skipping.skip(floor.plant.site_id, floor.task("F20").id, None, "cli:test", NOW)
    with pytest.raises(NotFound):
        skipping.skip(floor.plant.site_id + 1, floor.task("F20").id, reason(floor), "cli:test", NOW)
    with pytest.raises(Conflict, match=r"reason\.other_use"):
        skipping.skip(floor.plant.site_id, floor.task("F20").id, reason(floor, "DENT"), "cli:test", NOW)
    for key, code in (("F30", "task.optional"), ("F40", "task.skip_last")):
        with pytest.raises(Conflict, match=code):
            skip(floor, key)
    floor.report("F20", unit_id=unit)
    floor.report("F30", kind="rework", unit_id=unit, reason_id=floor.plant.reasons["LEAK"])
    for loop in (0, 1):
        with pytest.raises(Conflict, match=r"task\.skip_rework"):
            skip(floor, "F20", loop)


def test_where_pieces_were_scrapped_the_rest_is_reported(floor: Floor) -> None:
    fridges(floor, 1)
    floor.report("C10", 2)
    floor.report("C20", kind="scrap")
    with pytest.raises(Conflict, match=r"task\.skip_bad"):
        skip(floor, "C20")


def test_two_skips_side_by_side_are_taken_back_the_last_first(floor: Floor) -> None:
    with transaction() as session:
        session.execute(update(Operation).where(Operation.key == "F30").values(is_optional=True))
    (unit,) = fridges(floor, 1)
    skip(floor, "F20")
    skip(floor, "F30")
    assert floor.task("F40").quantity_input == 1
    with pytest.raises(Conflict, match=r"task\.skip_first"):
        take_back(floor, "F20")
    take_back(floor, "F30")
    assert (floor.task("F30").quantity_input, floor.task("F40").quantity_input) == (1, 0)
    take_back(floor, "F20")
    assert floor.task("F20").quantity_input == 1
    for key in ("F20", "F30", "F40"):
        floor.report(key, unit_id=unit)


def test_a_lead_skips_at_the_station_and_others_do_not(floor: Floor) -> None:
    fridges(floor, 1)
    task_id, place = floor.task("F20").id, floor.plant.stations["CHARGE"]

    def press(action: str, **values: Any) -> tuple[int, dict[str, Any]]:
        wish = station.Act(uuid.uuid4().hex, action, values)
        return station.act(floor.plant.site_id, place, wish, "user:1", NOW)

    press("sign_in", person=floor.plant.people["LI"])
    assert press("start", task=task_id)[0] == 200
    assert press("skip", reason="PASS")[1]["code"] == "skip.lead"
    with transaction() as session:
        session.execute(update(Person).values(is_lead=True))
    status, answer = press("skip", reason="PASS")
    assert (status, answer["code"], floor.task("F20").status) == (200, "task.skipped", "skipped")
    assert answer["next"]["code"] == "next.task"
    assert floor.order().status == "running"


def test_the_plan_leads_past_a_skipped_operation(floor: Floor) -> None:
    from app.queries import plans

    skip(floor, "C20")
    problem = plans.problem(db.session, floor.plant.site_id, NOW + timedelta(minutes=1))
    pairs = {(link.pred, link.succ) for link in problem.links}
    assert (str(floor.task("C10").id), str(floor.task("F10").id)) in pairs
    assert str(floor.task("C20").id) not in problem.task_by_id
