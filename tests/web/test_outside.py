"""Work done outside: sent, received, lost, late, in queue and plan; units by their numbers."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound, Refused
from app.models import Event, Operation, OutsideDispatch, Report, Task, Unit
from app.queries import outside as look
from app.queries import plans
from app.queries.differences import differences
from app.queries.station_queue import station_queue
from app.services import outside
from scheduling import solve, verify
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build
from tests.web.api_rig import Rig, entry, task_of
from tests.web.desk import Desk, plant_with_users

DAY = 24 * 60


class Yard:
    """Cabinets are foamed outside, fridges tested outside; both take a day."""

    def __init__(self, floor: Floor) -> None:
        self.floor, self.site_id = floor, floor.plant.site_id

    def send(self, key: str, quantity: int | None = None, *units: str) -> int:
        amount = None if quantity is None else Decimal(quantity)
        return outside.send(self.site_id, self.floor.task(key).id, "Foam Co", amount, units, "user:1", NOW)

    def receive(self, out: int, good: int, lost: int = 0, *units: str, reason: str | None = "DENT") -> None:
        reason_id = self.floor.plant.reasons[reason] if reason else None
        outside.receive(self.site_id, out, Decimal(good), Decimal(lost), reason_id, units, "user:1", NOW)

    def row(self, out: int) -> OutsideDispatch:
        return db.session.get_one(OutsideDispatch, out, populate_existing=True)


def outsourced() -> None:
    with transaction() as session:
        session.execute(update(Operation).where(Operation.key.in_(("C20", "F30"))).values(outside_min=DAY))


@pytest.fixture
def yard(app: Flask) -> Iterator[Yard]:
    with app.app_context():
        plant = build()
        outsourced()
        floor = Floor(plant, 4)
        floor.report("C10", 4)
        yield Yard(floor)
        db.session.rollback()
        assert list(differences(db.session)) == []


def test_what_comes_back_flows_on_and_what_is_lost_is_scrap(yard: Yard) -> None:
    out = yard.send("C20", 3)
    row = yard.row(out)
    assert (row.code, row.due_at, yard.floor.task("C20").status) == ("OUT-00001", NOW + timedelta(days=1), "running")
    yard.receive(out, 2)
    assert (yard.floor.task("C20").quantity_good, yard.row(out).closed_at) == (2, None)
    yard.receive(out, 0, 1)
    assert (yard.floor.task("C20").quantity_scrap, yard.row(out).closed_at) == (1, NOW)
    channels = db.session.scalars(select(Report.channel).where(Report.task_id == yard.floor.task("C20").id)).all()
    assert channels == ["outside", "outside"]
    topics = db.session.scalars(select(Event.topic).where(Event.topic.like("outside%")).order_by(Event.id)).all()
    assert topics == ["outside.sent", "outside.received", "outside.received"]


def test_what_is_out_cannot_be_sent_again_nor_more_come_back(yard: Yard) -> None:
    out = yard.send("C20", 3)
    with pytest.raises(Conflict, match=r"task\.input"):
        yard.send("C20", 2)
    yard.send("C20", 1)
    with pytest.raises(Conflict, match=r"outside\.more"):
        yard.receive(out, 3, 1)
    yard.receive(out, 3)
    with pytest.raises(Conflict, match=r"outside\.closed"):
        yard.receive(out, 1)


@pytest.mark.parametrize(("good", "lost", "reason"), [(0, 0, "DENT"), (-1, 2, "DENT"), (0, 1, None)])
def test_a_receipt_that_is_none_or_a_loss_without_reason_is_refused(
    yard: Yard, good: int, lost: int, reason: str | None
) -> None:
    out = yard.send("C20", 2)
    with pytest.raises(Invalid):
        yard.receive(out, good, lost, reason=reason)
    assert yard.row(out).quantity_lost == 0


def test_only_work_with_a_lead_time_outside_is_sent(yard: Yard) -> None:
    for key, quantity, code in (("D10", 1, "outside.here"), ("C20", 0, "quantity.wrong"), ("C20", 9, "task.input")):
        with pytest.raises(Refused, match=code.replace(".", r"\.")):
            yard.send(key, quantity)
    with pytest.raises(NotFound):
        outside.send(yard.site_id + 1, yard.floor.task("C20").id, "X", Decimal(1), (), "user:1", NOW)
    with pytest.raises(Invalid):
        outside.send(yard.site_id, yard.floor.task("C20").id, " ", Decimal(1), (), "user:1", NOW)


def test_taken_back_undone_it_can_be_sent_again(yard: Yard) -> None:
    out = yard.send("C20", 4)
    yard.receive(out, 1)
    outside.take_back(yard.site_id, out, "user:1", NOW)
    outside.take_back(yard.site_id, out, "user:1", NOW)
    assert yard.row(out).quantity == 1
    yard.send("C20", 3)


def test_units_go_and_come_by_their_numbers(yard: Yard) -> None:
    floor = yard.floor
    floor.report("D10", 4)
    first = yard.send("C20", 2)
    yard.receive(first, 2)
    units = [floor.assemble()["unit"] for _ in range(2)]
    for unit in units:
        floor.report("F20", unit_id=unit)
    one, two = (db.session.get_one(Unit, unit).serial for unit in units)
    db.session.rollback()
    with pytest.raises(Invalid):
        yard.send("F30", 2)
    out = yard.send("F30", None, one, two)
    with pytest.raises(Conflict, match=r"outside\.twice"):
        yard.send("F30", None, one)
    with pytest.raises(Invalid):
        yard.receive(out, 2, 0, one)
    yard.receive(out, 1, 0, one)
    with pytest.raises(Conflict, match=r"outside\.not_out"):
        yard.receive(out, 1, 0, one)
    assert look.units_out(db.session, out) == [two]
    yard.receive(out, 0, 1, two)
    states = db.session.scalars(select(Unit.status).where(Unit.id.in_(units)).order_by(Unit.id)).all()
    assert states == ["in_process", "scrapped"]


def test_the_queue_shows_it_and_the_plan_waits_for_it(yard: Yard) -> None:
    task_id = yard.floor.task("C20").id

    def planned(now: object = NOW) -> dict[str, tuple[int, int]]:
        problem = plans.problem(db.session, yard.site_id, now)  # type: ignore[arg-type]
        made = solve(problem).plan
        assert verify(problem, made) == []
        db.session.rollback()
        return {row.task: (row.start, row.end) for row in made.assignments}

    start, end = planned()[str(task_id)]
    assert end - start == DAY
    yard.send("C20", 4)
    later = planned(NOW + timedelta(hours=6))
    assert later[str(task_id)][1] == DAY - 6 * 60
    assert later[str(yard.floor.task("F10").id)][0] >= DAY - 6 * 60
    queue = station_queue(db.session, yard.site_id, yard.floor.plant.stations["FOAM"], NOW)
    assert [task.id for task in queue] == [task_id]
    (row,) = look.dispatches(db.session, yard.site_id)
    assert (look.is_late(row, NOW), look.is_late(row, NOW + timedelta(days=2))) == (False, True)


def test_the_pages_send_and_receive(app: Flask) -> None:
    with app.app_context():
        plant = plant_with_users()
        outsourced()
        floor = Floor(plant, 4)
        floor.report("C10", 4)
        task_id, order_id = floor.task("C20").id, floor.order_id
        reason = plant.reasons["DENT"]
    desk = Desk(app)
    desk.sign_in("operator")
    assert f'id="task-{task_id}"' in desk.get("/outside")
    path = desk.post("/outside", {"task": str(task_id), "supplier": "Foam Co", "quantity": "4"}).location
    assert "OUT-00001" in desk.get("/outside")
    assert desk.client.get("/outside/find?code=OUT-00001").location.endswith(path)
    desk.post(f"{path}/receive", {"good": "3", "lost": "1", "reason_id": str(reason)})
    assert "Nothing is out" in desk.get("/outside")
    with app.app_context():
        task = db.session.get_one(Task, task_id)
        assert (task.quantity_good, task.quantity_scrap) == (3, 1)
    planner = Desk(app)
    planner.sign_in("planner")
    assert "Foam" in planner.get(f"/orders/{order_id}")
    wall = Desk(app)
    wall.sign_in("wall")
    wall.get("/outside", status=403)


def test_by_the_api_it_is_sent_once(app: Flask) -> None:
    rig = Rig(app)
    with app.app_context():
        outsourced()
    order = rig.released()
    caller = rig.caller("operator")
    task = task_of(order, "C10")
    caller.post("/stations/BEND/reports", entry(task, "2"))
    body = {"task": task_of(order, "C20")["id"], "supplier": "Foam Co", "quantity": "2"}
    first = caller.post("/outside", body, key="send-once")
    assert (first.status_code, caller.post("/outside", body, key="send-once").json) == (201, first.json)
    code = first.json["code"]
    done = caller.post(f"/outside/{code}/receive", {"good": "1", "lost": "1", "reason": "DENT"}).json
    assert (done["good"], done["lost"], done["closed_at"] is not None) == ("1", "1", True)
    assert caller.get("/outside").json["rows"] == []
    assert caller.post("/outside/NONE/receive", {"good": "1"}).status_code == 404
