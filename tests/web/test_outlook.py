"""Where people see what is expected: the outlook, the lead's page, the wall and the order; empty, old and full."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.db import now_utc
from app.services import forecasting, readings, users
from tests.app.machine_rigs import Shop, shop
from tests.web.desk import SECRET, another_site
from tests.web.machine_desk import Outside

HOURS = timedelta(hours=12)
PAGES = ("/outlook", "/lead", "/lead/L1", "/wall/L1")


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        readings.prepare()
        found = shop()
        users.create("T", "lead", SECRET, ["lead"], None, now_utc(), weak=True)
        yield found


@pytest.fixture
def desk(app: Flask, made: Shop) -> Outside:
    found = Outside(app)
    found.sign_in("lead")
    return found


def told(made: Shop, ago: timedelta = timedelta()) -> None:
    """FOAM congests in half an hour, the order is done in a week: beyond its due date."""
    now = now_utc()

    def row(after: timedelta) -> dict[str, object]:
        return {"permille": 700, "at": now + after, "early_at": now + after / 2, "late_at": None, "plain_at": None}

    rows = {("station", made.plant.stations["FOAM"]): row(timedelta(minutes=30)),
            ("order", made.order_id): row(timedelta(days=700))}  # fmt: skip
    forecasting.keep(made.plant.site_id, forecasting.Made(rows, HOURS, 30, 12), now - ago)


def test_before_the_first_forecast_pages_say_so_or_nothing(desk: Outside) -> None:
    assert "Nothing was forecast yet" in desk.get("/outlook")
    for path in PAGES[1:]:
        assert "xpected" not in desk.get(path)


def test_what_is_expected_stands_where_somebody_can_act(desk: Outside, made: Shop) -> None:
    told(made)
    assert "70 %" in desk.get("/outlook")
    assert "Foam will be full at" in desk.get("/lead/L1")
    assert "will be done at" in desk.get("/lead")
    wall = desk.get("/wall/L1")
    assert "full at about" in wall
    assert "1 more expected" in wall
    assert "Expected by the pace of the floor" in desk.get(f"/orders/{made.order_id}")
    desk.speak("zh_Hans")
    assert "下一次拥堵" in desk.get("/outlook")
    assert "堆满" in desk.get("/wall/L1")


def test_an_old_forecast_is_shown_as_old_and_nowhere_else(desk: Outside, made: Shop) -> None:
    told(made, timedelta(hours=1))
    assert "This forecast is old" in desk.get("/outlook")
    for path in PAGES[1:]:
        assert "full at" not in desk.get(path)
    assert "pace of the floor" not in desk.get(f"/orders/{made.order_id}")


def test_another_sites_forecast_stays_there(desk: Outside, made: Shop) -> None:
    elsewhere = another_site()
    rows = {("station", made.plant.stations["FOAM"]): {"permille": 1000, "at": now_utc()}}
    forecasting.keep(elsewhere.ids["site_id"], forecasting.Made(rows, HOURS, 1, 1), now_utc())
    assert "Nothing was forecast yet" in desk.get("/outlook")
