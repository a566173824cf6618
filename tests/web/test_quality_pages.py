"""The quality pages: what stands there, and which role may do what."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.models import Disposition, Nonconformance
from tests.app.trace_story import Story, story
from tests.web.trace_client import visitor


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        yield story()
        db.session.rollback()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_in_both_languages(app: Flask, told: Story, language: str) -> None:
    told.floor.report("F20", unit_id=told.units[1], kind="scrap", device_at=now_utc())
    someone = visitor(app, "quality", language=language)
    someone.post("/trace/hold", kind="unit", id=told.units[0], note="look")
    page = someone.get("/quality?days=365")
    assert page.status_code == 200
    for word in {"en": ("First-pass yield", "look", "Dent"), "zh": ("一次合格率", "look", "工废")}[language]:
        assert word in page.text, word
    assert someone.get("/quality?days=all").status_code == 200
    assert someone.get("/quality/rows?days=365&kind=scrap").status_code == 200


def test_an_empty_plant_says_so(app: Flask) -> None:
    from tests.small_plant import build

    with app.app_context():
        build()
        page = visitor(app, "quality").get("/quality")
        assert "Nothing is on hold" in page.text
        assert "Nothing was reported in this period" in page.text


def test_a_lot_with_its_units_becomes_a_nonconformance(app: Flask, told: Story) -> None:
    someone = visitor(app, "quality")
    form = {"kind": "lot", "id": told.plant.lots["F1"], "title": "Soft", "affected": "1", "contain": "1"}
    answer = someone.post("/quality/nonconformances", **form)
    assert answer.status_code == 302
    row = db.session.scalars(select(Nonconformance)).one()
    page = someone.get(answer.headers["Location"])
    assert "FR-2611-00001" in page.text
    assert "3 pieces wait" in page.text
    for piece in db.session.scalars(select(Disposition.id)).all():
        path = f"/quality/nonconformances/{row.id}/pieces/{piece}"
        assert someone.post(path, decision="rework").status_code == 302
    assert someone.post(f"/quality/nonconformances/{row.id}/close").status_code == 302
    db.session.expire_all()
    assert db.session.scalars(select(Nonconformance.status)).one() == "closed"


def test_an_order_and_an_operation_name_their_own_units(app: Flask, told: Story) -> None:
    someone = visitor(app, "quality")
    someone.post("/quality/nonconformances", kind="order", id=told.floor.order_id, title="All")
    assert set(db.session.scalars(select(Disposition.unit_id))) == set(told.units)


def test_roles(app: Flask, told: Story) -> None:
    form = {"kind": "unit", "id": told.units[0], "title": "Dent", "contain": "1"}
    for role, looks, opens in (("operator", 403, 403), ("lead", 200, 403), ("planner", 200, 403), ("admin", 200, 302)):
        someone = visitor(app, role)
        assert someone.get("/quality").status_code == looks
        assert someone.post("/quality/nonconformances", **form).status_code == opens
    row, piece = db.session.execute(select(Disposition.nonconformance_id, Disposition.id)).one()
    path = f"/quality/nonconformances/{row}/pieces/{piece}"
    admin = visitor(app, "admin", "planner")
    assert admin.post(path, decision="concession").status_code == 403
    inspector = visitor(app, "quality")
    assert inspector.post(path, decision="concession").status_code == 422
    assert inspector.post(path, decision="concession", secret="guess").status_code == 401
    assert inspector.post(path, decision="concession", secret="secret").status_code == 302
    assert "Concession granted" in inspector.get(f"/quality/nonconformances/{row}").text


def test_actions_and_the_8d_report_on_the_page(app: Flask, told: Story) -> None:
    someone, other = visitor(app, "quality"), visitor(app, "quality", "lead")
    someone.post("/quality/nonconformances", kind="unit", id=told.units[0], title="Dent", contain="1")
    row = db.session.scalars(select(Nonconformance.id)).one()
    here = f"/quality/nonconformances/{row}"
    form = {"what": "New nozzle", "kind": "corrective", "due_on": "2026-12-01", "check_on": "2027-01-10"}
    assert someone.post(f"{here}/actions", **form).status_code == 302
    assert someone.post(f"{here}/actions", **(form | {"due_on": "soon"})).status_code == 422
    assert someone.post(f"{here}/actions/1/done").status_code == 302
    check = {"effect": "effective", "note": "0 of 200", "secret": "secret"}
    assert someone.post(f"{here}/actions/1/check", **check).status_code == 409
    assert other.post(f"{here}/actions/1/check", **(check | {"secret": "guess"})).status_code == 401
    assert other.post(f"{here}/actions/1/check", **check).status_code == 302
    assert someone.post(f"{here}/eight-d", d4="Nozzle worn").status_code == 302
    page = someone.get(here).text
    for word in ("New nozzle", "0 of 200", "Nozzle worn", "Effect checked"):
        assert word in page, word
    assert "New nozzle" in someone.get("/quality/actions").text
    assert visitor(app, "planner").post(f"{here}/actions", **form).status_code == 403


def test_an_other_site_has_other_nonconformances(app: Flask, told: Story) -> None:
    from app.db import transaction
    from app.models import Site

    with transaction() as session:
        session.add(Site(code="B", name="Other"))
    visitor(app, "quality").post("/quality/nonconformances", kind="unit", id=told.units[0], title="Dent")
    row = db.session.scalars(select(Nonconformance.id)).one()
    stranger = visitor(app, "quality", site="B")
    assert stranger.get(f"/quality/nonconformances/{row}").status_code == 404
    for step in ("contain", "close", "reopen"):
        assert stranger.post(f"/quality/nonconformances/{row}/{step}").status_code == 404
    assert stranger.post("/quality/nonconformances", kind="unit", id=told.units[0], title="x").status_code == 404
    assert "Dent" not in stranger.get("/quality").text
