"""Quantity, due date and splitting of running orders: every task follows, nothing falls below what is reported."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.errors import Conflict, Invalid
from app.group_commit import commit_together
from app.models import OrderLink, OrderRevision, Task, TaskMaterial, WorkOrder
from app.queries.differences import differences
from app.services import orders
from app.services.execution import Entry, report
from app.services.release import release
from app.services.resizing import Wish, resize, split
from tests.small_plant import Plant, build


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield build()
        assert list(differences(db.session)) == []


@pytest.fixture
def order(plant: Plant) -> int:
    now = now_utc()
    made = orders.create_production(plant.site_id, "FRIDGE", Decimal(4), now + timedelta(days=3), 3, None, now)
    release(plant.site_id, made, "t", now)
    return made


def tasks(order_id: int) -> dict[str, Any]:
    query = select(Task.__table__).where(Task.order_id == order_id).order_by(Task.id)
    found = {row.op_key.rsplit("/", 1)[1]: row for row in db.session.execute(query)}
    db.session.rollback()
    return found


def sizes(order_id: int) -> dict[str, int]:
    return {key: int(row.quantity) for key, row in tasks(order_id).items()}


def wish(plant: Plant, order_id: int) -> Wish:
    version = db.session.scalar(select(WorkOrder.version).where(WorkOrder.id == order_id))
    db.session.rollback()
    return Wish(plant.site_id, order_id, version or 0, "cli:test", now_utc())


def make(plant: Plant, order_id: int, key: str, quantity: int) -> None:
    said = Entry(uuid.uuid4().hex, plant.site_id, "good", Decimal(quantity), tasks(order_id)[key].id, None,
                 plant.people["LI"], "test")  # fmt: skip
    db.session.rollback()
    commit_together(lambda connection: report(connection, said, now_utc()))


ALL = {"C10": 4, "C20": 4, "D10": 8, "F10": 4, "F20": 4, "F30": 4, "F40": 4}


def test_every_task_follows_and_the_snapshot_of_the_release_stays(plant: Plant, order: int) -> None:
    make(plant, order, "C10", 2)
    before = tasks(order)["C10"]
    resize(wish(plant, order), Decimal(6))
    assert sizes(order) == {key: size * 3 // 2 for key, size in ALL.items()}
    after = tasks(order)["C10"]
    assert (after.quantity_good, after.started_at, after.station_id) == (2, before.started_at, before.station_id)
    kept = db.session.scalars(
        select(OrderRevision.snapshot).where(OrderRevision.order_id == order).order_by(OrderRevision.revision)
    )
    assert [snapshot["quantity"] for snapshot in kept] == ["4", "6"]


def test_less_than_is_reported_is_refused_and_nothing_changes(plant: Plant, order: int) -> None:
    make(plant, order, "D10", 5)
    with pytest.raises(Conflict) as told:
        resize(wish(plant, order), Decimal(2))
    assert (told.value.code, told.value.values["reported"]) == ("order.below_reported", "5")
    assert sizes(order) == ALL
    resize(wish(plant, order), Decimal(3))
    assert sizes(order)["D10"] == 6


def test_a_task_that_has_all_it_needs_closes_and_opens_again(plant: Plant, order: int) -> None:
    make(plant, order, "C10", 3)
    resize(wish(plant, order), Decimal(3))
    assert tasks(order)["C10"].status == "completed"
    resize(wish(plant, order), Decimal(5))
    assert (tasks(order)["C10"].status, sizes(order)["C10"]) == ("running", 5)


def test_a_part_becomes_an_order_with_the_same_snapshot(plant: Plant, order: int) -> None:
    make(plant, order, "C10", 1)
    new = split(wish(plant, order), Decimal(1), now_utc() + timedelta(days=9))
    assert sizes(order) == {key: size * 3 // 4 for key, size in ALL.items()}
    assert sizes(new) == {key: size // 4 for key, size in ALL.items()}
    fresh = tasks(new)
    assert {key: row.status for key, row in fresh.items() if row.status != "waiting"} == {
        "C10": "ready",
        "D10": "ready",
    }
    assert all(row.quantity_good == 0 and row.started_at is None for row in fresh.values())
    lines = [
        sorted(db.session.execute(
            select(TaskMaterial.line_key, TaskMaterial.need_num).join(Task, Task.id == TaskMaterial.task_id)
            .where(Task.order_id == one)
        ))
        for one in (order, new)
    ]  # fmt: skip
    assert lines[0] == lines[1] != []
    assert db.session.scalar(select(OrderLink.to_id).where(OrderLink.from_id == order)) == new
    db.session.rollback()
    for key, pieces in (("C10", 1), ("D10", 2)):
        make(plant, new, key, pieces)
    assert tasks(new)["C20"].status == "ready"


def test_taking_everything_or_an_order_seen_before_is_refused(plant: Plant, order: int) -> None:
    seen = wish(plant, order)
    with pytest.raises(Invalid):
        split(seen, Decimal(4))
    resize(seen, Decimal(5))
    with pytest.raises(Conflict) as told:
        resize(seen, Decimal(6))
    assert told.value.code == "order.changed"


def test_a_draft_is_split_without_tasks(plant: Plant) -> None:
    now = now_utc()
    draft = orders.create_production(plant.site_id, "FRIDGE", Decimal(4), now, 3, None, now)
    new = split(wish(plant, draft), Decimal(1))
    assert tasks(new) == {}
    found = db.session.execute(select(WorkOrder.status).order_by(WorkOrder.id)).scalars().all()
    assert found == ["draft", "draft"]
