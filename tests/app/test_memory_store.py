"""A store in memory can be opened to look at the application; one in a file keeps its pool."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.pool import QueuePool, StaticPool

from app.db import db
from app.factory import create_app


@pytest.mark.parametrize(("file", "pool"), [("", StaticPool), ("/store.db", QueuePool)])
def test_each_store_has_the_pool_that_fits_it(tmp_path: Path, file: str, pool: type) -> None:
    app = create_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}{file}" if file else "sqlite://")
    with app.app_context():
        assert isinstance(db.engine.pool, pool)
        assert db.session.execute(select(1)).scalar_one() == 1
        db.session.remove()
        db.engine.dispose()
