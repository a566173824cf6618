"""The lead's pages of output and corrections, and an operator's own output."""

import re

from flask import Flask

from devices.codes import Kind, make
from tests.web.station_rig import Rig


def worked(app: Flask) -> Rig:
    rig = Rig(app)
    operator = rig.browser("operator")
    operator.scan("BEND", "LI")
    operator.scan("BEND", rig.card("C10"))
    assert operator.act("BEND", "good", quantity=3).json["result"] == "accepted"
    return rig


def test_output_is_a_page_and_a_sheet_with_its_formula(app: Flask) -> None:
    lead = worked(app).browser("lead")
    page = lead.get("/output").text
    assert "3 × 4 min" in page
    assert "Standard minutes = good pieces × minutes of the operation" in page
    rows = lead.get("/output.csv").text.splitlines()
    assert rows[0].startswith("\ufeffFrom,To,Code,Name,Item,Operation,Good")
    assert rows[1].split(",")[2:] == [
        "LI", "LI", "CABINET", "Bend", "3", "0", "0", "4", "12", "", "", "", "", "good × minutes each"
    ]  # fmt: skip
    assert "Nobody reported anything" in lead.get("/output?from=2020-01-01&to=2020-01-02").text


def test_an_operator_sees_the_own_output_and_no_other(app: Flask) -> None:
    operator = worked(app).browser("operator")
    assert "Standard minutes" in operator.get("/s/BEND/output").text
    assert "Nobody is signed in here" in operator.get("/s/FOAM/output").text
    assert operator.get("/output").status_code == operator.get("/corrections").status_code == 403


def test_a_lead_puts_a_report_right(app: Flask) -> None:
    rig = worked(app)
    lead = rig.browser("lead")
    page = lead.get("/corrections?station=BEND").text
    report = re.search(r'id="report-(\d+)"', page)
    number = re.search(r'name="uuid" value="(\w+)"', page)
    assert report
    assert number
    form = {"uuid": number[1], "reason": "WRONG", "quantity": "2", "csrf_token": lead.token}
    for _ in range(2):
        assert lead.client.post(f"/corrections/{report[1]}", data=form).status_code == 302
    after = lead.get("/corrections?station=BEND").text
    assert "reversed" in after
    assert after.count('id="report-') == 2
    assert "2 × 4 min" in lead.get("/output").text
    assert 'id="report-' not in lead.get("/corrections?station=FOAM").text


def test_scrap_and_calls_reach_the_inbox_in_words(app: Flask) -> None:
    rig = worked(app)
    operator, lead = rig.browser("operator"), rig.browser("lead")
    operator.act("BEND", "material")
    operator.act("BEND", "scrap", reason="DENT")
    operator.scan("BEND", make(Kind.COMMAND, 10))
    page = lead.get("/lead").text
    assert "Bend: make 1 of Bend again?" in page
    assert "Bend needs " in page
    notice = re.search(r"/lead/notices/(\d+)/replace", page)
    assert notice
    lead.client.post(f"/lead/notices/{notice[1]}/replace", data={"csrf_token": lead.token})
    assert "again?" not in lead.get("/lead").text
