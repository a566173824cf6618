"""The trace page: what is asked, what is shown, who may, in both languages and on paper."""

import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from app import events
from app.db import db, transaction
from app.models import Disposition, EventSeal, Hold, Item, PrintJob, Report, Site, Unit
from app.services import quality
from devices.codes import Kind, make
from tests.app.trace_story import Story, ship, story, task_id
from tests.small_plant import NOW
from tests.web.trace_client import visitor


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        yield story()
        db.session.rollback()


def test_the_box_alone_asks_for_a_scan(app: Flask, told: Story) -> None:
    page = visitor(app, "quality").get("/trace")
    assert page.status_code == 200
    assert "Scan a label anywhere" in page.text


def test_a_serial_opens_its_unit(app: Flask, told: Story) -> None:
    page = visitor(app, "operator").get("/trace?q=FR-2611-00001")
    assert page.status_code == 200
    assert 'data-trace-graph="' in page.text
    for word in ("CP1", "F1", "XF1", "used in this order"):
        assert word in page.text, word


def test_a_tab_is_made_when_it_is_opened_and_has_an_address(app: Flask, told: Story) -> None:
    someone, here = visitor(app, "quality"), f"/trace?kind=unit&amp;id={told.units[0]}"
    first = someone.get("/trace?q=FR-2611-00001").text
    assert 'id="table-' not in first  # what happened is read when it is asked for
    assert f'<a href="{here}&amp;tab=genealogy" aria-current="page">' in first
    for tab in ("history", "values", "lots", "people", "machines", "units", "papers", "near"):
        assert f'<a href="{here}&amp;tab={tab}">' in first, tab
        page = someone.get(f"/trace?kind=unit&id={told.units[0]}&tab={tab}").text
        assert f'tab={tab}" aria-current="page">' in page
        assert "data-trace-graph=" not in page
        assert page.count('id="table-') <= 1
    history = someone.get(f"/trace?kind=unit&id={told.units[0]}&tab=history").text
    assert 'id="table-history"' in history
    assert "Assemble" in history
    lot = f"/trace?kind=lot&id={told.plant.lots['F1']}"
    assert "Same cause" not in someone.get(lot).text  # its units are in its genealogy
    assert "data-trace-graph=" in someone.get(lot + "&tab=near").text


def test_a_nonconformance_takes_the_units_along_from_every_tab(app: Flask, told: Story) -> None:
    lot, someone = f"/trace?kind=lot&id={told.plant.lots['F1']}", visitor(app, "quality")
    assert "With all 2 units it went into" in someone.get(lot).text
    assert "With all units it went into" in someone.get(lot + "&tab=lots").text
    unused = f"/trace?kind=lot&id={told.plant.lots['S2']}"
    assert "With all" not in someone.get(unused).text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_tab_of_every_thing_opens(app: Flask, told: Story, language: str) -> None:
    someone = visitor(app, "quality", language=language)
    for kind, key in (("unit", told.units[0]), ("lot", told.plant.lots["F1"]), ("task", task_id(told, "C20")),
                      ("order", told.floor.order_id)):  # fmt: skip
        for tab in ("genealogy", "history", "values", "lots", "people", "machines", "units", "papers", "near"):
            page = someone.get(f"/trace?kind={kind}&id={key}&tab={tab}")
            assert page.status_code == 200
            assert ("追溯" in page.text) == (language == "zh")


def test_what_is_not_found_says_why(app: Flask, told: Story) -> None:
    someone = visitor(app, "quality")
    code = make(Kind.UNIT, told.units[0])
    damaged = code[:-1] + ("0" if code[-1] != "0" else "1")
    for text, status, words in ((damaged, 422, "damaged"), ("nothing", 404, "not known here"),
                                ("https://x.example/y", 422, "not one of our codes")):  # fmt: skip
        page = someone.get("/trace", query_string={"q": text})
        assert page.status_code == status
        assert words in page.text
    for path in ("/trace?kind=unit&id=x", "/trace?kind=unit&id=99999999999999999999", "/trace?kind=boat&id=1",
                 "/trace?kind=unit&id=-1", "/trace?kind=unit&id=²", "/trace?kind=person&id=1"):  # fmt: skip
        assert someone.get(path).status_code == 404, path


def test_several_hits_are_a_choice(app: Flask, told: Story) -> None:
    from app.models import Unit
    from tests.small_plant import NOW

    with transaction() as session:
        session.add(Unit(site_id=told.plant.site_id, item_id=told.plant.items["COMP"], serial="F1", status="good",
                         created_at=NOW))  # fmt: skip
    page = visitor(app, "quality").get("/trace?q=F1")
    assert "Which one?" in page.text
    assert f"kind=lot&amp;id={told.plant.lots['F1']}" in page.text


