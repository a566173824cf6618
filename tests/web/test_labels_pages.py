"""Labels on pages: who may print what, by scan or by number, as PDF or into a printer's queue."""

import io

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from app.db import db, now_utc, transaction
from app.models import Person, PrintJob, Unit
from app.services import printers
from app.services.station_scans import COMMANDS
from app.web.label_facts import COMMAND_WORDS
from devices.codes import Kind, group, make
from tests.small_plant import Plant
from tests.web.desk import Desk, plant_with_users


@pytest.fixture
def plant(app: Flask) -> Plant:
    with app.app_context():
        return plant_with_users()


@pytest.fixture
def unit(app: Flask, plant: Plant) -> int:
    with app.app_context(), transaction() as session:
        row = Unit(site_id=plant.site_id, item_id=plant.items["FRIDGE"], serial="FR-1", created_at=now_utc())
        session.add(row)
        session.flush()
        return row.id


def desk(app: Flask, role: str) -> Desk:
    found = Desk(app)
    found.sign_in(role)
    return found


def printed(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def test_an_operator_prints_a_unit_label_by_number_and_by_scan(app: Flask, plant: Plant, unit: int) -> None:
    code = make(Kind.UNIT, unit)
    operator = desk(app, "operator")
    assert "FR-1" in operator.get("/labels?what=unit&codes=FR-1")
    pdf = operator.post("/labels", {"what": "unit", "codes": "FR-1\r\n", "printer": "0"}, 200)
    assert pdf.content_type == "application/pdf"
    text = printed(pdf.data)
    assert len(text) == 1
    assert group(code) in text[0]
    assert "FR-1" in text[0]
    refused = operator.post("/labels", {"what": "unit", "codes": code, "printer": "0"}, 409)
    assert "once more" in refused.text
    operator.post("/labels", {"what": "unit", "codes": code, "printer": "0", "reason": "smeared"}, 200)
    assert "smeared" in operator.get("/labels")


def test_a_label_goes_into_the_queue_of_a_printer(app: Flask, plant: Plant, unit: int) -> None:
    with app.app_context():
        key = printers.save(plant.site_id, None, "Z1", "Zebra", "127.0.0.1", 9, 300, None, now_utc())
    lead = desk(app, "lead")
    lead.post("/labels", {"what": "unit", "codes": "FR-1", "printer": str(key), "copies": "2"})
    with app.app_context():
        job = db.session.scalars(select(PrintJob)).one()
    assert (job.status, job.copies) == ("queued", 2)
    assert job.content.startswith(b"^XA^PW591^LL354^LH0,0^PQ2")
    page = lead.get("/labels")
    assert f'id="job-{job.id}"' in page
    lead.post(f"/labels/{job.id}/cancel")
    assert "given up" in lead.get("/labels/queue")


@pytest.mark.parametrize(("what", "codes"), [("lot", ""), ("station", "PACK"), ("badge", "LI")])
def test_every_kind_prints(app: Flask, plant: Plant, what: str, codes: str) -> None:
    codes = codes or next(iter(plant.lots))
    pdf = desk(app, "admin").post("/labels", {"what": what, "codes": codes, "printer": "0"}, 200)
    assert codes in printed(pdf.data)[0]


def test_the_command_cards_hold_every_command_a_number_and_the_reasons(app: Flask, plant: Plant) -> None:
    pdf = desk(app, "lead").post("/labels", {"what": "commands", "printer": "0"}, 200)
    text = "\n".join(printed(pdf.data))
    for number in COMMANDS:
        assert group(make(Kind.COMMAND, number)) in text
    assert group(make(Kind.NUMBER, 10)) in text
    on_cards = {code for code, row_id in plant.reasons.items() if group(make(Kind.REASON, row_id)) in text}
    assert on_cards == {"DENT", "STEEL", "LEAK"}


def test_every_command_of_the_station_has_words() -> None:
    assert set(COMMANDS.values()) <= set(COMMAND_WORDS)


def test_the_wrong_kind_of_thing_is_named(app: Flask, plant: Plant, unit: int) -> None:
    answer = desk(app, "lead").post("/labels", {"what": "lot", "codes": "FR-1", "printer": "0"}, 422)
    assert "Choose another kind of label" in answer.text
    desk(app, "lead").post("/labels", {"what": "unit", "codes": "", "printer": "0"}, 422)
    desk(app, "lead").post("/labels", {"what": "poster", "codes": "FR-1", "printer": "0"}, 422)


def test_badges_are_for_leads(app: Flask, plant: Plant) -> None:
    desk(app, "operator").post("/labels", {"what": "badge", "codes": "LI", "printer": "0"}, 403)
    desk(app, "operator").post(f"/labels/badges/{plant.people['LI']}", status=403)
    lead = desk(app, "lead")
    lead.post(f"/labels/badges/{plant.people['LI']}")
    with app.app_context():
        badge = db.session.get(Person, plant.people["LI"]).badge
    pdf = lead.post("/labels", {"what": "badge", "codes": badge, "printer": "0"}, 200)
    assert group(badge) in printed(pdf.data)[0]


def test_printers_are_set_up_by_an_administrator(app: Flask, plant: Plant) -> None:
    admin = desk(app, "admin")
    admin.post("/labels/printers", {"code": "Z1", "name": "Zebra", "host": "10.0.0.9", "port": "9100", "dpi": "203"})
    page = admin.get("/labels")
    assert "10.0.0.9:9100" in page
    with app.app_context():
        from app.queries.labels import printers as known

        key = known(db.session, plant.site_id)[0].id
    admin.post(f"/labels/stations/{plant.stations['PACK']}", {"printer": str(key)})
    assert f'<option value="{key}" selected>' in admin.get("/labels")
    admin.post(f"/labels/printers/{key}/retire")
    assert "10.0.0.9:9100" not in admin.get("/labels")
    desk(app, "lead").post("/labels/printers", {"code": "Z2", "host": "h"}, 403)


def test_the_label_page_speaks_chinese(app: Flask, plant: Plant, unit: int) -> None:
    lead = desk(app, "lead")
    lead.speak("zh_Hans")
    page = lead.get("/labels")
    assert "指令卡" in page
    pdf = lead.post("/labels", {"what": "commands", "printer": "0"}, 200)
    assert "报废" in "".join(printed(pdf.data))
