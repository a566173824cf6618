"""Readings: stored once, a gap where there was nothing, summed up by the minute, gone when they are old."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.models.readings import reading, reading_minute, reading_quarter, readings_engine
from app.queries.readings import series
from app.services import readings
from app.services.reading_days import drop_days, make_days
from app.services.readings import Told
from devices.sample import Sample
from tests.small_plant import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        readings.prepare()
        readings.prepare()
        yield


def told(second: int, value: object, quality: str = "good", tag: str = "torque", device: int = 1) -> Told:
    at = NOW + second * SECOND
    return Told(device, Sample(tag, value, quality, None, None, at), at)  # type: ignore[arg-type]


def course(tag: str = "torque", hours: float = 1, device: int = 1) -> dict[str, list[object]]:
    return series(device, tag, NOW, NOW + timedelta(hours=hours))


def rows(table: object) -> int:
    with readings_engine().connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


def test_tables_are_made_once_when_several_start_together(app: Flask, tmp_path: Path) -> None:
    app.config["READINGS_URL"] = f"sqlite:///{tmp_path}/together.db"

    def start(_: int) -> None:
        with app.app_context():
            readings.prepare()

    with ThreadPoolExecutor(8) as several:
        assert list(several.map(start, range(8))) == [None] * 8


def test_values_come_back_in_their_order() -> None:
    assert readings.store([told(2, 12.5), told(1, 12), told(3, True, tag="local")]) == 3
    assert course() == {"at": [NOW.timestamp() + 1, NOW.timestamp() + 2], "value": [12.0, 12.5]}
    assert course("local")["value"] == [1.0]
    assert course(device=2) == {"at": [], "value": []}


def test_the_same_value_twice_is_one_row() -> None:
    readings.store([told(1, 12)])
    readings.store([told(1, 12)])
    assert rows(reading) == 1


def test_a_dead_machine_leaves_a_gap_and_never_a_zero() -> None:
    readings.store([told(1, 12)])
    dead = Sample("torque", 12, "bad", "timeout", None, NOW + SECOND)
    readings.store([Told(1, dead, NOW + 9 * SECOND)])
    assert course()["value"] == [12.0, None]


def test_text_is_no_reading() -> None:
    assert readings.store([told(1, "v2", tag="version")]) == 0


def test_minutes_hold_the_extremes_and_the_mean_of_good_values() -> None:
    readings.store([told(0, 10), told(30, 20), told(45, 99, "uncertain"), told(61, 5), told(121, 7)])
    readings.roll_up(NOW + 2 * timedelta(minutes=1))
    assert course(hours=7) == {
        "at": [NOW.timestamp(), NOW.timestamp() + 60], "value": [15.0, 5.0], "low": [10.0, 5.0], "high": [20.0, 5.0],
    }  # fmt: skip
    readings.store([told(70, 1)])
    readings.roll_up(NOW + 3 * timedelta(minutes=1))
    assert course(hours=7)["low"] == [10.0, 1.0, 7.0]


def test_old_rows_go_in_pieces_and_young_ones_stay() -> None:
    readings.store([told(second, second) for second in range(10)])
    readings.roll_up(NOW + timedelta(minutes=2))
    later = NOW + timedelta(days=7, seconds=8)
    assert [readings.purge(later, piece=3) for _ in range(4)] == [3, 3, 2, 0]
    assert (rows(reading), rows(reading_minute)) == (2, 1)
    readings.purge(NOW + timedelta(days=90, minutes=1))
    assert (rows(reading), rows(reading_minute)) == (0, 0)


def test_a_chart_of_nothing_is_empty(app: Flask) -> None:
    with app.app_context():
        from app.models.readings import readings as tables

        tables.drop_all(readings_engine())
        assert course() == {"at": [], "value": []}


def test_quarters_of_an_hour_weigh_their_minutes_and_tell_a_long_course() -> None:
    readings.store([told(0, 10), told(10, 10), told(20, 10), told(60, 30)])
    readings.roll_up(NOW + timedelta(minutes=16))
    with readings_engine().connect() as connection:
        row = connection.execute(select(reading_quarter)).one()
    assert (row.low, row.high, row.mean, row.n) == (10, 30, 15, 4)
    assert series(1, "torque", NOW - timedelta(hours=1), NOW + timedelta(days=4))["value"] == [15]
    assert readings.roll_up(NOW + timedelta(minutes=16)) == 2  # the last minute and quarter again, nothing twice
    assert rows(reading_quarter) == 1


def test_how_long_readings_are_kept_is_a_setting(app: Flask) -> None:
    app.config["RAW_DAYS"] = 1
    readings.store([told(0, 1)])
    readings.purge(NOW + timedelta(hours=23))
    assert rows(reading) == 1
    readings.purge(NOW + timedelta(hours=25))
    assert rows(reading) == 0


def test_on_postgresql_a_day_is_a_partition_that_is_dropped_whole() -> None:
    with readings_engine().connect() as connection:
        if connection.dialect.name != "postgresql":
            pytest.skip("PostgreSQL keeps readings by the day, SQLite does not")
    readings.prepare(NOW)
    readings.store([told(0, 1), told(90_000, 2)])  # today, and tomorrow
    with readings_engine().begin() as connection:
        assert rows(reading) == 2
        assert connection.execute(text("SELECT count(*) FROM ONLY reading_other")).scalar() == 0
        assert drop_days(connection, NOW + timedelta(days=1)) >= 1
        make_days(connection, NOW + timedelta(days=1))
        day = f"reading_d{NOW + timedelta(days=3):%Y%m%d}"
        assert connection.execute(text("SELECT to_regclass(:day)"), {"day": day}).scalar() == day
    assert rows(reading) == 1
