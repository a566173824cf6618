"""Fixtures: an application on a fresh, migrated database for each test, SQLite always and PostgreSQL when given."""

import os
import shutil
import tempfile
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

pytest_plugins = ["tests.requirements_plugin"]
POSTGRES = os.environ.get("GONGXU_TEST_POSTGRES", "")
ENGINES = ["sqlite", *(["postgresql"] if POSTGRES else [])]


MEMORY = Path("/dev/shm")
LEAST_FREE = 2**31


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' settings out of the home of whoever runs them, and their files in memory.

    Thousands of small durable commits would else wait for the disk two thirds of the time.
    """
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > LEAST_FREE
    if roomy and not hasattr(config, "workerinput") and not config.option.basetemp:
        folder = tempfile.mkdtemp(prefix="gongxu-tests-", dir=MEMORY)
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ.setdefault("GONGXU_HOME", str(Path(config.rootpath) / ".pytest_cache" / "gongxu-home"))
    os.environ.setdefault("SECRET_KEY", "a key for tests only")


def build(url: str, **settings: object) -> Flask:
    """An application on a database."""
    from app.config import readings_url
    from app.factory import create_app

    wanted = {
        "SQLALCHEMY_DATABASE_URI": url, "READINGS_URL": readings_url(url), "TESTING": True,
        # Slow on purpose elsewhere; a thousand tests make logins of their own.
        "PASSWORD_METHOD": "pbkdf2:sha256:1",
    }  # fmt: skip
    try:
        app = create_app(**wanted | settings)
    except SystemError as error:
        # Python before 3.11.8 and 3.12.2 counts the depth of two threads that parse as one (gh-106905).
        if "AST constructor" not in str(error):
            raise
        app = create_app(**wanted | settings)
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


class _Templates(BytecodeCache):
    """Templates compiled once for all applications of a run, each looked up by its source."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if kept := self.kept.get(bucket.key + bucket.checksum):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


TEMPLATES = _Templates()


def migrate(url: str) -> None:
    """Bring a database to the newest revision, as ``./gongxu upgrade`` does."""
    from app.services.schema import upgrade

    app = build(url)
    with app.app_context():
        upgrade()
    dispose(app)


def dispose(app: Flask) -> None:
    """Give back what an application holds."""
    from app.db import db

    group = app.extensions.get("group_commit")
    if group:
        group.stop()
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    for kept in ("turn", "sandbox"):
        if app.extensions.get(kept):
            app.extensions[kept].close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating for each test would cost two seconds."""
    path = tmp_path_factory.mktemp("template") / "gongxu.db"
    migrate(f"sqlite:///{path}")
    return path


def _admin(statement: str) -> None:
    engine = create_engine(make_url(POSTGRES).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _postgres_url(name: str) -> str:
    url = make_url(POSTGRES).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[str]:
    """A migrated PostgreSQL database, one for the run: making one for each test would cost a second."""
    name = f"gongxu_test_{uuid.uuid4().hex[:8]}"
    _admin(f"CREATE DATABASE {name}")
    _admin(f"ALTER DATABASE {name} SET synchronous_commit = off")
    migrate(_postgres_url(name))
    yield name
    _admin(f"DROP DATABASE {name} WITH (FORCE)")


EMPTY = """
DO $$
DECLARE found record;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', found.tablename);
    END LOOP;
    FOR found IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', found.sequencename);
    END LOOP;
END $$
"""


def _emptied(name: str) -> str:
    """The database as new: no rows, sequences at one, nobody else connected."""
    url = _postgres_url(name)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(EMPTY))
    engine.dispose()
    return url


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    if request.param == "sqlite":
        path = tmp_path / "gongxu.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    yield _emptied(request.getfixturevalue("postgres_database"))


@pytest.fixture
def app(store_url: str) -> Iterator[Flask]:
    """An application on a fresh database."""
    application = build(store_url)
    yield application
    dispose(application)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With GONGXU_TEST_SPREAD a page's test runs on one engine, half of them on each, so that CI ends in time."""
    if not os.environ.get("GONGXU_TEST_SPREAD"):
        return
    places: dict[str, dict[str, pytest.Item]] = {}
    for item in items:
        engine = getattr(item, "callspec", None) and item.callspec.params.get("store_url")  # type: ignore[attr-defined]
        if engine in ENGINES and item.nodeid.startswith("tests/web/"):
            places.setdefault(item.nodeid.replace(engine, ""), {})[engine] = item
    dropped = {
        id(found[ENGINES[zlib.crc32(name.encode()) % 2]]) for name, found in places.items() if len(found) > 1
    }  # fmt: skip
    config.hook.pytest_deselected(items=[item for item in items if id(item) in dropped])
    items[:] = [item for item in items if id(item) not in dropped]