def test_an_other_site_sees_nothing(app: Flask, told: Story) -> None:
    with transaction() as session:
        session.add(Site(code="B", name="Other"))
    stranger = visitor(app, "quality", site="B")
    assert stranger.get("/trace?q=FR-2611-00001").status_code == 404
    for path in (f"/trace?kind=unit&id={told.units[0]}", f"/trace/sheet.pdf?kind=unit&id={told.units[0]}",
                 f"/trace/table.csv?kind=unit&id={told.units[0]}", f"/orders/{told.floor.order_id}/traveller.pdf",
                 f"/trace/same?station={told.plant.stations['TEST']}&day=2026-11-23&shift=1"):  # fmt: skip
        assert stranger.get(path).status_code == 404, path
    form = {"kind": "unit", "id": told.units[0], "note": "x"}
    assert stranger.post("/trace/hold", **form).status_code == 404


def test_who_may_hold(app: Flask, told: Story) -> None:
    form = {"kind": "lot", "id": told.plant.lots["F1"], "note": "smells"}
    assert visitor(app, "operator").post("/trace/hold", **form).status_code == 403
    assert visitor(app, "planner").post("/trace/hold", **form).status_code == 403
    someone = visitor(app, "quality")
    assert someone.post("/trace/hold", kind="lot", id=told.plant.lots["F1"]).status_code == 422
    assert someone.post("/trace/hold", **form).status_code == 302
    page = someone.get(f"/trace?kind=lot&id={told.plant.lots['F1']}")
    assert "smells" in page.text
    hold_id = db.session.scalars(select(Hold.id)).one()
    release = {"kind": "lot", "id": told.plant.lots["F1"], "hold": hold_id}
    assert someone.post("/trace/release", **release).status_code == 422
    assert someone.post("/trace/release", note="checked", **release).status_code == 302
    db.session.expire_all()
    assert db.session.scalars(select(Hold.note)).one() == "smells → checked"


def test_who_may_look(app: Flask, told: Story) -> None:
    assert app.test_client().get("/trace", headers={"Accept": "text/html"}).status_code == 302
    assert visitor(app, "wall").get("/trace").status_code == 403
    assert visitor(app, "lead").get(f"/trace/table.csv?kind=unit&id={told.units[0]}").status_code == 403


def test_a_table_as_csv_disarms_formulas(app: Flask, told: Story) -> None:
    with transaction() as session:
        session.get_one(Item, told.plant.items["FOAM"]).name = "=cmd()"
        session.get_one(Item, told.plant.items["FOAM"]).code = "=1+1"
    answer = visitor(app, "quality").get(f"/trace/table.csv?kind=unit&id={told.units[0]}&tab=lots")
    assert answer.mimetype == "text/csv"
    assert answer.text.startswith("\ufeffUsed,")
    assert ",'=1+1 =cmd()," in answer.text


def test_neighbours_lead_to_units_of_the_same_shift(app: Flask, told: Story) -> None:
    station = told.plant.stations["ASSY1"]
    told.floor.report("F20", unit_id=told.units[1], station_id=told.plant.stations["CHARGE"])
    told.floor.report("F30", unit_id=told.units[1], station_id=told.plant.stations["TEST"])
    someone = visitor(app, "quality")
    page = someone.get(f"/trace?kind=unit&id={told.units[1]}&tab=near")
    assert "Same shift" in page.text
    path = f"/trace/same?station={told.plant.stations['TEST']}&day=2026-11-23"
    assert "FR-2611-00002" in someone.get(path).text
    assert "FR-2611-00002" not in someone.get(f"/trace/same?station={station}&day=2026-11-23").text
    assert someone.get("/trace/same?station=x&day=2026-11-23").status_code == 422
    assert someone.get(f"/trace/same?station={station}&day=tomorrow").status_code == 422


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sheet_reads_back(app: Flask, told: Story, language: str) -> None:
    with transaction() as session:
        events.seal(session, events.unsealed(session, 0))
    seal = db.session.scalars(select(EventSeal.hash).order_by(EventSeal.position.desc())).first()
    answer = visitor(app, "quality", language=language).get(f"/trace/sheet.pdf?kind=unit&id={told.units[0]}")
    assert answer.mimetype == "application/pdf"
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages]
    text = "\n".join(pages).replace("\n", " ")
    words = {"en": ("Trace sheet", "Page 1 of", "History"), "zh": ("追溯单", "第 1 页", "历史")}[language]
    for word in (*words, "FR-2611-00001", "CP1", "60.5", "LI", str(seal)):
        assert word in text.replace("  ", " "), word


