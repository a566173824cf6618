"""Device pages: what is known of a machine, how old it is, and nothing of another site."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.db import db, now_utc, transaction
from app.models import Device
from app.services import leases, limits, monitoring, readings
from tests.app.machine_rigs import Shop, answer, edge, sample, shop
from tests.web.desk import SECRET, another_site
from tests.web.machine_desk import Outside

PAGE = "/devices/D-BEND"


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    from app.services import users

    with app.app_context():
        readings.prepare()
        found = shop()
        for role in ("lead", "operator", "admin"):
            users.create("T", role, SECRET, [role], None, now_utc(), weak=True)
        yield found


@pytest.fixture
def desk(app: Flask, made: Shop) -> Outside:
    found = Outside(app)
    found.sign_in("lead")
    return found


def test_a_device_that_never_spoke_says_so(desk: Outside) -> None:
    text = desk.get("/devices")
    assert "D-BEND" in text
    assert "No data" in text
    assert "never" in text
    assert "The poller is not running" in text
    assert "never read" in desk.get(PAGE)


def test_state_values_and_their_quality_are_shown(desk: Outside, made: Shop) -> None:
    now = now_utc()
    told = sample(made, "torque", 11.75, now, "uncertain", "implausible")
    monitoring.ingest([told, sample(made, "pieces", 41, now), edge(made, "stopped", now, "alarm:11")], now)
    leases.take("poller", "one", now, 10, {"beat_at": now.isoformat(), "links": []})
    text = desk.get("/devices")
    assert "Stopped" in text
    assert "alarm 11" in text
    assert "The poller is not running" not in text
    text = desk.get(PAGE)
    assert "11.75" in text
    assert "outside its plausible range" in text
    assert '<rect class="stopped"' in text


def test_a_fragment_is_the_fragment_alone(desk: Outside) -> None:
    for path in ("/devices", PAGE):
        assert "<html" not in desk.get(path, headers={"HX-Request": "true"})


def test_the_course_of_a_tag_is_columns_of_numbers(desk: Outside, made: Shop) -> None:
    now = now_utc()
    monitoring.ingest([sample(made, "torque", 11.5, now - timedelta(minutes=1))], now)
    answered = desk.json(f"{PAGE}/readings?tag=torque&hours=1")
    assert answered
    assert (answered["value"], len(answered["at"])) == ([11.5], 1)
    assert desk.json(f"{PAGE}/readings?tag=none")["value"] == []
    desk.get(f"{PAGE}/readings?tag=torque&hours=-1", 422)
    desk.get(f"{PAGE}/readings?tag=torque&hours=99999", 422)


def test_a_limit_shows_what_was_written_and_read_back(desk: Outside, made: Shop) -> None:
    made.make("C10", 4)
    limits.step({}, now_utc())
    limits.keep_reports([answer(made, "effective")], now_utc())
    text = desk.get(PAGE)
    assert text.count("1 5 2 0 15 1 1 99") == 2
    assert "In effect" in text
    assert "4 / 4" in text


def test_a_broken_map_is_named_on_the_page(desk: Outside, made: Shop) -> None:
    with transaction() as session:
        row = session.get_one(Device, made.devices["D-BEND"])
        row.map, row.map_hash = {"device": "D-BEND"}, "x"
    assert "The register map cannot be read" in desk.get(PAGE)


def test_without_devices_the_page_says_what_to_do(desk: Outside, made: Shop) -> None:
    with transaction() as session:
        session.delete(session.get_one(Device, made.devices["D-BEND"]))
    assert "An administrator imports" in desk.get("/devices")
    desk.get(PAGE, 404)


def test_another_sites_device_does_not_exist(desk: Outside) -> None:
    another_site()
    assert "U-D" not in desk.get("/devices")
    desk.get("/devices/U-D", 404)
    desk.get("/devices/U-D/readings?tag=torque", 404)


def test_who_may_not_see_devices_is_refused(app: Flask, made: Shop) -> None:
    desk = Outside(app)
    desk.sign_in("operator")
    for path in ("/devices", PAGE, f"{PAGE}/readings"):
        desk.get(path, 403)


def test_chinese_pages_speak_chinese(desk: Outside, made: Shop) -> None:
    db.session.rollback()
    desk.speak("zh_Hans")
    assert "采集程序没有运行" in desk.get("/devices")
    assert "从未读到" in desk.get(PAGE)
