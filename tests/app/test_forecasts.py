"""What is expected of the floor: from the live state, kept, told when it changes, and judged by what then came."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.models import Event, Forecast, ForecastRow, TaskLink, WorkOrder
from app.queries.forecast_live import floor
from app.queries.forecasts import ending, outlook, verdict
from app.services import forecasting, limits, monitoring, readings
from app.workers.forecasting import look_ahead, turn
from tests.app.machine_rigs import Shop, edge, shop
from tests.small_plant import NOW

HOURS = timedelta(hours=12)


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        readings.prepare()
        yield shop()


def jobs(made: Shop) -> dict[str, object]:
    found = floor(db.session, made.plant.site_id, NOW, HOURS).live
    keys = {made.task(key).id: key for key in ("C10", "C20", "D10", "F10", "F20", "F30", "F40")}
    return {keys[int(job.key)]: job for job in found.jobs}


def test_the_live_state_holds_what_is_left_and_how_it_flows(made: Shop) -> None:
    made.make("C10", 5)
    found = jobs(made)
    bend, foam, door, assemble = found["C10"], found["C20"], found["D10"], found["F10"]
    assert (bend.pieces, bend.arrived, foam.pieces, foam.arrived) == (7, 7, 12, 5)
    assert (door.pieces, assemble.pieces, assemble.arrived) == (24, 12, 0)
    assert assemble.ratios[door.key] == 0.5
    assert len(set(assemble.inputs.values())) == 2
    assert [key for key, _ in foam.follows] == [bend.key]


def test_stations_know_their_shifts_their_stops_and_their_ropes(made: Shop) -> None:
    made.make("C10", 5)
    limits.step({}, NOW)
    monitoring.ingest([edge(made, "stopped", NOW, "alarm:11", machine="M-TEST")], NOW)
    live = floor(db.session, made.plant.site_id, NOW, HOURS).live
    places = {place.key: place for place in live.places}
    assert places[f"s{made.plant.stations['TEST']}"].down_s == 900
    foam = places[f"s{made.plant.stations['FOAM']}"]
    assert foam.servers == 4
    assert (3600.0, 4500.0) in foam.closed  # the pause at ten
    (rope,) = live.ropes
    assert (rope.now, rope.high, rope.is_tight, rope.place) == (5, 4, True, foam.key)
    assert list(rope.starts) == [jobs(made)["C10"].key]


def test_what_was_scrapped_before_never_comes(made: Shop) -> None:
    made.make("C10", 12)
    with transaction() as session:  # only nine of the twelve went on
        session.execute(update(TaskLink).values(quantity_passed=9))
    assert jobs(made)["C20"].pieces == 9


def test_a_forecast_is_kept_told_once_and_judged(made: Shop) -> None:
    site_id = made.plant.site_id
    assert outlook(db.session, site_id, NOW) is None
    made.make("C10", 5)
    minutes = timedelta(minutes=3)
    assert turn("one", NOW, minutes) == 1
    assert turn("two", NOW, minutes) == 0  # somebody else does it
    seen = outlook(db.session, site_id, NOW)
    assert seen is not None
    assert [one.station.code for one in seen.stations] == ["FOAM"]
    assert seen.made.runs > 0
    at = ending(db.session, site_id, made.order_id, NOW).at
    assert NOW < at < NOW + HOURS
    turn("one", NOW + minutes, minutes)
    assert db.session.scalars(select(Forecast.is_kept).order_by(Forecast.id)).all() == [True, False]
    assert len(db.session.scalars(select(Event.id).where(Event.topic == "forecast.changed")).all()) == 1

    with transaction() as session:
        session.execute(update(WorkOrder).values(completed_at=NOW + timedelta(minutes=90)))
    assert forecasting.check(site_id, NOW + timedelta(hours=1)) == 0
    assert forecasting.check(site_id, NOW + timedelta(hours=2)) == 1
    judged = verdict(db.session, site_id, NOW + timedelta(hours=2))
    assert judged.errors.count == 1
    assert judged.errors.ours_s == abs((at - NOW).total_seconds() - 5400)
    assert (judged.found.hits, judged.found.false, judged.found.missed) == (0, 1, 0)


def test_congestion_that_was_never_told_is_a_miss(made: Shop) -> None:
    site_id = made.plant.site_id
    forecasting.keep(site_id, forecasting.Made({}, HOURS, 1, 1), NOW)
    made.make("C10", 5)
    limits.step({}, NOW + timedelta(minutes=5))
    forecasting.check(site_id, NOW + timedelta(hours=3))
    found = verdict(db.session, site_id, NOW + timedelta(hours=3)).found
    assert (found.missed, found.recall, found.precision) == (1, 0, None)


def test_an_old_forecast_is_called_old_and_a_time_limit_holds(made: Shop) -> None:
    site_id = made.plant.site_id
    forecasting.keep(site_id, look_ahead(site_id, NOW, 0.0), NOW)
    runs, rows = db.session.execute(select(Forecast.runs, ForecastRow.kind).join(ForecastRow)).first()
    assert (runs, rows) == (1, "order")
    seen = outlook(db.session, site_id, NOW + timedelta(hours=1))
    assert seen is not None
    assert seen.is_old
    assert ending(db.session, site_id, made.order_id, NOW + timedelta(hours=1)) is None
