"""The schema: brought to this version, compared with it, refused when it is newer."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.config import ROOT
from app.db import db
from app.errors import Conflict
from app.services import readings

FOLDER = ROOT / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def head() -> str | None:
    """The revision this code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current() -> str | None:
    """The revision of the database; None when it is empty."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(revision: str = "head") -> None:
    """Bring the database to a revision; one made by newer code is refused, because we would misread it."""
    now = current()
    if now is not None:
        check_known(now)
    command.upgrade(_config(), revision)
    readings.prepare()


def check_known(revision: str) -> None:
    """Refuse what newer code made: we would misread it."""
    if revision not in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}:
        raise Conflict("version.newer", revision=revision)


def downgrade(revision: str) -> None:
    """Take the database back to a revision."""
    command.downgrade(_config(), revision)


def check_ready() -> None:
    """Refuse to work on a database of another version."""
    now = current()
    if now == head():
        return
    if now is not None:
        check_known(now)
    raise Conflict("version.older", revision=str(now))
