"""A store in memory can be opened to look at the application; any other keeps its pool."""

from flask import Flask
from sqlalchemy import select
from sqlalchemy.pool import StaticPool

from app.db import db
from app.factory import create_app


def test_a_store_in_memory_answers() -> None:
    with create_app(SQLALCHEMY_DATABASE_URI="sqlite://").app_context():
        assert isinstance(db.engine.pool, StaticPool)
        assert db.session.execute(select(1)).scalar_one() == 1
        db.session.remove()
        db.engine.dispose()


def test_any_other_store_keeps_its_pool(app: Flask) -> None:
    with app.app_context():
        assert not isinstance(db.engine.pool, StaticPool)
        assert app.config["SQLALCHEMY_ENGINE_OPTIONS"]
