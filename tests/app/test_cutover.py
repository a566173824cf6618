"""Cut-over: running orders come in as far as they are, whole or not at all, and a rehearsal leaves nothing behind."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db, transaction
from app.events import seal, unsealed
from app.models import Consumption, Event, Report, StockMove, Task, Unit, WorkOrder
from app.queries import feed
from app.queries.differences import differences
from app.services.importing import import_folder
from app.services.importing.words import sentence
from tests.app.importing_folder import FILES, NOW

ORDERS = "number,item,quantity,due\nA1,TOP,4,+5d\n"
RUNNING = "number,item,operation,good,scrap\nA1,SUB,press,3,1\nA1,TOP,join,2,0\nA1,TOP,test,1,0\n"
UNITS = "number,item,serial,operation\nA1,TOP,T-1,test\nA1,TOP,T-2,join\n"
NO_UNITS = "number,item,serial,operation\n"
LOTS = {"lots.csv": "item,code\nSTL,C1\n", "stock.csv": "item,lot,location,quantity\nSTL,C1,WH,40\n"}


class Move:
    """The folder of a cut-over."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def bring(self, dry_run: bool = False, **files: str) -> Any:
        wanted = FILES | LOTS | {"orders.csv": ORDERS, "running.csv": RUNNING, "open_units.csv": UNITS}
        wanted |= {f"{name}.csv": text for name, text in files.items()}
        for name, text in wanted.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        result = import_folder(self.path, "cli:test", NOW, dry_run)
        db.session.rollback()
        return result

    def problems(self, **files: str) -> list[tuple[str, int | None, str]]:
        result = self.bring(**files)
        assert not result.written
        assert counts() == dict.fromkeys(counts(), 0)
        assert all(sentence(problem) for problem in result.problems)
        return [(problem.file, problem.row, problem.code) for problem in result.problems]


def counts() -> dict[str, int]:
    """How many rows stand in the store."""
    models = (WorkOrder, Task, Report, Unit, StockMove, Event)
    found = {model.__tablename__: db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models}
    db.session.rollback()
    return found


@pytest.fixture
def move(app: Flask, tmp_path: Path) -> Iterator[Move]:
    with app.app_context():
        yield Move(tmp_path / "cutover")
        db.session.rollback()
        assert list(differences(db.session)) == []


def state(key: str) -> tuple[str, Decimal, Decimal, Decimal]:
    task = db.session.scalars(select(Task).where(Task.op_key.endswith("/" + key))).one()
    return task.status, task.quantity_input, task.quantity_good, task.quantity_scrap


def test_orders_units_and_stock_come_in_as_they_are(move: Move) -> None:
    result = move.bring()
    assert result.problems == []
    assert [state(key) for key in ("press", "join", "test", "pack")] == [
        ("completed", 4, 3, 1), ("running", 3, 2, 0), ("running", 4, 1, 0), ("ready", 1, 0, 0),
    ]  # fmt: skip
    units = db.session.execute(select(Unit.serial, Unit.status, Task.op_key).join(Task, Task.id == Unit.task_id))
    assert sorted(units) == [("T-1", "in_process", "0/test"), ("T-2", "in_process", "0/join")]
    assert db.session.scalar(select(func.count()).select_from(Consumption)) == 0
    assert db.session.scalars(select(StockMove.quantity)).all() == [40]
    assert db.session.scalars(select(WorkOrder.status)).all() == ["running"]


def test_the_same_folder_again_changes_nothing(move: Move) -> None:
    move.bring()
    before = counts()
    result = move.bring()
    assert (result.problems, result.of("running").unchanged, counts()) == ([], 3, before)


def test_a_rehearsal_finds_everything_and_leaves_nothing(move: Move) -> None:
    result = move.bring(dry_run=True)
    assert (result.problems, result.of("running").created) == ([], 3)
    assert counts() == dict.fromkeys(counts(), 0)
    assert move.bring().written


def test_what_was_done_before_is_not_told_to_the_erp_again(move: Move) -> None:
    move.bring()
    with transaction() as session:
        seal(session, unsealed(session, 0))
    site_id = db.session.scalars(select(WorkOrder.site_id)).one()
    assert feed.completions(db.session(), site_id, 0, 100).rows == []


@pytest.mark.parametrize(("files", "found"), [
    # more joined than pressed
    ({"running": "number,item,operation,good\nA1,SUB,press,1\nA1,TOP,join,2\nA1,TOP,test,1\n"},
     [("open_units.csv", 3, "does_not_add_up")]),
    # more than the order is for
    ({"running": "number,item,operation,good,scrap\nA1,SUB,press,4,1\n", "open_units": NO_UNITS},
     [("running.csv", 2, "does_not_add_up")]),
    # units and figures
    ({"running": "number,item,operation,good\nA1,SUB,press,4\nA1,TOP,join,3\n"},
     [("running.csv", 3, "units_disagree")]),
    ({"running": "number,item,operation,good,scrap\nA1,SUB,press,4,0\nA1,TOP,join,2,1\n"},
     [("running.csv", 3, "scrapped_units")]),
    ({"running": "number,item,operation,good\nA1,SUB,press,4\nB9,TOP,join,1\nA1,TOP,weld,1\n"},
     [("running.csv", 3, "no_such_order"), ("running.csv", 4, "no_such_operation")]),
    ({"open_units": "number,item,serial,operation\nA1,SUB,S-1,press\n"},
     [("open_units.csv", 2, "no_such_operation"), ("running.csv", 3, "units_disagree"),
      ("running.csv", 4, "units_disagree")]),
    ({"running": "number,item,operation,good\nA1,SUB,press,x\n"}, [("running.csv", 2, "not_a_number")]),
])  # fmt: skip
def test_sums_that_disagree_are_named_and_nothing_is_written(
    move: Move, files: dict[str, str], found: list[tuple[str, int, str]]
) -> None:
    assert move.problems(**files) == found


def test_an_item_at_several_places_must_say_which(move: Move) -> None:
    files = {
        "bom": FILES["bom.csv"] + "TOP,30,SUB,1,,,,test\n",
        "running": "number,item,operation,place,good\nA1,SUB,press,,2\n",
        "open_units": NO_UNITS,
    }  # fmt: skip
    assert move.problems(**files) == [("running.csv", 2, "several_places")]
    assert move.bring(dry_run=True, **files).problems[0].values["places"].split(", ")[-1] == "30"
    files["running"] = "number,item,operation,place,good\nA1,SUB,press,30,2\n"
    found = move.bring(**files)
    assert (found.problems, found.written) == ([], True)
