"""The audit page of quality: old and new, filters, export, and who may look."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.db import db
from app.web.audit import change
from tests.app.trace_story import Story, story
from tests.web.trace_client import visitor


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        yield story()
        db.session.rollback()


def test_changes_are_shown_filtered_and_exported(app: Flask, told: Story) -> None:
    someone = visitor(app, "quality")
    someone.post("/trace/hold", kind="unit", id=told.units[0], note="look")
    page = someone.get("/quality/audit").text
    assert "Put on hold" in page
    assert "Order created" in page
    held = someone.get("/quality/audit?topic=hold.opened").text
    assert f"id={told.units[0]}" in held
    assert "kind=order" not in held
    assert "No event fits" in someone.get("/quality/audit?topic=hold.opened&until=2000-01-01T00:00").text
    rows = someone.get("/quality/audit.csv?subject_type=unit").text.splitlines()
    assert len(rows) >= 2
    assert all("hold" not in row or "Put on hold" in row for row in rows)
    assert visitor(app, "operator").get("/quality/audit").status_code == 403
    assert visitor(app, "lead").get("/quality/audit.csv").status_code == 403


def test_old_and_new_are_told_apart() -> None:
    assert change({"was": "open", "now": "informed", "unit": 3}) == ("open", "informed")
    assert change({"was": {"size": 1}, "now": {"size": 4, "phase": None}}) == ("size 1", "size 4, phase –")
    assert change({"quantity": "2"}) == ("", "quantity 2")
    assert change({}) == ("", "")
