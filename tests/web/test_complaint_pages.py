"""The pages of complaints and containment: what stands there, in both languages, and which role may do what."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.models import Complaint, Hold, Nonconformance, Reason, Recall, Unit
from tests.app.trace_story import Story, ship, story
from tests.web.trace_client import visitor


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        found = story()
        with transaction() as session:
            session.add(Reason(site_id=found.plant.site_id, code="COLD", kind="symptom", name="Warm", name_zh="不制冷"))
            for unit in found.units:
                session.get_one(Unit, unit).status = "shipped"
        yield found
        db.session.rollback()


def symptom() -> int:
    return db.session.scalars(select(Reason.id).where(Reason.code == "COLD")).one()


@pytest.mark.parametrize(("language", "words"), [("en", ("Likely causes", "Warm")), ("zh", ("可能的原因", "不制冷"))])
def test_a_complaint_is_written_and_compared(app: Flask, told: Story, language: str, words: tuple[str, ...]) -> None:
    someone = visitor(app, "quality", language=language)
    form = {"serials": "FR-2611-00001", "symptom": symptom(), "note": "=cmd"}
    assert someone.post("/quality/complaints", **form).status_code == 302
    page = someone.get("/quality/complaints?days=1825")
    for word in (*words, "FR-2611-00001", "MC-00001"):
        assert word in page.text, word
    units = someone.get("/quality/complaints/units?days=1825&part=asm/machine=M1")
    assert units.status_code == 200
    table = someone.get("/quality/complaints.csv?days=1825")
    assert table.data.startswith(b"\xef\xbb\xbf")
    assert "'=cmd" in table.text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"serials": ""}, 422), ({"serials": "NOPE-1"}, 404), ({"serials": "FR-2611-00001", "symptom": "99999"}, 404),
        ({"serials": "FR-2611-00001", "received_at": "2099-01-01T10:00"}, 422),
        ({"serials": "FR-2611-00001", "received_at": "yesterday"}, 422),
    ],
)  # fmt: skip
def test_bad_complaints_write_nothing(app: Flask, told: Story, form: dict[str, str], status: int) -> None:
    someone = visitor(app, "quality")
    answer = someone.post("/quality/complaints", **({"symptom": symptom()} | form))
    assert answer.status_code == status
    assert db.session.scalars(select(Complaint.id)).all() == []


def test_a_unit_that_is_still_made_gets_no_complaint_and_none_twice(app: Flask, told: Story) -> None:
    someone = visitor(app, "quality")
    form = {"serials": "FR-2611-00001\nFR-2611-00001", "symptom": symptom(), "received_at": "2026-11-20T08:00"}
    for _ in range(2):
        someone.post("/quality/complaints", **form)
    assert len(db.session.scalars(select(Complaint.id)).all()) == 1
    with transaction() as session:
        session.get_one(Unit, told.units[1]).status = "in_process"
    answer = someone.post("/quality/complaints", serials="FR-2611-00002", symptom=symptom())
    assert answer.status_code == 409
    assert "FR-2611-00002" in answer.text


def test_from_a_trace_to_the_recall_list(app: Flask, told: Story) -> None:
    ship(told, told.units[0])
    with transaction() as session:
        session.get_one(Unit, told.units[1]).status = "good"
    someone = visitor(app, "quality")
    here = {"kind": "lot", "id": told.plant.lots["F1"]}
    page = someone.get("/trace/contain", query_string=here)
    assert page.status_code == 200
    assert "1 unit with a customer goes on the recall list" in page.text
    answer = someone.post("/trace/contain", **here, title="Soft foam")
    case = someone.get(answer.headers["Location"])
    assert "Nordic" in case.text
    assert set(db.session.scalars(select(Hold.target_type))) == {"unit", "lot"}
    row = db.session.scalars(select(Nonconformance.id)).one()
    listed = someone.get(f"/quality/nonconformances/{row}/recall.csv")
    assert "FR-2611-00001" in listed.text
    assert "FR-2611-00002" not in listed.text
    recall = db.session.scalars(select(Recall.id)).one()
    assert someone.post(f"/quality/recalls/{recall}", status="informed").status_code == 302
    assert someone.post(f"/quality/recalls/{recall}", status="open").status_code == 409
    inbox = visitor(app, "lead").get("/lead")
    assert "Contained: NC-00001" in inbox.text


def test_roles_and_sites(app: Flask, told: Story) -> None:
    from app.models import Site

    here = {"kind": "unit", "id": told.units[0]}
    for role, looks, writes in (("operator", 403, 403), ("planner", 200, 403), ("lead", 200, 403)):
        someone = visitor(app, role)
        assert someone.get("/quality/complaints").status_code == looks
        assert someone.post("/trace/contain", **here, title="x").status_code == writes
        assert someone.post("/quality/complaints", serials="FR-2611-00001").status_code == writes
    with transaction() as session:
        session.add(Site(code="B", name="Other"))
    stranger = visitor(app, "quality", site="B")
    assert stranger.post("/trace/contain", **here, title="x").status_code == 404
    assert stranger.post("/quality/complaints", serials="FR-2611-00001", symptom=symptom()).status_code == 404
    assert stranger.get("/trace/contain?kind=unit&id=oops").status_code == 404
    assert db.session.scalars(select(Hold.id)).all() == []
