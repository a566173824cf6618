"""OEE from states and reports, counters against scans, and the reason of a stop in people's words."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.models import Event, MachineCount, MachineState, Reason
from app.queries.oee import Only, figures, unexplained
from app.services import counting, monitoring, stops
from devices.sample import Batch, CountDelta
from tests.app.machine_rigs import Shop, edge, shop
from tests.small_plant import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        found = shop()
        with transaction() as session:
            for code, kind in (("JAM", "stop"), ("DENT2", "scrap")):
                session.add(Reason(site_id=found.plant.site_id, code=code, kind=kind, name=code))
        yield found


def worked(made: Shop) -> None:
    """Half an hour running, ten minutes standing, ten running, ten idle: an hour in the shift."""
    for minute, state in ((0, "running"), (30, "stopped"), (40, "running"), (50, "idle")):
        monitoring.ingest([edge(made, state, NOW + minute * MINUTE)], NOW + minute * MINUTE)


def bend(made: Shop, by: str = "machine"):
    rows = figures(db.session, made.plant.site_id, NOW, NOW + 60 * MINUTE, by)
    return next(row for row in rows if row.key == "M-BEND") if by == "machine" else rows


def topics(word: str) -> list[str]:
    return list(db.session.scalars(select(Event.topic).where(Event.topic.startswith(word)).order_by(Event.id)))


def test_time_comes_from_states_pieces_from_reports_and_the_losses_add_up(made: Shop) -> None:
    worked(made)
    made.make("C10", 6)
    row = bend(made)
    assert (row.planned, row.minutes["running"], row.minutes["stopped"], row.minutes["idle"]) == (60, 40, 10, 10)
    assert row.availability == Decimal(40) / 60
    task = made.task("C10")
    standard = 6 * Decimal(task.piece_min) / (task.batch_size or 1)
    assert (row.pieces["good"], row.standard, row.quality) == (6, standard, 1)
    assert row.oee == row.availability * standard / 40
    assert (row.mtbf, row.mttr) == (30, 10)
    assert sum(value for _, value in row.losses) == row.planned
    assert dict(row.losses)["no_data"] == 0


def test_what_nobody_saw_is_lost_and_not_idle(made: Shop) -> None:
    monitoring.ingest([edge(made, "running", NOW + 30 * MINUTE)], NOW)
    losses = dict(bend(made).losses)
    assert (losses["no_data"], losses["idle"]) == (30, 0)
    assert bend(made).oee is None or bend(made).oee == 0


def test_a_machine_mostly_unseen_has_no_effectiveness(made: Shop) -> None:
    made.make("C10", 6)
    monitoring.ingest([edge(made, "running", NOW + 50 * MINUTE)], NOW)
    row = bend(made)
    assert (row.seen, row.effectiveness, row.oee) == (Decimal(10) / 60, None, None)


def test_a_line_and_a_shift_open_their_machines_alone(made: Shop) -> None:
    worked(made)
    site_id, until = made.plant.site_id, NOW + 60 * MINUTE
    for only, keys in ((Only("L1", "A"), 3), (Only("L9"), 0), (Only(shift="B"), 3)):
        *rows, total = figures(db.session, site_id, NOW, until, "machine", only)
        assert len(rows) == keys
        assert total.minutes["running"] == (40 if only.shift == "A" else 0)


def test_lines_and_shifts_are_the_sums_of_their_machines(made: Shop) -> None:
    worked(made)
    for by in ("line", "shift"):
        *groups, total = bend(made, by)
        assert sum(row.minutes["running"] for row in groups) == total.minutes["running"] == 40
        assert total.planned == sum(row.planned for row in groups)


def test_a_stop_is_asked_for_after_five_minutes_and_answered_once(made: Shop) -> None:
    monitoring.ingest([edge(made, "stopped", NOW, "alarm:11")], NOW)
    station, site = made.plant.stations["BEND"], made.plant.site_id
    assert stops.ask(NOW + 4 * MINUTE) == 0
    assert unexplained(db.session, station) == []
    assert [stops.ask(NOW + 5 * MINUTE), stops.ask(NOW + 6 * MINUTE)] == [1, 0]
    (stop,) = unexplained(db.session, station)
    with pytest.raises(Conflict):
        stops.say_why(site, stop.id, "DENT2", "t", NOW)
    for number, reason in ((stop.id, "NONE"), (stop.id + 99, "JAM")):
        with pytest.raises(NotFound):
            stops.say_why(site, number, reason, "t", NOW)
    stops.say_why(site, stop.id, "JAM", "t", NOW)
    assert unexplained(db.session, station) == []
    assert topics("machine.")[-2:] == ["machine.asked", "machine.reason"]
    assert dict(bend(made).reasons) == {"JAM": 60}
    assert db.session.scalars(select(MachineState.reason).where(MachineState.id == stop.id)).one() == "alarm:11"


def counted(made: Shop, minute: float, pieces: int, kind: str = "counted") -> Batch:
    at = NOW + minute * MINUTE
    machine = f"machine:{made.machines['M-BEND']}"
    return Batch(str(made.devices["D-BEND"]), machine, at, at,
                 counts=(CountDelta(machine, "pieces", pieces, kind, 0, at),))  # fmt: skip


def test_a_counter_that_drifts_from_the_scans_is_an_event(made: Shop) -> None:
    made.make("C10", 6)
    for batch in (counted(made, 1, 5), counted(made, 2, 20), counted(made, 3, 0, "jump")):
        monitoring.ingest([batch], NOW)
        monitoring.ingest([batch], NOW)  # told twice, counted once
    row = db.session.scalars(select(MachineCount)).one()
    assert (row.pieces, row.odd, row.scanned) == (25, 1, None)
    assert counting.reconcile(NOW + 60 * MINUTE) == 0  # scans may still come
    assert counting.reconcile(NOW + 71 * MINUTE) == 1
    assert counting.reconcile(NOW + 72 * MINUTE) == 0
    assert topics("machine.drift") == ["machine.drift"]
    assert db.session.scalars(select(MachineCount.scanned).execution_options(populate_existing=True)).one() == 6


def test_a_piece_in_hand_is_no_drift(made: Shop) -> None:
    made.make("C10", 6)
    monitoring.ingest([counted(made, 1, 8)], NOW)
    assert counting.reconcile(NOW + 71 * MINUTE) == 0
    assert topics("machine.drift") == []
