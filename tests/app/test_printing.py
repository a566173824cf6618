"""The queue of labels: sent once, tried again, given up, never lost; a second label wants a reason."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.errors import Conflict, Invalid, NotFound
from app.models import Event, Person, PrintJob, StationPrinter
from app.queries.labels import printer_of, printing_health
from app.services import badges, printers, printing
from app.services.printing import MOST_ATTEMPTS, Wanted
from app.workers.printing import Sender, send_one
from devices.codes import Kind, parse_code
from tests.small_plant import NOW, Plant, build

WHO = "user:1"
END = b"the test is over"


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield build()


@contextmanager
def printer() -> Iterator[tuple[int, list[bytes]]]:
    """A printer on this machine that keeps what it is sent."""
    got: list[bytes] = []
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            line, _ = door.accept()
            with line:
                parts = []
                while part := line.recv(65536):
                    parts.append(part)
            if parts == [END]:
                return
            got.append(b"".join(parts))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield door.getsockname()[1], got
    finally:
        # Callers are served in their order: whoever came before this one was heard.
        with socket.create_connection(door.getsockname()) as last:
            last.sendall(END)
        thread.join()
        door.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return door.getsockname()[1]


def add(plant: Plant, port: int, code: str = "Z1") -> int:
    return printers.save(plant.site_id, None, code, "", "127.0.0.1", port, 203, WHO, NOW)


def ask(plant: Plant, printer_id: int | None, subject: int = 7, reason: str = "", template: str = "unit") -> int:
    wish = Wanted(template, subject, f"FR-{subject}", b"^XA^XZ")
    return printing.ask(plant.site_id, [wish], printer_id, 1, reason, WHO, now_utc())[0]


def job(job_id: int) -> Any:
    return db.session.get(PrintJob, job_id, populate_existing=True)


def topics() -> list[str]:
    rows = db.session.scalars(select(Event.topic).where(Event.topic.startswith("label.")).order_by(Event.id))
    return list(rows)


def test_a_label_reaches_the_printer_once(plant: Plant) -> None:
    with printer() as (port, got):
        made = ask(plant, add(plant, port))
        assert send_one()
        assert not send_one()
    assert got == [b"^XA^XZ"]
    assert (job(made).status, job(made).content, job(made).attempts) == ("printed", None, 1)
    assert topics() == ["label.asked", "label.printed"]


def test_a_printer_that_is_off_is_tried_again_later_and_holds_up_no_other(plant: Plant) -> None:
    off = ask(plant, add(plant, closed_port(), "OFF"))
    with printer() as (port, got):
        on = ask(plant, add(plant, port, "ON"), 8)
        assert send_one()
        assert send_one()
        assert not send_one()
    assert len(got) == 1
    assert job(on).status == "printed"
    assert (job(off).status, job(off).problem) == ("queued", "Connection refused")
    assert job(off).due_at > now_utc()
    assert printing_health(db.session, now_utc()) == {
        "ok": False, "waiting": 1, "failed": 0, "problem": "Connection refused"
    }  # fmt: skip


def test_after_ten_tries_a_person_decides(plant: Plant) -> None:
    made = ask(plant, add(plant, 9100))
    at = now_utc()
    for number in range(MOST_ATTEMPTS):
        held = printing.claim(at)
        assert held is not None
        assert held.attempt == number + 1
        printing.not_sent(held, "no route", at)
        at += timedelta(minutes=6)
    assert job(made).status == "failed"
    assert printing.claim(at) is None
    printing.again(plant.site_id, made, WHO, at)
    assert (job(made).status, job(made).attempts) == ("queued", 0)
    assert printing.claim(at) is not None


def test_a_sender_that_died_leaves_the_label_to_the_next(plant: Plant) -> None:
    made = ask(plant, add(plant, 9100))
    now = now_utc()
    dead = printing.claim(now)
    assert dead is not None
    assert printing.claim(now) is None
    later = printing.claim(now + timedelta(seconds=31))
    assert later is not None
    printing.sent(dead, now)
    assert job(made).status == "sending"
    printing.sent(later, now)
    assert job(made).status == "printed"


def test_a_second_label_wants_a_reason_and_is_in_the_log(plant: Plant) -> None:
    ask(plant, None)
    with pytest.raises(Conflict) as refused:
        ask(plant, None)
    assert refused.value.code == "label.reason"
    again = ask(plant, None, reason="torn off at the oven")
    assert (job(again).status, job(again).reason) == ("paper", "torn off at the oven")
    assert topics() == ["label.asked", "label.asked_again"]
    ask(plant, None, 8)
    ask(plant, None, 7, template="station")
    ask(plant, None, 7, template="station")


def test_a_label_that_was_given_up_was_not_printed(plant: Plant) -> None:
    made = ask(plant, add(plant, 9100))
    printing.cancel(plant.site_id, made, WHO, now_utc())
    assert printing.claim(now_utc() + timedelta(hours=1)) is None
    with pytest.raises(Conflict):
        printing.cancel(plant.site_id, made, WHO, now_utc())
    ask(plant, None)


def test_another_sites_printer_and_label_do_not_exist(plant: Plant) -> None:
    mine = add(plant, 9100)
    made = ask(plant, mine)
    for call in (
        lambda: printing.again(99, made, WHO, NOW),
        lambda: printers.retire(99, mine, WHO, NOW),
        lambda: printing.ask(99, [Wanted("unit", 1, "x", b"")], mine, 1, "", WHO, NOW),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_station_has_a_printer_until_it_is_taken_out_of_use(plant: Plant) -> None:
    mine, station = add(plant, 9100), plant.stations["PACK"]
    printers.assign(plant.site_id, station, mine, WHO, NOW)
    assert printer_of(db.session, station) == mine
    printers.retire(plant.site_id, mine, WHO, NOW)
    assert printer_of(db.session, station) is None
    assert db.session.scalars(select(StationPrinter)).all() == []
    with pytest.raises(NotFound):
        ask(plant, mine)


@pytest.mark.parametrize(("port", "dpi"), [(0, 203), (70_000, 203), (9100, 600)])
def test_a_printer_that_cannot_be_is_refused(plant: Plant, port: int, dpi: int) -> None:
    with pytest.raises(Invalid):
        printers.save(plant.site_id, None, "Z", "", "host", port, dpi, WHO, NOW)


def test_two_printers_have_two_codes(plant: Plant) -> None:
    first = add(plant, 9100)
    with pytest.raises(Conflict):
        add(plant, 9100)
    assert printers.save(plant.site_id, first, "Z1", "Better", "host", 9101, 300, WHO, NOW) == first


def test_a_new_badge_is_one_of_ours_and_takes_the_old_one_back(plant: Plant) -> None:
    person = plant.people["LI"]
    first = badges.issue(plant.site_id, person, WHO, NOW)
    second = badges.issue(plant.site_id, person, WHO, NOW)
    assert parse_code(first).kind is Kind.BADGE
    assert first != second
    assert db.session.get(Person, person, populate_existing=True).badge == second
    with pytest.raises(NotFound):
        badges.issue(99, person, WHO, NOW)


def test_the_sender_wakes_by_itself_and_stops(app: Flask) -> None:
    with app.app_context(), printer() as (port, got):
        plant = build()
        sender = Sender(app)
        sender.start()
        ask(plant, add(plant, port))
        waited = threading.Event()
        for _ in range(200):
            if got or waited.wait(0.05):
                break
        sender.stop()
        assert got == [b"^XA^XZ"]
