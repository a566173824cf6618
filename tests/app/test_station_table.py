"""The decision table: every cell is there, and every cell is what a real station does."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert

from app.db import db, transaction
from app.errors import Refused
from app.models import Characteristic, LimitRule, LimitSignal, Reason
from app.queries import known
from app.queries.differences import differences
from app.services import station_here
from app.services.station_here import Here, Wish
from app.services.station_next import next_step
from app.services.station_scans import COMMANDS, acted, scanned
from app.services.station_words import DONE
from app.states.station import NEXT, TABLE, Decision, State, decide
from app.states.station import Kind as Column
from app.words import WORDS
from devices.codes import Kind, make
from tests.app.station_floor import Stations
from tests.small_plant import NOW, build

CARD = {word: make(Kind.COMMAND, number) for number, word in COMMANDS.items()}
REASONS = {Column.WHY_SCRAP: "DENT", Column.WHY_REWORK: "LEAK", Column.WHY_STOP: "BREAK", Column.WHY_PAUSE: "LUNCH",
           Column.WHY_HELP: "CALL", Column.WHY_OTHER: "WRONG"}  # fmt: skip
# What the things at hand refuse although the cell allows it: nothing to take back, units are counted one by one.
BY_UNIT = (Column.UNIT, Column.CONCESSION, Column.REWORK, Column.WHY_REWORK)
# What is tried without its cause: nothing lies in a jig, nothing was asked, no lead is here.
ALWAYS = (Column.CONFIRM, Column.SKIP, Column.LOAD, Column.BATCH_START, Column.BATCH_END, Column.UNLOAD)
THINGS = {
    Column.CONFIRM: {"station.nothing_to_confirm"}, Column.UNDO: {"station.nothing_to_undo"},
    Column.GOOD: {"unit.needed"}, Column.NUMBER: {"unit.one"}, Column.COUNTER: {"unit.one"},
    Column.LOT: {"lot.wrong_item"}, Column.MATERIAL: {"material.none"}, Column.VALUE: {"value.wrong"},
    Column.SKIP: {"skip.lead"}, Column.LOAD: {"batch.none", "unit.needed"}, Column.BATCH_START: {"batch.empty"},
    Column.BATCH_END: {"batch.not_started"}, Column.UNLOAD: {"batch.empty"},
    Column.TASK: {"task.other_station"}, Column.OVERRIDE: {"limit.none"},
}  # fmt: skip


def test_every_cell_says_what_happens_or_why_not() -> None:
    assert set(TABLE) == set(State)
    for state, row in TABLE.items():
        assert set(row) == set(Column), state
        for kind, cell in row.items():
            assert cell == decide(state, kind)
            if cell.accepted:
                assert cell.refusal is None, (state, kind)
                assert cell.to, (state, kind)
                assert cell.says <= set(DONE), (state, kind)
            else:
                assert cell.refusal in WORDS, (state, kind)
    assert set(NEXT) == set(State)


@pytest.mark.parametrize(("state", "code"), [(State.LOCKED, "station.locked"), (State.IDLE, "station.sign_in"),
                                             (State.LEFT, "station.sign_in"), (State.SIGNED_IN, "station.task_first"),
                                             ])  # fmt: skip
def test_nobody_counts_without_a_badge_a_task_and_being_there(state: State, code: str) -> None:
    assert decide(state, Column.GOOD) == Decision(None, code)
    assert decide(state, Column.HELP).accepted


class Bench:
    """A station that is put into a state and given one code, all in a transaction that is thrown away."""

    def __init__(self, floor: Stations) -> None:
        self.floor, self.plant = floor, floor.plant
        floor.made("BEND", "C10", 2)
        floor.made("FOAM", "C20", 2)
        floor.made("DOOR", "D10", 2)
        floor.made("DOOR", "D10", 2)
        for word in ("finish", "confirm", "sign_out"):
            assert floor.scan("DOOR", CARD[word])["accepted"]
        self.serial = floor.born()
        floor.scan("CHARGE", "LI")
        assert floor.scan("CHARGE", self.serial)["accepted"]
        with transaction() as session:
            rows = [{"site_id": self.plant.site_id, "code": code, "kind": kind.value.partition(":")[2], "name": code}
                    for kind, code in REASONS.items() if code in ("BREAK", "LUNCH", "CALL")]  # fmt: skip
            session.execute(insert(Reason), rows)
            operation = floor.task("D10").operation_id
            gap = {"code": "GAP", "name": "Gap", "lower": 0, "upper": 10, "source": "person"}
            session.add(Characteristic(operation_id=operation, **gap))
            rule = LimitRule(site_id=self.plant.site_id, code="R", station_id=self.plant.stations["ASSY1"], high=9,
                             low=3, upstream_station_id=self.plant.stations["DOOR"])  # fmt: skip
            session.add(rule)
            session.flush()
            session.add(LimitSignal(site_id=self.plant.site_id, rule_id=rule.id, mode="limit", rate_permille=900,
                                    backlog=12, requested_at=NOW))  # fmt: skip
        known.forget()

    def here(self, connection: Any, place: str) -> Here:
        wish = Wish(uuid.uuid4().hex, "scan", "user:1", is_lead=True)
        return station_here.read(connection, self.plant.site_id, self.plant.stations[place], wish, self.floor.now)

    def say(self, connection: Any, place: str, *texts: str) -> Any:
        told = None
        for text in texts:
            here = self.here(connection, place)
            told = acted(here, *_button(text)) if text.startswith("act:") else scanned(here, text)
            here.save()
        return told

    def into(self, connection: Any, state: State, place: str) -> None:
        card = self.floor.card({"DOOR": "D10", "TEST": "F30"}[place])
        why = {State.WHY_SCRAP: ["scrap"], State.WHY_REWORK: ["rework"], State.PAUSED: ["pause"],
               State.ASKED: ["finish"], State.SETUP: ["setup"]}  # fmt: skip
        if state is State.IDLE:
            return
        self.say(connection, place, "LI")
        if state is State.OFFERED:
            self.say(connection, place, self.floor.card("D10" if place == "TEST" else "F30"))
        elif state is not State.SIGNED_IN:
            self.say(connection, place, card, *(CARD[word] for word in why.get(state, ())))
        if state is State.LEFT:
            self.say(connection, place, CARD["sign_out"])
        elif state is State.STOPPED:
            self.say(connection, place, "BREAK")
        elif state is State.WHICH:
            self.say(connection, place, CARD["rework"], "LEAK")
        elif state is State.LOCKED:
            self.floor.now = NOW + timedelta(minutes=16)

    def code(self, kind: Column, place: str) -> str:
        plain = {Column.BADGE: "WANG" if place == "DOOR" else "LI", Column.UNIT: self.serial, Column.LOT: "S1",
                 Column.TASK: self.floor.card("D10" if place == "DOOR" else "F30"), Column.PLACE: "M-BEND",
                 Column.ORDER: make(Kind.ORDER, self.floor.order_id), Column.NUMBER: make(Kind.NUMBER, 2),
                 Column.COUNTER: "act:counter:100", Column.VALUE: "act:value:5", Column.SKIP: "act:skip:0"}  # fmt: skip
        return REASONS.get(kind) or plain.get(kind) or CARD[kind.value]


def _button(text: str) -> tuple[str, dict[str, Any]]:
    _, action, quantity = text.split(":")
    return action, {"quantity": quantity, "check": "GAP"}


@pytest.fixture
def bench(app: Flask) -> Any:
    with app.app_context():
        yield Bench(Stations(build(), quantity=4))
        assert list(differences(db.session)) == []


@pytest.mark.parametrize("state", list(State))
def test_every_cell_of_a_state_is_what_the_station_does(bench: Bench, state: State) -> None:
    for kind in Column:
        bench.floor.now = NOW
        with db.engine.connect().execution_options(writing=True) as connection:
            began = connection.begin()
            _try(bench, connection, state, kind)
            began.rollback()


def _try(bench: Bench, connection: Any, state: State, kind: Column) -> None:
    by_unit = kind in BY_UNIT or state in (State.WHICH, State.WHY_REWORK)
    place = "TEST" if by_unit else "DOOR"
    bench.into(connection, state, place)
    before = bench.here(connection, place)
    assert before.state is state, kind
    assert next_step(before)["code"] in NEXT[state], kind
    cell = decide(state, kind)
    here, told, refused = _told(bench, connection, place, bench.code(kind, place))
    if refused is not None:
        things = THINGS.get(kind, set()) if cell.accepted and (by_unit or kind in ALWAYS) else set()
        assert refused == cell.refusal or refused in things, (kind, refused)
        return
    assert cell.accepted, (kind, told)
    assert told.code in cell.says, (kind, told)
    assert here.state in cell.to, (kind, told)
    assert next_step(here)["code"] in NEXT[here.state], kind


def _told(bench: Bench, connection: Any, place: str, text: str) -> tuple[Here, Any, str | None]:
    here = bench.here(connection, place)
    try:
        return here, acted(here, *_button(text)) if text.startswith("act:") else scanned(here, text), None
    except Refused as refusal:
        return here, None, refusal.code
