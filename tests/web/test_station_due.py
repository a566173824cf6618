"""What is due for inspection stands beside the work of its station, and nowhere else."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text

from app.db import db, now_utc, transaction
from app.models import Inspection
from app.queries.inspections import MOST_HERE, due_at
from app.services.inspection_plans import Check, Plan, add_check, create
from tests.web.station_rig import Rig


@pytest.fixture
def rig(app: Flask) -> Rig:
    return Rig(app)


def due(rig: Rig, station: str = "BEND", count: int = 1, verdict: str = "open") -> int:
    """Inspections of the bending, the oldest an hour old; gives the id of the last."""
    with rig.app.app_context():
        site, now = rig.plant.site_id, now_utc()
        plan = db.session.scalars(select(Inspection.plan_id)).first()
        db.session.rollback()
        if plan is None:
            plan = create(site, Plan("CABINET", "first_article", instruction="Hold it flat."), "user:1", now)
            add_check(site, plan, Check("GAP", "Gap", unit="mm", lower=Decimal(1), upper=Decimal(2)), "user:1", now)
        with transaction() as session:
            rows = [Inspection(
                site_id=site, plan_id=plan, kind="first_article", cause="setup", task_id=rig.tasks["C10"],
                trigger=f"{station}-{verdict}-{at}", station_id=rig.plant.stations[station], verdict=verdict,
                at=now - timedelta(minutes=60 - at),
            ) for at in range(count)]  # fmt: skip
            session.add_all(rows)
            session.flush()
            return rows[-1].id


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("To be inspected", "First article", "after a set-up", "Only quality can write its result")),
     ("zh_Hans", ("待检验", "首检", "换型", "只有质量"))],
)  # fmt: skip
def test_the_side_names_what_is_due_and_leads_to_it(rig: Rig, language: str, words: tuple[str, ...]) -> None:
    operator = rig.browser("operator")
    operator.client.set_cookie("language", language)
    foot = operator.get("/s/BEND/part/foot").text
    assert words[0] not in operator.get("/s/BEND/part/side").text
    number = due(rig)
    side = operator.get("/s/BEND/part/side").text
    for word in (*words[:2], "CABINET · WO-00001", f"/s/BEND/inspections/{number}", "data-since="):
        assert word in side, word
    assert words[0] in operator.get("/s/BEND").text
    assert operator.get("/s/BEND/part/foot").text == foot  # the primary action stays as it was
    page = operator.get(f"/s/BEND/inspections/{number}").text
    for word in (words[1], words[3], "Hold it flat.", "Gap", "mm"):
        assert word in page, word


def test_what_is_done_or_due_elsewhere_is_not_shown(rig: Rig) -> None:
    operator = rig.browser("operator")
    due(rig, verdict="pass")
    number = due(rig, "FOAM")
    assert "To be inspected" not in operator.get("/s/BEND/part/side").text
    assert operator.get(f"/s/BEND/inspections/{number}").status_code == 404
    assert operator.get(f"/s/FOAM/inspections/{number}").status_code == 200
    assert rig.browser("stranger").get(f"/s/FOAM/inspections/{number}").status_code == 404
    assert rig.browser("wall").get(f"/s/FOAM/inspections/{number}").status_code == 403
    lead = rig.browser("lead").get(f"/s/FOAM/inspections/{number}")
    assert lead.location == f"/quality/inspections/{number}"


def test_the_oldest_few_are_read_by_one_indexed_query(rig: Rig) -> None:
    due(rig, count=MOST_HERE + 2)
    seen: list[Any] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if "SELECT" in statement:
            seen.append((statement, parameters))

    with rig.app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        rows = due_at(db.session, rig.plant.site_id, rig.plant.stations["BEND"])
        event.remove(db.engine, "before_cursor_execute", note)
        assert [row.at for row in rows] == sorted(row.at for row in rows)
        assert (len(rows), len(seen)) == (MOST_HERE, 1)
        if db.engine.dialect.name == "sqlite":
            plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {seen[0][0]}", seen[0][1]).all()
            told = " ".join(str(row[-1]) for row in plan)
        else:
            db.session.execute(text("SET LOCAL enable_seqscan = off"))
            told = " ".join(db.session.connection().exec_driver_sql(f"EXPLAIN {seen[0][0]}", seen[0][1]).scalars())
        assert "ix_inspection_site_id_verdict_at" in told
        db.session.rollback()
