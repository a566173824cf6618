"""What is done before the first scan, and a report's place in the shared commit."""

import gc

import pytest
from flask import Flask

from app import prepared
from app.db import db
from app.group_commit import commit_together
from app.workers.warm import warm


def test_every_statement_of_the_hot_path_is_compiled_before_the_first_request(app: Flask) -> None:
    before = gc.get_threshold()
    try:
        with app.app_context():
            name = db.engine.dialect.name
        for one in prepared._ALL:
            one._forms.pop(name, None)
        warm(app)
        assert prepared._ALL
        assert all(name in one._forms for one in prepared._ALL)
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def test_who_waits_for_a_commit_gets_its_own_answer_or_error(app: Flask) -> None:
    def broken(_connection: object) -> None:
        raise ValueError("mine")

    with app.app_context():
        assert commit_together(lambda connection: connection.exec_driver_sql("SELECT 7").scalar()) == 7
        with pytest.raises(ValueError, match="mine"):
            commit_together(broken)
        assert commit_together(lambda _connection: "after") == "after"
