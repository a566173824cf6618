"""Eight stations at once, whatever they scan and however often it is sent: counters are the sum of the rows."""

import shutil
import threading
import uuid
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from app.db import db
from app.models import Report, Scan, Task
from app.queries.differences import differences
from tests.app.station_floor import Stations
from tests.conftest import ENGINES, _emptied, dispose
from tests.conftest import build as build_app
from tests.small_plant import STATIONS, build

PLACES = {"BEND": "C10", "FOAM": "C20", "DOOR": "D10", "ASSY1": "F10", "ASSY2": "F10", "CHARGE": "F20", "TEST": "F30",
          "PACK": "F40"}  # fmt: skip
WORDS = ("card", "card", "good", "good", "good", "good", "scrap", "undo", "pause", "start", "finish", "confirm", "part",
         "unit", "LI", "setup", "cancel", "material")  # fmt: skip


class EightStations(RuleBasedStateMachine):
    """A floor of its own for each course; every step is eight scans at the same moment."""

    template: Path | None = None
    postgres: str = ""

    def __init__(self) -> None:
        super().__init__()
        self.folder = mkdtemp()
        url = _emptied(self.postgres) if self.postgres else f"sqlite:///{self.folder}/gongxu.db"
        if self.template is not None:
            shutil.copy(self.template, f"{self.folder}/gongxu.db")
        self.app = build_app(url, READINGS_URL=f"sqlite:///{self.folder}/readings.db")
        self.context = self.app.app_context()
        self.context.push()
        self.floor = Stations(build(), quantity=4)
        self.sent: list[tuple[str, str, str, dict[str, Any]]] = []
        for place, key in PLACES.items():
            self.floor.scan(place, "LI")
            self.floor.scan(place, self.floor.card(key))

    def teardown(self) -> None:
        db.session.rollback()
        self.context.pop()
        dispose(self.app)
        shutil.rmtree(self.folder, ignore_errors=True)

    @rule(words=st.lists(st.sampled_from(WORDS), min_size=8, max_size=8), quantity=st.integers(1, 3))
    def everybody_scans(self, words: list[str], quantity: int) -> None:
        self.together([(place, *self.said(place, word, quantity)) for place, word in zip(STATIONS, words, strict=True)])

    @rule(pick=st.integers(0, 10_000))
    def some_are_sent_again(self, pick: int) -> None:
        if not self.sent:
            return
        place, raw, number, answer = self.sent[pick % len(self.sent)]
        with_reports = db.session.scalar(select(func.count()).select_from(Report))
        again = self.floor.scan(place, raw, number)
        assert again == answer
        assert db.session.scalar(select(func.count()).select_from(Report)) == with_reports

    def said(self, place: str, word: str, quantity: int) -> tuple[str, dict[str, Any]]:
        if word == "card":
            return self.floor.card(PLACES[place]), {}
        if word == "part":
            return f"CP{quantity}", {}
        if word == "unit":
            return f"FR-2611-0000{quantity}", {}
        if word == "good" and PLACES[place][0] != "F":
            return "", {"action": word, "quantity": quantity}
        return ("LI", {}) if word == "LI" else ("", {"action": word} | ({"reason": "DENT"} if word == "scrap" else {}))

    def together(self, wanted: list[tuple[str, str, dict[str, Any]]]) -> None:
        answers: list[Any] = [None] * len(wanted)

        def run(number: int) -> None:
            place, raw, values = wanted[number]
            with self.app.app_context():
                if raw:
                    uid = uuid.uuid4().hex
                    answers[number] = (place, raw, uid, self.floor.scan(place, raw, uid))
                else:
                    self.floor.act(place, **values)
                    answers[number] = True
                db.session.remove()

        crew = [threading.Thread(target=run, args=(number,)) for number in range(len(wanted))]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
        assert all(answers)
        self.sent += [answer for answer in answers if answer is not True]

    @invariant()
    def counters_are_the_sum_of_the_rows(self) -> None:
        db.session.rollback()
        db.session.expire_all()
        assert list(differences(db.session)) == []
        for task in db.session.scalars(select(Task)):
            used = task.quantity_good + task.quantity_scrap + task.quantity_rework
            assert 0 <= used <= task.quantity_input * 11 / 10, task.op_key
        assert db.session.scalar(select(func.count()).select_from(Scan)) == db.session.scalar(
            select(func.count(Scan.uuid.distinct()))
        )


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_counters_agree_after_any_course_of_eight_stations(engine: str, request: pytest.FixtureRequest) -> None:
    template = request.getfixturevalue("sqlite_template") if engine == "sqlite" else None
    postgres = "" if engine == "sqlite" else request.getfixturevalue("postgres_database")
    machine = type("Floor", (EightStations,), {"template": template, "postgres": postgres})
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=4, stateful_step_count=6, deadline=None, database=None,
                          suppress_health_check=list(HealthCheck)),
    )  # fmt: skip
