"""What the tests of planning do to a small plant: ask, plan, look, disturb."""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from app import events
from app.db import db, transaction
from app.models import Machine, MachineState, PlannedTask, PlanRun, Setting
from app.queries import plans
from app.services import orders, planning
from app.services.release import release
from app.workers.solve import work
from tests.app.test_execution import Floor
from tests.small_plant import NOW


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def ask(floor: Floor, now: datetime = NOW) -> planning.Claim:
    planning.wish(floor.plant.site_id, {"type": "person", "at_once": True}, "cli:test", now)
    held = planning.claim(now)
    assert held is not None
    return held


def plan_now(floor: Floor, now: datetime = NOW) -> int:
    plan_id = work(ask(floor, now), now)
    assert plan_id is not None, run(floor).outcome
    return plan_id


def snapshot(floor: Floor, now: datetime = NOW) -> plans.Snapshot:
    found = plans.snapshot(db.session, floor.plant.site_id, now)
    db.session.rollback()
    return found


def run(floor: Floor) -> PlanRun:
    query = select(PlanRun).where(PlanRun.site_id == floor.plant.site_id).order_by(PlanRun.id.desc())
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def rows(plan_id: int) -> dict[int, PlannedTask]:
    found = db.session.scalars(select(PlannedTask).where(PlannedTask.plan_id == plan_id)).all()
    db.session.rollback()
    return {row.task_id: row for row in found}


def seal() -> None:
    with transaction() as session:
        events.seal(session, events.unsealed(session, 0))


def stop_machine(floor: Floor, station: str, now: datetime, state: str = "stopped") -> None:
    with transaction() as session:
        machine = session.scalars(select(Machine).where(Machine.station_id == floor.plant.stations[station])).one()
        session.add(MachineState(site_id=floor.plant.site_id, machine_id=machine.id, state=state, started_at=now))
        events.record(session, floor.plant.site_id, "machine.state", ("machine", machine.id), None, now,
                      {"state": state, "was": "running"})  # fmt: skip


def setting(floor: Floor, name: str, value: int) -> None:
    with transaction() as session:
        session.merge(Setting(site_id=floor.plant.site_id, name=f"plan.{name}", value=value))


def more(floor: Floor, quantity: int = 2) -> int:
    order_id = orders.create_production(
        floor.plant.site_id, "FRIDGE", Decimal(quantity), NOW + timedelta(days=1), 2, "cli:test", NOW
    )
    release(floor.plant.site_id, order_id, "cli:test", NOW)
    return order_id
