"""Pages of key figures: each number opens its rows, and a stop gets its reason with one tap."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc, transaction
from app.models import MachineState, Reason
from app.services import monitoring, readings, stops, users
from tests.app.machine_rigs import Shop, edge, shop
from tests.web.desk import SECRET
from tests.web.machine_desk import Outside


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        readings.prepare()
        found = shop()
        with transaction() as session:
            session.add(Reason(site_id=found.plant.site_id, code="JAM", kind="stop", name="Jammed"))
        users.create("T", "lead", SECRET, ["lead"], None, now_utc(), weak=True)
        yield found


def test_figures_open_their_rows_and_a_stop_gets_its_reason(app: Flask, made: Shop) -> None:
    then = now_utc() - timedelta(minutes=20)
    monitoring.ingest([edge(made, "stopped", then, "alarm:11")], then)
    stops.ask(now_utc())
    number = db.session.scalars(select(MachineState.id)).one()
    desk = Outside(app)
    desk.sign_in("lead")
    for by in ("machine", "line", "shift"):
        assert "MTBF" in desk.get(f"/figures?by={by}&days=7")
    assert "/figures/M-BEND?days=1&amp;state=stopped" in desk.get("/figures")
    assert "by=machine&amp;line=L1" in desk.get("/figures?by=line")
    assert "by=machine&amp;shift=A" in desk.get("/figures?by=shift")
    assert "M-BEND" in desk.get("/figures?line=L1")
    assert "M-BEND" not in desk.get("/figures?line=L9")
    text = desk.get("/figures/M-BEND?state=stopped")
    assert "alarm 11" in text
    assert "Say why" in text
    assert "stands. Why?" in desk.get("/s/BEND")
    assert "Jammed" in desk.get(f"/figures/stops/{number}?station=BEND")
    answer = desk.post(f"/figures/stops/{number}", {"reason": "JAM", "station": "BEND"})
    assert answer.location.endswith("/s/BEND")
    assert "Jammed" in desk.get("/figures/M-BEND")
    assert "stands. Why?" not in desk.get("/s/BEND")
