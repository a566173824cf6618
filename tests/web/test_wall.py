"""The wall: figures of the day against the plan it began with, and what is wrong first."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import delete

from app.db import db, now_utc, transaction
from app.models import Line, Plan, PlannedTask, Station
from app.queries.boards import station_rows
from app.queries.walls import Figures, figures, today
from app.services import limits, monitoring, readings, users
from tests.app.machine_rigs import Shop, edge, shop
from tests.small_plant import NOW
from tests.web.desk import SECRET, another_site
from tests.web.machine_desk import Outside


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        readings.prepare()
        found = shop()
        for role in ("wall", "lead"):
            users.create("T", role, SECRET, [role], None, now_utc(), weak=True)
        yield found


@pytest.fixture
def desk(app: Flask, made: Shop) -> Outside:
    found = Outside(app)
    found.sign_in("wall")
    return found


def seen(made: Shop, now: datetime = NOW) -> Figures:
    line = db.session.get_one(Station, made.plant.stations["BEND"]).line_id
    rows = station_rows(db.session, made.plant.site_id, line, now)
    return figures(db.session, made.plant.site_id, rows, now)


def plan(made: Shop, key: str, hours: int, published_at: datetime, late: bool = False) -> None:
    task, station = made.task(key).id, made.plant.stations["DOOR"]
    with transaction() as session:
        row = Plan(site_id=made.plant.site_id, version=1, based_on=0, epoch_at=published_at, published_at=published_at)
        session.add(row)
        session.flush()
        session.add(PlannedTask(plan_id=row.id, task_id=task, station_id=station, start_at=NOW - timedelta(hours=1),
                                end_at=NOW + timedelta(hours=hours - 1), bound_by="x", is_late=late))  # fmt: skip


def test_only_what_leaves_the_line_counts_as_done(made: Shop) -> None:
    made.make("C10", 3)
    assert seen(made).done == 0
    with transaction() as session:
        other = Line(site_id=made.plant.site_id, code="L2", name="Line 2")
        session.add(other)
        session.flush()
        session.get_one(Station, made.plant.stations["FOAM"]).line_id = other.id
    assert seen(made).done == 3


def test_behind_plan_is_what_should_have_left_by_now(made: Shop) -> None:
    assert seen(made).planned is None
    with transaction() as session:
        other = Line(site_id=made.plant.site_id, code="L2", name="Line 2")
        session.add(other)
        session.flush()
        for code in ("ASSY1", "ASSY2"):
            session.get_one(Station, made.plant.stations[code]).line_id = other.id
    plan(made, "D10", 4, NOW - timedelta(hours=3))
    made.make("D10", 2)
    found = seen(made)
    assert (found.planned, found.done, found.behind) == (Decimal(6), Decimal(2), Decimal(4))


def test_a_later_plan_of_the_day_excuses_nobody(made: Shop) -> None:
    plan(made, "F40", 2, NOW - timedelta(days=1))
    first = seen(made).planned
    plan(made, "F40", 100, NOW)
    assert first
    assert seen(made).planned == first


def test_late_orders_are_counted_once(made: Shop) -> None:
    assert seen(made).late_orders == 0
    plan(made, "D10", 4, NOW, late=True)
    assert seen(made).late_orders == 1
    assert seen(made, NOW + timedelta(days=3)).late_orders == 1


def test_first_pass_yield_needs_a_report(made: Shop) -> None:
    assert seen(made).fpy is None
    made.make("C10", 3)
    assert seen(made).fpy == 1


def test_a_night_shift_belongs_to_the_day_it_began(made: Shop) -> None:
    found = today(db.session, made.plant.site_id, NOW)
    assert (found.shift, found.day) == ("A", date(2026, 11, 23))
    assert found.starts_at == datetime(2026, 11, 23, tzinfo=UTC)
    assert found.ends_at == datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert today(db.session, made.plant.site_id, NOW.replace(hour=2)).shift is None


def test_the_wall_shows_what_is_wrong_first(desk: Outside, made: Shop) -> None:
    made.make("C10", 5)
    limits.step({}, now_utc())
    monitoring.ingest([edge(made, "stopped", now_utc(), "alarm:11", machine="M-TEST")], now_utc())
    text = desk.get("/wall/L1")
    places = [text.index(f'id="tile-{code}"') for code in ("TEST", "BEND", "FOAM")]
    assert places == sorted(places)
    assert "alarm 11" in text
    assert "5<small> / 4</small>" in text
    assert 'class="rail"' not in text


def test_fragments_come_alone(desk: Outside) -> None:
    for part in ("kpis", "tiles"):
        text = desk.get(f"/wall/L1/{part}")
        assert "<html" not in text
    assert "Behind plan" in desk.get("/wall/L1/kpis")


def test_the_list_leads_to_each_wall(desk: Outside, made: Shop) -> None:
    assert "/wall/L1?distance=8" in desk.get("/wall")
    desk.speak("zh_Hans")
    assert "看板" in desk.get("/wall")


def test_a_plant_without_lines_says_what_to_do(app: Flask) -> None:
    from app.services import sites

    with app.app_context():
        sites.ensure("E", now_utc())
        users.create("E", "wall", SECRET, ["wall"], None, now_utc(), weak=True)
        with transaction() as session:
            session.execute(delete(Line))
    desk = Outside(app)
    desk.sign_in("wall")
    assert "There are no lines yet" in desk.get("/wall")


def test_another_sites_wall_does_not_exist(desk: Outside) -> None:
    another_site()
    for path in ("/wall/U-L", "/wall/U-L/kpis", "/wall/U-L/tiles"):
        desk.get(path, 404)
    assert "U-L" not in desk.get("/wall")
