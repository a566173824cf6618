"""The store guards itself: what is append-only stays, the chain tells what was altered, writers take turns."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app import events
from app.db import db, now_utc, transaction
from app.models import Event, EventSeal, NumberSeries, Scan, Site
from app.services.numbers import take
from app.turn import FairLock, Turn

GUARDED = ("report", "event", "event_seal", "stock_move", "scan")


@pytest.fixture
def site_id(app: Flask) -> Iterator[int]:
    with app.app_context():
        with transaction() as session:
            site = Site(code="T", name="T")
            session.add(site)
            session.flush()
            site_id = site.id
            for number in range(3):
                events.record(session, site_id, "test.told", ("site", site_id), None, now_utc(), {"n": number})
        with transaction() as session:
            events.seal(session, events.unsealed(session, 0))
            session.add(Scan(site_id=site_id, uuid="u", payload_hash="h", raw="r", accepted=True, status=200, answer={},
                             server_at=now_utc()))  # fmt: skip
        yield site_id


@pytest.mark.parametrize("statement", [
    "UPDATE event SET topic = 'x'", "DELETE FROM event", "UPDATE event_seal SET hash = 'x'", "DELETE FROM event_seal",
    "UPDATE scan SET raw = 'x'", "DELETE FROM scan",
])  # fmt: skip
def test_append_only_rows_refuse_update_and_delete(site_id: int, statement: str) -> None:
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(text(statement))


def test_replacing_a_row_is_refused_like_deleting_it(site_id: int, app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        statement = "INSERT OR REPLACE INTO event_seal (position, event_id, site_id, hash) VALUES (1, 1, 1, 'x')"
    else:
        statement = "TRUNCATE event_seal"
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("table", GUARDED)
def test_every_guarded_table_has_its_triggers(app: Flask, table: str) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            query = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        else:
            query = "SELECT count(*) FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal"
        assert db.session.scalar(text(query), {"table": table}) == 2


def test_the_chain_is_whole_and_names_the_first_altered_event(site_id: int) -> None:
    assert list(events.broken_links(db.session)) == []
    _behind_the_guards("UPDATE event SET data = '{\"n\":9}' WHERE id = 2")
    assert [(broken.position, broken.why) for broken in events.broken_links(db.session)] == [(2, "event altered")]


def test_a_seal_that_is_gone_is_noticed(site_id: int) -> None:
    _behind_the_guards("DELETE FROM event_seal WHERE position = 2")
    found = list(events.broken_links(db.session))
    assert found[0].why == "seal missing"


def _behind_the_guards(statement: str) -> None:
    """Do what only somebody with the file or the owner's password can do."""
    db.session.rollback()
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            table = statement.split()[1] if statement.startswith("UPDATE") else statement.split()[2]
            for verb in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER {table}_no_{verb}")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql(statement)
        connection.commit()


def test_positions_follow_the_order_of_sealing_without_gaps(site_id: int) -> None:
    with transaction() as session:
        events.record(session, site_id, "later", ("site", site_id), None, now_utc())
    with transaction() as session:
        sealed = events.seal(session, events.unsealed(session, 0))
    assert [row.position for row in sealed] == [4]
    assert [row.position for row in events.after(db.session, 1)] == [2, 3, 4]
    assert [row.topic for row in events.after(db.session, 0, topics=("later",))] == ["later"]


def test_an_event_is_gone_with_the_change_it_told(site_id: int) -> None:
    with pytest.raises(RuntimeError), transaction() as session:
        events.record(session, site_id, "never", ("site", site_id), None, now_utc())
        raise RuntimeError
    assert db.session.scalar(select(Event.id).where(Event.topic == "never")) is None


def test_only_the_outermost_transaction_commits(site_id: int) -> None:
    with pytest.raises(RuntimeError), transaction() as outer:
        with transaction() as inner:
            inner.add(Site(code="INNER", name="inner"))
        outer.flush()
        raise RuntimeError
    assert db.session.scalar(select(Site.id).where(Site.code == "INNER")) is None


def test_numbers_are_gap_free_under_eight_writers(site_id: int, app: Flask) -> None:
    taken: list[int] = []

    def work() -> None:
        with app.app_context():
            for _ in range(10):
                with transaction() as session:
                    taken.append(take(session, site_id, "order:test"))

    _together(work, 8)
    assert sorted(taken) == list(range(1, 81))
    assert db.session.scalar(select(NumberSeries.next).where(NumberSeries.series == "order:test")) == 81


def test_positions_stay_gap_free_while_many_write(site_id: int, app: Flask) -> None:
    def work() -> None:
        with app.app_context():
            for _ in range(10):
                with transaction() as session:
                    events.record(session, site_id, "many", ("site", site_id), None, now_utc())

    _together(work, 6)
    with transaction() as session:
        events.seal(session, events.unsealed(session, 0))
    positions = db.session.scalars(select(EventSeal.position).order_by(EventSeal.position)).all()
    assert positions == list(range(1, 64))
    assert list(events.broken_links(db.session)) == []


def _together(work: Any, threads: int) -> None:
    crew = [threading.Thread(target=work) for _ in range(threads)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join(60)
    assert not any(thread.is_alive() for thread in crew)


def test_a_fair_lock_serves_in_the_order_of_asking() -> None:
    lock, served, waiting = FairLock(), [], []
    lock.acquire()
    for number in range(5):
        thread = threading.Thread(target=lambda n=number: (lock.acquire(), served.append(n), lock.release()))
        thread.start()
        waiting.append(thread)
        while len(lock._waiting) <= number:
            threading.Event().wait(0.001)
    lock.release()
    for thread in waiting:
        thread.join(10)
    assert served == [0, 1, 2, 3, 4]


def test_a_turn_survives_an_error_inside(tmp_path: Any) -> None:
    turn = Turn(tmp_path / "x.db")
    with pytest.raises(RuntimeError), turn.taken():
        raise RuntimeError
    with turn.taken():
        turn_taken_again = True
    turn.close()
    assert turn_taken_again
