"""Readings: stored once, a gap where there was nothing, summed up by the minute, gone when they are old."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.models.readings import reading, reading_minute, readings_engine
from app.queries.readings import series
from app.services import readings
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
    later = NOW + timedelta(days=readings.RAW_DAYS, seconds=8)
    assert [readings.purge(later, piece=3) for _ in range(4)] == [3, 3, 2, 0]
    assert (rows(reading), rows(reading_minute)) == (2, 1)
    assert readings.purge(NOW + timedelta(days=readings.MINUTE_DAYS, minutes=1)) == 3


def test_a_chart_of_nothing_is_empty(app: Flask) -> None:
    with app.app_context():
        from app.models.readings import readings as tables

        tables.drop_all(readings_engine())
        assert course() == {"at": [], "value": []}
