"""Signatures with the secret entered again, corrective actions with their check of effect, 8D."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from app.models import CorrectiveAction, Disposition, EightD, Event, Hold, Nonconformance, Signature
from app.queries import improvement
from app.queries.containment import Affected
from app.services import capa, quality, users
from app.services.containment import contain
from app.services.signing import check_secret
from tests.app.trace_story import Story, story
from tests.small_plant import NOW

A = ("cli:test", NOW)
DUE, LATER = date(2026, 12, 1), date(2027, 1, 10)
ROLES = frozenset({"quality"})


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        yield story()
        db.session.rollback()


def person(name: str) -> int:
    return users.create("T", name, "secret", ["quality"], None, now_utc(), weak=True)


def case(told: Story, user: int | None = None) -> int:
    return contain(told.plant.site_id, Affected(units=(told.units[1],)), "Noise", None, user, *A)


def refused(error: type[Exception], code: str, work: Any) -> None:
    with pytest.raises(error) as refusal:
        work()
    assert refusal.value.code == code  # type: ignore[attr-defined]


def test_only_the_own_secret_signs_and_wrong_ones_are_counted(told: Story) -> None:
    anna = person("anna")
    check_secret(anna, "secret", NOW)
    refused(Invalid, "sign.secret_missing", lambda: check_secret(anna, "", NOW))
    refused(Refused, "auth.wrong", lambda: check_secret(anna, "guess", NOW))
    refused(Forbidden, "sign.nobody", lambda: check_secret(None, "secret", NOW))
    for _ in range(5):
        with pytest.raises(Refused):
            check_secret(anna, "guess", NOW)
    refused(Refused, "auth.wait", lambda: check_secret(anna, "guess", NOW))


def test_a_concession_is_signed_and_bound_to_what_was_decided(told: Story) -> None:
    site, bo = told.plant.site_id, person("bo")
    row = case(told, person("anna"))
    piece = db.session.scalars(select(Disposition.id)).one()
    told_ = ("concession", "fits", ROLES, bo, *A)
    refused(Invalid, "sign.secret_missing", lambda: quality.decide(site, row, piece, *told_))
    assert db.session.scalars(select(Signature)).all() == []
    quality.decide(site, row, piece, *told_, signed=True)
    signed = db.session.scalars(select(Signature)).one()
    assert (signed.meaning, signed.user_id, signed.subject_type, signed.subject_id) == (
        "concession", bo, "disposition", piece,
    )  # fmt: skip
    event = db.session.scalars(select(Event.data).where(Event.topic == "signature.made")).one()
    assert signed.content_hash in event
    assert "fits" not in event


def test_the_release_of_a_containment_is_signed(told: Story) -> None:
    site, bo = told.plant.site_id, person("bo")
    what = Affected(lots=(told.plant.lots["F1"],))
    row = contain(site, what, "Soft", None, person("anna"), *A)
    piece = db.session.scalars(select(Disposition.id)).one()
    hold = db.session.scalars(select(Hold.id)).one()
    refused(Conflict, "quality.undecided", lambda: quality.resume(site, hold, "fine", bo, *A, signed=True))
    quality.extend(site, row, [told.units[1]], [], bo, *A)
    quality.decide(site, row, piece, "rework", "", ROLES, bo, *A)
    assert db.session.get_one(Hold, hold).released_at is not None
    order = db.session.scalars(select(Hold.id).where(Hold.target_type == "unit")).one()
    db.session.get_one(Hold, order).needs_second = True
    db.session.get_one(Hold, order).note = "by hand"
    db.session.commit()
    refused(Conflict, "hold.second", lambda: quality.resume(site, order, "fine", bo, *A, signed=True))
    third = person("carl")
    refused(Invalid, "sign.secret_missing", lambda: quality.resume(site, order, "fine", third, *A))
    quality.resume(site, order, "fine", third, *A, signed=True)
    assert db.session.scalars(select(Signature.meaning)).all() == ["release"]


def test_an_action_is_done_then_checked_by_somebody_else(told: Story) -> None:
    site, anna, bo = told.plant.site_id, person("anna"), person("bo")
    row = case(told, anna)
    action = capa.plan_action(site, row, "corrective", "New nozzle", anna, DUE, LATER, *A)
    refused(Conflict, "capa.not_done", lambda: capa.check_effect(site, action, True, "0 of 200", bo, *A))
    capa.finish_action(site, action, anna, *A)
    refused(Conflict, "capa.own", lambda: capa.check_effect(site, action, True, "0 of 200", anna, *A))
    refused(Invalid, "report.reason", lambda: capa.check_effect(site, action, True, " ", bo, *A))
    capa.check_effect(site, action, False, "3 of 200", bo, *A)
    refused(Conflict, "capa.checked", lambda: capa.check_effect(site, action, True, "0 of 200", bo, *A))
    shown = improvement.actions(db.session, site, row)
    assert [(one.owner, one.done_by, one.effect, one.checked_by) for one in shown] == [
        ("anna", "anna", "not_effective", "bo")
    ]
    assert not shown[0].is_late(date(2030, 1, 1))


def test_a_case_is_not_closed_while_actions_are_open(told: Story) -> None:
    site, anna, bo = told.plant.site_id, person("anna"), person("bo")
    row = case(told, anna)
    action = capa.plan_action(site, row, "preventive", "Check nozzles weekly", None, DUE, LATER, *A)
    piece = db.session.scalars(select(Disposition.id)).one()
    quality.decide(site, row, piece, "rework", "", ROLES, bo, *A)
    refused(Conflict, "capa.open", lambda: quality.close(site, row, bo, *A))
    assert improvement.actions(db.session, site)[0].is_late(date(2026, 12, 2))
    capa.finish_action(site, action, anna, *A)
    refused(Conflict, "capa.open", lambda: quality.close(site, row, bo, *A))
    capa.check_effect(site, action, True, "0 of 200", bo, *A)
    quality.close(site, row, bo, *A)
    assert db.session.get_one(Nonconformance, row).status == "closed"


def test_bad_actions_are_refused(told: Story) -> None:
    site, row = told.plant.site_id, case(told)
    plan = capa.plan_action
    refused(Invalid, "value.wrong", lambda: plan(site, row, "other", "x", None, DUE, LATER, *A))
    refused(Invalid, "value.missing", lambda: plan(site, row, "corrective", " ", None, DUE, LATER, *A))
    refused(Invalid, "capa.check_before", lambda: plan(site, row, "corrective", "x", None, LATER, DUE, *A))
    refused(NotFound, "user.unknown", lambda: plan(site, row, "corrective", "x", 9999, DUE, LATER, *A))
    refused(NotFound, "quality.unknown", lambda: plan(site + 1, row, "corrective", "x", None, DUE, LATER, *A))
    refused(NotFound, "capa.unknown", lambda: capa.finish_action(site, 9999, None, *A))
    assert db.session.scalars(select(CorrectiveAction)).all() == []


def test_the_8d_report_keeps_its_last_words_and_tells_each_change(told: Story) -> None:
    site, row = told.plant.site_id, case(told)
    for text in ("Nozzle worn", "Nozzle worn", "Nozzle worn out"):
        capa.write_step(site, row, 4, text, None, *A)
    assert improvement.eight_d(db.session, site, row) == {4: "Nozzle worn out"}
    told_ = db.session.scalars(select(Event.data).where(Event.topic == "nonconformance.eight_d")).all()
    assert len(told_) == 2
    assert "Nozzle" not in "".join(told_)
    refused(Invalid, "value.wrong", lambda: capa.write_step(site, row, 9, "x", None, *A))
    assert db.session.scalars(select(EightD.step)).all() == [4]
