"""What the production start refuses, before anything is started."""

import socket
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from app import cli
from app.cli import serve
from app.db import db, is_sqlite, now_utc, transaction
from app.errors import Conflict, Invalid
from app.services import schema, sites, users
from app.services.serving import only_one


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def with_admin(active: bool = True) -> None:
    sites.ensure("MAIN", now_utc())
    user_id = users.create("MAIN", "boss", "long enough", ["admin"], None, now_utc())
    if not active:
        users.set_active(user_id, False, "user:0", now_utc())


def refused(*arguments: object) -> str:
    with pytest.raises((Conflict, Invalid)) as caught:
        serve.check(*arguments)  # type: ignore[arg-type]
    return caught.value.code


def test_all_is_well_with_an_administrator(app: Flask) -> None:
    with app.app_context():
        with_admin()
        serve.check("127.0.0.1", free_port(), 1)


def test_nobody_to_administer(app: Flask) -> None:
    with app.app_context():
        assert refused("127.0.0.1", free_port(), 1) == "serve.no_admin"
        with_admin(active=False)
        assert refused("127.0.0.1", free_port(), 1) == "serve.no_admin"


def test_several_processes_only_on_postgresql(app: Flask) -> None:
    with app.app_context():
        with_admin()
        if is_sqlite(db.session()):
            assert refused("127.0.0.1", free_port(), 2) == "serve.one_process"
        else:
            serve.check("127.0.0.1", free_port(), 2)


def test_a_taken_port(app: Flask) -> None:
    with app.app_context(), socket.create_server(("127.0.0.1", 0)) as taken:
        with_admin()
        assert refused("127.0.0.1", taken.getsockname()[1], 1) == "serve.port"


@pytest.fixture
def version(app: Flask) -> Iterator[Callable[[str], None]]:
    """Writes another revision into the database, and the true one back: on PostgreSQL the next test reads it, too."""

    def write(statement: str) -> None:
        with app.app_context(), transaction() as session:
            session.execute(text(statement))

    yield write
    write("DELETE FROM alembic_version")
    with app.app_context():
        head = schema.head()
    write(f"INSERT INTO alembic_version VALUES ('{head}')")


def test_another_schema(app: Flask, version: Callable[[str], None]) -> None:
    version("UPDATE alembic_version SET version_num = 'from_the_future'")
    with app.app_context():
        assert refused("127.0.0.1", free_port(), 1) == "version.newer"
    version("DELETE FROM alembic_version")
    with app.app_context():
        assert refused("127.0.0.1", free_port(), 1) == "version.older"


def test_one_supervisor_for_a_store(app: Flask, tmp_path) -> None:
    app.config["HOME"] = tmp_path
    with app.app_context():
        with only_one(), pytest.raises(Conflict) as caught:
            only_one()
        assert caught.value.code == "serve.running"
        only_one().close()


def test_the_command_refuses_in_words(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["serve", "--port", str(free_port())])
    assert done.exit_code == 1
    assert "./gongxu create-admin NAME" in done.output


def test_commands_stay_as_they_are_however_many_applications_there_were(app: Flask) -> None:
    before = [serve.serve.callback]
    for _ in range(3):
        cli.init_cli(app)
    assert [serve.serve.callback] == before
    assert app.cli.commands["serve"].callback is not serve.serve.callback
