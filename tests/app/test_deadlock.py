"""Two that lock each other out on PostgreSQL: one of them is done again, and both are done once."""

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from app.db import db
from app.group_commit import commit_together
from app.models import Item
from tests.small_plant import build

LOCK = text("UPDATE item SET decimals = decimals + 1 WHERE id = :id")


@pytest.fixture
def items(app: Flask) -> list[int]:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has one writer: nobody waits for a row")
        build()
        found = list(db.session.scalars(select(Item.id).order_by(Item.id).limit(2)))
        db.session.remove()
        return found


def crossed(app: Flask, items: list[int], both: threading.Barrier, tries: list[int]) -> None:
    """Take two rows one after the other while somebody takes them the other way round."""

    def work(connection: Connection) -> None:
        tries.append(1)
        connection.execute(LOCK, {"id": items[0]})
        if len(tries) == 1:
            both.wait(30)
        connection.execute(LOCK, {"id": items[1]})

    with app.app_context():
        commit_together(work)


def test_of_two_that_lock_each_other_out_both_are_done_once(app: Flask, items: list[int]) -> None:
    both, tries = threading.Barrier(2), ([], [])  # type: tuple[list[int], list[int]]
    other = threading.Thread(target=crossed, args=(app, items[::-1], both, tries[1]))
    other.start()
    crossed(app, items, both, tries[0])
    other.join()
    assert sorted(map(len, tries)) == [1, 2]
    with app.app_context():
        assert db.session.scalars(select(Item.decimals).where(Item.id.in_(items))).all() == [2, 2]


def test_what_goes_wrong_for_another_reason_is_not_done_again(app: Flask, items: list[int]) -> None:
    tries: list[int] = []

    def work(connection: Connection) -> Any:
        tries.append(1)
        connection.execute(text("SELECT 1 / 0"))

    with app.app_context(), pytest.raises(DBAPIError):
        commit_together(work)
    assert len(tries) == 1
