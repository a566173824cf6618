"""The shift report: sums by order, station, person, shift and reason; figures open their rows; PDF and Excel."""

import io
from decimal import Decimal

import openpyxl
import pytest
from flask import Flask
from pypdf import PdfReader

from app.db import db, now_utc
from app.queries import shift_report as look
from app.queries.trace_history import reports
from tests.app.test_execution import Floor
from tests.small_plant import NOW
from tests.web.desk import Desk, plant_with_users

DAY = NOW.date()


@pytest.fixture
def floor(app: Flask) -> Floor:
    with app.app_context():
        floor = Floor(plant_with_users(), 4)
        bend, press = floor.plant.stations["BEND"], floor.plant.stations["DOOR"]
        floor.report("C10", 3, station_id=bend)
        taken = floor.report("C10", 1, station_id=bend)
        floor.undo(taken["report"])
        floor.report("D10", 1, "scrap", station_id=press, person_id=floor.plant.people["WANG"])
        return floor


def told(floor: Floor, by: str, **more: int) -> list[tuple[str, Decimal, Decimal]]:
    period = look.Period(floor.plant.site_id, DAY, DAY, **more)
    found = [(row.code, row.good, row.scrap) for row in look.output(db.session(), period, by)]
    db.session.rollback()
    return found


def test_sums_are_those_of_the_reports_and_what_was_undone_counts_nothing(app: Flask, floor: Floor) -> None:
    with app.app_context():
        assert told(floor, "station") == [("BEND", 3, 0), ("DOOR", 0, 1)]
        assert told(floor, "person") == [("LI", 3, 0), ("WANG", 0, 1)]
        assert [row[1:] for row in told(floor, "order")] == [(3, 1)]
        assert [row[1:] for row in told(floor, "shift")] == [(3, 1)]
        assert told(floor, "reason") == [("DENT", 0, 1)]
        assert told(floor, "station", line_id=999) == []
        other = look.Period(floor.plant.site_id, DAY.replace(year=2020), DAY.replace(year=2020))
        assert look.output(db.session(), other, "station") == []


def test_the_rows_behind_a_figure_add_up_to_it(app: Flask, floor: Floor) -> None:
    with app.app_context():
        period = look.Period(floor.plant.site_id, DAY, DAY)
        for by in look.GROUPS:
            for row in look.output(db.session(), period, by):
                for kind in look.KINDS:
                    from sqlalchemy import and_

                    steps = reports(db.session(), and_(*look.behind(period, by, row.id, kind)))
                    assert sum(step.quantity for step in steps if step.kind == kind) == getattr(row, kind), (by, kind)


def test_it_is_looked_at_printed_and_taken_along(app: Flask, floor: Floor) -> None:
    days = f"since={DAY}&until={DAY}"
    desk = Desk(app)
    desk.sign_in("lead")
    page = desk.get(f"/reports?{days}")
    assert "Output by station" in page
    assert "BEND" in page
    assert "Dent" in desk.get(f"/reports/rows?by=station&key={floor.plant.stations['DOOR']}&kind=scrap&{days}")
    desk.get(f"/reports/rows?by=none&{days}", status=404)
    desk.get(f"/reports?since={now_utc().date()}&until=2020-01-01", status=422)
    paper = PdfReader(io.BytesIO(desk.client.get(f"/reports/report.pdf?{days}").data))
    words = "".join(part.extract_text() for part in paper.pages)
    assert "BEND" in words
    assert "Plan against actual" in words
    book = openpyxl.load_workbook(io.BytesIO(desk.client.get(f"/reports/report.xlsx?{days}").data))
    assert "Output by station" in book.sheetnames
    assert list(book["Output by station"].values)[1][:3] == ("BEND", "Bend", 3)
    operator = Desk(app)
    operator.sign_in("operator")
    operator.get("/reports", status=403)