def test_the_traveller_carries_a_code_for_every_operation(app: Flask, told: Story) -> None:
    answer = visitor(app, "operator").get(f"/orders/{told.floor.order_id}/traveller.pdf")
    assert answer.status_code == 200
    document = pypdfium2.PdfDocument(answer.data)
    pictures = [page.render(scale=200 / 72, grayscale=True).to_pil() for page in document]
    document.close()
    seen = {found.text for picture in pictures for found in zxingcpp.read_barcodes(picture)}
    wanted = {make(Kind.TASK, task_id(told, key)) for key in ("C10", "C20", "D10", "F10", "F20", "F30", "F40")}
    assert seen == wanted | {make(Kind.ORDER, told.floor.order_id)}


def crowd(told: Story, count: int, shifts: int) -> None:
    """Units of one lot, born in turn on so many days (inside an application context)."""
    lot, site = told.plant.lots["S2"], told.plant.site_id
    task = task_id(told, "F10")
    with transaction() as session:
        units = [Unit(site_id=site, item_id=told.plant.items["FRIDGE"], serial=f"X{number:04d}", status="good",
                      created_at=NOW, lot_id=lot) for number in range(count)]  # fmt: skip
        session.add_all(units)
        session.flush()
        session.add_all(
            Report(site_id=site, uuid=f"crowd-{unit.id}", kind="good", quantity=Decimal(1), task_id=task,
                   unit_id=unit.id, business_date=date(2026, 1, 1) + timedelta(days=number % shifts), channel="test",
                   server_at=NOW)
            for number, unit in enumerate(units)
        )  # fmt: skip


def test_more_than_sixty_neighbours_stand_in_groups_by_lot_and_shift(app: Flask, told: Story) -> None:
    crowd(told, 240, 3)
    page = f"/trace?kind=lot&id={told.plant.lots['S2']}"
    someone = visitor(app, "quality")
    text = someone.get(page).text
    assert text.count("80 \\u00d7 Unit") == 3  # inside a JSON attribute
    assert "S2 \\u00b7 2026-01-02" in text
    assert text.count("80 × Unit") == 3  # and in the tree beside it
    units = someone.get(page + "&tab=units").text
    assert "X0199" in units
    assert "X0200" not in units  # that is on the second page
    assert "X0200" in someone.get(page + "&tab=units&page=2").text
    members = someone.get(f"{page}&tab=units&group=unit|Fridge|S2|2026-01-02")
    assert "X0001" in members.text
    assert "X0002" not in members.text
    assert someone.get(page + "&tab=units&page=x&group=no|thing").status_code == 200


def test_too_many_groups_are_told_apart_less_finely(app: Flask, told: Story) -> None:
    crowd(told, 130, 65)
    text = visitor(app, "quality").get(f"/trace?kind=lot&id={told.plant.lots['S2']}").text
    assert "130 \\u00d7 Unit" in text


def test_a_pallet_and_a_customer_open(app: Flask, told: Story) -> None:
    pallet = ship(told, told.units[0])
    someone = visitor(app, "quality")
    assert "PAL-1" in someone.get(f"/trace?kind=container&id={pallet}").text
    assert "FR-2611-00001" in someone.get("/trace?q=PO-77").text


def test_decisions_labels_inspections_and_documents_stand_in_the_history(app: Flask, told: Story) -> None:
    someone, site, unit = visitor(app, "quality"), told.plant.site_id, told.units[1]
    case = quality.open_nonconformance(site, "Dent", None, [unit], [], None, None, "user:1", NOW)
    quality.contain(site, case, None, "user:1", NOW)
    piece = db.session.scalars(select(Disposition.id).where(Disposition.nonconformance_id == case)).one()
    quality.decide(site, case, piece, "rework", "Press it out", frozenset({"quality"}), None, "user:1", NOW)
    with transaction() as session:
        session.add(PrintJob(site_id=site, template="unit", subject_id=unit, title="Label of it", status="printed",
                             asked_by="user:1", asked_at=NOW, due_at=NOW, ended_at=NOW))  # fmt: skip
    page = someone.get(f"/trace?kind=unit&id={unit}&tab=papers").text
    for words in (
        "NC-00001",
        "Decided: Rework",
        "Press it out",
        "Label of it",
        "Revision 1 of the order",
        "Hold released",
    ):
        assert words in page, words
    first = someone.get(f"/trace?kind=unit&id={told.units[0]}&tab=history").text
    assert "Standard" in first
    paper = someone.get(f"/trace/birth.pdf?id={unit}").data
    assert "Press it out" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)
