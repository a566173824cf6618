"""Holds over lots and units; nonconformances from open to closed, refused at every wrong step."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import Disposition, Event, Hold, Lot, Nonconformance, StockBalance, Unit, User
from app.queries import quality as looked
from app.services import quality, users
from app.services.measuring import Value
from tests.app.trace_story import Story, story
from tests.small_plant import NOW

ROLES = frozenset({"quality"})
A = ("cli:test", NOW)


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        yield story()
        db.session.rollback()


def opened(told: Story, units: list[int] | None = None, lots: list[int] | None = None, contained: bool = True) -> int:
    site = told.plant.site_id
    wanted = told.units if units is None else units
    row = quality.open_nonconformance(site, "Foam too soft", None, wanted, lots or [], None, None, *A)
    if contained:
        quality.contain(site, row, None, *A)
    return row


def pieces(row: int) -> list[Disposition]:
    query = select(Disposition).where(Disposition.nonconformance_id == row).order_by(Disposition.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def status(row: int) -> str:
    return db.session.get_one(Nonconformance, row, populate_existing=True).status


def held(kind: str, key: int) -> bool:
    query = select(Hold.id).where(Hold.target_type == kind, Hold.target_id == key, Hold.released_at.is_(None))
    return db.session.scalar(query) is not None


def decide(told: Story, row: int, piece: Disposition, decision: str, roles: frozenset[str] = ROLES) -> None:
    user = signer() if decision == "concession" else None
    quality.decide(told.plant.site_id, row, piece.id, decision, "", roles, user, *A, signed=True)


def signer() -> int:
    """Somebody who can sign; a concession wants a name under it."""
    known = db.session.scalar(select(User.id).where(User.name == "signer"))
    return known or users.create("T", "signer", "secret", ["quality"], None, NOW, weak=True)


def refused(code: str, error: type[Exception], work: Any) -> None:
    with pytest.raises(error) as refusal:
        work()
    assert refusal.value.code == code  # type: ignore[attr-defined]


def test_a_lot_is_held_and_released_with_reasons(told: Story) -> None:
    site, lot = told.plant.site_id, told.plant.lots["F1"]
    refused("report.reason", Invalid, lambda: quality.hold(site, "lot", lot, None, " ", None, *A))
    key = quality.hold(site, "lot", lot, None, "smells", None, *A)
    assert held("lot", lot)
    refused("report.reason", Invalid, lambda: quality.resume(site, key, "", None, *A))
    quality.resume(site, key, "tested", None, *A)
    assert not held("lot", lot)
    refused("lot.unknown", NotFound, lambda: quality.hold(site + 1, "lot", lot, None, "x", None, *A))
    refused("reason.unknown", NotFound, lambda: quality.hold(site, "lot", lot, 999, "x", None, *A))
    refused("hold.unknown", NotFound, lambda: quality.resume(site + 1, key, "x", None, *A))


def test_containing_holds_each_piece_and_decisions_release_it(told: Story) -> None:
    row = opened(told)
    assert all(held("unit", unit) for unit in told.units)
    one, two = pieces(row)
    decide(told, row, one, "concession")
    assert not held("unit", one.unit_id or 0)
    assert status(row) == "contained"
    decide(told, row, two, "rework")
    assert status(row) == "dispositioned"
    quality.close(told.plant.site_id, row, None, *A)
    assert status(row) == "closed"
    topics = db.session.scalars(
        select(Event.topic).where(Event.topic.startswith("nonconformance.")).order_by(Event.id)
    ).all()
    assert topics == [f"nonconformance.{word}" for word in
                      ("opened", "contained", "decided", "decided", "dispositioned", "closed")]  # fmt: skip
    quality.reopen(told.plant.site_id, row, *A)
    assert status(row) == "open"


def test_a_concession_needs_the_role_quality(told: Story) -> None:
    row = opened(told)
    piece = pieces(row)[0]
    refused("quality.concession", Forbidden, lambda: decide(told, row, piece, "concession", frozenset({"admin"})))
    assert pieces(row)[0].decision is None
    decide(told, row, piece, "concession")


def test_nothing_is_decided_before_it_is_contained_nor_twice(told: Story) -> None:
    row = opened(told, contained=False)
    one, two = pieces(row)
    refused("quality.move", Conflict, lambda: decide(told, row, one, "rework"))
    refused("quality.move", Conflict, lambda: quality.close(told.plant.site_id, row, None, *A))
    quality.contain(told.plant.site_id, row, None, *A)
    refused("quality.move", Conflict, lambda: quality.contain(told.plant.site_id, row, None, *A))
    decide(told, row, one, "rework")
    refused("quality.decided", Conflict, lambda: decide(told, row, one, "scrap"))
    refused("value.wrong", Invalid, lambda: decide(told, row, two, "burn"))
    refused("quality.refused", Conflict, lambda: decide(told, row, two, "return"))


def test_a_held_piece_is_not_released_past_its_nonconformance(told: Story) -> None:
    opened(told)
    key = db.session.scalars(select(Hold.id).where(Hold.target_id == told.units[0])).one()
    refused("quality.undecided", Conflict, lambda: quality.resume(told.plant.site_id, key, "ok", None, *A))


def test_scrap_of_a_piece_on_its_way_is_reported_before_closing(told: Story) -> None:
    site, row = told.plant.site_id, opened(told, told.units[1:])
    decide(told, row, pieces(row)[0], "scrap")
    assert held("unit", told.units[1])
    refused("quality.not_scrapped", Conflict, lambda: quality.close(site, row, None, *A))
    quality.resume(site, db.session.scalars(select(Hold.id)).one(), "to be scrapped at charging", None, *A)
    told.floor.report("F20", unit_id=told.units[1], kind="scrap")
    quality.close(site, row, None, *A)
    assert status(row) == "closed"


def test_a_piece_that_was_scrapped_meanwhile_can_only_be_called_scrap(told: Story) -> None:
    told.floor.report("F20", unit_id=told.units[1], kind="scrap")
    row = opened(told, told.units[1:])
    assert [piece.allowed for piece in looked.pieces(db.session, told.plant.site_id, row)] == [("scrap",)]
    refused("quality.refused", Conflict, lambda: decide(told, row, pieces(row)[0], "rework"))
    decide(told, row, pieces(row)[0], "scrap")
    assert not held("unit", told.units[1])
    quality.close(told.plant.site_id, row, None, *A)


def test_scrap_of_a_finished_piece_takes_it_out_of_stock(told: Story) -> None:
    row = opened(told, told.units[:1])
    query = select(StockBalance.quantity).where(StockBalance.item_id == told.plant.items["FRIDGE"])
    assert db.session.scalar(query) == 1
    decide(told, row, pieces(row)[0], "scrap")
    assert db.session.scalar(query) == 0
    assert db.session.get_one(Unit, told.units[0], populate_existing=True).status == "scrapped"
    quality.close(told.plant.site_id, row, None, *A)


def test_a_lot_goes_back_or_passes(told: Story) -> None:
    lot = told.plant.lots["S2"]
    row = opened(told, [], [lot])
    decide(told, row, pieces(row)[0], "return")
    assert db.session.get_one(Lot, lot, populate_existing=True).status == "rejected"


def test_more_pieces_can_join(told: Story) -> None:
    site, row = told.plant.site_id, opened(told, told.units[:1])
    quality.extend(site, row, told.units, [told.plant.lots["F1"]], None, *A)
    assert len(pieces(row)) == 3
    assert held("lot", told.plant.lots["F1"])
    refused("unit.unknown", NotFound, lambda: quality.extend(site, row, [999_999], [], None, *A))


def test_a_nonconformance_needs_a_title_and_a_piece_of_this_site(told: Story) -> None:
    site = told.plant.site_id
    refused("value.missing", Invalid, lambda: opened(told, []))
    refused(
        "value.missing", Invalid, lambda: quality.open_nonconformance(site, " ", None, told.units, [], None, None, *A)
    )
    refused("unit.unknown", NotFound,
            lambda: quality.open_nonconformance(site + 1, "x", None, told.units, [], None, None, *A))  # fmt: skip
    row = opened(told)
    refused("quality.unknown", NotFound, lambda: quality.contain(site + 1, row, None, *A))
    refused("quality.unknown", NotFound, lambda: looked.case(db.session, site + 1, row))
    assert db.session.scalar(select(Nonconformance.code)) == "NC-00001"


def test_defects_and_first_pass_yield_leave_out_what_was_undone(told: Story) -> None:
    site, span = told.plant.site_id, (NOW - timedelta(days=1), NOW + timedelta(days=1))
    unit = told.units[1]
    told.floor.undo(told.floor.report("F20", unit_id=unit, kind="scrap")["report"])
    assert looked.defects(db.session, site, *span) == []
    told.floor.report("F20", unit_id=unit)
    told.floor.report("F30", unit_id=unit, kind="rework", reason_id=told.plant.reasons["LEAK"])
    told.floor.report("F20", unit_id=unit, loop=1)
    found = looked.defects(db.session, site, *span)
    assert [(row.reason.code if row.reason else "", row.kind, row.quantity) for row in found] == [("LEAK", "rework", 1)]
    shares = {
        row.operation.code: (row.good, row.inspected, row.share) for row in looked.first_pass(db.session, site, *span)
    }
    assert shares["F30"] == (1, 2, Decimal("0.5"))
    assert shares["F20"] == (2, 2, 1)
    behind = looked.rows(db.session, site, *span, kind="rework", reason_id=told.plant.reasons["LEAK"])
    assert [(step.operation.name, step.unit_id) for step in behind] == [("Test", unit)]
    assert looked.rows(db.session, site + 1, *span) == []


def test_values_outside_their_limits_come_newest_first(told: Story) -> None:
    assert looked.out_of_limits(db.session, told.plant.site_id) == []
    told.floor.report("F20", unit_id=told.units[1], values=(Value("GAS", Decimal(70)),))
    found = looked.out_of_limits(db.session, told.plant.site_id)
    assert [(value.value, value.upper) for value in found] == [(Decimal(70), Decimal(62))]
    assert looked.out_of_limits(db.session, told.plant.site_id + 1) == []
