"""The relay: positions without gaps, a chain that verifies, late commits kept, one sealer at a time."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import events
from app.db import db, now_utc, transaction
from app.live import Listener, hub_of
from app.models import EventSeal, Lease, Site
from app.queries.live import changes
from app.workers.relay import LEASE, WINDOW, Relay, seal_once, start_relay, stop_relay
from tests.small_plant import NOW, Plant, build


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield build()
        stop_relay(app)


def tell(site_id: int, topic: str = "report.good", subject: tuple[str, int] = ("task", 1), **data: Any) -> None:
    with transaction() as session:
        events.record(session, site_id, topic, subject, None, NOW, data)


def positions() -> list[int]:
    with db.engine.connect() as connection:
        return list(connection.execute(select(EventSeal.position).order_by(EventSeal.position)).scalars())


def sealed_ids() -> list[int]:
    with db.engine.connect() as connection:
        return list(connection.execute(select(EventSeal.event_id).order_by(EventSeal.position)).scalars())


def test_many_writers_make_one_gapless_chain(app: Flask, plant: Plant) -> None:
    start_relay(app)

    def write() -> None:
        with app.app_context():
            for number in range(10):
                tell(plant.site_id, n=number)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop_relay(app)
    seal_once(app)
    assert positions() == list(range(1, 61))
    with db.engine.connect() as connection:
        assert list(events.broken_links(connection)) == []


def test_a_chain_of_each_site(app: Flask, plant: Plant) -> None:
    with transaction() as session:
        other = Site(code="OTHER", name="Other")
        session.add(other)
        session.flush()
        other_id = other.id
    for number in range(3):
        tell(plant.site_id, n=number)
        tell(other_id, n=number)
    assert seal_once(app) == 6
    with db.engine.connect() as connection:
        assert list(events.broken_links(connection)) == []
        hashes = connection.execute(select(EventSeal.site_id, EventSeal.hash)).all()
    assert len({row.hash for row in hashes}) == 6


def test_a_late_commit_is_sealed_later_and_never_skipped(app: Flask, plant: Plant) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: ids commit in their order")
    slow = db.engine.connect()
    begun = slow.begin()
    events.record(slow, plant.site_id, "report.good", ("task", 1), None, NOW)
    tell(plant.site_id)
    assert seal_once(app) == 1
    begun.commit()
    slow.close()
    assert seal_once(app) == 1
    first, second = sealed_ids()
    assert first > second
    with db.engine.connect() as connection:
        assert list(events.broken_links(connection)) == []


def test_the_floor_rises_only_after_the_window(app: Flask, plant: Plant) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite needs no window")
    relay = Relay(app)
    tell(plant.site_id)
    tell(plant.site_id)
    assert relay.turn() == 2
    relay._leads(now_utc() + timedelta(minutes=9))
    assert relay._marks["floor"] == 0
    relay._leads(now_utc() + WINDOW + timedelta(minutes=1))
    assert (relay._marks["floor"], relay._marks["next"]) == (0, max(sealed_ids()))
    relay._leads(now_utc() + 2 * WINDOW + timedelta(minutes=2))
    assert relay._marks["floor"] == max(sealed_ids())


def test_of_two_relays_one_seals_and_both_follow(app: Flask, plant: Plant) -> None:
    one, two = Relay(app, "one"), Relay(app, "two")
    one.turn()
    two.turn()
    for _ in range(5):
        tell(plant.site_id)
    assert one.turn() + two.turn() == 5
    assert one.position == two.position == 5
    assert positions() == [1, 2, 3, 4, 5]


def test_when_the_holder_falls_silent_another_goes_on(app: Flask, plant: Plant) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite needs no lease: the turn to write is enough")
    one, two = Relay(app, "one"), Relay(app, "two")
    one.turn()
    two.turn()
    tell(plant.site_id)
    assert two.turn() == 0
    with transaction() as session:
        session.execute(update(Lease).where(Lease.name == LEASE).values(until=now_utc() - timedelta(seconds=1)))
    two._renew_at = None
    assert two.turn() == 1
    tell(plant.site_id)
    assert one.turn() == 0
    assert two.turn() == 1
    assert positions() == [1, 2]


def test_a_failure_is_told_once_and_the_relay_goes_on(app: Flask, plant: Plant, monkeypatch: Any) -> None:
    relay = Relay(app)
    seen = threading.Event()
    broken = iter([True, True, False])
    real = relay._seal

    def seal() -> Any:
        if next(broken, False):
            raise RuntimeError("no disk")
        seen.set()
        return real()

    monkeypatch.setattr(relay, "_seal", seal)
    relay.start()
    assert seen.wait(20)
    relay.stop()


def test_topics_of_an_event_name_order_stations_and_lines(app: Flask, plant: Plant) -> None:
    bend = plant.stations["BEND"]
    tell(plant.site_id, order=7, stations=[bend])
    tell(plant.site_id, "plan.published", ("plan", 1))
    tell(plant.site_id, "notice.opened", ("notice", 1), station=bend)
    tell(plant.site_id, "limit.requested", ("limit", 1), stations=[bend])
    tell(plant.site_id, "machine.state", ("machine", 1))
    seal_once(app)
    with db.engine.connect() as connection:
        (change,) = changes(connection, events.after(connection, 0))
    assert {"site", "order:7", f"station:{bend}", "plan", "notices", "limits", "machines"} < change.topics
    assert any(topic.startswith("line:") for topic in change.topics)


def test_the_hub_tells_only_the_right_site_and_topic(app: Flask, plant: Plant) -> None:
    hub = hub_of(app)
    bend = plant.stations["BEND"]
    mine = hub.listen(plant.site_id, frozenset({f"station:{bend}"}), 9)
    other = hub.listen(plant.site_id, frozenset({"station:99999"}), 9)
    foreign = hub.listen(plant.site_id + 1, frozenset({"site", f"station:{bend}"}), 9)
    assert mine
    assert other
    assert foreign
    tell(plant.site_id, order=7, stations=[bend])
    seal_once(app)
    assert f'"topics":["station:{bend}"]'.encode() in (mine.waiting.get_nowait() or b"")
    assert other.waiting.empty()
    assert foreign.waiting.empty()


def test_who_falls_behind_is_told_to_fetch_everything() -> None:
    slow = Listener(1, frozenset({"site"}))
    for position in range(60):
        slow.tell(b"x", position)
    waiting = [slow.waiting.get_nowait() for _ in range(slow.waiting.qsize())]
    assert waiting[0] is not None
    assert b"event: resync" in waiting[0]
