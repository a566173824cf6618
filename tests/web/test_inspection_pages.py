"""Inspection on the pages: plans, instruments, what is due, the form and what it refuses in words."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.models import Inspection, InspectionPlan, Instrument
from app.services.receiving import Receipt, receive
from tests.small_plant import Plant, build
from tests.web.trace_client import Visitor, visitor


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield build()
        db.session.rollback()


def instrument(someone: Visitor, code: str, days: int) -> int:
    day = (now_utc() + timedelta(days=days)).date().isoformat()
    form = {"code": code, "name": "Caliper", "unit": "mm", "range_from": "0", "range_to": "150", "due_on": day}
    assert someone.post("/quality/instruments", **form).status_code == 302
    return db.session.scalars(select(Instrument.id).where(Instrument.code == code)).one()


def planned(someone: Visitor) -> int:
    form = {"item": "FOAM", "kind": "incoming", "aql": "4", "level": "S-1", "instruction": "Draw from the top."}
    assert someone.post("/quality/inspection-plans", **form).status_code == 302
    plan = db.session.scalars(select(InspectionPlan.id)).one()
    for check in ({"code": "GAP", "name": "Gap", "kind": "variable", "unit": "mm", "lower": "1,0", "upper": "2",
                   "by_instrument": "1"}, {"code": "LOOK", "name": "Surface", "kind": "attribute"}):  # fmt: skip
        assert someone.post(f"/quality/inspection-plans/{plan}/checks", **check).status_code == 302
    return plan


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Nothing is due", "draw 3, accept up to 0", "overdue for 5", "ran out on", "Failed: what it")),
     ("zh", ("没有待检", "抽 3", "已超期 5 天", "校准已于", "不合格"))],
)  # fmt: skip
def test_from_the_plan_to_the_verdict(app: Flask, plant: Plant, language: str, words: tuple[str, ...]) -> None:
    someone = visitor(app, "quality", language=language)
    nothing, samples, late, overdue, failed = words
    for empty in ("inspections", "inspection-plans", "instruments"):
        assert "empty" in someone.get(f"/quality/{empty}").text
    plan = planned(someone)
    assert nothing in someone.get("/quality/inspections").text
    assert samples in someone.get(f"/quality/inspection-plans/{plan}").text
    instrument(someone, "CAL-1", 90)
    old = instrument(someone, "CAL-0", -5)
    assert late in someone.get("/quality/instruments").text
    receive(plant.site_id, Receipt("FOAM", Decimal(100), "N1"), "user:1", now_utc())
    due = db.session.scalars(select(Inspection.id)).one()
    assert "N1" in someone.get("/quality/inspections").text
    page = f"/quality/inspections/{due}"
    form = {"value-GAP": "1.5 1.6 2.5", "with-GAP": "CAL-0", "value-LOOK": "1"}
    answer = someone.post(page, **form)
    assert answer.status_code == 409
    assert overdue in answer.text
    assert "1.5 1.6 2.5" in answer.text  # what was typed stays
    assert someone.post(page, **form | {"with-GAP": "CAL-1", "value-GAP": "NaN 1 1"}).status_code == 422
    assert someone.post(page, **form | {"with-GAP": "CAL-1", "measured_at": "2199-01-01T00:00"}).status_code == 422
    assert someone.post(page, **form | {"with-GAP": "CAL-1"}).status_code == 302
    text = someone.get(page).text
    assert failed in text
    assert "NC-00001" in text
    assert someone.post(page, **form | {"with-GAP": "CAL-1"}).status_code == 409
    assert "N1" in someone.get("/quality/inspections?view=fail").text
    gauge = db.session.scalars(select(Instrument.id).where(Instrument.code == "CAL-1")).one()
    assert "N1" in someone.get(f"/quality/instruments/{gauge}").text
    day = now_utc().date()
    calibration = {"done_on": day.isoformat(), "due_on": (day + timedelta(days=365)).isoformat(), "result": "good",
                   "certificate": "K-77"}  # fmt: skip
    assert someone.post(f"/quality/instruments/{old}/calibrations", **calibration).status_code == 302
    assert "K-77" in someone.get(f"/quality/instruments/{old}").text


def test_who_may_and_what_is_refused(app: Flask, plant: Plant) -> None:
    someone = visitor(app, "quality")
    plan = planned(someone)
    assert visitor(app, "planner").post("/quality/inspection-plans", item="FOAM", kind="final").status_code == 403
    assert visitor(app, "operator").get("/quality/inspections").status_code == 403
    assert someone.post("/quality/inspection-plans", item="DOOR", kind="incoming").status_code == 422
    assert someone.post("/quality/inspection-plans", item="FOAM", kind="incoming").status_code == 409
    assert someone.post(f"/quality/inspection-plans/{plan}", aql="3").status_code == 422
    assert someone.post(f"/quality/inspection-plans/{plan}", aql="", level="II").status_code == 302
    assert db.session.scalars(select(InspectionPlan.active)).one() is False
    assert someone.post(f"/quality/inspection-plans/{plan}/checks", code="X", name="X", lower="a").status_code == 422
    assert someone.post("/quality/instruments", code="", name="X", due_on="2027-01-01").status_code == 422
    assert someone.post("/quality/instruments", code="A", name="X", due_on="soon").status_code == 422
    assert someone.get("/quality/inspections/99").status_code == 404
