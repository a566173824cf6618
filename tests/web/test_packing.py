"""Packing by scan, finished goods receipt and shipping; a trace of a unit ends at the customer."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Location, ProductionOrder, Shipment, StockBalance, StockMove, Unit
from app.queries.differences import differences
from app.queries.trace_links import Direction, Node, links
from app.services import orders, packing, shipping
from devices.codes import Kind, make
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build
from tests.web.api_rig import Rig
from tests.web.desk import Desk, plant_with_users


class Dock:
    """Two finished fridges, a store, and short words for what people do there."""

    def __init__(self, floor: Floor) -> None:
        self.floor, self.site_id = floor, floor.plant.site_id
        self.units = [finished(floor) for _ in range(2)]
        with transaction() as session:
            session.add(Location(site_id=self.site_id, code="FG", name="Finished goods"))
        self.serials = {unit: db.session.get_one(Unit, unit).serial for unit in self.units}
        db.session.rollback()

    def box(self, kind: str = "box") -> int:
        return packing.create(self.site_id, kind, "user:1", NOW)

    def pack(self, box: int, text: str, quantity: Decimal | None = None) -> str:
        return packing.pack(self.site_id, box, text, quantity, "user:1", NOW)["packed"]

    def ship(self, box: int, number: str = "CO-1") -> int:
        return shipping.ship(self.site_id, box, number, "Suyuan", "user:1", NOW)

    def stock(self, place: str) -> Decimal:
        query = select(func.sum(StockBalance.quantity)).join(Location, Location.id == StockBalance.location_id)
        mine = (Location.code == place, StockBalance.item_id == self.floor.plant.items["FRIDGE"])
        found = db.session.scalar(query.where(*mine)) or Decimal(0)
        db.session.rollback()
        return found


def finished(floor: Floor) -> int:
    floor.report("C10")
    floor.report("C20")
    floor.report("D10", 2)
    unit = floor.assemble()["unit"]
    for key in ("F20", "F30", "F40"):
        floor.report(key, unit_id=unit)
    return unit


@pytest.fixture
def dock(app: Flask) -> Iterator[Dock]:
    with app.app_context():
        yield Dock(Floor(build(), 4))
        db.session.rollback()
        assert list(differences(db.session)) == []


def test_a_trace_ends_at_the_customer_through_box_and_pallet(dock: Dock) -> None:
    box, pallet = dock.box(), dock.box("pallet")
    for serial in dock.serials.values():
        assert dock.pack(box, serial) == serial
    dock.pack(pallet, make(Kind.CONTAINER, box))
    assert packing.put_away(dock.site_id, pallet, "FG", "user:1", NOW) == 2
    assert packing.put_away(dock.site_id, pallet, "FG", "user:1", NOW) == 0
    assert (dock.stock("FLOOR"), dock.stock("FG")) == (0, 2)
    assert dock.ship(pallet) == 2
    assert dock.stock("FG") == 0
    assert set(db.session.scalars(select(Unit.status).where(Unit.id.in_(dock.units)))) == {"shipped"}
    reached = links(db.session, dock.site_id, Node("unit", dock.units[0]), Direction.FORWARD).nodes
    assert {Node("customer", "CO-1"), Node("container", box), Node("container", pallet)} <= set(reached)
    back = links(db.session, dock.site_id, Node("customer", "CO-1"), Direction.BACKWARD).nodes
    assert {Node("unit", unit) for unit in dock.units} <= set(back)


def test_what_is_shipped_from_the_line_leaves_the_stock_there(dock: Dock) -> None:
    box = dock.box()
    dock.pack(box, dock.serials[dock.units[0]])
    assert dock.ship(box) == 1
    assert dock.stock("FLOOR") == 1
    assert db.session.scalars(select(Shipment.customer_order)).all() == ["CO-1"]
    kinds = db.session.scalars(select(StockMove.kind).where(StockMove.item_id == dock.floor.plant.items["FRIDGE"]))
    assert sorted(kinds) == ["produce", "produce", "ship"]


def test_lots_are_packed_by_quantity(dock: Dock) -> None:
    box = dock.box()
    with pytest.raises(Invalid):
        dock.pack(box, "F1")
    with pytest.raises(Invalid):
        dock.pack(box, "F1", Decimal("0.0001"))
    dock.pack(box, "F1", Decimal("2.5"))
    dock.ship(box)
    left = db.session.scalars(
        select(StockBalance.quantity).where(StockBalance.lot_key == dock.floor.plant.lots["F1"])
    ).one()
    assert left == Decimal(60) - Decimal("2.5") - Decimal("8.4")


def test_what_cannot_be_packed_is_refused(dock: Dock) -> None:
    box, other = dock.box(), dock.box("pallet")
    first, second = (dock.serials[unit] for unit in dock.units)
    dock.pack(box, first)
    for where in (box, other):
        with pytest.raises(Conflict, match=r"pack\.twice"):
            dock.pack(where, first)
    orders.hold(dock.site_id, "unit", dock.units[1], None, "why", None, "user:1", NOW)
    with pytest.raises(Conflict, match=r"unit\.held"):
        dock.pack(box, second)
    with pytest.raises(Conflict, match=r"pack\.not_good"):
        dock.floor.report("C10")
        dock.floor.report("C20")
        dock.floor.report("D10", 2)
        unit = dock.floor.assemble()["unit"]
        dock.pack(box, db.session.get_one(Unit, unit).serial)
    with pytest.raises(Conflict, match=r"pack\.what"):
        dock.pack(box, "LI")
    dock.pack(other, make(Kind.CONTAINER, box))
    for inner, outer in ((other, box), (box, box)):
        with pytest.raises(Conflict, match=r"pack\.in_itself"):
            dock.pack(outer, make(Kind.CONTAINER, inner))
    with pytest.raises(Conflict, match=r"pack\.twice"):
        dock.ship(box)
    with pytest.raises(NotFound):
        packing.create(dock.site_id, "box", "user:1", NOW)
        packing.pack(dock.site_id + 1, box, first, None, "user:1", NOW)


def test_what_cannot_be_shipped_is_refused_whole(dock: Dock) -> None:
    box = dock.box()
    with pytest.raises(Conflict, match=r"container\.empty"):
        dock.ship(box)
    for serial in dock.serials.values():
        dock.pack(box, serial)
    with pytest.raises(Invalid):
        dock.ship(box, " ")
    hold = orders.hold(dock.site_id, "unit", dock.units[1], None, "why", None, "user:1", NOW)
    with pytest.raises(Conflict, match=r"unit\.held"):
        dock.ship(box)
    orders.resume(dock.site_id, hold, None, "user:1", NOW)
    with transaction() as session:
        session.execute(update(ProductionOrder).values(customer_order="CO-9"))
    with pytest.raises(Conflict, match=r"ship\.other_customer"):
        dock.ship(box)
    assert set(db.session.scalars(select(Unit.status).where(Unit.id.in_(dock.units)))) == {"good"}
    db.session.rollback()
    dock.ship(box, "CO-9")
    for again in (lambda: dock.ship(box, "CO-9"), lambda: dock.pack(box, "F1", Decimal(1))):
        with pytest.raises(Conflict, match=r"container\.shipped"):
            again()


def test_taken_out_it_can_go_elsewhere(dock: Dock) -> None:
    box, other = dock.box(), dock.box()
    serial = dock.serials[dock.units[0]]
    dock.pack(box, serial)
    (entry,) = packing.contents(db.session(), box).units and [1]
    db.session.rollback()
    packing.unpack(dock.site_id, box, entry, "user:1", NOW)
    packing.unpack(dock.site_id, box, entry, "user:1", NOW)
    dock.pack(other, serial)


def test_the_pages_pack_and_ship_and_say_why_not(app: Flask) -> None:
    with app.app_context():
        floor = Floor(plant_with_users(), 1)
        unit = finished(floor)
        serial = db.session.get_one(Unit, unit).serial
    desk = Desk(app)
    desk.sign_in("planner")
    assert "No container is here" in desk.get("/packing")
    path = desk.post("/packing", {"kind": "pallet"}).location
    assert "It is empty" in desk.get(path)
    desk.post(f"{path}/pack", {"code": serial})
    assert serial in desk.get(path)
    operator = Desk(app)
    operator.sign_in("operator")
    assert serial in operator.get(path)
    operator.post(f"{path}/ship", {"customer_order": "CO-1"}, status=403)
    desk.post(f"{path}/put-away", {"location": "FLOOR"})
    desk.post(f"{path}/ship", {"customer_order": "CO-1", "customer": "Suyuan"})
    assert "PAL-00001" in desk.get("/packing?all=1")
    assert "PAL-00001" not in desk.get("/packing")
    assert desk.client.get("/c/PAL-00001").location.endswith(path)


def test_by_the_api_a_container_is_packed_once(app: Flask) -> None:
    rig = Rig(app)
    operator, planner = rig.caller("operator"), rig.caller("planner")
    box = operator.post("/containers", {"kind": "box"}).json["code"]
    body = {"code": "F1", "quantity": "2"}
    first = operator.post(f"/containers/{box}/pack", body, key="pack-once")
    assert operator.post(f"/containers/{box}/pack", body, key="pack-once").json == first.json
    assert [one["quantity"] for one in first.json["entries"]] == ["2"]
    assert operator.post(f"/containers/{box}/ship", {"customer_order": "C"}).status_code == 403
    assert planner.post(f"/containers/{box}/put-away", {"location": "FLOOR"}).json["location"] == "FLOOR"
    assert planner.post(f"/containers/{box}/ship", {"customer_order": "C"}).json["customer_order"] == "C"
    assert planner.get("/containers/NONE").status_code == 404
