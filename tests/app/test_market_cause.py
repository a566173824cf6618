"""The demonstration's weeks are imported as any history is, and the cause that it hides is found and contained."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.cli.demo import FACTORY
from app.db import db, now_utc
from app.demo import market
from app.models import Complaint, Hold, Recall, Report, Shipment, Site, Unit
from app.queries import complaints as asked
from app.queries.complaints import Wish
from app.queries.containment import sorted_out
from app.queries.differences import differences
from app.services.containment import contain
from app.services.importing import import_folder
from tests.web.trace_client import visitor

COUNT = 900


@pytest.fixture
def found(app: Flask, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[market.Past]:
    folder = tmp_path / "factory"
    shutil.copytree(FACTORY, folder)
    story = market.write(folder, request.param, COUNT)
    with app.app_context():
        result = import_folder(folder, None, now_utc())
        assert result.problems == []
        yield story
        db.session.rollback()


def wish() -> Wish:
    site_id = db.session.scalars(select(Site.id)).one()
    return Wish(site_id, now_utc() - timedelta(days=90), now_utc())


def carriers(story: market.Past, cause: dict[str, str]) -> set[str]:
    """The serials of the units that carry the cause, read off the story itself."""
    found = market.columns(story)
    return {
        f"P{at + 1:06}" for at in range(COUNT) if all(found[factor][at] == level for factor, level in cause.items())
    }


def named(story: market.Past) -> dict[str, str]:
    """The cause in the factors of the store: its lots stand by item, its shift by any operation."""
    told = {}
    for factor, level in story.cause:
        operation, _, kind = factor.partition("/")
        told[f"lot/{market.LOTS[operation]}" if kind == "lot" else f"{operation or 'asm'}/{kind}"] = level
    return told


SEED = next(seed for seed in range(100) if market.past(seed, COUNT).sort == "lot")


@pytest.mark.parametrize("found", [SEED], indirect=True)
def test_the_hidden_cause_is_found_and_contained_to_the_unit(found: market.Past) -> None:
    site = wish().site_id
    assert db.session.scalar(select(func.count()).select_from(Complaint)) == sum(found.failed)
    assert list(differences(db.session)) == []
    answer = asked.analysis(db.session, wish())
    assert answer.finding.units == COUNT
    first = answer.finding.candidates[0]
    assert first.claimed
    assert {str(key): str(level) for key, level in first.parts} == named(found)
    units, bad = asked.sharing(db.session, wish(), named(found))
    serials = set(db.session.scalars(select(Unit.serial).where(Unit.id.in_(units))))
    assert serials == carriers(found, dict(found.cause))
    assert len(bad.intersection(units)) == first.complaints
    what = sorted_out(db.session, site, units, asked.lots_of(db.session, site, named(found)))
    row = contain(site, what, "Found", None, None, "cli:test", now_utc())
    recalled = set(db.session.scalars(select(Recall.unit_id).where(Recall.nonconformance_id == row)))
    assert recalled == set(units)  # every one of them was shipped
    assert db.session.scalars(select(Hold.target_type)).all() == ["lot"]


@pytest.mark.parametrize("found", [SEED], indirect=True)
@pytest.mark.parametrize(("language", "word"), [("en", "Times as often"), ("zh", "倍数")])
def test_the_page_names_the_cause_and_contains_it(app: Flask, found: market.Past, language: str, word: str) -> None:
    someone = visitor(app, "quality", site="GX", language=language)
    page = someone.get("/quality/complaints")
    ((factor, level),) = named(found).items()
    assert page.status_code == 200
    assert word in page.text
    first = page.text.index(level)
    assert page.text.index('class="notice') < first < page.text.index("<table")
    form = {"part": f"{factor}={level}", "title": "Found"}
    assert someone.get("/quality/complaints/units", query_string={"part": form["part"]}).status_code == 200
    assert someone.post("/quality/complaints/contain", **form).status_code == 302
    serials = select(Unit.serial).join(Recall, Recall.unit_id == Unit.id)
    assert set(db.session.scalars(serials)) == carriers(found, dict(found.cause))


@pytest.mark.parametrize("found", [SEED], indirect=True)
def test_the_same_history_again_changes_nothing(found: market.Past, tmp_path: Path) -> None:
    before = [db.session.scalar(select(func.count()).select_from(model)) for model in (Unit, Report, Shipment)]
    again = import_folder(tmp_path / "factory", None, now_utc())
    assert again.of("history").unchanged == COUNT
    assert again.of("complaints").created == 0
    after = [db.session.scalar(select(func.count()).select_from(model)) for model in (Unit, Report, Shipment)]
    assert after == before


def test_every_wrong_row_is_named_and_nothing_is_written(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "factory"
    shutil.copytree(FACTORY, folder)
    rows = (
        "serial,item,made_at,shift,steps,lots,values\n"
        "X1,BCD-210,-3d 08:00,A,melt@M-BZ1/P015,,\n"
        "X2,BCD-210,-3d 08:00,A,braze@M-NONE/P015,,\n"
        "X3,BCD-210,-3d 08:00,A,braze@M-BZ1/P999,,\n"
        "X4,BCD-210,-3d 08:00,A,braze@M-BZ1,charge:R600A/NOPE,\n"
        "X5,BCD-210,-3d 08:00,A,charge@M-CH1,,charge:NOPE=1\n"
        "X6,BCD-210,+3d 08:00,A,braze@M-BZ1,,\n"
        "X7,STL-05,-3d 08:00,A,braze@M-BZ1,,\n"
        "X8,BCD-210,-3d 08:00,A,braze at M-BZ1,,\n"
        "X9,BCD-210,-3d 08:00,A,charge@M-CH1,,charge:CHG=NaN\n"
    )
    (folder / "history.csv").write_text(rows, encoding="utf-8")
    (folder / "complaints.csv").write_text(
        "serial,symptom,received\nX1,W01,-1d\nX2,D01,+1d\nX3,D99,-1d\n", encoding="utf-8"
    )
    with app.app_context():
        result = import_folder(folder, None, now_utc())
        told = {(problem.file, problem.row): (problem.column, problem.code) for problem in result.problems}
        assert db.session.scalars(select(Unit.id)).all() == []
    history = {row: told["history.csv", row] for row in range(2, 11)}
    assert history == {
        2: ("steps", "unknown_reference"), 3: ("steps", "unknown_reference"), 4: ("steps", "unknown_reference"),
        5: ("lots", "unknown_reference"), 6: ("values", "unknown_reference"), 7: ("made_at", "in_the_future"),
        8: history[8], 9: ("steps", "bad_part"), 10: ("values", "bad_part"),
    }  # fmt: skip
    assert history[8][0] in ("item", "steps")
    assert told["complaints.csv", 2] == ("symptom", "unknown_word")
    assert told["complaints.csv", 3] == ("received", "in_the_future")
    assert told["complaints.csv", 4] == ("symptom", "unknown_reference")
