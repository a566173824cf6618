"""Containment: it reaches exactly what is affected, holds it in one action, and lets nobody release their own."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.errors import Conflict, Invalid, NotFound
from app.models import Disposition, Hold, Nonconformance, Notice, Recall, Unit
from app.queries.containment import Affected, affected, recalls
from app.queries.trace import Node, genealogy, thing
from app.services import containment, quality, users
from app.services.containment import contain, move_recall
from tests.app.trace_story import Story, ship, story, task_id
from tests.small_plant import NOW

A = ("cli:test", NOW)


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        yield story()
        db.session.rollback()


def reach(told: Story, kind: str, key: int) -> Affected:
    site = told.plant.site_id
    return affected(db.session, site, genealogy(db.session, site, thing(db.session, site, Node(kind, key))))


def held() -> set[tuple[str, int]]:
    rows = db.session.execute(select(Hold.target_type, Hold.target_id).where(Hold.released_at.is_(None)))
    return {(row.target_type, row.target_id) for row in rows}


def people() -> tuple[int, int]:
    return tuple(users.create("T", name, "secret", ["quality"], None, now_utc(), weak=True) for name in ("anna", "bo"))  # type: ignore[return-value]


def refused(error: type[Exception], code: str, work: Any) -> None:
    with pytest.raises(error) as refusal:
        work()
    assert refusal.value.code == code  # type: ignore[attr-defined]


def shipped(told: Story) -> None:
    ship(told, told.units[0])
    db.session.get_one(Unit, told.units[0]).status = "shipped"
    db.session.commit()


def test_a_lot_reaches_its_units_its_stock_and_its_open_operations(told: Story) -> None:
    what = reach(told, "lot", told.plant.lots["F1"])
    assert set(what.units) == set(told.units)
    assert what.lots == (told.plant.lots["F1"],)
    assert what.away == ()
    assert task_id(told, "C20") not in what.tasks  # completed: nothing goes on there


def test_what_is_with_a_customer_is_recalled_and_not_held(told: Story) -> None:
    shipped(told)
    anna, bo = people()
    what = reach(told, "lot", told.plant.lots["F1"])
    assert (what.units, what.away) == ((told.units[1],), (told.units[0],))
    row = contain(told.plant.site_id, what, "Soft foam", None, anna, *A)
    assert held() == {("unit", told.units[1]), ("lot", told.plant.lots["F1"])}
    called = recalls(db.session, told.plant.site_id, row)
    assert [(one.unit_id, one.customer_ref, one.customer_order) for one in called] == [
        (told.units[0], "Nordic", "PO-77")
    ]
    notice = db.session.scalars(select(Notice).where(Notice.kind == "containment")).one()
    assert (notice.severity, notice.data["held"], notice.data["away"]) == ("crit", 2, 1)
    for piece in db.session.scalars(select(Disposition).where(Disposition.nonconformance_id == row)):
        quality.decide(told.plant.site_id, row, piece.id, "rework", "", frozenset({"quality"}), bo, *A)
    refused(Conflict, "quality.recall_open", lambda: quality.close(told.plant.site_id, row, bo, *A))
    move_recall(told.plant.site_id, called[0].id, "informed", anna, *A)
    quality.close(told.plant.site_id, row, bo, *A)


def test_a_unit_that_comes_back_is_held_and_decided(told: Story) -> None:
    shipped(told)
    row = contain(told.plant.site_id, reach(told, "unit", told.units[0]), "Noise", None, None, *A)
    assert db.session.get_one(Nonconformance, row).status == "dispositioned"  # nothing in the house to decide about
    assert held() == set()
    recall = db.session.scalars(select(Recall)).one()
    move_recall(told.plant.site_id, recall.id, "returned", None, *A)
    assert held() == {("unit", told.units[0])}
    assert db.session.get_one(Unit, told.units[0]).status == "returned"
    assert db.session.get_one(Nonconformance, row).status == "contained"
    refused(Conflict, "recall.move", lambda: move_recall(told.plant.site_id, recall.id, "informed", None, *A))
    refused(NotFound, "recall.unknown", lambda: move_recall(told.plant.site_id, recall.id + 9, "informed", None, *A))


def test_an_order_reaches_its_open_operations(told: Story) -> None:
    what = reach(told, "order", told.floor.order_id)
    assert set(what.units) == set(told.units)
    assert task_id(told, "F10") in what.tasks
    assert task_id(told, "C10") not in what.tasks
    row = contain(told.plant.site_id, what, "Stop it", None, None, *A)
    assert ("task", task_id(told, "F10")) in held()
    assert db.session.get_one(Nonconformance, row).status == "contained"


def test_nobody_releases_what_they_contained(told: Story) -> None:
    anna, bo = people()
    site = told.plant.site_id
    row = contain(site, reach(told, "unit", told.units[1]), "Noise", None, anna, *A)
    hold = db.session.scalars(select(Hold)).one()
    refused(Conflict, "hold.second", lambda: quality.resume(site, hold.id, "fine", anna, *A))
    piece = db.session.scalars(select(Disposition)).one()
    roles = frozenset({"quality"})
    refused(Conflict, "hold.second", lambda: quality.decide(site, row, piece.id, "rework", "", roles, anna, *A))
    assert held() == {("unit", told.units[1])}
    quality.decide(site, row, piece.id, "rework", "", roles, bo, *A)
    assert held() == set()


def test_bad_wishes_write_nothing(told: Story) -> None:
    site, what = told.plant.site_id, reach(told, "unit", told.units[0])
    refused(Invalid, "value.missing", lambda: contain(site, what, "  ", None, None, *A))
    refused(Invalid, "containment.nothing", lambda: contain(site, Affected(), "x", None, None, *A))
    refused(NotFound, "unit.unknown", lambda: contain(site, Affected(units=(99999,)), "x", None, None, *A))
    refused(NotFound, "lot.unknown", lambda: contain(site, Affected(lots=(99999,)), "x", None, None, *A))
    refused(NotFound, "reason.unknown", lambda: contain(site, what, "x", 99999, None, *A))
    refused(Invalid, "quality.too_many",
            lambda: contain(site, Affected(units=tuple(range(containment.MOST + 1))), "x", None, None, *A))  # fmt: skip
    assert held() == set()
    assert db.session.scalars(select(Nonconformance)).all() == []


def test_what_was_shipped_meanwhile_is_recalled(told: Story) -> None:
    what = reach(told, "unit", told.units[0])
    shipped(told)
    contain(told.plant.site_id, what, "Noise", None, None, *A)
    assert held() == set()
    assert db.session.scalars(select(Recall.unit_id)).all() == [told.units[0]]
