"""Birth record, certificate and 8D report: read back in both languages, with what was changed and the hash."""

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from app import events
from app.db import db, transaction
from app.models import EventSeal, Report
from app.queries import proof
from app.queries.containment import Affected
from app.services import capa
from app.services.containment import contain
from tests.app.trace_story import Story, story
from tests.small_plant import NOW
from tests.web.trace_client import Visitor, visitor

A = ("cli:test", NOW)


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        yield story()
        db.session.rollback()


def seal() -> None:
    with transaction() as session:
        events.seal(session, events.unsealed(session, 0, 10_000))


def text(someone: Visitor, path: str) -> str:
    answer = someone.get(path)
    assert answer.status_code == 200, answer.text[:400]
    pages = PdfReader(io.BytesIO(answer.data)).pages
    return "".join(page.extract_text() for page in pages).replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Birthrecord", "Unchangedsinceentry", "Charge", "60.5")), ("zh", ("出生记录", "录入后未更改", "60.5"))],
)
def test_the_birth_record(app: Flask, told: Story, language: str, words: tuple[str, ...]) -> None:
    seal()
    someone = visitor(app, "quality", language=language)
    found = text(someone, f"/trace/birth.pdf?id={told.units[0]}")
    for word in (*words, "FR-2611-00001"):
        assert word in found, word
    shown = proof.of_unit(db.session, told.plant.site_id, told.units[0])
    assert shown.hash
    assert shown.hash in found
    assert db.session.scalar(select(EventSeal.hash).where(EventSeal.position == shown.position)) == shown.hash


def test_what_was_taken_back_is_told(app: Flask, told: Story) -> None:
    last = db.session.scalars(
        select(Report.id).where(Report.unit_id == told.units[0], Report.kind == "good").order_by(Report.id.desc())
    ).first()
    told.floor.undo(last)
    someone = visitor(app, "quality")
    found = text(someone, f"/trace/birth.pdf?id={told.units[0]}")
    assert "Changedsinceentry:1" in found
    other = text(someone, f"/trace/birth.pdf?id={told.units[1]}")
    assert "Unchangedsinceentry" in other
    assert "notsealedyet" in other


def test_the_certificate_gives_a_verdict(app: Flask, told: Story) -> None:
    someone = visitor(app, "quality")
    found = text(someone, f"/trace/certificate.pdf?id={told.units[0]}")
    assert "all1valueslie" in found
    assert "nothingwasmeasured" in text(someone, f"/trace/certificate.pdf?id={told.units[1]}")


def test_the_8d_report(app: Flask, told: Story) -> None:
    site = told.plant.site_id
    row = contain(site, Affected(units=(told.units[1],)), "Noise", None, None, *A)
    capa.write_step(site, row, 4, "Nozzle worn <b>", None, *A)
    someone = visitor(app, "quality")
    path = f"/quality/nonconformances/{row}/8d.pdf"
    found = text(someone, path)
    for word in ("8Dreport:NC-00001", "D4Rootcause", "Nozzleworn", "Unchangedsinceentry", "FR-2611-00002"):
        assert word in found, word
    capa.write_step(site, row, 4, "Nozzle clogged", None, *A)
    assert "Changedsinceentry:1" in text(someone, path)


def test_certificate_and_8d_report_in_chinese(app: Flask, told: Story) -> None:
    row = contain(told.plant.site_id, Affected(units=(told.units[1],)), "异响", None, None, *A)
    someone = visitor(app, "lead", language="zh")
    assert "合格证书" in text(someone, f"/trace/certificate.pdf?id={told.units[0]}")
    found = text(someone, f"/quality/nonconformances/{row}/8d.pdf")
    for word in ("8D报告", "根本原因", "异响", "录入后未更改"):
        assert word in found, word


def test_unknown_things_have_no_paper(app: Flask, told: Story) -> None:
    someone = visitor(app, "quality")
    for path in ("/trace/birth.pdf?id=99999", "/trace/birth.pdf?id=x", "/trace/certificate.pdf",
                 "/quality/nonconformances/99999/8d.pdf"):  # fmt: skip
        assert someone.get(path).status_code == 404, path
