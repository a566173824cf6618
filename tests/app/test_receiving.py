"""Material comes in: its lot, its place, its balance; refused when it does not fit."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db
from app.errors import Conflict, Invalid, NotFound
from app.models import Lot, StockBalance
from app.queries.differences import differences
from app.services.receiving import Receipt, receive
from tests.small_plant import NOW, Plant, build
from tests.web.api_rig import Rig


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield build()
        db.session.rollback()
        assert list(differences(db.session)) == []


def balance(item_id: int, lot_id: int) -> Decimal:
    mine = StockBalance.item_id == item_id, StockBalance.lot_key == lot_id
    found = db.session.scalars(select(StockBalance.quantity).where(*mine)).one()
    db.session.rollback()
    return found


def test_a_lot_comes_in_with_its_supplier_and_more_of_it_adds_up(plant: Plant) -> None:
    wish = Receipt("FOAM", Decimal("12.5"), "F9", "FLOOR", "Mill", "X9", date(2027, 5, 1))
    assert receive(plant.site_id, wish, "user:1", NOW)["lot"] == "F9"
    receive(plant.site_id, wish, "user:1", NOW)
    lot = db.session.scalars(select(Lot).where(Lot.code == "F9")).one()
    assert (lot.supplier_lot, lot.expires_on) == ("X9", date(2027, 5, 1))
    assert balance(plant.items["FOAM"], lot.id) == 25


def test_a_lot_without_a_number_gets_one_and_untracked_items_have_none(plant: Plant) -> None:
    assert receive(plant.site_id, Receipt("FOAM", Decimal(1)), "user:1", NOW)["lot"] == "FOAM-261123-001"
    assert receive(plant.site_id, Receipt("DOOR", Decimal(1)), "user:1", NOW)["lot"] is None


@pytest.mark.parametrize(("wish", "error"), [
    (Receipt("NONE", Decimal(1)), NotFound), (Receipt("FOAM", Decimal(1), location="NONE"), NotFound),
    (Receipt("FOAM", Decimal(0)), Invalid), (Receipt("FOAM", Decimal("0.0001")), Invalid),
    (Receipt("FOAM", Decimal("NaN")), Invalid),
])  # fmt: skip
def test_what_does_not_fit_is_refused(plant: Plant, wish: Receipt, error: type) -> None:
    with pytest.raises(error):
        receive(plant.site_id, wish, "user:1", NOW)


def test_a_rejected_lot_takes_no_more(plant: Plant) -> None:
    from app.db import transaction

    with transaction() as session:
        session.get_one(Lot, plant.lots["F1"]).status = "rejected"
    with pytest.raises(Conflict, match=r"lot\.status"):
        receive(plant.site_id, Receipt("FOAM", Decimal(1), "F1"), "user:1", NOW)


def test_by_the_api_it_comes_once(app: Flask) -> None:
    rig = Rig(app)
    body = {"item": "FOAM", "quantity": "3", "lot": "F9", "expires_on": "2027-05-01"}
    first = rig.caller().post("/stock/receipts", body, key="receipt-1")
    again = rig.caller().post("/stock/receipts", body, key="receipt-1")
    assert (first.status_code, again.json) == (201, first.json)
    assert rig.caller().post("/stock/receipts", body | {"item": "FITEM"}).status_code == 404
    assert rig.caller("operator").post("/stock/receipts", body).status_code == 403
