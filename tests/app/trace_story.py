"""A story to trace: four fridges of which one is finished, one waits at its test, and some reports were undone."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.db import db, transaction
from app.models import Characteristic, Container, ContainerItem, Operation, ProductionOrder, Shipment, Task
from app.services.measuring import Value
from tests.app.test_execution import Floor
from tests.small_plant import NOW, Plant, build


@dataclass
class Story:
    """The floor and the ids a test asks about."""

    floor: Floor
    units: list[int]

    @property
    def plant(self) -> Plant:
        return self.floor.plant


def characteristic(plant: Plant, key: str = "F20", **values: Any) -> int:
    """A check at an operation (inside an application context)."""
    with transaction() as session:
        operation = session.scalars(select(Operation).where(Operation.key == key)).one()
        row = Characteristic(operation_id=operation.id, code="GAS", name="Refrigerant", name_zh="制冷剂", unit="g",
                             lower=Decimal(58), upper=Decimal(62), source="person", **values)  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def story(quantity: int = 4, assembled: int = 2) -> Story:
    """Cabinets, foam and doors for all; ``assembled`` units, the first of them packed into a pallet and shipped."""
    plant = build()
    characteristic(plant)
    floor = Floor(plant, quantity)
    floor.report("C10", quantity, machine_id=None, station_id=plant.stations["BEND"])
    floor.report("C20", quantity, station_id=plant.stations["FOAM"])
    floor.report("D10", 2 * quantity, person_id=plant.people["WANG"])
    units = [floor.assemble()["unit"] for _ in range(assembled)]
    for key in ("F20", "F30", "F40"):
        values = (Value("GAS", Decimal("60.5")),) if key == "F20" else ()
        floor.report(key, unit_id=units[0], values=values)
    return Story(floor, units)


def ship(told: Story, unit_id: int, customer_order: str = "PO-77") -> int:
    """Pack a unit onto a pallet that goes to a customer; gives the pallet's id."""
    with transaction() as session:
        pallet = Container(site_id=told.plant.site_id, code="PAL-1", kind="pallet")
        session.add(pallet)
        session.flush()
        session.add(ContainerItem(container_id=pallet.id, unit_id=unit_id, quantity=Decimal(1), packed_at=NOW))
        session.add(Shipment(site_id=told.plant.site_id, container_id=pallet.id, customer_ref="Nordic",
                             customer_order=customer_order, at=NOW))  # fmt: skip
        return pallet.id


def order_for(told: Story, customer_order: str) -> None:
    """Say which order of the customer the production order is for."""
    with transaction() as session:
        session.get_one(ProductionOrder, told.floor.order_id).customer_order = customer_order


def task_id(told: Story, key: str) -> int:
    """The id of a task by its operation's key."""
    query = select(Task.id).where(Task.order_id == told.floor.order_id, Task.op_key.endswith("/" + key))
    return db.session.scalars(query.where(Task.loop_no == 0)).one()
