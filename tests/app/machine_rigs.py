"""What the tests of machines stand on: the small plant with devices and a limit rule, and words for its floor."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import yaml
from sqlalchemy import select

from app.db import db, transaction
from app.group_commit import commit_together
from app.models import Device, LimitRule, LimitSignal, Machine, Notice, Task, TaskStation
from app.services import orders
from app.services.execution import Entry, report
from app.services.release import release
from devices.sample import Batch, LimitReport, Sample, StateEdge, WriteResult
from tests.devices.device_rigs import press
from tests.small_plant import NOW, Plant, build


@dataclass
class Shop:
    """A plant with ids of its machines and devices."""

    plant: Plant
    machines: dict[str, int]
    devices: dict[str, int]
    order_id: int = 0

    def task(self, key: str) -> Task:
        query = select(Task).where(Task.order_id == self.order_id, Task.op_key.endswith("/" + key))
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    def make(self, key: str, quantity: int) -> None:
        """Report good pieces of an operation."""
        task_id = self.task(key).id
        place = select(TaskStation.station_id).where(TaskStation.task_id == task_id).order_by(TaskStation.preference)
        entry = Entry(
            uuid=uuid.uuid4().hex, site_id=self.plant.site_id, kind="good", quantity=Decimal(quantity),
            task_id=task_id, station_id=db.session.scalars(place).first(), person_id=self.plant.people["LI"],
            channel="test",
        )  # fmt: skip
        db.session.rollback()
        commit_together(lambda connection: report(connection, entry, NOW))
        db.session.rollback()
        db.session.expire_all()


def shop(quantity: int = 12, port: int = 0, rule: bool = True, **limits: Any) -> Shop:
    """Build the plant, an order on the floor, a device at BEND, and the rule that FOAM slows BEND."""
    plant = build()
    with transaction() as session:
        machines = {row.code: row.id for row in session.scalars(select(Machine))}
        raw = yaml.safe_load(press("D-BEND", port=port))[0] | {"machine": "M-BEND"}
        device = Device(site_id=plant.site_id, code="D-BEND", machine_id=machines["M-BEND"], map=raw, map_hash="1",
                        may_write=True)  # fmt: skip
        session.add(device)
        session.flush()
        made = Shop(plant, machines, {"D-BEND": device.id})
        if rule:
            values = {"high": 4, "low": 1, "on_delay_s": 0, "dwell_s": 0} | limits
            session.add(LimitRule(site_id=plant.site_id, code="FOAM-BEND", station_id=plant.stations["FOAM"],
                                  upstream_station_id=plant.stations["BEND"],
                                  upstream_machine_id=machines["M-BEND"], **values))  # fmt: skip
    made.order_id = orders.create_production(
        plant.site_id, "FRIDGE", Decimal(quantity), NOW + timedelta(days=2), 3, "cli:test", NOW
    )
    release(plant.site_id, made.order_id, "cli:test", NOW)
    return made


def signals() -> list[LimitSignal]:
    query = select(LimitSignal).order_by(LimitSignal.id).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def notices(kind: str, still_open: bool = True) -> list[Notice]:
    query = select(Notice).where(Notice.kind == kind).order_by(Notice.id).execution_options(populate_existing=True)
    return [row for row in db.session.scalars(query) if not still_open or row.cleared_at is None]


def edge(made: Shop, state: str, at: datetime, reason: str | None = None, machine: str = "M-BEND") -> Batch:
    found = StateEdge(f"machine:{made.machines[machine]}", "no_data", state, at, reason)
    return Batch(str(made.devices["D-BEND"]), found.machine, at, at, edges=(found,))


def sample(
    made: Shop, tag: str, value: Any, at: datetime | None, quality: Any = "good", why: str | None = None
) -> Batch:
    found = Sample(tag, value, quality, why, None, at)
    return Batch(str(made.devices["D-BEND"]), "machine:1", at or NOW, at, samples=(found,))


def answer(made: Shop, state: Any, demanded: str = "hold", at: datetime = NOW) -> LimitReport:
    write = WriteResult((1, 5, 2, 0, 15, 1, 1, 99), (1, 5, 2, 0, 15, 1, 1, 99), "verified")
    return LimitReport("d", f"machine:{made.machines['M-BEND']}", state, demanded, 0, demanded, 0, False, 5, write, at)
