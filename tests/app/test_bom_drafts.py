"""Bills of material: one draft an item, saved once, pasted whole or not at all, approved beside a release."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db, now_utc, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Bom, BomDraftRow, BomLine, Item, OrderRevision
from app.queries.bom_drafts import draft_rows, used_in
from app.services import bom_drafts, bom_revisions, orders
from app.services.bom_drafts import Author, PasteRefused
from app.services.importing.dates import Clock
from app.services.release import release
from bom.differences import differences
from tests.small_plant import Plant, build

HEADS = {"component": "component", "quantity": "quantity", "operation": "operation"}


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield build()


def who(plant: Plant, user: int = 1) -> Author:
    return Author(plant.site_id, user, f"user:{user}", now_utc())


def clock() -> Clock:
    return Clock(now_utc(), ZoneInfo("UTC"))


@pytest.fixture
def people(plant: Plant) -> None:
    from app.services import users

    for name in ("ann", "bob"):
        users.create("T", name, "a long enough secret", ["engineer"], None, now_utc())


@pytest.fixture
def draft(plant: Plant, people: None) -> int:
    return bom_drafts.open_draft(plant.items["CABINET"], who(plant))


def rows(bom_id: int) -> list[Any]:
    found = draft_rows(db.session, bom_id)
    db.session.rollback()
    return found


def row_of(bom_id: int, component: str) -> Any:
    return next(row for row in rows(bom_id) if row.cells["component"] == component)


def put(plant: Plant, bom_id: int, version: int, key: str = "k", user: int = 1, **cells: str) -> int:
    foam = row_of(bom_id, "FOAM")
    changed = {foam.key: {"position": foam.position, "cells": {**foam.cells, **cells}}}
    return bom_drafts.save(bom_id, version, key, changed, [], who(plant, user))


def order(plant: Plant) -> int:
    now = now_utc()
    return orders.create_production(plant.site_id, "CABINET", Decimal(2), now + timedelta(days=2), 3, None, now)


def foam_of(order_id: int) -> str:
    snapshot = db.session.scalars(select(OrderRevision.snapshot).where(OrderRevision.order_id == order_id)).one()
    db.session.rollback()
    return next(line["quantity"] for line in snapshot["lines"] if line["child"] == "FOAM")


def test_an_item_has_one_draft_that_orders_do_not_see(plant: Plant, draft: int) -> None:
    assert bom_drafts.open_draft(plant.items["CABINET"], who(plant, 2)) == draft
    assert [row.cells["component"] for row in rows(draft)] == ["SHEET", "FOAM"]
    put(plant, draft, 1, quantity="5")
    number = order(plant)
    release(plant.site_id, number, "t", now_utc())
    assert foam_of(number) == "21/5"


def test_a_save_counts_once_and_the_second_writer_is_told(plant: Plant, draft: int) -> None:
    assert [put(plant, draft, 1, quantity="5") for _again in range(2)] == [2, 2]
    with pytest.raises(Conflict) as told:
        put(plant, draft, 1, "other", 2, quantity="6")
    assert (told.value.code, told.value.values["who"]) == ("bom.draft_changed", "ann")
    assert row_of(draft, "FOAM").cells["quantity"] == "5"


def test_ten_thousand_rows_with_three_faults_write_nothing(plant: Plant, draft: int) -> None:
    lines = [f"FOAM\t{number}.5\t\tC20" for number in range(1, 10_001)]
    lines[16], lines[4_999], lines[9_998] = "NOSUCH\t1", "FOAM\tmany", "CABINET\t1"
    with pytest.raises(PasteRefused) as told:
        bom_drafts.paste(draft, 1, "p", "\n".join(lines), HEADS, clock(), who(plant))
    said = sorted((number, fault.column, fault.code) for number, fault in told.value.wrong)
    assert said == [(17, "component", "unknown_reference"), (5000, "quantity", "not_a_number"),
                    (9999, "component", "bom_cycle")]  # fmt: skip
    assert len(rows(draft)) == 2
    right = ["component\tnote\tquantity", *("FOAM\tx\t2" for _ in range(10))]
    assert bom_drafts.paste(draft, 1, "q", "\n".join(right), HEADS, clock(), who(plant)) == 10
    assert [row.cells["component"] for row in rows(draft)] == ["SHEET", "FOAM", *["FOAM"] * 10]


def test_a_circle_is_refused_with_its_path(plant: Plant, draft: int) -> None:
    put(plant, draft, 1, component="FRIDGE")
    with pytest.raises(Conflict) as told:
        bom_revisions.approve(draft, 2, clock(), who(plant, 2))
    assert told.value.code == "bom.wrong"
    from app.services.bom_checks import checked
    from app.services.bom_reading import Typed

    typed = [Typed(row.key, row.cells) for row in rows(draft)]
    with transaction() as session:
        _read, wrong, _known = checked(session, session.get(Item, plant.items["CABINET"]), typed, clock())
    assert [(fault.code, fault.values["path"]) for fault in wrong] == [("bom_cycle", "CABINET → FRIDGE → CABINET")]


def test_approval_retires_the_old_one_and_the_next_order_takes_the_new(plant: Plant, draft: int) -> None:
    before, after = order(plant), order(plant)
    release(plant.site_id, before, "t", now_utc())
    put(plant, draft, 1, quantity="5")
    bom_revisions.approve(draft, 2, clock(), who(plant, 2))
    release(plant.site_id, after, "t", now_utc())
    assert (foam_of(before), foam_of(after)) == ("21/5", "5")
    states = db.session.execute(
        select(Bom.revision, Bom.status).where(Bom.item_id == plant.items["CABINET"]).order_by(Bom.id)
    )
    assert [tuple(row) for row in states] == [("A", "retired"), ("B", "approved")]
    assert db.session.scalar(select(func.count()).select_from(BomDraftRow)) == 0
    db.session.rollback()
    with pytest.raises(Conflict):
        bom_revisions.approve(draft, 2, clock(), who(plant, 2))


def test_an_order_released_during_an_approval_holds_one_revision_whole(app: Flask, plant: Plant, draft: int) -> None:
    put(plant, draft, 1, quantity="5")
    number = order(plant)

    def let_go() -> None:
        with app.app_context():
            release(plant.site_id, number, "t", now_utc())

    other = threading.Thread(target=let_go)
    with transaction() as session:
        bom_revisions.approve_in(session, draft, 2, clock(), who(plant, 2))
        other.start()
        if session.get_bind().dialect.name == "postgresql":  # SQLite lets the release wait for its turn
            other.join()
    other.join()
    is_sqlite = db.engine.dialect.name == "sqlite"
    assert foam_of(number) == ("5" if is_sqlite else "21/5")


def test_a_draft_that_was_changed_since_is_not_approved(plant: Plant, draft: int) -> None:
    put(plant, draft, 1, quantity="5")
    with pytest.raises(Conflict) as told:
        bom_revisions.approve(draft, 1, clock(), who(plant))
    assert told.value.code == "bom.seen"


def test_a_component_is_replaced_wherever_it_is_used(plant: Plant, people: None) -> None:
    with transaction() as session:
        found = bom_revisions.places(session, plant.site_id, "SHEET")
    assert [place.item.code for place in found] == ["CABINET", "DOOR"]
    wanted = [place.item_id for place in found]
    assert bom_revisions.replace_everywhere("SHEET", "FOAM", wanted, who(plant)) == 2
    drafts = db.session.scalars(select(Bom.id).where(Bom.status == "draft")).all()
    assert all("SHEET" not in {row.cells["component"] for row in rows(found)} for found in drafts)
    approved = db.session.scalar(select(func.count()).select_from(BomLine).where(
        BomLine.item_id == plant.items["SHEET"]))  # fmt: skip
    assert approved == 2
    db.session.rollback()
    with pytest.raises(Conflict):
        bom_revisions.replace_everywhere("COMP", "FOAM", wanted, who(plant))
    with pytest.raises(NotFound):
        bom_revisions.replace_everywhere("SHEET", "NOSUCH", wanted, who(plant))
    with pytest.raises(Invalid):
        bom_revisions.replace_everywhere("SHEET", "SHEET", wanted, who(plant))


def test_copying_takes_the_other_bill_and_giving_up_leaves_nothing(plant: Plant, draft: int) -> None:
    assert bom_drafts.copy_from(draft, 1, "FRIDGE", who(plant)) == 3
    assert [row.cells["component"] for row in rows(draft)] == ["CABINET", "DOOR", "COMP"]
    bom_drafts.discard(draft, 2, who(plant))
    assert db.session.scalar(select(func.count()).select_from(Bom).where(Bom.status == "draft")) == 0
    db.session.rollback()
    with pytest.raises(NotFound):
        bom_drafts.copy_from(draft, 1, "FRIDGE", who(plant))


def test_where_used_goes_all_the_way_up(plant: Plant) -> None:
    item = db.session.get(Item, plant.items["SHEET"])
    found = [(use.item, use.level, line is not None) for use, line in used_in(db.session, item, now_utc().date())]
    assert sorted(found) == [("CABINET", 1, True), ("DOOR", 1, True), ("FRIDGE", 2, False)]


def test_differences_tell_added_removed_and_changed_cells() -> None:
    old = [{"component": "A", "quantity": "1", "operation": "10"}, {"component": "B", "quantity": "2", "operation": ""}]
    new = [{"component": "A", "quantity": "1", "operation": "20"}, {"component": "C", "quantity": "2", "operation": ""}]
    told = [(change.kind, change.child, dict(change.cells)) for change in differences(old, new)]
    assert told == [("changed", "A", {"operation": ("10", "20")}),
                    ("added", "C", {"component": ("", "C"), "quantity": ("", "2")}),
                    ("removed", "B", {"component": ("B", ""), "quantity": ("2", "")})]  # fmt: skip
    assert differences(old, old) == ()
