"""Control charts on the page: what is drawn, what is refused, and the watch that opens a nonconformance."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.models import Characteristic, ControlPlan, Measurement, Nonconformance
from app.services.control_plans import watch
from tests.app.trace_story import Story, story
from tests.small_plant import NOW
from tests.web.trace_client import Visitor, visitor


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        yield story()
        db.session.rollback()


def check() -> int:
    return db.session.scalars(select(Characteristic.id)).one()


def measure(told: Story, *values: str) -> None:
    with transaction() as session:
        for at, value in enumerate(values):
            number = Decimal(value)
            verdict = "pass" if 58 <= number <= 62 else "fail"
            session.add(Measurement(
                site_id=told.plant.site_id, characteristic_id=check(), code="GAS", unit_id=told.units[0], value=number,
                lower=Decimal(58), upper=Decimal(62), verdict=verdict, source="person", at=NOW + timedelta(minutes=at),
            ))  # fmt: skip


STEADY = ("60.1", "59.9", "60.2", "59.8", "60.1", "59.9", "60.0", "60.2", "59.9", "60.1")


def halves(page: str) -> list[dict[str, object]]:
    return [json.loads(unescape(found)) for found in re.findall(r'data-control-chart="([^"]+)"', page)]


@pytest.mark.parametrize(("language", "words"), [("en", "one point beyond a limit"), ("zh", "一点超出控制限")])
def test_a_broken_rule_is_named(app: Flask, told: Story, language: str, words: str) -> None:
    measure(told, *STEADY, "64.5")
    someone = visitor(app, "quality", language=language)
    page = someone.get(f"/quality/charts/{check()}?chart=i-mr&phase=11").text
    assert words in page
    assert "FR-2611-00001" in page
    main, spread = halves(page)
    assert (main["name"], spread["name"]) == ("I", "MR")
    assert main["hits"] == [11]  # the story itself measured one before
    assert "GAS" in someone.get("/quality/charts").text


@pytest.mark.parametrize("chart", ["i-mr", "xbar-r", "xbar-s", "p", "np", "c", "u"])
def test_every_chart_is_drawn(app: Flask, told: Story, chart: str) -> None:
    measure(told, *STEADY, "64.5")
    page = visitor(app, "quality").get(f"/quality/charts/{check()}?chart={chart}&size=4")
    assert page.status_code == 200
    assert len(halves(page.text)) == (2 if chart in ("i-mr", "xbar-r", "xbar-s") else 1)


def test_bad_wishes(app: Flask, told: Story) -> None:
    someone = visitor(app, "quality")
    assert "No chart can be drawn" in someone.get(f"/quality/charts/{check()}").text  # a single value
    measure(told, *STEADY)
    for wish in ("chart=pie", "chart=xbar-r&size=1", "chart=i-mr&phase=99", "chart=i-mr&size=x", "chart=i-mr&rules=my"):
        assert someone.get(f"/quality/charts/{check()}?{wish}").status_code == 422, wish
    assert someone.get("/quality/charts/99999").status_code == 404
    assert visitor(app, "operator").get("/quality/charts").status_code == 403
    assert visitor(app, "planner").post(f"/quality/charts/{check()}", chart="i-mr").status_code == 403
    assert someone.post(f"/quality/charts/{check()}", chart="xbar-r", size="1").status_code == 422
    text = someone.get(f"/quality/charts/{check()}.csv").text.splitlines()
    assert text[0] == "time,value"
    assert len(text) == 12


def plan(someone: Visitor, **more: str) -> None:
    form = {"chart": "i-mr", "size": "1", "rules": "nelson", "phase": "10", "opens_case": "1"} | more
    assert someone.post(f"/quality/charts/{check()}", **form).status_code == 302


def test_a_rule_that_the_plan_watches_opens_a_case_once(app: Flask, told: Story) -> None:
    measure(told, *STEADY)
    someone = visitor(app, "quality")
    plan(someone)
    assert watch(NOW) == []
    measure(told, "60.0")
    assert watch(NOW) == []
    measure(told, "64.5")
    cases = watch(NOW)
    titles = db.session.scalars(select(Nonconformance.title).where(Nonconformance.id.in_(cases))).all()
    assert titles == ["GAS: one point beyond a limit"]
    assert watch(NOW) == []
    assert "GAS: one point beyond a limit" in someone.get("/quality").text


def test_what_lies_behind_or_is_not_watched_opens_nothing(app: Flask, told: Story) -> None:
    measure(told, *STEADY, "64.5")
    someone = visitor(app, "quality")
    plan(someone)
    assert watch(NOW) == []
    plan(someone, opens_case="")
    measure(told, "70")
    assert watch(NOW) == []
    assert db.session.scalars(select(ControlPlan.opens_case)).one() is False
