"""The schema: made from empty, taken back, equal to the models, refused when newer, owned by somebody else."""

import uuid
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from app.db import db
from app.errors import Conflict
from app.services import ownership, schema
from tests.conftest import POSTGRES, build, dispose

# On a server the readings stand beside the store, made and thinned by themselves.
READINGS = "reading"  # what their names begin with


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or not str(name).startswith(READINGS)


def test_every_migration_can_be_taken_back_and_made_again(app: Flask) -> None:
    with app.app_context():
        schema.downgrade("base")
        left = {name for name in inspect(db.engine).get_table_names() if not name.startswith(READINGS)}
        schema.upgrade()
        assert left <= {"alembic_version"}
        assert schema.current() == schema.head()
        schema.check_ready()


def test_the_models_and_the_migrated_database_are_the_same(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_name": _ours})
        assert compare_metadata(context, db.metadata) == []


def test_every_constraint_has_a_name(app: Flask) -> None:
    with app.app_context():
        inspector = inspect(db.engine)
        for table in db.metadata.tables:
            named = [*inspector.get_unique_constraints(table), *inspector.get_foreign_keys(table)]
            assert all(constraint["name"] for constraint in named), table


def test_a_database_of_newer_code_is_refused(app: Flask) -> None:
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999_tomorrow'"))
        for action in (schema.upgrade, schema.check_ready):
            with pytest.raises(Conflict) as refusal:
                action()
            assert refusal.value.code == "version.newer"
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": schema.head()})


def test_an_empty_database_is_not_worked_on(tmp_path: object) -> None:
    empty = build(f"sqlite:///{tmp_path}/empty.db")
    with empty.app_context(), pytest.raises(Conflict) as refusal:
        schema.check_ready()
    assert refusal.value.code == "version.older"
    dispose(empty)


@pytest.fixture
def other_role(app: Flask) -> Iterator[str]:
    if not POSTGRES or app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        pytest.skip("SQLite has no roles")
    role = f"gongxu_app_{uuid.uuid4().hex[:8]}"
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        ownership.grant(role)
        yield role
        with db.engine.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))


@pytest.mark.parametrize("statement", [
    "UPDATE event SET topic = 'x'", "DELETE FROM report", "TRUNCATE scan", "ALTER TABLE event DISABLE TRIGGER ALL",
    "DROP TRIGGER event_no_change ON event", "SET session_replication_role = replica",
])  # fmt: skip
def test_the_role_of_the_application_cannot_get_round_the_guards(app: Flask, other_role: str, statement: str) -> None:
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).set(username=other_role)
    engine = create_engine(url)
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_the_role_of_the_application_can_work(app: Flask, other_role: str) -> None:
    from app.services import sites

    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).set(username=other_role)
    mine = build(url.render_as_string(hide_password=False))
    with mine.app_context():
        from app.db import now_utc

        assert sites.ensure("MINE", now_utc())
    dispose(mine)
