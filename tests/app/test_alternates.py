"""Alternates: one is chosen at release, another may be while nothing was begun; pieces take the chosen way only."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.group_commit import commit_together
from app.models import Event, Item, Operation, OperationLink, OperationStation, Routing, Task, WorkOrder
from app.queries.differences import differences
from app.queries.turns import turns
from app.services import alternates, orders
from app.services.execution import Entry, report
from app.services.release import release
from app.states.alternates import Arrow, Choice, Step
from tests.small_plant import NOW, Plant, build

# Two tests of which one is done; by hand it takes two steps. Then a way past polishing.
LINKS = (
    ("build", "auto", "test"), ("build", "look", "test"), ("look", "hand", None), ("auto", "polish", "test"),
    ("hand", "polish", "test"), ("polish", "pack", None),
)  # fmt: skip


class Bench:
    """An order of four lamps whose test has two ways."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        _engineer(plant)
        self.order_id = orders.create_production(
            plant.site_id, "LAMP", Decimal(4), NOW + timedelta(days=2), 3, "cli:test", NOW
        )
        release(plant.site_id, self.order_id, "cli:test", NOW)

    def task(self, key: str) -> Task:
        query = select(Task).where(Task.order_id == self.order_id, Task.op_key.endswith("/" + key), Task.loop_no == 0)
        found = db.session.scalars(query.execution_options(populate_existing=True)).one()
        db.session.rollback()
        return found

    def states(self) -> dict[str, str]:
        return {key: self.task(key).status for key in ("build", "auto", "look", "hand", "polish", "pack")}

    def order_status(self) -> str:
        db.session.rollback()
        return db.session.scalars(select(WorkOrder.status).where(WorkOrder.id == self.order_id)).one()

    def report(self, key: str, quantity: int) -> dict[str, Any]:
        entry = Entry(uuid.uuid4().hex, self.plant.site_id, "good", Decimal(quantity), self.task(key).id, None,
                      self.plant.people["LI"], "test")  # fmt: skip
        return commit_together(lambda connection: report(connection, entry, NOW))

    def choose(self, key: str) -> None:
        alternates.choose(self.plant.site_id, self.task(key).id, "cli:test", NOW)


def _engineer(plant: Plant) -> None:
    with transaction() as session:
        item = Item(site_id=plant.site_id, code="LAMP", name="Lamp", supply="make_to_order")
        session.add(item)
        session.flush()
        routing = Routing(site_id=plant.site_id, item_id=item.id)
        session.add(routing)
        session.flush()
        rows = {
            key: Operation(routing_id=routing.id, key=key, name=key.title(), position=n, piece_min=Decimal(1))
            for n, key in enumerate(("build", "auto", "look", "hand", "polish", "pack"))
        }
        session.add_all(rows.values())
        session.flush()
        for row in rows.values():
            session.add(OperationStation(operation_id=row.id, station_id=plant.stations["PACK"]))
        for pred, succ, group in LINKS:
            session.add(OperationLink(routing_id=routing.id, pred_id=rows[pred].id, succ_id=rows[succ].id,
                                      kind="alternate" if group else "normal", alternate_group=group))  # fmt: skip


@pytest.fixture
def bench(app: Flask) -> Iterator[Bench]:
    with app.app_context():
        yield Bench(build())
        db.session.rollback()
        assert list(differences(db.session)) == []


def test_at_release_the_first_way_is_taken_as_a_whole(bench: Bench) -> None:
    assert bench.states() == {"build": "ready", "auto": "waiting", "look": "skipped", "hand": "skipped",
                              "polish": "waiting", "pack": "waiting"}  # fmt: skip
    for key in ("build", "auto", "polish", "pack"):
        bench.report(key, 4)
    assert bench.order_status() == "completed"
    assert bench.states()["look"] == "skipped"


def test_another_way_is_chosen_also_after_what_comes_before_it(bench: Bench) -> None:
    bench.report("build", 3)
    bench.choose("hand")
    assert bench.states() == {"build": "running", "auto": "skipped", "look": "ready", "hand": "waiting",
                              "polish": "waiting", "pack": "waiting"}  # fmt: skip
    assert bench.task("look").quantity_input == 3
    bench.report("build", 1)
    for key in ("look", "hand", "polish", "pack"):
        bench.report(key, 4)
    assert bench.order_status() == "completed"
    told = db.session.scalars(select(Event).where(Event.topic == "task.chosen")).one()
    assert told.subject_id == bench.task("hand").id


def test_choosing_there_and_back_leaves_everything_as_it_was(bench: Bench) -> None:
    bench.report("build", 2)
    before = bench.states()
    bench.choose("look")
    bench.choose("auto")
    bench.choose("auto")
    assert bench.states() == before
    assert bench.task("auto").quantity_input == 2


def test_a_way_that_was_begun_cannot_be_left(bench: Bench) -> None:
    bench.report("build", 2)
    bench.report("auto", 1)
    with pytest.raises(Conflict, match=r"task\.alternate_begun"):
        bench.choose("hand")
    assert bench.states()["look"] == "skipped"


@pytest.mark.parametrize(("key", "code"), [("build", "task.no_alternate"), ("pack", "task.no_alternate")])
def test_what_has_no_alternates_cannot_be_chosen(bench: Bench, key: str, code: str) -> None:
    with pytest.raises(Conflict, match=code):
        bench.choose(key)


def test_an_order_that_ended_and_a_foreign_task_are_refused(bench: Bench) -> None:
    with pytest.raises(NotFound):
        alternates.choose(bench.plant.site_id + 1, bench.task("hand").id, "cli:test", NOW)
    orders.cancel(bench.plant.site_id, bench.order_id, "cli:test", NOW)
    with pytest.raises(Conflict, match=r"order\.not_workable"):
        bench.choose("hand")


def test_the_choices_of_an_order_are_shown(bench: Bench) -> None:
    def shown() -> list[tuple[str, str, str]]:
        found = [(turn.task.name, turn.action, turn.instead.name) for turn in turns(db.session, bench.order_id)]
        db.session.rollback()
        return found

    assert shown() == [("Look", "choose", "Auto")]
    bench.choose("hand")
    assert shown() == [("Auto", "choose", "Look")]


# the arithmetic


def steps(*groups: str) -> list[Step]:
    return [Step(name, "0", group or None) for name, _, group in (text.partition(":") for text in groups)]


def test_a_branch_past_another_is_a_choice_of_its_own() -> None:
    arrows = [Arrow("a", "b", "0|g"), Arrow("a", "c", "0|g"), Arrow("b", "c", "0|g")]
    first, past = Choice(steps("a", "b", "c"), arrows), Choice(steps("a", "b", "c"), arrows, {"0|g": "c"})
    assert [first.is_flowing(arrow) for arrow in arrows] == [True, False, True]
    assert (first.off, past.off) == (frozenset(), {"b"})
    assert [past.is_flowing(arrow) for arrow in arrows] == [False, True, False]


def test_what_is_made_for_an_unchosen_way_alone_is_not_made() -> None:
    arrows = [Arrow("kit", "b", None), Arrow("a", "c", "0|g"), Arrow("b", "c", "0|g")]
    found = Choice([*steps("a:g", "b:g", "c"), Step("kit", "0.1", None)], arrows)
    assert found.off == {"b", "kit"}
    assert Choice(steps("a:g", "b:g", "c"), arrows, {"0|g": "b"}).off == {"a"}
